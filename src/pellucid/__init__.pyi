from pellucid import (
    core as core,
)
from pellucid import (
    course as course,
)
from pellucid import (
    data as data,
)
from pellucid import (
    errors as errors,
)
from pellucid import (
    plots as plots,
)
from pellucid import (
    report as report,
)
from pellucid import (
    training as training,
)
from pellucid.check.in_notebook import examine as examine
from pellucid.core.activations import exp as exp
from pellucid.core.activations import exp_backward as exp_backward
from pellucid.core.activations import identity as identity
from pellucid.core.activations import identity_backward as identity_backward
from pellucid.core.activations import (
    relu as relu,
)
from pellucid.core.activations import (
    relu_backward as relu_backward,
)
from pellucid.core.activations import (
    sigmoid as sigmoid,
)
from pellucid.core.activations import (
    sigmoid_backward as sigmoid_backward,
)
from pellucid.core.activations import (
    softmax as softmax,
)
from pellucid.core.activations import (
    softmax_backward as softmax_backward,
)
from pellucid.core.activations import (
    tanh as tanh,
)
from pellucid.core.activations import (
    tanh_backward as tanh_backward,
)
from pellucid.core.cost import compute_cost as compute_cost
from pellucid.core.dropout import backward_propagation_with_dropout as backward_propagation_with_dropout
from pellucid.core.dropout import forward_propagation_with_dropout as forward_propagation_with_dropout
from pellucid.core.gradient_check import gradient_check as gradient_check
from pellucid.core.gradient_check import gradient_check_n as gradient_check_n
from pellucid.core.initialization import (
    initialize_parameters as initialize_parameters,
)
from pellucid.core.initialization import (
    initialize_parameters_deep as initialize_parameters_deep,
)
from pellucid.core.learning_rate import schedule_lr_decay as schedule_lr_decay
from pellucid.core.learning_rate import update_lr as update_lr
from pellucid.core.linear import (
    linear_activation_backward as linear_activation_backward,
)
from pellucid.core.linear import (
    linear_activation_forward as linear_activation_forward,
)
from pellucid.core.linear import (
    linear_backward as linear_backward,
)
from pellucid.core.linear import (
    linear_forward as linear_forward,
)
from pellucid.core.mini_batches import random_mini_batches as random_mini_batches
from pellucid.core.model import (
    L_model_backward as L_model_backward,
)
from pellucid.core.model import (
    L_model_forward as L_model_forward,
)
from pellucid.core.model import (
    predict as predict,
)
from pellucid.core.optimizers import initialize_adam as initialize_adam
from pellucid.core.optimizers import initialize_velocity as initialize_velocity
from pellucid.core.optimizers import update_parameters_with_adam as update_parameters_with_adam
from pellucid.core.optimizers import update_parameters_with_adamw as update_parameters_with_adamw
from pellucid.core.optimizers import update_parameters_with_heavy_ball as update_parameters_with_heavy_ball
from pellucid.core.optimizers import update_parameters_with_momentum as update_parameters_with_momentum
from pellucid.core.optimizers import update_parameters_with_nesterov as update_parameters_with_nesterov
from pellucid.core.optimizers import update_parameters_with_rmsprop as update_parameters_with_rmsprop
from pellucid.core.rectifiers import elu as elu
from pellucid.core.rectifiers import elu_backward as elu_backward
from pellucid.core.rectifiers import gelu as gelu
from pellucid.core.rectifiers import gelu_backward as gelu_backward
from pellucid.core.rectifiers import leaky_relu as leaky_relu
from pellucid.core.rectifiers import leaky_relu_backward as leaky_relu_backward
from pellucid.core.rectifiers import silu as silu
from pellucid.core.rectifiers import silu_backward as silu_backward
from pellucid.core.regularization import (
    backward_propagation_with_regularization as backward_propagation_with_regularization,
)
from pellucid.core.regularization import (
    compute_cost_with_regularization as compute_cost_with_regularization,
)
from pellucid.core.update import clip_gradients as clip_gradients
from pellucid.core.update import update_parameters as update_parameters
from pellucid.course import (
    L_layer_model as L_layer_model,
)
from pellucid.course import (
    nn_model as nn_model,
)
from pellucid.course import (
    two_layer_model as two_layer_model,
)
from pellucid.data.dataset import Dataset as Dataset
from pellucid.data.load import load_data as load_data
from pellucid.data.load_table import load_tables as load_tables
from pellucid.data.recipe import Recipe as Recipe
from pellucid.data.table import Table as Table
from pellucid.data.table_recipe import TableRecipe as TableRecipe
from pellucid.deep_network import DeepNetwork as DeepNetwork
from pellucid.errors import PellucidError as PellucidError
from pellucid.estimators import MLPClassifier as MLPClassifier
from pellucid.estimators import MLPRegressor as MLPRegressor
from pellucid.examples import Examples as Examples
from pellucid.model import Evaluation as Evaluation
from pellucid.model import Model as Model
from pellucid.modelling import fit_model as fit_model
from pellucid.network import Network as Network
from pellucid.optimizer import Optimizer as Optimizer
from pellucid.sweeping import Sweep as Sweep
from pellucid.sweeping import sweep as sweep
from pellucid.tracing import (
    GradientReport as GradientReport,
)
from pellucid.tracing import (
    HealthReport as HealthReport,
)
from pellucid.tracing import (
    Trace as Trace,
)
from pellucid.tracing import (
    gradient_check_network as gradient_check_network,
)
from pellucid.tracing import (
    health as health,
)
from pellucid.tracing import (
    trace as trace,
)
from pellucid.training import (
    History as History,
)
from pellucid.training import (
    TrainingOptions as TrainingOptions,
)
from pellucid.training import (
    auto_layers as auto_layers,
)
from pellucid.training import (
    fit as fit,
)
from pellucid.training import (
    lr_find as lr_find,
)
from pellucid.training import (
    train as train,
)

__version__: str
