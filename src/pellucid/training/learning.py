"""Whether a finished training has learned anything; if not, the likely cause, as one `NotLearning`.

A training that learned is recognized by its costs alone, in microseconds. Only if they leave a doubt, some
examples go through the network (`doubt`); only if these confirm it, the cause is searched for (`causes`).
"""

from typing import NamedTuple

import numpy as np

from pellucid import signs
from pellucid.examples import Examples
from pellucid.training.causes import cause_of
from pellucid.training.doubt import SAMPLE, UNEQUAL, Doubt, Ending, ended_at, sampled
from pellucid.training.events import NotLearning

# After fewer steps nothing is said.
FEWEST_STEPS = 10
# A cost below this share of the best constant answer's is that of a network that learned.
_WELL_BELOW = 0.8
# The share of the avoidable cost that has to be avoided: for classes, for numbers, and for an accuracy that
# is above that of a constant answer by no more than HARDLY_ABOVE.
_LEAST_OF_CLASSES, _LEAST_OF_NUMBERS, _LEAST_OF_HARDLY = 0.05, 0.01, 0.02
_HARDLY_ABOVE = 0.025
# A rise of the cost that is not rounding.
_RISE = 0.01


class _Symptom(NamedTuple):
    name: str
    seen: str


def judge(ending: Ending) -> NotLearning | None:
    """The likely cause why a training learned nothing; None: it learned, or it is too short to say."""
    history = ending.history
    if history.reason not in ("completed", "early_stopping") or history.iterations < FEWEST_STEPS:
        return None
    if _clearly_learned(ending):
        return None
    doubt = Doubt(ending)
    symptom = _symptom(doubt)
    if symptom is None:
        return None
    cause = cause_of(doubt)
    return None if cause is None else NotLearning(symptom.name, cause.name, symptom.seen, *cause[1:])


def cost_rose(began: float, ended: float) -> bool:
    """Whether a training ended at a cost above where it began, by more than rounding."""
    return ended > began + _RISE * abs(began)


def _clearly_learned(ending: Ending) -> bool:
    """Whether the costs alone show it. This is all that an honest training pays for."""
    ended = ended_at(ending.history)
    if ended > ending.history.costs[0]:
        return False
    Y, weights = ending.examples.Y, ending.examples.weights
    if not isinstance(Y, np.ndarray):
        # From a device, not more than has to be.
        targets = sampled(Examples(Y, Y, weights))
        Y, weights = np.asarray(targets.Y), targets.weights
    return ended < _WELL_BELOW * signs.constant_cost(ending.network, Y, weights)


def _symptom(doubt: Doubt) -> _Symptom | None:
    """What is wrong, if anything is."""
    if not doubt.avoidable > 1e-9 * max(1.0, abs(doubt.chance)):
        return None
    risen = _rise(doubt)
    learned = (doubt.chance - doubt.cost) / doubt.avoidable
    if not doubt.has_classes:
        numbers = doubt.network.is_regression
        poor = learned < (_LEAST_OF_NUMBERS if numbers else _LEAST_OF_CLASSES)
        return risen or (_poor_cost(doubt) if poor else None)
    above = doubt.accuracy - doubt.most_frequent
    if risen is not None and (above <= 0 or learned < 0):
        return risen
    if above <= 0 and learned < _LEAST_OF_CLASSES:
        return _Symptom("constant-answer", _accuracy_words(doubt))
    if 0 < above <= _HARDLY_ABOVE and learned < _LEAST_OF_HARDLY:
        return _Symptom("constant-answer", _accuracy_words(doubt))
    if doubt.one_answer and above == 0 and doubt.most_frequent >= UNEQUAL:
        return _Symptom("one-class", _accuracy_words(doubt))
    return None


def _rise(doubt: Doubt) -> _Symptom | None:
    """A cost above where it began; that of mini-batches began before the mean of the first epoch."""
    costs, ended = doubt.ending.history.costs, ended_at(doubt.ending.history)
    began = costs[0]
    penalized = doubt.network.l1 or doubt.network.l2
    if doubt.ending.options.batch_size is not None and not penalized:
        began, ended = doubt.began, doubt.cost
    if not cost_rose(began, ended):
        return None
    return _Symptom("cost-rose", f"the cost ended at {ended:.4g}, above the {began:.4g} where it began")


def _poor_cost(doubt: Doubt) -> _Symptom:
    answer = "the mean" if doubt.network.is_regression else "how frequent each label is"
    return _Symptom(
        "constant-answer",
        f"the cost of {doubt.cost:.4g} is not below the {doubt.chance:.4g} of always answering {answer}",
    )


def _accuracy_words(doubt: Doubt) -> str:
    about = "about " if doubt.ending.examples.m > SAMPLE else ""
    accuracy, most = doubt.accuracy, doubt.most_frequent
    if doubt.one_answer and accuracy == most:
        return f"every example is given the same class, whose share is the accuracy, {about}{accuracy:.3f}"
    than = "hardly" if accuracy > most else "not"
    share = f"the share of the most frequent class, {most:.3f}"
    return f"the accuracy, {about}{accuracy:.3f}, is {than} above {share}"
