"""Gradient descent, and gradient clipping."""

from collections.abc import Mapping

from pellucid.core._arrays import Array, at_least, check_number, namespace, number_for
from pellucid.core._shapes import check_same_shape
from pellucid.core.model import count_layers
from pellucid.errors import ParametersError


def update_parameters(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> dict[str, Array]:
    """Gradient descent: W{l} - learning_rate * dW{l}, b{l} - learning_rate * db{l}.

    Args:
        parameters: `{"W1", "b1", ..., "WL", "bL"}`; not changed.
        grads: `{"dW1", "db1", ...}`, each of the shape of its parameter; other keys are ignored.
        learning_rate: the length of the step, in units of the gradient: a number, or a 0-d array.

    Returns:
        A new dictionary of new arrays, with the keys of `parameters`.

    Raises:
        ParametersError: a key is missing.
        ShapeError: a gradient does not have the shape of its parameter.
    """
    count_layers(parameters)
    if not isinstance(grads, Mapping):
        raise ParametersError(
            f"grads is of type {type(grads).__name__}; expected a dictionary of dW1, db1, ..., dWL, dbL"
        )
    learning_rate = number_for(parameters["W1"], learning_rate)
    updated = {}
    for name, value in parameters.items():
        key = f"d{name}"
        gradient = grads.get(key)
        if gradient is None:
            raise ParametersError(
                f"grads has no {key}; expected a gradient for each of {', '.join(parameters)}, "
                "as L_model_backward returns them"
            )
        namespace(**{name: value, key: gradient})
        check_same_shape(key, gradient, name, value)
        updated[name] = value - learning_rate * gradient
    return updated


def gradient_norm(grads: Mapping[str, Array]) -> Array:
    """The Euclidean norm of all dW and db together.

    Args:
        grads: `{"dW1", "db1", ...}`; other keys are ignored.

    Returns:
        A 0-d array.
    """
    learned = _learned(grads)
    xp = namespace(**learned)
    return xp.sqrt(sum(xp.sum(gradient * gradient) for gradient in learned.values()))


def clip_factor(norm: Array, clip_norm: float) -> Array:
    """The factor that shortens gradients of this norm to `clip_norm`; exactly 1 if they are not longer.

    Args:
        norm: as of `gradient_norm`.
        clip_norm: the greatest norm, above 0.

    Raises:
        OptionError: clip_norm is not a number above 0.
    """
    clip_norm = check_number("clip_norm", clip_norm, above=0.0)
    return clip_norm / at_least(namespace(norm=norm), norm, clip_norm)


def clip_gradients(grads: Mapping[str, Array], clip_norm: float) -> dict[str, Array]:
    """The gradients, shortened to `clip_norm` if they are longer.

    Their length is the Euclidean norm of all dW and db together. All are multiplied by the same factor,
    which keeps their direction.

    Args:
        grads: `{"dW1", "db1", ...}`; other keys are ignored. Not changed.
        clip_norm: the greatest length, above 0.

    Returns:
        `{"dW1", "db1", ...}`.

    Raises:
        OptionError: clip_norm is not a number above 0.
    """
    factor = clip_factor(gradient_norm(grads), clip_norm)
    return {name: factor * gradient for name, gradient in _learned(grads).items()}


def _learned(grads: Mapping[str, Array]) -> dict[str, Array]:
    return {name: grads[name] for name in grads if name.startswith(("dW", "db"))}
