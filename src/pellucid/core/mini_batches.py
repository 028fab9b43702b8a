"""The examples in random order, a few at a time."""

from pellucid.core._arrays import Array, check_matrix, columns_of, namespace
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.errors import OptionError, ShapeError


def random_mini_batches(
    X: Array, Y: Array, mini_batch_size: int = 64, seed: RandomSource = 0
) -> list[tuple[Array, Array]]:
    """The columns of X and Y, permuted alike and cut into runs of `mini_batch_size`.

    Args:
        X: inputs, (n_x, m).
        Y: labels, (n_y, m).
        mini_batch_size: examples per batch.
        seed: whose `permutation(m)` is the order: an int, as in the course, or any `rng`. The course
            raises it by one before every epoch, so that each has an order of its own.

    Returns:
        `[(mini_batch_X, mini_batch_Y), ...]` of shapes (n_x, k) and (n_y, k); the last holds what is
        left. X and Y are not changed.

    Raises:
        ShapeError: X and Y are no matrices of equally many columns.
        OptionError: a size below 1.
    """
    xp = namespace(X=X, Y=Y)
    check_matrix("X", X, "(n_x, m)")
    check_matrix("Y", Y, "(n_y, m)")
    m = X.shape[1]
    if Y.shape[1] != m:
        raise ShapeError(
            f"X has shape {tuple(X.shape)} and Y has shape {tuple(Y.shape)}; expected as many columns "
            f"(examples) in Y as in X: {m}"
        )
    if isinstance(mini_batch_size, bool) or not isinstance(mini_batch_size, int) or mini_batch_size < 1:
        raise OptionError(f"mini_batch_size is {mini_batch_size!r}; expected a whole number of at least 1")
    order = xp.asarray(random_stream(seed).permutation(m))
    runs = [order[start : start + mini_batch_size] for start in range(0, m, mini_batch_size)]
    return [(columns_of(X, run), columns_of(Y, run)) for run in runs]
