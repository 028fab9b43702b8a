"""Whether a finished training learned anything; if not, the likely cause, as one `NotLearning`.

Usually the costs alone show that a training learned, in microseconds. Only if they leave a doubt, some
examples pass through the network (`doubt`); only if these confirm it, the cause is searched for (`causes`).
"""

from typing import NamedTuple

import numpy as np

from pellucid import signs
from pellucid.examples import Examples
from pellucid.training.causes import cause_of
from pellucid.training.doubt import SAMPLE, UNEQUAL, Doubt, Ending, ended_at, sampled
from pellucid.training.events import NotLearning

# A training of fewer steps is not judged.
FEWEST_STEPS = 10
# The network learned if its cost is below this share of the cost of the best constant prediction.
_WELL_BELOW = 0.8
# The share of the avoidable cost that has to be avoided: in a classification, in a regression, and with an
# accuracy that exceeds that of a constant prediction by no more than _HARDLY_ABOVE.
_LEAST_OF_CLASSES, _LEAST_OF_REGRESSION, _LEAST_OF_HARDLY = 0.05, 0.01, 0.02
_HARDLY_ABOVE = 0.025
# The least relative rise of the cost that is not rounding.
_RISE = 0.01


class _Symptom(NamedTuple):
    name: str
    seen: str


def judge(ending: Ending) -> NotLearning | None:
    """The likely cause if a training learned nothing; None: it learned, or it was too short to judge."""
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
    """Whether the last cost is above the first by more than rounding."""
    return ended > began + _RISE * abs(began)


def _clearly_learned(ending: Ending) -> bool:
    """Whether the costs alone show that the training learned: the only check of most trainings."""
    ended = ended_at(ending.history)
    if ended > ending.history.costs[0]:
        return False
    Y, weights = ending.examples.Y, ending.examples.weights
    if not isinstance(Y, np.ndarray):
        # A sample, so that little is copied from the device.
        targets = sampled(Examples(Y, Y, weights))
        Y, weights = np.asarray(targets.Y), targets.weights
    return ended < _WELL_BELOW * signs.constant_cost(ending.network, Y, weights)


def _symptom(doubt: Doubt) -> _Symptom | None:
    """The symptom of a training that learned nothing; None: it learned."""
    if not doubt.avoidable > 1e-9 * max(1.0, abs(doubt.chance)):
        return None
    risen = _rise(doubt)
    learned = (doubt.chance - doubt.cost) / doubt.avoidable
    if not doubt.has_classes:
        least = _LEAST_OF_REGRESSION if doubt.network.is_regression else _LEAST_OF_CLASSES
        poor = learned < least
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
    """A cost that rose. With mini-batches the costs of the epochs do not hold the first cost."""
    costs, ended = doubt.ending.history.costs, ended_at(doubt.ending.history)
    began = costs[0]
    penalized = doubt.network.l1 or doubt.network.l2
    if doubt.ending.options.batch_size is not None and not penalized:
        began, ended = doubt.first_cost, doubt.cost
    if not cost_rose(began, ended):
        return None
    return _Symptom("cost-rose", f"the cost ended at {ended:.4g}, above the {began:.4g} where it began")


def _poor_cost(doubt: Doubt) -> _Symptom:
    constant = "the mean" if doubt.network.is_regression else "the frequency of each label"
    return _Symptom(
        "constant-answer",
        f"the cost of {doubt.cost:.4g} is not below the {doubt.chance:.4g} of always predicting {constant}",
    )


def _accuracy_words(doubt: Doubt) -> str:
    about = "about " if doubt.ending.examples.m > SAMPLE else ""
    accuracy, most = doubt.accuracy, doubt.most_frequent
    if doubt.one_answer and accuracy == most:
        return f"every prediction is the same class, so the accuracy is its share, {about}{accuracy:.3f}"
    than = "hardly" if accuracy > most else "not"
    share = f"the share of the most frequent class, {most:.3f}"
    return f"the accuracy, {about}{accuracy:.3f}, is {than} above {share}"
