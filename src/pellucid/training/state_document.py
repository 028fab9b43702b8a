"""The state of a run as plain values and arrays of two dimensions, and back: what a checkpoint holds."""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from pellucid.core._arrays import as_numpy
from pellucid.engines import TrainingState
from pellucid.errors import ModelFileError
from pellucid.training.monitor import Best, MonitorState, Plateau
from pellucid.training.run_state import RunState

Arrays = dict[str, np.ndarray[Any, Any]]


def _named(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(RunState) if field.type == kind)


# Sequences that grow with the run: as arrays they take a third of the room, and no time.
_SERIES = _named(tuple[float, ...])
# Of an array that lies in memory column by column.
_TRANSPOSED = ".T"
_COUNTS, _MAYBE_COUNTS, _TEXTS, _FLAGS = _named(int), _named(int | None), _named(str), _named(bool)


def described(state: RunState) -> tuple[dict[str, Any], Arrays]:
    """A state as a document that JSON can hold, and arrays by name.

    Args:
        state: arrays of any library.

    Returns:
        `(document, arrays)`: arrays of two dimensions, none empty.
    """
    training, best = state.training, state.monitor.best
    plain = (*_COUNTS, *_MAYBE_COUNTS, *_TEXTS, *_FLAGS)
    document: dict[str, Any] = {name: getattr(state, name) for name in plain}
    document |= {
        "update_count": training.update_count,
        "step_count": training.step_count,
        "plateau": _of_plateau(state.monitor.plateau),
        "schedule_plateau": _of_plateau(state.schedule_plateau),
        "best": [_number(best.value), best.epoch],
        "slots": sorted(training.slots),
        "series": {name: len(getattr(state, name)) for name in _SERIES},
    }
    groups: dict[str, Mapping[str, Any] | None] = {
        "parameters": training.parameters,
        **{f"slots.{name}": training.slots[name] for name in sorted(training.slots)},
        "best": best.parameters,
        "previous": best.previous,
        "last_finite": state.last_finite,
        "first": None if state.first_weights is None else {"W1": state.first_weights},
    }
    arrays = dict(
        _laid_out(f"{group}.{name}", as_numpy(value))
        for group, some in groups.items()
        for name, value in (some or {}).items()
    )
    series = {name: np.array([getattr(state, name)], np.float64) for name in _SERIES}
    arrays |= {name: value for name, value in series.items() if value.size}
    # A file has an order of its own; sums over all parameters are taken in this one.
    document["arrays"] = list(arrays)
    return document, arrays


def state_of(document: Any, arrays: Mapping[str, np.ndarray[Any, Any]]) -> RunState:
    """The inverse of `described`; nothing in either is trusted.

    Raises:
        ModelFileError: they describe no state.
    """
    if not isinstance(document, dict):
        raise _broken("it is no object")
    named = _field(document, "arrays", _is_names)
    if sorted(named) != sorted(arrays):
        raise _broken("it has other arrays than it names")
    rest = {name: arrays[name] for name in named}
    slots = _field(document, "slots", _is_names)
    names = ("parameters", *(f"slots.{name}" for name in slots), "best", "previous", "last_finite", "first")
    groups = {group: _taken(rest, group) for group in names}
    series = {
        name: _series(rest, name, _field(document, "series", _is_object).get(name)) for name in _SERIES
    }
    if rest or not groups["parameters"]:
        raise _broken(f"the array {next(iter(rest), 'parameters.W1')!r:.60} is foreign, or missing")
    _check_like_the_parameters(groups)
    if len(series["step_costs"]) != document.get("step"):
        raise _broken(f"{len(series['step_costs'])} costs of {document.get('step')!r:.40} steps")
    value, epoch = _field(document, "best", _is_pair)
    best = Best(
        groups["best"] or None, _float(value), _maybe_count(epoch, "best"), groups["previous"] or None
    )
    training = TrainingState(
        groups["parameters"],
        {name: groups[f"slots.{name}"] for name in slots},
        _field(document, "update_count", _is_count),
        _field(document, "step_count", _is_count),
    )
    plain: dict[str, Any] = {
        **{name: _field(document, name, _is_count) for name in _COUNTS},
        **{name: _at_least_1(document.get(name), name) for name in _MAYBE_COUNTS},
        **{name: _field(document, name, _is_text) for name in _TEXTS},
        **{name: _field(document, name, _is_flag) for name in _FLAGS},
        **series,
    }
    return RunState(
        training=training,
        monitor=MonitorState(_to_plateau(_field(document, "plateau", _is_pair)), best),
        schedule_plateau=_to_plateau(_field(document, "schedule_plateau", _is_pair)),
        last_finite=groups["last_finite"] or None,
        first_weights=groups["first"].get("W1"),
        **plain,
    )


def _laid_out(name: str, value: np.ndarray[Any, Any]) -> tuple[str, np.ndarray[Any, Any]]:
    """An array as it lies in memory: NumPy adds in that order, and the last bits depend on it."""
    if value.flags.f_contiguous and not value.flags.c_contiguous:
        return name + _TRANSPOSED, value.T
    return name, value


def _check_like_the_parameters(groups: Mapping[str, Arrays]) -> None:
    """Refuse slots, or parameters that were kept, that are not those of the same network."""
    parameters = groups["parameters"]
    for group, arrays in groups.items():
        prefix = "d" if group.startswith("slots.") else ""
        like = {prefix + name: value for name, value in parameters.items()}
        if group == "first" or not arrays:
            # Of the short cut: it has more inputs.
            continue
        found = {name: (value.shape, value.dtype) for name, value in arrays.items()}
        if found != {name: (value.shape, value.dtype) for name, value in like.items()}:
            raise _broken(f"the arrays of {group} are not like the parameters")


def _taken(rest: Arrays, group: str) -> Arrays:
    names = [name for name in rest if name.startswith(f"{group}.")]
    found = {name.removeprefix(f"{group}."): rest.pop(name) for name in names}
    return {
        name.removesuffix(_TRANSPOSED): value.T if name.endswith(_TRANSPOSED) else value
        for name, value in found.items()
    }


def _series(rest: Arrays, name: str, length: Any) -> tuple[float, ...]:
    found = rest.pop(name, np.zeros((1, 0)))
    if not _is_count(length) or found.shape != (1, length):
        raise _broken(f"{name} has {found.size} numbers; expected {length!r:.40}")
    return tuple(found[0].tolist())


def _of_plateau(plateau: Plateau) -> list[Any]:
    return [_number(plateau.lowest), plateau.waited]


def _to_plateau(pair: list[Any]) -> Plateau:
    waited = _maybe_count(pair[1], "plateau")
    return Plateau(_float(pair[0]), waited or 0)


def _number(value: float) -> float | str:
    """A number as JSON has it, which knows no infinity."""
    return float(value) if math.isfinite(value) else str(float(value))


def _float(value: Any) -> float:
    if isinstance(value, str) and value in ("inf", "-inf", "nan"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _broken(f"{value!r:.40} stands where a number is expected")
    return float(value)


def _field(document: Mapping[str, Any], name: str, test: Callable[[Any], bool]) -> Any:
    if name not in document or not test(document[name]):
        raise _broken(f"{name} is {document.get(name)!r:.60}")
    return document[name]


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _maybe_count(value: Any, name: str) -> int | None:
    # The epoch of the best parameters may lie before the run.
    if value is None or type(value) is int:
        return value
    raise _broken(f"{name} is {value!r:.60}")


def _at_least_1(value: Any, name: str) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    raise _broken(f"{name} is {value!r:.60}")


def _broken(what: str) -> ModelFileError:
    return ModelFileError(f"describes no state of a training: {what}")
