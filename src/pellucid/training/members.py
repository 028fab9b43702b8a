"""Members of an ensemble, trained side by side, and the one network that answers as all of them do.

The mean of what several networks say is more often right than any of them. Where the mean is taken of their
linear outputs Z_L (for probabilities, before the sigmoid or softmax), K networks of the layers n_1, ... are
one network of the layers K n_1, ...: the W_1 stand one below the other, W_2 ... W_(L-1) along a diagonal of
blocks with zeros elsewhere, and the W_L side by side, divided by K. So a model of several members is a
model as any other: its file, its predictions and its export know nothing of them.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.engines import TrainingState, default_threads
from pellucid.errors import LearningWarning, OptionError, warn
from pellucid.examples import Examples
from pellucid.network import Network
from pellucid.stored import Stored
from pellucid.training.call_size import interrupts_wait
from pellucid.training.checkpoints import Checkpoints
from pellucid.training.events import Event, Listener, NotLearning, TrainingEnd
from pellucid.training.history import History
from pellucid.training.loop import learning_warning, train
from pellucid.training.options import TrainingOptions
from pellucid.training.run_state import RunState, SavedRun
from pellucid.training.saved_training import SavedTraining

if TYPE_CHECKING:
    from concurrent.futures import Future

_POLL_SECONDS = 0.1

Start: TypeAlias = SavedRun | RunState | TrainingState | None


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Several members as one network.

    Attributes:
        network: the layers of all members beside each other.
        parameters: the mean of the members' linear outputs.
        history: that of the members: the mean of their costs, epoch by epoch.
        members: how many.
    """

    network: Network
    parameters: dict[str, Array]
    history: History
    members: int


def train_members(
    network: Network,
    examples: Examples,
    options: TrainingOptions,
    members: int,
    *,
    listeners: Sequence[Listener] = (),
    checkpoints: Checkpoints | None = None,
    before: SavedTraining | None = None,
    start: Mapping[str, Array] | None = None,
    when_ended: Callable[[], None] = lambda: None,
) -> Ensemble:
    """Train members that differ in their first weights, their batches and their masks, and join them.

    The first is what `train` would give. Ctrl-C ends all of them; what they have learnt so far is joined.

    Args:
        network: of one member.
        examples: that all are trained on.
        options: of one member; its seeds are those of the first.
        members: how many.
        listeners: called with the events of the first member, in the thread that trains it.
        checkpoints: written of all members; None: no checkpoints.
        before: the checkpoint to go on from; None: a new training.
        start: the first parameters of each of them; None: freshly drawn ones.
        when_ended: called in this thread when the training is over. Until then Ctrl-C ends it with what was
            learnt; afterwards it would lose that.

    Raises:
        OptionError: `before` is of another number of members, or of other data or settings.
        As `train`.
    """
    if before is not None and len(before.states) != members:
        raise OptionError(
            f"the checkpoint is of {len(before.states)} members, and now there are {members}; expected "
            "the same"
        )
    if before is not None:
        before.check_length(options.epochs)
    fresh = None if start is None else TrainingState(start)
    starts: list[Start] = [fresh] * members
    if before is not None:
        starts = [state or fresh for state in (before.run, *before.states[1:])]
    heard: list[list[Listener]] = [
        [*([checkpoints.of_member(k)] if checkpoints else []), *(listeners if k == 0 else ())]
        for k in range(members)
    ]
    if members == 1:
        last = _calling(when_ended)
        ends = [
            train(network, examples, options, state=starts[0], listeners=[*heard[0], last], every="auto")
        ]
    else:
        own = options.of_members(members)
        ends = _trained(network, examples.checked(network), own, starts, heard, when_ended)
    if checkpoints is not None:
        # An interrupted member has not come to its own end.
        reasons = {end.history.reason for end in ends}
        checkpoints.end(ended=len(ends) == members and reasons <= {"completed", "early_stopping"})
    if members == 1:
        return Ensemble(ends[0].network, ends[0].parameters, ends[0].history, 1)
    if any(end.history.reason == "interrupted" for end in ends):
        # Who has taken no step has nothing to say.
        ends = [end for end in ends if end.history.iterations] or ends[:1]
    joint, parameters = joined(network, [end.parameters for end in ends])
    return Ensemble(joint, parameters, _joint_history([end.history for end in ends]), len(ends))


def _calling(when_ended: Callable[[], None]) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, TrainingEnd):
            when_ended()

    return listen


def _shared(examples: Examples, members: int) -> Examples:
    """Examples that several trainings read from files, each with its part of the memory.

    Their order follows from it, so it may not depend on how many of them a machine trains at a time.
    """
    if not isinstance(examples.X, Stored):
        return examples
    return replace(examples, X=examples.X.within(examples.X.memory // members))


def joined(
    network: Network, members: Sequence[Mapping[str, Array]]
) -> tuple[Network, dict[str, np.ndarray[Any, Any]]]:
    """The network whose linear output is the mean of those of several networks.

    Args:
        network: of each of them.
        members: their parameters.

    Returns:
        The network, of K times as many units in its hidden layers, and its parameters.
    """
    K, L = len(members), len(network.layer_dims) - 1
    hidden = [K * n for n in network.layer_dims[1:-1]]
    parameters: dict[str, np.ndarray[Any, Any]] = {}
    for l in range(1, L + 1):
        W = [as_numpy(member[f"W{l}"]) for member in members]
        b = [as_numpy(member[f"b{l}"]) for member in members]
        parameters[f"b{l}"] = np.mean(b, axis=0) if l == L else np.concatenate(b)
        if l == L:
            parameters[f"W{l}"] = np.mean(W, axis=0) if L == 1 else np.concatenate(W, axis=1) / K
        else:
            parameters[f"W{l}"] = np.concatenate(W) if l == 1 else _on_diagonal(W)
    dtype = as_numpy(members[0]["W1"]).dtype
    layer_dims = (network.layer_dims[0], *hidden, network.layer_dims[-1])
    # In the order of any network's parameters.
    names = [f"{kind}{l}" for l in range(1, L + 1) for kind in "Wb"]
    ordered = {name: parameters[name].astype(dtype) for name in names}
    return replace(network, layer_dims=layer_dims), ordered


def _on_diagonal(blocks: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    n, n_prev = blocks[0].shape
    found = np.zeros((len(blocks) * n, len(blocks) * n_prev), blocks[0].dtype)
    for k, block in enumerate(blocks):
        found[k * n : (k + 1) * n, k * n_prev : (k + 1) * n_prev] = block
    return found


def _trained(
    network: Network,
    examples: Examples,
    options: Sequence[TrainingOptions],
    starts: Sequence[Start],
    listeners: Sequence[Sequence[Listener]],
    when_ended: Callable[[], None],
) -> list[TrainingEnd]:
    """The members that were trained: all of them, unless Ctrl-C came before some began."""
    # This loads the logging module, which one network does not need.
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    threads = options[0].threads or default_threads()
    at_a_time = min(threads, len(options))
    examples = _shared(examples, len(options))
    stop = threading.Event()

    said: list[NotLearning] = []

    def note(event: Event) -> None:
        said.extend([event] if isinstance(event, NotLearning) else [])

    def run(k: int) -> TrainingEnd | None:
        own = replace(options[k], threads=max(1, threads // at_a_time))
        if stop.is_set() and k > 0:
            return None
        return train(
            *(network, examples, own),
            state=starts[k],
            stop=stop,
            listeners=[note, *listeners[k]] if k == 0 else listeners[k],
            every="auto",
            judged=k == 0,
            # A warning is given at the caller's line, which this thread does not have.
            warn=False,
        )

    with ThreadPoolExecutor(at_a_time, "pellucid-members") as pool:
        futures: list[Future[TrainingEnd | None]] = []
        ended = interrupted = False
        try:
            while not ended:
                # Ctrl-C may come in any of these lines.
                try:
                    if not futures:
                        with interrupts_wait():
                            futures = [pool.submit(run, k) for k in range(len(options))]
                    done, waiting = wait(futures, _POLL_SECONDS, FIRST_EXCEPTION)
                    _stop_at_an_error(done, stop)
                    if not waiting:
                        when_ended()
                        ended = True
                except KeyboardInterrupt:
                    stop.set()
                    interrupted = True
            ends = [end for future in futures if (end := future.result()) is not None]
        finally:
            stop.set()
    for event in said:
        warn(learning_warning(event), LearningWarning)
    if interrupted:
        ends = [replace(end, history=replace(end.history, reason="interrupted")) for end in ends]
    return ends


def _stop_at_an_error(done: "Iterable[Future[TrainingEnd | None]]", stop: threading.Event) -> None:
    """Where a member failed, nothing is wanted of the others any more."""
    if any(future.exception() is not None for future in done):
        stop.set()


def _joint_history(histories: Sequence[History]) -> History:
    first = histories[0]

    def mean(of: Sequence[Sequence[float]]) -> tuple[float, ...]:
        length = min(map(len, of))
        return tuple(float(np.mean([costs[i] for costs in of])) for i in range(length))

    costs = mean([history.costs for history in histories])
    validation = mean([history.validation_costs for history in histories])
    best = None
    if first.best_epoch is not None and validation:
        best = int(np.argmin(validation))
    elif first.best_epoch is not None and costs:
        best = int(np.argmin(costs))
    iterations = sum(history.iterations for history in histories)
    return replace(first, costs=costs, validation_costs=validation, best_epoch=best, iterations=iterations)
