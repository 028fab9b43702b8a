"""Causes that follow from an exception in the learner's code."""

import re

from pellucid.check.outcome import Failure, Outcome

_SHAPES = ("shape", "dimension", "broadcast", "aligned", "matmul", "size ", "mismatch")


def definite(error: Failure) -> str:
    """The code of the mistake if the error determines it; else "".

    Args:
        error: as raised.
    """
    message = error.message
    if error.type in ("NameError", "UnboundLocalError"):
        return "undefined-name"
    if error.type == "KeyError" and "{" in message:
        return "key-not-formatted"
    if error.type == "ParametersError" and "{" in message:
        return "key-not-formatted"
    if error.type == "TypeError":
        if _joins_text(message):
            return "string-plus-number"
        if "not callable" in message:
            return "not-a-function"
        if re.search(r"positional argument|unexpected keyword|required keyword", message):
            return "wrong-arity"
    return "no-such-attribute" if error.type == "AttributeError" else ""


def likely(error: Failure) -> str:
    """The code of the most likely kind of mistake for an error, if no better cause is known.

    Args:
        error: as raised.
    """
    message = error.message.lower()
    if error.type in ("KeyError", "ParametersError"):
        return "key-missing"
    if error.type == "IndexError":
        return "index-out-of-range"
    if error.type == "ShapeError" or any(word in message for word in _SHAPES):
        return "shapes-do-not-fit"
    if error.type == "CacheError" or "unpack" in message:
        return "cache-order"
    return "raises"


def ended(outcome: Outcome) -> str:
    """The code of an outcome that is neither a value nor an exception.

    Args:
        outcome: of any kind.
    """
    if outcome.kind == "timeout":
        return "timeout"
    if outcome.kind == "too_much":
        return "too-much"
    if outcome.kind == "died":
        return "died"
    stopped = outcome.error is not None and outcome.error.type in ("SystemExit", "KeyboardInterrupt")
    return "died" if stopped else ""


def _joins_text(message: str) -> bool:
    return "concatenate str" in message or bool(
        re.search(
            r"unsupported operand type\(s\) for \+: '(int|float)' and 'str'|must be str, not int", message
        )
    )
