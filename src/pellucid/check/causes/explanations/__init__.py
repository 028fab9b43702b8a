"""The explanation of each mistake, by its code."""

from pellucid.check.causes.explanations import (
    activations,
    backward,
    common,
    exercises,
    forward,
    parameters,
    shallow,
    whole,
)
from pellucid.check.causes.explanations.explanation import Explanation

__all__ = ["EXPLANATIONS", "GROUPS", "Explanation"]

# In the order of the page that documents them.
GROUPS = {
    "Activations": activations.ACTIVATIONS,
    "A layer forward": forward.LINEAR,
    "The forward pass": forward.MODEL,
    "The cost": whole.COST,
    "A layer backward": backward.LINEAR,
    "The backward pass": backward.MODEL,
    "One hidden layer": shallow.SHALLOW,
    "Initialization": parameters.START,
    "The update": parameters.UPDATE,
    "Labels": whole.LABELS,
    "Training": whole.TRAINERS,
    "Logistic regression and sizes": exercises.LOGISTIC,
    "Regularization": exercises.REGULARIZATION,
    "Dropout": exercises.DROPOUT,
    "Mini-batches": exercises.BATCHES,
    "Momentum, Adam and decay": exercises.OPTIMIZERS,
    "Gradient checking": exercises.CHECK,
    "Any function": common.ANY,
}

EXPLANATIONS: dict[str, Explanation] = {
    code: explanation for group in GROUPS.values() for code, explanation in group.items()
}
