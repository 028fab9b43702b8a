"""The mathematics of the course: pure functions on arrays, each forward step beside its backward.

Read the files in this order: linear, activations, cost, initialization, model, update; then those of the
second course: mini_batches, optimizers, learning_rate, regularization, philox, dropout, gradient_check;
then two that go beyond both: rectifiers, costs. `shallow`, the network with one hidden layer, is a page
of its own.

No function here reads a file, keeps state, reads a clock or uses a global random generator, and none
changes its arguments. All take and return arrays of any library of the Python array API standard: NumPy,
PyTorch, JAX, CuPy. Every function of a training step can be traced by `jax.jit` and `lax.scan`, the step
count and the learning rate included.
"""

from pellucid.core import shallow
from pellucid.core.activations import (
    exp,
    exp_backward,
    identity,
    identity_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from pellucid.core.cost import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
    categorical_cross_entropy,
    categorical_cross_entropy_backward,
    compute_cost,
    compute_cost_backward,
)
from pellucid.core.costs import (
    huber,
    huber_backward,
    mean_absolute_error,
    mean_absolute_error_backward,
    mean_squared_error,
    mean_squared_error_backward,
    poisson,
    poisson_backward,
)
from pellucid.core.dropout import (
    backward_propagation_with_dropout,
    dropout_masks,
    forward_propagation_with_dropout,
)
from pellucid.core.gradient_check import gradient_check, gradient_check_n
from pellucid.core.initialization import initialize_parameters, initialize_parameters_deep
from pellucid.core.learning_rate import schedule_lr_decay, update_lr
from pellucid.core.linear import (
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
)
from pellucid.core.mini_batches import random_mini_batches
from pellucid.core.model import L_model_backward, L_model_forward, predict
from pellucid.core.optimizers import (
    initialize_adam,
    initialize_velocity,
    update_parameters_with_adam,
    update_parameters_with_adamw,
    update_parameters_with_heavy_ball,
    update_parameters_with_momentum,
    update_parameters_with_nesterov,
    update_parameters_with_rmsprop,
)
from pellucid.core.rectifiers import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    silu,
    silu_backward,
)
from pellucid.core.regularization import (
    backward_propagation_with_regularization,
    compute_cost_with_regularization,
    weight_penalty,
    weight_penalty_backward,
)
from pellucid.core.update import clip_gradients, update_parameters

__all__ = [
    "L_model_backward",
    "L_model_forward",
    "backward_propagation_with_dropout",
    "backward_propagation_with_regularization",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "categorical_cross_entropy",
    "categorical_cross_entropy_backward",
    "clip_gradients",
    "compute_cost",
    "compute_cost_backward",
    "compute_cost_with_regularization",
    "dropout_masks",
    "elu",
    "elu_backward",
    "exp",
    "exp_backward",
    "forward_propagation_with_dropout",
    "gelu",
    "gelu_backward",
    "gradient_check",
    "gradient_check_n",
    "huber",
    "huber_backward",
    "identity",
    "identity_backward",
    "initialize_adam",
    "initialize_parameters",
    "initialize_parameters_deep",
    "initialize_velocity",
    "leaky_relu",
    "leaky_relu_backward",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "mean_absolute_error",
    "mean_absolute_error_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
    "poisson",
    "poisson_backward",
    "predict",
    "random_mini_batches",
    "relu",
    "relu_backward",
    "schedule_lr_decay",
    "shallow",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
    "update_lr",
    "update_parameters",
    "update_parameters_with_adam",
    "update_parameters_with_adamw",
    "update_parameters_with_heavy_ball",
    "update_parameters_with_momentum",
    "update_parameters_with_nesterov",
    "update_parameters_with_rmsprop",
    "weight_penalty",
    "weight_penalty_backward",
]
