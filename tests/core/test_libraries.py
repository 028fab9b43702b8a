"""One function, every array library: the same numbers, the library's arrays, nothing written in place."""

import inspect
from typing import Any

import numpy as np
import pytest

from helpers import LIBRARIES, Library, example, to_numpy, tree_leaves, tree_map
from pellucid import core
from pellucid.core import shallow
from pellucid.core.activations import ACTIVATIONS
from pellucid.errors import ArrayError

# Those that take no arrays; and the judge, which computes in NumPy whatever it is given.
WITHOUT_ARRAYS = {
    "gradient_check",
    "gradient_check_n",
    "schedule_lr_decay",
    "update_lr",
    "initialize_parameters",
    "initialize_parameters_deep",
    "shallow.initialize_parameters",
}


COSTS_FOR_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber", "poisson")


def calls() -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Every public function that takes arrays, by name, with arguments for it."""
    net, many = example([3, 4, 1]), example([3, 4, 3], output="softmax")
    tanh_net = example([3, 4, 1], hidden="tanh")
    AL, caches = net.forward()
    grads = core.L_model_backward(AL, net.Y, caches)
    (A_prev, W, b), Z = caches[0]
    dA = np.random.default_rng(0).standard_normal(Z.shape)
    found: dict[str, Any] = {}
    for name in ACTIVATIONS:
        found[name] = getattr(core, name), (Z,)
        found[f"{name}_backward"] = getattr(core, f"{name}_backward"), (dA, Z)
    for name in ("compute_cost", "compute_cost_backward"):
        found[name] = getattr(core, name), (AL, net.Y)
    for name in COSTS_FOR_NUMBERS:
        for part in (name, f"{name}_backward"):
            found[part] = getattr(core, part), (net.forward()[1][-1][1], net.Y)
            function = getattr(core, part)
            found[f"{part} with weights"] = (
                lambda ZL, Y, weights, function=function: function(ZL, Y, weights=weights),
                (net.forward()[1][-1][1], net.Y, np.array([[0.5, 0.0, 2.0, 1.0]])),
            )
    for kind, Y in (("binary", net.Y), ("categorical", many.Y)):
        for name in (f"{kind}_cross_entropy", f"{kind}_cross_entropy_backward"):
            found[name] = getattr(core, name), ((net if kind == "binary" else many).forward()[1][-1][1], Y)
    found["linear_forward"] = core.linear_forward, (A_prev, W, b)
    found["linear_backward"] = core.linear_backward, (dA, (A_prev, W, b))
    found["linear_activation_forward"] = (
        lambda A, W, b: core.linear_activation_forward(A, W, b, "gelu"),
        (A_prev, W, b),
    )
    found["linear_activation_backward"] = (
        lambda dA, cache: core.linear_activation_backward(dA, cache, "gelu"),
        (dA, caches[0]),
    )
    found["L_model_forward"] = core.L_model_forward, (net.X, net.parameters)
    found["L_model_backward"] = core.L_model_backward, (AL, net.Y, caches)
    found["predict"] = core.predict, (net.X, net.parameters)
    found["predict of classes"] = (
        lambda X, parameters: core.predict(X, parameters, output_activation="softmax"),
        (many.X, many.parameters),
    )
    found["update_parameters"] = (
        lambda parameters, grads: core.update_parameters(parameters, grads, 0.1),
        (net.parameters, {f"d{name}": grads[f"d{name}"] for name in net.parameters}),
    )
    return found | shallow_calls(tanh_net) | second_course_calls(net, grads)


def second_course_calls(net: Any, grads: Any) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    P, G = net.parameters, {f"d{name}": grads[f"d{name}"] for name in net.parameters}
    AL, caches = net.forward()
    A = [linear[0] for linear, _ in caches[1:]] + [AL]
    flat = [x for (linear, Z), A_l in zip(caches, A, strict=True) for x in (Z, A_l, *linear[1:])]
    cost, backward = core.compute_cost_with_regularization, core.backward_propagation_with_regularization
    momentum, adam = core.update_parameters_with_momentum, core.update_parameters_with_adam
    return {
        "random_mini_batches": (lambda X, Y: core.random_mini_batches(X, Y, 2), (net.X, net.Y)),
        "initialize_velocity": (core.initialize_velocity, (P,)),
        "initialize_adam": (core.initialize_adam, (P,)),
        "update_parameters_with_momentum": (lambda P, G, v: momentum(P, G, v, 0.9, 0.1), (P, G, G)),
        "update_parameters_with_adam": (
            lambda P, G, v, s: adam(P, G, v, s, 2),
            (P, G, G, {name: value * value for name, value in G.items()}),
        ),
        **more_updates(P, G),
        "forward_propagation_with_dropout": (core.forward_propagation_with_dropout, (net.X, P)),
        "backward_propagation_with_dropout": (
            lambda X, Y, cache: core.backward_propagation_with_dropout(X, Y, cache, 0.5),
            (net.X, net.Y, core.forward_propagation_with_dropout(net.X, P)[1]),
        ),
        "dropout_masks": (lambda X: core.dropout_masks((0.5, 0.2), (3, 4), X, seed=1, step=0), (net.X,)),
        "weight_penalty": (lambda P: core.weight_penalty(P, 4, l2=0.7, l1=0.1), (P,)),
        "weight_penalty_backward": (lambda P: core.weight_penalty_backward(P, 4, l2=0.7, l1=0.1), (P,)),
        "compute_cost_with_regularization": (lambda A, Y, P: cost(A, Y, P, 0.7), (AL, net.Y, P)),
        "backward_propagation_with_regularization": (
            lambda X, Y, cache: backward(X, Y, cache, 0.7),
            (net.X, net.Y, flat),
        ),
    }


def more_updates(P: Any, G: Any) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    heavy_ball, nesterov = core.update_parameters_with_heavy_ball, core.update_parameters_with_nesterov
    rmsprop, adamw = core.update_parameters_with_rmsprop, core.update_parameters_with_adamw
    squares = {name: value * value for name, value in G.items()}
    return {
        "clip_gradients": (lambda G: core.clip_gradients(G, 0.01), (G,)),
        "update_parameters_with_heavy_ball": (lambda P, G, v: heavy_ball(P, G, v, 0.9, 0.1), (P, G, G)),
        "update_parameters_with_nesterov": (lambda P, G, v: nesterov(P, G, v, 0.9, 0.1), (P, G, G)),
        "update_parameters_with_rmsprop": (rmsprop, (P, G, squares)),
        "update_parameters_with_adamw": (lambda P, G, v, s: adamw(P, G, v, s, 2), (P, G, G, squares)),
    }


def shallow_calls(net: Any) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    A2, cache = shallow.forward_propagation(net.X, net.parameters)
    activations = {name: cache[name] for name in ("A1", "A2")}
    grads = shallow.backward_propagation(net.parameters, cache, net.X, net.Y)
    return {
        "shallow.forward_propagation": (shallow.forward_propagation, (net.X, net.parameters)),
        "shallow.compute_cost": (shallow.compute_cost, (A2, net.Y)),
        "shallow.backward_propagation": (
            shallow.backward_propagation,
            (net.parameters, activations, net.X, net.Y),
        ),
        "shallow.update_parameters": (shallow.update_parameters, (net.parameters, grads)),
        "shallow.predict": (shallow.predict, (net.parameters, net.X)),
    }


CALLS = calls()
COSTS = (
    "compute_cost",
    "compute_cost_with_regularization",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "shallow.compute_cost",
    "weight_penalty",
    *COSTS_FOR_NUMBERS,
    *(f"{name} with weights" for name in COSTS_FOR_NUMBERS),
)


def assert_near(value: Any, expected: Any, library: Library) -> None:
    tolerance = library.tolerance
    np.testing.assert_allclose(to_numpy(value), expected, rtol=tolerance, atol=tolerance)


def test_every_public_function_is_called_here() -> None:
    functions = {name for name in core.__all__ if inspect.isfunction(getattr(core, name))}
    functions |= {
        f"shallow.{name}"
        for name, function in vars(shallow).items()
        if inspect.isfunction(function) and function.__module__ == shallow.__name__ and name[0] != "_"
    }
    assert functions - WITHOUT_ARRAYS <= set(CALLS)


EAGER = [lib for lib in LIBRARIES if lib.name != "jax"]
each_call = pytest.mark.parametrize("name", CALLS)
each_eager_library = pytest.mark.parametrize("library", EAGER, ids=str)


def assert_result(name: str, result: Any, library: Library) -> None:
    """Refuse results of the function `name` that are not NumPy's, or not in the library's own arrays."""
    function, arguments = CALLS[name]
    for value, number in zip(tree_leaves(result), tree_leaves(function(*arguments)), strict=True):
        if name in COSTS and library.name == "numpy":
            assert type(value) is float
        elif np.asarray(number).dtype == bool:
            assert type(value) is type(library.array(0.0))
            assert "bool" in str(value.dtype)
        elif "predict" in name:
            assert type(value) is type(library.array(0.0))
            assert "int" in str(value.dtype)
        else:
            assert library.owns(value), f"{name}: {type(value)} of {getattr(value, 'dtype', '')}"
        assert np.shape(value) == np.shape(number), name
        assert_near(value, number, library)


@each_call
@each_eager_library
def test_the_numbers_are_numpys_and_the_arrays_the_librarys(name: str, library: Library) -> None:
    with library.ready():
        function, arguments = CALLS[name]
        assert_result(name, function(*tree_map(library.array, arguments)), library)


def test_every_function_runs_under_jit() -> None:
    jax_library = Library("jax", "float64")
    with jax_library.ready():
        import jax

        # One compilation of all of them is many times faster than one of each.
        def everything(arguments: dict[str, Any]) -> dict[str, Any]:
            return {name: CALLS[name][0](*arguments[name]) for name in CALLS}

        arguments = {name: arguments for name, (_, arguments) in CALLS.items()}
        for name, result in jax.jit(everything)(tree_map(jax_library.array, arguments)).items():
            assert_result(name, result, jax_library)


@each_call
@each_eager_library
def test_nothing_is_written_in_place(name: str, library: Library) -> None:
    with library.ready():
        function, arguments = CALLS[name]
        arguments = tree_map(library.array, arguments)
        leaves = tree_leaves(arguments)
        before = [to_numpy(leaf).copy() for leaf in leaves]
        function(*arguments)
        assert all(now is then for now, then in zip(tree_leaves(arguments), leaves, strict=True))
        for leaf, value in zip(leaves, before, strict=True):
            np.testing.assert_array_equal(to_numpy(leaf), value)


@each_call
def test_read_only_arrays_will_do(name: str) -> None:
    def locked(values: np.ndarray) -> np.ndarray:
        values = values.copy()
        values.setflags(write=False)
        return values

    function, arguments = CALLS[name]
    function(*tree_map(locked, arguments))


def with_leaf(tree: Any, position: int, change: Any) -> Any:
    """`tree` with its leaf number `position` changed."""
    count = iter(range(len(tree_leaves(tree))))
    return tree_map(lambda leaf: change(leaf) if next(count) == position else leaf, tree)


LEAVES = [
    (name, position)
    for name, (_, arguments) in CALLS.items()
    for position in range(len(tree_leaves(arguments)))
]


@pytest.mark.parametrize(
    ("name", "position"), [leaf for leaf in LEAVES if len(tree_leaves(CALLS[leaf[0]][1])) > 1]
)
def test_an_array_of_another_library_is_refused(name: str, position: int) -> None:
    torch = Library("torch", "float64")
    with torch.ready():
        function, arguments = CALLS[name]
        with pytest.raises(ArrayError, match=r"do not mix: .* is torch's.*; expected all of one library$"):
            function(*with_leaf(arguments, position, torch.array))


@pytest.mark.parametrize(("name", "position"), LEAVES)
def test_a_list_in_the_place_of_an_array_is_refused(name: str, position: int) -> None:
    function, arguments = CALLS[name]
    with pytest.raises(ArrayError, match=r"is of type list; expected an array"):
        function(*with_leaf(arguments, position, np.ndarray.tolist))


def test_an_integer_input_takes_the_type_of_the_weights(library: Library) -> None:
    net = example([3, 4, 1])
    parameters = tree_map(library.array, net.parameters)
    X = library.array([[255, 0, 1, 2], [3, 4, 0, 9], [7, 200, 5, 6]], "uint8")
    AL, caches = core.L_model_forward(X, parameters)
    Y = library.array([[0, 1, 1, 0]], "int64")
    grads = core.L_model_backward(AL, Y, caches)
    assert all(library.owns(array) for array in [AL, *grads.values()])
    expected, _ = core.L_model_forward(np.asarray(X).astype(float), net.parameters)
    np.testing.assert_allclose(to_numpy(AL), expected, rtol=1e-4)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_a_whole_step_in_the_float32_that_jax_has_by_default(compiled: bool) -> None:
    lib = Library("jax", "float32")
    with lib.ready():
        import jax

        net = example([3, 4, 1])

        def step(parameters: dict[str, Any], X: Any, Y: Any) -> tuple[Any, Any]:
            AL, caches = core.L_model_forward(X, parameters)
            grads = core.L_model_backward(AL, Y, caches)
            return core.compute_cost(AL, Y), core.update_parameters(parameters, grads, 0.1)

        arguments = (net.parameters, net.X, net.Y)
        cost, updated = (jax.jit(step) if compiled else step)(*tree_map(lib.array, arguments))
        expected_cost, expected = step(*arguments)
        assert float(cost) == pytest.approx(expected_cost, rel=lib.tolerance)
        for name, value in updated.items():
            assert lib.owns(value)
            assert_near(value, expected[name], lib)


def test_jax_differentiates_the_forward_pass_to_our_backward_pass() -> None:
    lib = Library("jax", "float64")
    with lib.ready():
        import jax

        net = example([3, 4, 1], hidden="tanh")

        def cost(parameters: dict[str, Any]) -> Any:
            AL, _ = core.L_model_forward(lib.array(net.X), parameters, **net.activations)
            return core.compute_cost(AL, lib.array(net.Y))

        theirs = jax.jit(jax.grad(cost))(tree_map(lib.array, net.parameters))
        ours = core.L_model_backward(net.forward()[0], net.Y, net.forward()[1], **net.activations)
        for name, gradient in theirs.items():
            np.testing.assert_allclose(np.asarray(gradient), ours[f"d{name}"], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_pytorch_differentiates_the_forward_pass_to_our_backward_pass(output: str) -> None:
    torch = pytest.importorskip("torch")
    net = example([3, 4, 3, 2], hidden="silu", output=output)
    parameters = {name: torch.tensor(value, requires_grad=True) for name, value in net.parameters.items()}
    AL, caches = core.L_model_forward(torch.tensor(net.X), parameters, **net.activations)
    Y = torch.tensor(net.Y)
    if output == "sigmoid":
        cost = core.compute_cost(AL, Y)
    else:
        cost = core.categorical_cross_entropy(caches[-1][1], Y)
    cost.backward()
    ours = core.L_model_backward(net.forward()[0], net.Y, net.forward()[1], **net.activations)
    for name, tensor in parameters.items():
        np.testing.assert_allclose(tensor.grad.numpy(), ours[f"d{name}"], rtol=1e-12, atol=1e-13)


def test_pytorch_differentiates_the_cost_where_an_output_is_certain_and_right() -> None:
    torch = pytest.importorskip("torch")
    AL = torch.tensor([[0.0, 1.0, 0.25]], dtype=torch.float64, requires_grad=True)
    core.compute_cost(AL, torch.tensor([[0, 1, 0]])).backward()
    assert torch.isfinite(AL.grad).all()
    assert AL.grad[0, 2].item() == pytest.approx(1 / 0.75 / 3, rel=1e-14)
