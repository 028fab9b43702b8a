"""What the health report is made of: findings, and the figures that decide about them."""

from typing import NamedTuple

# From what stops a training to what is good to know.
SEVERITIES = ("severe", "warning", "note")

# Shares of a handful of examples say nothing of the network.
FEWEST_EXAMPLES = 16
# Dead units: the share of a ReLU layer that is 0 for every example; see also `signs`.
DEAD_WARNING = 0.5
# Saturation: the share of values at an end; see also `signs`.
SATURATED_WARNING = 0.5
# Gradients: the root mean square of dZ1 beside that of dZL.
VANISHING_WARNING, VANISHING_SEVERE = 1e-3, 1e-6
EXPLODING_WARNING, EXPLODING_SEVERE = 1e2, 1e4
# Updates: how long the step of W is beside W. About 0.001 is usual.
UPDATE_WARNING, UPDATE_SEVERE = 0.2, 1.0
UPDATE_TOO_SMALL = 1e-6
# The share of rows of X that hold one number only.
CONSTANT_WARNING = 0.5
# The cost, in multiples of what the best constant answer costs.
COST_WARNING = 2.0


class Finding(NamedTuple):
    """One thing that is not as it should be.

    Attributes:
        code: its short name, which stays the same: "dead-relu".
        severity: one of `SEVERITIES`.
        layer: l; None for what belongs to no layer.
        measured: the figure that decided.
        what: what was measured, in words with the figure.
        means: what it means for the training.
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
