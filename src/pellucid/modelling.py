"""From a data set to a model: plan, compare a few settings, train with the best, and keep all together.

This is what `pellucid train` does between reading and reporting; `pellucid.planning` makes the plan.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.target_scale import TargetScale
from pellucid.display import facts
from pellucid.examples import Examples
from pellucid.model import Model
from pellucid.network import Network
from pellucid.planning import Chosen, Plan, planned
from pellucid.stored import Stored
from pellucid.training import Checkpoints, Listener, SavedTraining, TrainingOptions
from pellucid.training.auto_layers import auto_layers
from pellucid.training.defaults import EFFORTS
from pellucid.training.members import train_members
from pellucid.training.search import Searched, SearchListener, search

# Of examples in files so many are in memory to compare settings on: this share of what a training may take,
# since several trainings hold a part of them each, and no more than settings are told apart with.
_SEARCH_SHARE, _MOST_COMPARED = 16, 200_000


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that was trained, and how.

    Attributes:
        model: the model.
        chosen: the settings that it was trained with.
        members: how many were trained: fewer than chosen if the training was interrupted.
        seconds: what the training took, without the search.
    """

    model: Model
    chosen: Chosen
    members: int
    seconds: float

    @property
    def network(self) -> Network:
        """The network of one member, which is the model's if there is one."""
        return self.chosen.candidate.network

    @property
    def options(self) -> TrainingOptions:
        """How each member was trained."""
        return self.chosen.candidate.options

    @property
    def searched(self) -> Searched | None:
        """What was compared before; None: nothing."""
        return self.chosen.searched

    def __repr__(self) -> str:
        compared = f", the best of {len(self.searched.table)} settings" if self.searched else ""
        return f"Fitted({self.model!r}{compared}, {self.seconds:.2f} s)"

    def _repr_html_(self) -> str:
        told = facts([("options", repr(self.options)), ("training took", f"{self.seconds:.2f} s")])
        return self.model._repr_html_() + told + (self.searched._repr_html_() if self.searched else "")


def fit_model(
    train: Dataset,
    *,
    scale: TargetScale | None = None,
    listeners: Sequence[Listener] = (),
    search_listeners: Sequence[SearchListener] = (),
    **given: Any,
) -> Fitted:
    """Train a model on a data set, with settings that follow from its kind and size.

    Args:
        train: labelled examples, with the recipe that the model keeps: from `load_data` or `load_tables`.
        scale: of the targets of a regression; None: mean 0 and deviation 1.
        listeners: called with every event of the training.
        search_listeners: called with every trial of the search.
        **given: settings by name, as `pellucid train` has them: those of `ModelOptions`, `Network` and
            `TrainingOptions`, and momentum, weight_decay and warmup_epochs.

    Raises:
        OptionError: an unknown setting, or one that contradicts another.
        LabelError: the examples are not labelled.
        DivergenceError: the cost became NaN or infinite.
    """
    plan = planned(train, given, scale)
    return fit_chosen(plan, choose(plan, search_listeners), listeners=listeners)


def choose(plan: Plan, listeners: Sequence[SearchListener] = ()) -> Chosen:
    """Compare the candidates of a plan, if there are several, and choose the best.

    Args:
        plan: made by `planned`.
        listeners: called with every trial.
    """
    searched = _searched(plan, listeners)
    candidate = plan.candidates[searched.chosen if searched else 0]
    return Chosen(candidate, plan.member_count, searched)


def fit_chosen(
    plan: Plan,
    chosen: Chosen,
    *,
    listeners: Sequence[Listener] = (),
    checkpoints: Checkpoints | None = None,
    before: SavedTraining | None = None,
    when_ended: Callable[[], None] = lambda: None,
) -> Fitted:
    """Train a model with chosen settings.

    Args:
        plan: that the choice is of.
        chosen: the settings.
        listeners: called with every event of the training.
        checkpoints: written while it trains; None: no checkpoints.
        before: the checkpoint to go on from; None: a new training.
        when_ended: see `train_members`.

    Raises:
        OptionError: `before` is of other data or settings.
        DivergenceError: the cost became NaN or infinite.
    """
    started, (network, options) = time.perf_counter(), (chosen.candidate.network, chosen.candidate.options)
    end = train_members(
        *(network, plan.fitting, options, chosen.members),
        listeners=listeners,
        checkpoints=checkpoints,
        before=before,
        start=plan.start,
        when_ended=when_ended,
    )
    seconds = time.perf_counter() - started
    parameters = plan.scale.folded(end.parameters)
    model = Model(end.network, parameters, plan.train.recipe, plan.train.classes, end.history)
    return Fitted(model, chosen, end.members, seconds)


def _searched(plan: Plan, listeners: Sequence[SearchListener]) -> Searched | None:
    if len(plan.candidates) < 2:
        return None
    options, examples = plan.options, _in_memory(plan.fitting)
    if options.layers == "auto":
        found = _searched_layers(plan, examples, listeners)
    else:
        seconds = options.budget or EFFORTS[options.search]
        found = search(plan.candidates, examples, seconds=seconds, seed=options.seed, listeners=listeners)
    if examples.m < plan.fitting.m:
        on = f"compared on {examples.m:,} of the {plan.fitting.m:,} examples, which fit into memory"
        found = replace(found, reason=f"{found.reason} ({on})")
    return found


def _in_memory(examples: Examples) -> Examples:
    """The examples; of those in files as many as several trainings at a time have memory for, drawn."""
    X = examples.X
    if not isinstance(X, Stored):
        return examples
    count = max(1, min(_MOST_COMPARED, X.memory // _SEARCH_SHARE // X.column_bytes))
    if count >= examples.m:
        return examples.block(np.arange(examples.m))
    return examples.block(np.unique(np.random.default_rng(0).integers(0, examples.m, count)))


def _searched_layers(plan: Plan, examples: Examples, listeners: Sequence[SearchListener]) -> Searched:
    networks = {candidate.hidden: candidate.network for candidate in plan.candidates}
    found = auto_layers(
        networks.__getitem__,
        examples,
        plan.candidates[0].options,
        candidates=networks,
        seed=plan.options.seed,
        listeners=listeners,
    )
    chosen = list(networks).index(found.hidden)
    return Searched(chosen, found.table, found.reason, found.interrupted)
