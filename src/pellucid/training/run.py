"""One training under way: what is opened before the first step, and each call of the engine after it.

`loop` decides what is told; this is what is done.
"""

from collections.abc import Callable, Mapping

import numpy as np

from pellucid.core._arrays import Array, as_numpy
from pellucid.core.initialization import initialize_parameters_deep
from pellucid.engines import Engine, Session, engine_named
from pellucid.errors import DivergenceError, ShapeError
from pellucid.network import Network
from pellucid.optimizer import Optimizer
from pellucid.training.epochs import Epochs
from pellucid.training.history import History
from pellucid.training.memory import check_memory, needed_bytes, too_large
from pellucid.training.options import TrainingOptions
from pellucid.training.pace import Pace, interrupts_wait, now
from pellucid.training.schedules import Extent, Schedule
from pellucid.training.shortcut import taken
from pellucid.training.stopping import Best, Plateau
from pellucid.training.validation import Weighted

Parameters = dict[str, Array]


class Run:
    """A network, an open session, and the costs so far.

    Args:
        network: what is trained.
        data: what it is trained on, checked.
        held_out: what it is not trained on, checked; None: nothing.
        options: how.
        parameters: where it starts; None: freshly drawn.

    Attributes:
        epoch: how many are done.
        costs: one for each.
        rates: the learning rate of the last step of each.
        validation_costs: one for each, or none.
        enough: early stopping has decided to stop.

    Raises:
        ShapeError: the parameters are not those of the network.
        TooLargeError: there is not enough memory.
    """

    def __init__(
        self,
        network: Network,
        data: Weighted,
        held_out: Weighted | None,
        options: TrainingOptions,
        parameters: Mapping[str, Array] | None,
    ) -> None:
        self.network, self._held_out, self._options = network, held_out, options
        self.engine = _engine(options.engine, data.X)
        weights = None if data.weights is None else as_numpy(data.weights)[0]
        self.epochs = Epochs(data.m, options.batch_size, options.shuffle_seed, weights)
        self._full_size: Callable[[Parameters], Parameters] = lambda small: small
        self.shortcut = ""
        self.session = self._opened(data, parameters)
        self.epoch = 0
        self.costs: list[float] = []
        self.rates: list[float] = []
        self.validation_costs: list[float] = []
        self.enough = False
        self._follow_costs()

    def _opened(self, data: Weighted, parameters: Mapping[str, Array] | None) -> Session:
        network, options = self.network, self._options
        k = min(options.batch_size or data.m, data.m)
        dtype = str(data.X.dtype).rpartition(".")[2]
        size = (network, k, dtype, Optimizer.named(options.optimizer))
        if isinstance(data.X, np.ndarray):
            # Arrays of other libraries may lie elsewhere than in the machine's memory.
            check_memory(*size)
        try:
            if parameters is None:
                parameters = initialize_parameters_deep(
                    network.layer_dims, scheme=options.initialization, rng=options.rng
                )
            _check_parameters(network, parameters)
            return self._begun(data, parameters)
        except MemoryError as error:
            raise too_large(network, k, needed_bytes(*size), "there is less") from error

    def _begun(self, data: Weighted, parameters: Mapping[str, Array]) -> Session:
        """A session on the data, or on as few inputs as the short cut finds enough."""
        network, X, options = self.network, data.X, self._options
        span = taken(
            network,
            X,
            parameters,
            Optimizer.named(options.optimizer),
            shortcut=options.shortcut,
            steps=options.epochs * self.epochs.steps_per_epoch,
            batch=options.batch_size,
            restores=1 if self._held_out is None else options.epochs,
        )
        if span is not None:
            network, X, parameters = span.network, span.X, span.parameters
            self._full_size, self.shortcut = span.restore, span.description
        return self.engine.open(network, parameters, X, data.Y, weights=data.weights, steps=options.steps)

    def _follow_costs(self) -> None:
        options = self._options
        self._schedule = Schedule.named(options.schedule)
        self._extent = Extent(options.epochs, self.epochs.steps_per_epoch, self.epochs.m)
        self._divided = 0
        self._slope = Plateau(self._schedule.patience or 0, self._schedule.tol or 0.0)
        self._pace = Pace()
        self._stop = None if options.patience is None else Plateau(options.patience, options.min_delta)
        self._best: Best | None = None
        if self._stop is not None and options.restore_best:
            # The cost of the full batch is that before its step.
            before = self._held_out is None and options.batch_size is None
            self._best = Best(before=before, parameters=self.session.snapshot())
        # The last whose validation cost was finite.
        self._sound = self.session.snapshot() if self._held_out is not None else {}

    @property
    def decides(self) -> bool:
        """Whether something has to be decided or measured after every epoch."""
        return self._schedule.decides or self._stop is not None or self._held_out is not None

    @property
    def over(self) -> bool:
        """Whether no epoch is left to do."""
        return self.enough or self.epoch >= self._options.epochs

    def advance(self, most: int | None) -> None:
        """Do the next epochs: exactly so many, as far as they are left; None: as many as the engine pays.

        Raises:
            DivergenceError: with parameters of full size.
            KeyboardInterrupt: Ctrl-C; what was done is counted.
        """
        left = self._options.epochs - self.epoch
        if self.decides:
            most = 1
        if most is None:
            self._call(min(self._pace.epochs, left))
            return
        end = self.epoch + min(most, left)
        while self.epoch < end:
            self._call(min(self._pace.epochs, end - self.epoch))

    def _call(self, count: int) -> None:
        """One call of the engine."""
        began = now()
        try:
            if count == 1:
                self._advance(1)
            else:
                with interrupts_wait():
                    self._advance(count)
        except DivergenceError as error:
            error.parameters = self._full_size(error.parameters)
            raise
        self._pace.took(count, now() - began)
        if self.decides:
            self._decide()

    def _advance(self, count: int) -> None:
        batches = self.epochs.batches(self.epoch, count)
        k = self._extent.steps_per_epoch
        if self._schedule.is_constant:
            rate = self._options.learning_rate
            costs = self.session.advance(batches, rate)
            self.rates += [rate] * count
        else:
            rates = self._schedule.rates(
                self._options.learning_rate, self._extent, self.epoch * k, count * k, self._divided
            ).tolist()
            costs = self.session.advance(batches, rates)
            self.rates += rates[k - 1 :: k]
        self.costs += self.epochs.costs(costs, batches)
        self.epoch += count

    def _decide(self) -> None:
        """After one epoch: measure, divide the rate, keep the best parameters, stop."""
        epoch, cost = self.epoch - 1, self.costs[-1]
        if self._schedule.decides and self._slope.reached(cost):
            self._divided += self._schedule.divides(self._options.learning_rate, self._divided)
        if self._held_out is not None:
            cost = self._validated(self._held_out)
        if self._best is not None:
            self._best.see(epoch, cost, self.session.snapshot)
        if self._stop is not None:
            self.enough = self._stop.reached(cost)

    def _validated(self, held_out: Weighted) -> float:
        parameters = self.session.snapshot()
        cost = held_out.cost(self.network, self._full_size(parameters))
        if not np.isfinite(cost):
            raise DivergenceError(
                f"the validation cost became {cost} after epoch {self.epoch - 1}; expected a finite "
                "number: take a smaller learning rate, or scale the inputs",
                self.session.iteration,
                self._full_size(self._sound),
            )
        self._sound = parameters
        self.validation_costs.append(cost)
        return cost

    def snapshot(self) -> Parameters:
        """The parameters as they are now, of full size."""
        return self._full_size(self.session.snapshot())

    def finish(self) -> Parameters:
        """The parameters that the training ends with.

        Raises:
            DivergenceError: the last step led to what is not finite.
        """
        if self._best is not None and self._best.epoch is not None:
            # Their cost was found to be finite; where the steps after it led is of no account.
            return self._full_size(self._best.parameters)
        try:
            return self._full_size(self.session.finish())
        except DivergenceError as error:
            error.parameters = self._full_size(error.parameters)
            raise

    def history(self, reason: str) -> History:
        """How it went."""
        return History(
            tuple(self.costs),
            self.session.iteration,
            self.engine.name,
            reason,
            tuple(self.validation_costs),
            None if self._best is None else self._best.epoch,
            self.shortcut,
        )


def _engine(name: str, X: Array) -> Engine:
    """The engine called so; "auto" is one that knows the library of X."""
    if name == "auto" and not isinstance(X, np.ndarray):
        return engine_named("reference")
    return engine_named(name)


def _check_parameters(network: Network, parameters: Mapping[str, Array]) -> None:
    for name, shape in network.parameter_shapes.items():
        found = getattr(parameters.get(name), "shape", None)
        if found is None or tuple(found) != shape:
            raise ShapeError(
                f"{name} has shape {found and tuple(found)}; expected {shape} "
                f"for layer_dims {list(network.layer_dims)}"
            )
