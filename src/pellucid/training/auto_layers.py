"""The number of hidden units: several shapes train side by side, and each turn drops the worse half."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pellucid.engines import default_threads
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.training.candidates import Candidate, shown_layers
from pellucid.training.options import TrainingOptions
from pellucid.training.search import HELD_OUT, Runner, SearchListener, TrialMeasured, nothing_trained
from pellucid.training.trials import Groups, Trial, TrialResult, standard_error, trials_html
from pellucid.training.validation import split_off

Hidden: TypeAlias = tuple[int, ...]

# Without hidden units first: the baseline for all others.
LADDER: tuple[Hidden, ...] = ((), (16,), (64,), (256,), (32, 16), (128, 64))


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
    table: tuple[TrialResult, ...]
    reason: str
    interrupted: bool = False

    def __repr__(self) -> str:
        return f"AutoLayers({self.reason:.200})"

    def _repr_html_(self) -> str:
        chosen = [result.hidden for result in self.table].index(self.hidden)
        return trials_html(self.table, chosen, self.reason)


def auto_layers(
    network_for: Callable[[Hidden], Network],
    examples: Examples,
    options: TrainingOptions | None = None,
    *,
    candidates: Iterable[Sequence[int]] | None = None,
    seed: int = 0,
    listeners: Sequence[SearchListener] = (),
) -> AutoLayers:
    """Try hidden shapes on held-out examples, and choose one.

    Successive halving: all shapes train for a small share of the epochs; the half with the lower validation
    cost trains to twice as many, and so on, until the last two have trained for all `options.epochs`. Each
    network trains on one thread. The cost of a shape is the lowest that was measured. The choice is the
    network with the fewest parameters whose cost is at most one standard error above the lowest: the
    standard error of the difference between the two, over up to 32 groups of held-out examples.

    The number of threads does not change the result, except for the seconds. Ctrl-C ends the search within
    a fraction of a second, or one step if that is longer; the result is then the best so far.

    Args:
        network_for: returns the network with these hidden units; all must have the same inputs, outputs
            and cost.
        examples: X (n_x, m) and Y (n_y, m), of any array library.
        options: training options; None: the course's. `validation_fraction` is the share held out (None:
            0.2); `threads` is the number of networks that train at a time. Early stopping and `rng` are
            not used: every network starts from `RandomState(seed)`.
        candidates: the hidden shapes, each a sequence of units, () for none; None: `LADDER`.
        seed: of the split and of the initial weights.
        listeners: called with a `TrialMeasured` after every measurement.

    Raises:
        OptionError: no candidates, a candidate twice, networks that cannot be compared, or no epochs.
        DivergenceError: no shape could be trained.
        KeyboardInterrupt: Ctrl-C before the first measurement.
        ShapeError, NonFiniteError, LabelError, TooLargeError: as for `fit`.
    """
    options = options or TrainingOptions()
    if options.epochs < 1:
        raise OptionError("epochs is 0; expected at least 1 to try hidden layers")
    networks = _networks(network_for, LADDER if candidates is None else candidates)
    fraction = options.validation_fraction or HELD_OUT
    examples, held_out = split_off(networks[0], examples.checked(networks[0]), fraction, seed)
    common = replace(options, rng=seed, threads=1, patience=None, validation_fraction=None)
    groups = Groups.drawn(held_out, seed)
    runner = Runner(min(options.threads or default_threads(), len(networks)))
    trials = [Trial(Candidate(network, common), examples, groups, runner.stopped) for network in networks]
    with runner:
        _halve(trials, options.epochs, runner, listeners)
    chosen, reason = _chosen(trials, groups, runner.interrupted)
    return AutoLayers(chosen.hidden, tuple(trial.result for trial in trials), reason, runner.interrupted)


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
    """The number of shapes that train in each turn, of `count`, and the epoch up to which they train."""
    counts = [count]
    while counts[-1] > 2:
        counts.append((counts[-1] + 1) // 2)
    last = len(counts) - 1
    return [(remaining, -(-epochs // 2 ** (last - i))) for i, remaining in enumerate(counts)]


def _halve(
    trials: Sequence[Trial], epochs: int, runner: Runner, listeners: Sequence[SearchListener]
) -> None:
    """Successive halving: after each turn the better half trains on."""
    plan = turns(len(trials), epochs)
    done, total = 0, sum(count for count, _ in plan)

    def report(trial: Trial) -> None:
        nonlocal done
        done += 1
        for listener in listeners:
            listener(TrialMeasured(trial.result, done, total))

    remaining = list(trials)
    for count, until in plan:
        remaining = _best(remaining, count)
        runner.run(dict.fromkeys(remaining, until), report)


def _best(trials: list[Trial], count: int) -> list[Trial]:
    """The `count` best trials, largest network first; before the first turn no trial has a cost."""
    finite = [trial for trial in trials if trial.divergence is None]
    ranked = sorted(finite, key=lambda trial: (trial.cost, trial.candidate.network.parameter_count))
    for trial in {*trials}.difference(ranked[:count]):
        trial.release()
    # The longest training starts first, so that the threads end at about the same time.
    return sorted(ranked[:count], key=lambda trial: -trial.candidate.network.parameter_count)


def _chosen(trials: Sequence[Trial], groups: Groups, interrupted: bool) -> tuple[TrialResult, str]:
    """The smallest network within one standard error of the best, and the reason in words."""
    tried = [(trial.result, trial.costs) for trial in trials if trial.costs is not None]
    if not tried:
        divergences = [trial.divergence for trial in trials if trial.divergence is not None]
        if len(divergences) < len(trials):
            raise KeyboardInterrupt
        raise nothing_trained("hidden shapes", divergences, len(trials))
    tried.sort(key=lambda pair: pair[0].parameter_count)
    best, lowest = min(tried, key=lambda pair: pair[0].validation_cost)
    within = [(row, standard_error(groups.shares, costs - lowest)) for row, costs in tried]
    row, error = next(
        (row, error) for row, error in within if row.validation_cost - best.validation_cost <= error
    )
    reason = (
        f"{'interrupted, the best so far: ' if interrupted else ''}{shown_layers(row.hidden)} with the "
        f"validation cost {row.validation_cost:.4g} after {row.epochs} epochs, "
    )
    if row is best:
        return row, f"{reason}the lowest, and no smaller network is within one standard error of it"
    return row, (
        f"{reason}within one standard error ({error:.2g}) of the lowest, {best.validation_cost:.4g} with "
        f"{shown_layers(best.hidden)}, and the smallest network that is"
    )
