"""How many hidden units: a ladder of shapes trained side by side, the worse half given up at every turn."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pellucid.engines import default_threads
from pellucid.errors import DivergenceError, OptionError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.layer_trials import Groups, Trial, TriedLayers
from pellucid.training.options import TrainingOptions
from pellucid.training.validation import split_off

Hidden = tuple[int, ...]

# A network without hidden units is the yardstick of all others.
LADDER: tuple[Hidden, ...] = ((), (16,), (64,), (256,), (32, 16), (128, 64))

# The share that is held out where the options do not say.
_HELD_OUT = 0.2


@dataclass(frozen=True)
class LayersTried:
    """What `auto_layers` tells: a shape was measured.

    Attributes:
        row: what is known of it now.
        done: how many measurements were made.
        total: how many there will be; fewer where trainings diverge.
    """

    row: TriedLayers
    done: int
    total: int


@dataclass(frozen=True)
class AutoLayers:
    """The hidden shape that was chosen.

    Attributes:
        hidden: units of each hidden layer.
        table: all shapes, in the order in which they were given.
        reason: why this one, in words.
        interrupted: Ctrl-C ended the search.
    """

    hidden: Hidden
    table: tuple[TriedLayers, ...]
    reason: str
    interrupted: bool = False


LayersListener: TypeAlias = Callable[[LayersTried], None]


def auto_layers(
    network_for: Callable[[Hidden], Network],
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    candidates: Iterable[Sequence[int]] | None = None,
    seed: int = 0,
    listeners: Sequence[LayersListener] = (),
) -> AutoLayers:
    """Try hidden shapes on examples held out, and choose one.

    All shapes are trained for a small share of the epochs; the half with the lower validation cost for
    twice as many in all, half of that for twice as many again, until the last two have trained for all
    `options.epochs`. One network a thread, side by side. Of a shape the lowest cost that was measured
    counts. Chosen is the network with the fewest parameters whose cost is no more than one standard error
    above the lowest: that of the difference between the two, over up to 32 groups of examples held out.

    The result does not depend on how many threads there are, but for the seconds. Ctrl-C ends the search
    within a fraction of a second, or one step if that is longer, and the best so far is the result.

    Args:
        network_for: the network with these hidden units; all must have the same inputs, outputs and cost.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        options: how to train; the defaults are the course's. `validation_fraction` is the share held out,
            0.2 where it is None; `threads` is how many networks train at a time. Early stopping is left
            out, and so is `rng`: every network starts from `RandomState(seed)`.
        candidates: the hidden shapes, each a sequence of units, () for none; None: `LADDER`.
        seed: of what is held out and of the first weights.
        listeners: called with a `LayersTried` after every measurement, as they come.

    Raises:
        OptionError: no candidates, or one twice, networks that cannot be compared, or no epochs.
        DivergenceError: no shape could be trained.
        KeyboardInterrupt: Ctrl-C before anything was measured.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as of `fit`.
    """
    options = options or TrainingOptions()
    if options.epochs < 1:
        raise OptionError("epochs is 0; expected at least 1 to try hidden layers")
    networks = _networks(network_for, LADDER if candidates is None else candidates)
    fraction = options.validation_fraction or _HELD_OUT
    examples, held_out = split_off(networks[0], examples.checked(networks[0]), fraction, seed)
    alike = replace(options, rng=seed, threads=1, patience=None, validation_fraction=None)
    groups = Groups.drawn(held_out, seed)
    stop = threading.Event()
    trials = [Trial(network, examples, groups, alike, stop) for network in networks]
    interrupted = _search(trials, options.epochs, options.threads or default_threads(), listeners, stop)
    hidden, reason = _chosen(trials, groups, interrupted)
    return AutoLayers(hidden, tuple(trial.row for trial in trials), reason, interrupted)


def _networks(
    network_for: Callable[[Hidden], Network], candidates: Iterable[Sequence[int]]
) -> list[Network]:
    shapes = [tuple(shape) for shape in candidates]
    if not shapes or len(set(shapes)) < len(shapes):
        raise OptionError(f"candidates is {shapes!r:.80}; expected one hidden shape or more, each once")
    networks = [network_for(shape) for shape in shapes]
    ends = [(n.n_x, n.n_y, n.output_activation, n.cost, n.huber_delta) for n in networks]
    for shape, network, end in zip(shapes, networks, ends, strict=True):
        if network.layer_dims[1:-1] != shape or end != ends[0]:
            raise OptionError(
                f"network_for({shape}) has the layers {list(network.layer_dims)}, the output "
                f"{network.output_activation} and the cost {network.cost}; expected these hidden units and "
                f"the inputs, outputs and cost of network_for({shapes[0]})"
            )
    return networks


def turns(count: int, epochs: int) -> list[tuple[int, int]]:
    """How many of `count` shapes are trained in each turn, and up to which epoch."""
    counts = [count]
    while counts[-1] > 2:
        counts.append((counts[-1] + 1) // 2)
    last = len(counts) - 1
    return [(some, -(-epochs // 2 ** (last - i))) for i, some in enumerate(counts)]


def _search(
    trials: list[Trial],
    epochs: int,
    threads: int,
    listeners: Sequence[LayersListener],
    stop: threading.Event,
) -> bool:
    """Successive halving; whether Ctrl-C ended it."""
    # What loads the logging module; predicting does without.
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(min(threads, len(trials)), "pellucid-layers")
    plan = turns(len(trials), epochs)
    done, total = 0, sum(count for count, _ in plan)
    going = trials
    try:
        for count, until in plan:
            going = _kept(going, count)
            futures = {pool.submit(trial.train, until): trial for trial in going}
            for future in as_completed(futures):
                future.result()
                done += 1
                for listener in listeners:
                    listener(LayersTried(futures[future].row, done, total))
    except KeyboardInterrupt:
        return True
    finally:
        # Those in the middle of something measure what they have.
        stop.set()
        pool.shutdown(cancel_futures=True)
    return False


def _kept(trials: list[Trial], count: int) -> list[Trial]:
    """Those that have a next turn: the best, as many as that. Before the first turn all are alike."""
    sound = [trial for trial in trials if trial.divergence is None]
    ranked = sorted(sound, key=lambda trial: (trial.cost, trial.network.parameter_count))
    for trial in {*trials}.difference(ranked[:count]):
        trial.give_up()
    # The longest work first: the threads end together.
    return sorted(ranked[:count], key=lambda trial: -trial.network.parameter_count)


def _chosen(trials: list[Trial], groups: Groups, interrupted: bool) -> tuple[Hidden, str]:
    """The smallest network that is about as good as the best; and why, in words."""
    tried = [(trial.row, trial.costs) for trial in trials if trial.costs is not None]
    if not tried:
        raise _nothing(trials)
    tried.sort(key=lambda pair: pair[0].parameter_count)
    best, lowest = min(tried, key=lambda pair: pair[0].validation_cost)
    within = [(row, groups.error(costs - lowest)) for row, costs in tried]
    row, error = next(
        (row, error) for row, error in within if row.validation_cost - best.validation_cost <= error
    )
    reason = (
        f"{'interrupted, the best so far: ' if interrupted else ''}{_shown(row.hidden)} with the "
        f"validation cost {row.validation_cost:.4g} after {row.epochs} epochs, "
    )
    if row is best:
        return row.hidden, f"{reason}the lowest, and no smaller network is within one standard error of it"
    return row.hidden, (
        f"{reason}within one standard error ({error:.2g}) of the lowest, {best.validation_cost:.4g} with "
        f"{_shown(best.hidden)}, and the smallest network that is"
    )


def _nothing(trials: list[Trial]) -> BaseException:
    """What is raised where nothing was measured: all diverged, or Ctrl-C came before."""
    causes = [trial.divergence for trial in trials if trial.divergence is not None]
    if len(causes) < len(trials):
        return KeyboardInterrupt()
    what = f"none of the {len(trials)} hidden shapes could be trained"
    return DivergenceError(f"{what}; the first: {causes[0]}", causes[0].iteration, causes[0].parameters)


def _shown(hidden: Hidden) -> str:
    return f"hidden layers {' x '.join(map(str, hidden))}" if hidden else "no hidden layer"
