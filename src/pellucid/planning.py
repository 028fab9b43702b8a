"""Plan: the settings that the data, and the values that were given, leave to choose from.

A setting that is not given follows from the kind and the size of the data, or is the course's; see
`pellucid.training.defaults`. Where a search is to choose, several stand beside each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from pellucid.data.dataset import Dataset
from pellucid.data.table_recipe import TableRecipe
from pellucid.data.target_scale import TargetScale
from pellucid.engines import engine_for
from pellucid.errors import LabelError, OptionError, TooLargeError
from pellucid.model import Model
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.settings import check, named, setting
from pellucid.stored import Stored
from pellucid.training import Schedule, TrainingOptions
from pellucid.training.auto_layers import LADDER
from pellucid.training.candidates import Candidate
from pellucid.training.defaults import EFFORTS, members_for, settings_for
from pellucid.training.search import Searched
from pellucid.training.streaming import window_for

_COURSE_LAYERS = (20, 7, 5)


@dataclass(frozen=True)
class ModelOptions:
    """How the settings of a training are chosen.

    Args:
        layers: units of the hidden layers, or auto, which compares several on held-out examples.
        iterations: steps of gradient descent on all examples, with the course's settings.
        preset: auto chooses settings by the kind and size of the data; course takes the course's: layers
            20 7 5, 2,500 steps of gradient descent on all examples, rate 0.0075.
        search: how many settings to compare on held-out examples before the best is trained on all: none,
            quick (four or five, but none for fewer pictures than pixels) or thorough (about ten).
        budget: seconds that the search may take.
        members: networks that are trained side by side, from different first weights; their mean answer is
            given by one network of as many times the units.
        seed: seed of everything random.

    Raises:
        OptionError: a value that is out of bounds or unknown.
    """

    layers: tuple[int, ...] | str | None = setting(
        None,
        least=1,
        most=2**31 - 1,
        choices=("auto",),
        words="at least 1 unit for each hidden layer, or auto alone",
        group="Network",
        metavar="N [N ...]|auto",
        by_data=True,
        shown="20 7 5",
    )
    iterations: int | None = setting(None, least=0, group="Training", shown="2500 with --course")
    preset: str = setting("auto", choices=("auto", "course"), group="Training", metavar="NAME")
    search: str = setting("quick", choices=EFFORTS, group="Training", metavar="NAME")
    budget: float | None = setting(
        None,
        above=0.0,
        group="Training",
        shown=", ".join(f"{seconds:g} if {effort}" for effort, seconds in EFFORTS.items() if seconds),
    )
    members: int | None = setting(
        None, least=1, most=100, group="Network", by_data=True, shown="1, or 4 for tables"
    )
    seed: int = setting(1, least=0, most=2**32 - 1, group="Run")

    def __post_init__(self) -> None:
        check(self)
        # What steps on all examples are is the course's; so are the other settings of such a training.
        if self.iterations is not None:
            object.__setattr__(self, "preset", "course")


# The classes whose fields are the options of a model, in the order of the documentation.
OWNERS = (ModelOptions, Network, TrainingOptions, Optimizer, Schedule)

# The course's, in the words of `Candidate`; everything else is the default of its class.
_COURSE: tuple[dict[str, Any], dict[str, Any]] = ({"layer_dims": (0, *_COURSE_LAYERS, 0)}, {})


@dataclass(frozen=True, eq=False)
class Plan:
    """The settings that a training may take.

    Attributes:
        options: how one of them is chosen.
        candidates: the settings, different ones; the first is what is trained without a search.
        train: the training set.
        scale: that of its targets.
        start: the parameters to begin with, those of an earlier model; None: freshly drawn ones.
    """

    options: ModelOptions
    candidates: tuple[Candidate, ...]
    train: Dataset
    scale: TargetScale
    start: Mapping[str, Any] | None = None

    @property
    def member_count(self) -> int:
        """How many networks are trained, to be joined to one."""
        return _members(self)

    @cached_property
    def fitting(self) -> Dataset:
        """The training set with scaled targets, which the network is trained on."""
        assert self.train.Y is not None  # planned() saw to it
        return replace(self.train, Y=self.scale.scaled(self.train.Y))


class Chosen(NamedTuple):
    """The settings that a plan is carried out with.

    Attributes:
        candidate: the settings.
        members: how many networks are trained with them.
        searched: what was compared before; None: nothing.
    """

    candidate: Candidate
    members: int
    searched: Searched | None

    def __repr__(self) -> str:
        members = f", {self.members} members" if self.members > 1 else ""
        compared = f", the best of {len(self.searched.table)} settings" if self.searched else ""
        return f"Chosen({self.candidate!r:.240}{members}{compared})"


def planned(train: Dataset, given: Mapping[str, Any], scale: TargetScale | None = None) -> Plan:
    """The settings that the data and the given values leave to choose from.

    Args:
        train: see `fit_model`.
        given: values by the names of the settings.
        scale: see `fit_model`.

    Raises:
        OptionError, LabelError: see `fit_model`.
        TooLargeError: the examples lie in files, and no setting can be trained within the memory.
    """
    if train.Y is None:
        raise LabelError("the examples have no labels; expected labelled ones to train on")
    values = _by_owner(given)
    options = ModelOptions(**values[ModelOptions])
    _refuse_contradictions(options, given)
    shape, bases = _Shape(train.n_x, train.Y.shape[0], bool(train.classes)), _bases(train, options)
    candidates: list[Candidate] = []
    for base in bases:
        candidate = _candidate(shape, options, base, values)
        if candidate not in candidates:
            candidates.append(candidate)
    if scale is None:
        scale = (
            TargetScale()
            if candidates[0].network.output_activation != "identity"
            else TargetScale.of(train.Y)
        )
    return _that_fit(Plan(options, tuple(candidates), train, scale))


def _by_owner(given: Mapping[str, Any]) -> dict[type, dict[str, Any]]:
    """The given values as arguments of the classes that have them."""
    known = named(*OWNERS)
    values: dict[type, dict[str, Any]] = {owner: {} for owner in OWNERS}
    for name, value in given.items():
        option = known.get(name)
        if option is None:
            raise OptionError(f"unknown setting {name!r:.80}; expected some of {', '.join(known)}")
        values[option.owner][option.field] = value
    return values


def check_given(given: Mapping[str, Any]) -> ModelOptions:
    """Refuse values that no data could be trained with.

    Returns:
        The options among them of how settings are chosen.

    Raises:
        OptionError: an unknown setting, one out of bounds, or one that contradicts another.
    """
    values = _by_owner(given)
    options = ModelOptions(**values[ModelOptions])
    _refuse_contradictions(options, given)

    def check_for(n_y: int) -> None:
        base = _COURSE
        if options.preset != "course":
            [base] = settings_for("none", "numbers", 1000, 1, n_y, "classification")
        _candidate(_Shape(1, n_y, True), options, base, values)

    try:
        check_for(1)
    except OptionError:
        # What does not fit an output of one unit may fit several.
        check_for(3)
    return options


class _Shape(NamedTuple):
    """What the data say of a network: inputs, outputs, and whether these are classes."""

    n_x: int
    n_y: int
    classes: bool


def _refuse_contradictions(options: ModelOptions, given: Mapping[str, Any]) -> None:
    if options.iterations is None:
        return
    if given.get("epochs") is not None:
        raise OptionError("iterations and epochs are both given; expected one of them")
    if given.get("batch_size") is not None:
        raise OptionError("iterations are steps on all examples; with batch_size, give epochs")


def _bases(train: Dataset, options: ModelOptions) -> Sequence[tuple[dict[str, Any], dict[str, Any]]]:
    """The settings to begin with, each as arguments of `Network` and of `TrainingOptions`."""
    if options.preset == "course":
        bases: Sequence[tuple[dict[str, Any], dict[str, Any]]] = [_COURSE]
    else:
        task = "classification" if train.classes else "regression"
        effort = "none" if options.layers == "auto" else options.search
        assert train.Y is not None  # the caller saw to it
        bases = settings_for(effort, _kind(train), train.m, train.n_x, train.Y.shape[0], task)
    if options.layers != "auto":
        return bases
    network, training = bases[0]
    return [({**network, "layer_dims": (0, *hidden, 0)}, training) for hidden in LADDER]


def _candidate(
    shape: _Shape,
    options: ModelOptions,
    base: tuple[dict[str, Any], dict[str, Any]],
    values: Mapping[type, dict[str, Any]],
) -> Candidate:
    """One setting with the given values in place of its own."""
    network, training = base
    hidden = network["layer_dims"][1:-1]
    if isinstance(options.layers, tuple):
        hidden = options.layers
    return Candidate(
        _network(shape, hidden, {**network, **values[Network]}),
        _training(options, training, values),
    )


def _network(shape: _Shape, hidden: tuple[int, ...], values: dict[str, Any]) -> Network:
    output = "identity" if not shape.classes else "sigmoid" if shape.n_y == 1 else "softmax"
    dims = (shape.n_x, *hidden, shape.n_y)
    return Network(**{"output_activation": output, **values, "layer_dims": dims})


def _training(
    options: ModelOptions, base: dict[str, Any], values: Mapping[type, dict[str, Any]]
) -> TrainingOptions:
    seeds = dict.fromkeys(("rng", "shuffle_seed", "dropout_seed"), options.seed)
    merged = {**seeds, **base, **values[TrainingOptions]}
    if options.iterations is not None:
        merged["epochs"] = options.iterations
    optimizer = Optimizer.named(merged.get("optimizer", Optimizer()))
    merged["optimizer"] = optimizer.changed(**values[Optimizer])
    if "learning_rate" in base and "learning_rate" not in values[TrainingOptions]:
        merged["learning_rate"] *= OPTIMIZERS[optimizer.name].rate
    schedule = Schedule.named(merged.get("schedule", Schedule()))
    warmup = values[Schedule].get("warmup_epochs")
    merged["schedule"] = schedule if warmup is None else schedule.warmed_up(warmup)
    return TrainingOptions(**merged)


def planned_from(model: Model, train: Dataset, given: Mapping[str, Any]) -> Plan:
    """The settings of a training that begins with the weights of an earlier model.

    Args:
        model: whose recipe the examples went through. Its layers, activations and cost stay as they are.
        train: see `fit_model`.
        given: see `planned`; settings of regularization may differ from the model's.

    Raises:
        OptionError: a setting that the model's weights do not fit, or see `planned`.
        LabelError: see `planned`.
    """
    for name in ("members", "search"):
        if given.get(name) not in (None, 1, "none"):
            raise OptionError(
                f"{name} is {given[name]}, and the training starts from a model; expected no {name}: it "
                "is one network that is trained"
            )
    own = settings_of(model.network)
    plan = planned(train, {**own, **given, "members": 1, "search": "none"})
    network = plan.candidates[0].network
    for name in ("layer_dims", "hidden_activation", "output_activation", "cost"):
        was, now = getattr(model.network, name), getattr(network, name)
        if was != now:
            raise OptionError(
                f"the model to start from has the {name} {was}, and now it would be {now}; expected "
                "the same"
            )
    # Folding a scale into the last layer undoes the one that was folded in.
    return replace(plan, start=plan.scale.inverse.folded(model.parameters))


def settings_of(network: Network) -> dict[str, Any]:
    """The settings that give a network, by name."""
    found = {option.name: getattr(network, option.field) for option in named(Network).values()}
    return {"layers": network.layer_dims[1:-1], **found}


def _that_fit(plan: Plan) -> Plan:
    """The plan with the candidates that can be trained within the memory, where examples lie in files.

    Raises:
        TooLargeError: none can; the message is about the first.
    """
    X = plan.train.X
    if not isinstance(X, Stored):
        return plan
    examples = replace(plan.train, X=X.within(X.memory // _members(plan)))
    fitting, errors = [], list[TooLargeError]()
    for one in plan.candidates:
        optimizer = Optimizer.named(one.options.optimizer)
        try:
            window_for(examples, one.network, one.options.batch_size, optimizer)
            fitting.append(one)
        except TooLargeError as error:
            errors.append(error)
    if not fitting:
        raise errors[0]
    return replace(plan, candidates=tuple(fitting))


def _members(plan: Plan) -> int:
    options = plan.options
    if options.members is not None or options.preset == "course":
        return options.members or 1
    return members_for(_kind(plan.train), plan.train.m)


def _kind(train: Dataset) -> str:
    return "table" if isinstance(train.recipe, TableRecipe) else train.recipe.kind


def stated(plan: Plan, chosen: Chosen) -> dict[str, Any]:
    """Every setting of a training by name, so that the same values given again repeat it.

    Args:
        plan: that the choice is of.
        chosen: what is trained.
    """
    options, network, training = plan.options, chosen.candidate.network, chosen.candidate.options
    optimizer = Optimizer.named(training.optimizer)
    engine = engine_for(training.engine, network, plan.train.X, optimizer).name
    length = (
        {"iterations": training.epochs} if options.iterations is not None else {"epochs": training.epochs}
    )
    found = {"preset": "course", "seed": options.seed, **length, "members": chosen.members}
    found |= settings_of(network)
    for option in named(TrainingOptions).values():
        if option.name != "epochs":
            found[option.name] = getattr(training, option.field)
    return {**found, "engine": engine}
