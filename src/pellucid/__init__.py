"""Deep networks you can see through.

Every forward and backward step of a dense network is a named function that can be read in a minute and
checked against published numbers; the trainer is built on those functions.

    >>> import numpy as np, pellucid
    >>> X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    >>> Y = np.array([[0, 1, 1, 0]])
    >>> net = pellucid.DeepNetwork([2, 8, 1], learning_rate=0.5, initialization="he").fit(X, Y)
    >>> net.predict(X)
    array([[0, 1, 1, 0]])

The names below are loaded when first used: importing this package costs next to nothing.
"""

from importlib import import_module

# `__init__.pyi` says the same to type checkers and editors.
_HOMES = {
    "pellucid.core.activations": (
        "exp exp_backward identity identity_backward relu relu_backward sigmoid sigmoid_backward softmax "
        "softmax_backward tanh tanh_backward"
    ),
    "pellucid.core.cost": "compute_cost",
    "pellucid.core.dropout": "backward_propagation_with_dropout forward_propagation_with_dropout",
    "pellucid.core.gradient_check": "gradient_check gradient_check_n",
    "pellucid.core.initialization": "initialize_parameters initialize_parameters_deep",
    "pellucid.core.learning_rate": "schedule_lr_decay update_lr",
    "pellucid.core.linear": (
        "linear_activation_backward linear_activation_forward linear_backward linear_forward"
    ),
    "pellucid.core.mini_batches": "random_mini_batches",
    "pellucid.core.model": "L_model_backward L_model_forward predict",
    "pellucid.core.optimizers": (
        "initialize_adam initialize_velocity update_parameters_with_adam update_parameters_with_adamw "
        "update_parameters_with_heavy_ball update_parameters_with_momentum "
        "update_parameters_with_nesterov update_parameters_with_rmsprop"
    ),
    "pellucid.core.rectifiers": (
        "elu elu_backward gelu gelu_backward leaky_relu leaky_relu_backward silu silu_backward"
    ),
    "pellucid.core.regularization": (
        "backward_propagation_with_regularization compute_cost_with_regularization"
    ),
    "pellucid.core.update": "clip_gradients update_parameters",
    "pellucid.check.in_notebook": "examine",
    "pellucid.course": "L_layer_model nn_model two_layer_model",
    "pellucid.data.dataset": "Dataset",
    "pellucid.data.load": "load_data",
    "pellucid.data.load_table": "load_tables",
    "pellucid.data.recipe": "Recipe",
    "pellucid.data.table": "Table",
    "pellucid.data.table_recipe": "TableRecipe",
    "pellucid.deep_network": "DeepNetwork",
    "pellucid.errors": "PellucidError",
    "pellucid.estimators": "MLPClassifier MLPRegressor",
    "pellucid.examples": "Examples",
    "pellucid.model": "Evaluation Model",
    "pellucid.modelling": "fit_model",
    "pellucid.network": "Network",
    "pellucid.optimizer": "Optimizer",
    "pellucid.sweeping": "Sweep sweep",
    "pellucid.tracing": "GradientReport HealthReport Trace gradient_check_network health trace",
    "pellucid.training": "History TrainingOptions auto_layers fit lr_find train",
}
_ROOMS = ("core", "course", "data", "errors", "plots", "report", "training")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *_ROOMS, *_HOME_OF]  # noqa: PLE0604 - the tables above are the list


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("pellucid")
    elif name in _ROOMS:
        value = import_module(f"pellucid.{name}")
    elif name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    else:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    globals()[name] = value
    return value


def load_ipython_extension(shell: object) -> None:
    """What `%load_ext pellucid` calls: it brings the magic `%check`."""
    # By name: nothing here depends on the rooms of this package.
    import_module("pellucid.check.in_notebook").load_ipython_extension(shell)


def __dir__() -> list[str]:
    return sorted(__all__)
