"""The known mistakes of each function of the course, as switches of a function written out.

`SUSPECTS` holds, for each function, its implementation with switches and the mistakes it can have;
`explanations` describes each mistake to the learner.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.check.causes import (
    activations,
    cost,
    exercises,
    gradients,
    linear,
    model,
    model_backward,
    optimizers,
    shallow,
    update,
)
from pellucid.check.causes.mistakes import Mistakes, code_of

__all__ = ["SUSPECTS", "Mistakes", "Suspect", "code_of"]


class Suspect(NamedTuple):
    """One function: `run(Mistakes(...), *arguments)` computes it with some of its `mistakes` on."""

    run: Callable[..., Any]
    mistakes: tuple[str, ...]


SUSPECTS = {
    "sigmoid": Suspect(activations.sigmoid, activations.SIGMOID),
    "relu": Suspect(activations.relu, activations.RELU),
    "sigmoid_backward": Suspect(activations.sigmoid_backward, activations.SIGMOID_BACKWARD),
    "relu_backward": Suspect(activations.relu_backward, activations.RELU_BACKWARD),
    "linear_forward": Suspect(linear.linear_forward, linear.LINEAR_FORWARD),
    "linear_activation_forward": Suspect(linear.linear_activation_forward, linear.LAYER_FORWARD),
    "L_model_forward": Suspect(model.L_model_forward, model.L_MODEL_FORWARD),
    "compute_cost": Suspect(cost.compute_cost, cost.COMPUTE_COST),
    "linear_backward": Suspect(gradients.linear_backward, gradients.LINEAR_BACKWARD),
    "linear_activation_backward": Suspect(gradients.linear_activation_backward, gradients.LAYER_BACKWARD),
    "L_model_backward": Suspect(model_backward.L_model_backward, model_backward.L_MODEL_BACKWARD),
    "update_parameters": Suspect(update.update_parameters, update.UPDATE_PARAMETERS),
    "predict": Suspect(model.predict, model.PREDICT),
    "shallow.update_parameters": Suspect(update.update_parameters, update.UPDATE_PARAMETERS),
    "shallow.predict": Suspect(shallow.predict, model.PREDICT),
    "forward_propagation": Suspect(shallow.forward_propagation, shallow.FORWARD_PROPAGATION),
    "backward_propagation": Suspect(shallow.backward_propagation, shallow.BACKWARD_PROPAGATION),
    "layer_sizes": Suspect(exercises.layer_sizes, exercises.LAYER_SIZES),
    "propagate": Suspect(exercises.propagate, exercises.PROPAGATE),
    "optimize": Suspect(exercises.optimize, exercises.OPTIMIZE),
    "logistic.predict": Suspect(exercises.predict, (*model.PREDICT, "bias-missing")),
    "compute_cost_with_regularization": Suspect(
        exercises.compute_cost_with_regularization, exercises.REGULARIZED_COST
    ),
    "backward_propagation_with_regularization": Suspect(
        exercises.backward_propagation_with_regularization, exercises.REGULARIZED_BACKWARD
    ),
    "forward_propagation_with_dropout": Suspect(
        exercises.forward_propagation_with_dropout, exercises.DROPOUT_FORWARD
    ),
    "backward_propagation_with_dropout": Suspect(
        exercises.backward_propagation_with_dropout, exercises.DROPOUT_BACKWARD
    ),
    "random_mini_batches": Suspect(exercises.random_mini_batches, exercises.RANDOM_MINI_BATCHES),
    "gradient_check": Suspect(exercises.gradient_check, exercises.GRADIENT_CHECK),
    "gradient_check_n": Suspect(exercises.gradient_check_n, exercises.GRADIENT_CHECK),
    "update_parameters_with_gd": Suspect(update.update_parameters, update.UPDATE_PARAMETERS),
    "update_parameters_with_momentum": Suspect(
        optimizers.update_parameters_with_momentum, optimizers.MOMENTUM
    ),
    "update_parameters_with_adam": Suspect(optimizers.update_parameters_with_adam, optimizers.ADAM),
    "update_lr": Suspect(optimizers.update_lr, optimizers.UPDATE_LR),
    "schedule_lr_decay": Suspect(optimizers.schedule_lr_decay, optimizers.SCHEDULE_LR_DECAY),
}
