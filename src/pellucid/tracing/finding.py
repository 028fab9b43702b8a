"""Findings of the health report, and the thresholds that decide about them."""

from typing import NamedTuple

# From one that stops a training to one that is good to know.
SEVERITIES = ("severe", "warning", "note")

# With fewer examples a share says nothing about the network.
FEWEST_EXAMPLES = 16
# Dead units: the share of a ReLU layer that is 0 for every example; see also `signs`.
DEAD_WARNING = 0.5
# Saturation: the share of values close to a bound; see also `signs`.
SATURATED_WARNING = 0.5
# Gradients: the root mean square of dZ1 beside that of dZL.
VANISHING_WARNING, VANISHING_SEVERE = 1e-3, 1e-6
EXPLODING_WARNING, EXPLODING_SEVERE = 1e2, 1e4
# Updates: the size of the step of W relative to W. About 0.001 is usual.
UPDATE_WARNING, UPDATE_SEVERE = 0.2, 1.0
UPDATE_TOO_SMALL = 1e-6
# The share of rows of X that hold the same number for every example.
CONSTANT_WARNING = 0.5
# The cost, in multiples of the cost of the best constant prediction.
COST_WARNING = 2.0


class Finding(NamedTuple):
    """One problem.

    Attributes:
        code: its short name, which does not change between versions: "dead-relu".
        severity: one of `SEVERITIES`.
        layer: l; None if the problem belongs to no layer.
        measured: the number that was compared with a threshold.
        what: the observation, with its numbers.
        means: its consequence for the training.
        remedy: what to try.
    """

    code: str
    severity: str
    layer: int | None
    measured: float
    what: str
    means: str
    remedy: str

    def __repr__(self) -> str:
        return f"Finding({self.code}, {self.severity}: {self.what:.200})"

    def __str__(self) -> str:
        return f"{self.severity}: {self.what}. {self.means}. Try: {self.remedy}."
