"""TargetScale: the mean and deviation of regression targets, removed for training and restored afterwards.

A network learns targets of mean 0 and deviation 1 best. Its last layer is linear, so the conversion to the
targets' units is folded into that layer's weights and biases, and the model needs no scale of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pellucid.errors import DataError

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TargetScale:
    """(Y - mean) / deviation, for each output.

    Attributes:
        mean: (n_y,) subtracted; empty: no scaling, as for classes.
        deviation: (n_y,) divided by, above 0; empty together with `mean`.
    """

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @classmethod
    def of(cls, Y: Floats, what: str = "Y") -> Self:
        """The scale of targets Y (n_y, m): their mean and deviation. A constant output is left as it is.

        Args:
            Y: finite, in any units.
            what: the beginning of error messages.

        Raises:
            DataError: numbers too large or too close to each other to have a mean and a deviation.
        """
        moments = [_moments(np.ascontiguousarray(output, np.float64), what) for output in Y]
        return cls(tuple(mean for mean, _ in moments), tuple(deviation for _, deviation in moments))

    @property
    def inverse(self) -> "TargetScale":
        """The scale that undoes this one."""
        pairs = list(zip(self.mean, self.deviation, strict=True))
        return TargetScale(tuple(-m / d for m, d in pairs), tuple(1 / d for _, d in pairs))

    def scaled(self, Y: Floats) -> Floats:
        """Y (n_y, m) with mean 0 and deviation 1, in its dtype."""
        if not self.mean:
            return Y
        mean, deviation = self._columns(Y)
        return np.asarray((Y - mean) / deviation)

    def folded(self, parameters: Mapping[str, Floats]) -> dict[str, Floats]:
        """Parameters whose outputs are in the targets' units, from those trained on `scaled` targets.

        The last layer's weights and biases are multiplied by the deviation of their output, and its mean is
        added to the biases. Other layers are the same arrays as before.

        Args:
            parameters: `{"W1": ..., "bL": ...}` of a network whose output activation is the identity.
        """
        folded = dict(parameters)
        if self.mean:
            last = len(folded) // 2
            W, b = folded[f"W{last}"], folded[f"b{last}"]
            mean, deviation = self._columns(W)
            folded[f"W{last}"], folded[f"b{last}"] = W * deviation, b * deviation + mean
        return folded

    def _columns(self, like: Floats) -> tuple[Floats, Floats]:
        """Mean and deviation (n_y, 1), in the dtype of `like`."""
        return np.array([self.mean], like.dtype).T, np.array([self.deviation], like.dtype).T


def _moments(output: Floats, what: str) -> tuple[float, float]:
    """Mean and deviation of one output (m,); 0 and 1 if it is constant."""
    # The mean of a constant may be rounded, which gives a deviation above 0.
    if np.all(output == output[0]):
        return 0.0, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = float(output.mean()), float(output.std())
    if not (np.isfinite(mean) and np.isfinite(deviation) and deviation > 0):
        raise DataError(
            f"{what} holds numbers up to {np.abs(output).max():g}, which cannot be averaged; expected "
            "numbers of usual size: scale them"
        )
    return mean, deviation
