"""Mini-batches: the examples in random order, a few at a time."""

from pellucid.core._arrays import Array, columns_of, namespace
from pellucid.core._shapes import check_same_columns
from pellucid.core.randomness import RandomSource, random_stream
from pellucid.errors import OptionError


def random_mini_batches(
    X: Array, Y: Array, mini_batch_size: int = 64, seed: RandomSource = 0
) -> list[tuple[Array, Array]]:
    """The columns of X and Y, permuted alike and cut into runs of `mini_batch_size`.

    Args:
        X: inputs, (n_x, m).
        Y: labels, (n_y, m).
        mini_batch_size: examples per batch.
        seed: gives the order, by its `permutation(m)`: an int, as in the course, or any `rng`. The course
            raises it by one before every epoch, so that every epoch has its own order.

    Returns:
        `[(mini_batch_X, mini_batch_Y), ...]` of shapes (n_x, k) and (n_y, k); the last batch holds the
        remaining examples. X and Y are not changed.

    Raises:
        ShapeError: X and Y are not matrices with the same number of columns.
        OptionError: the size is below 1.
    """
    xp = namespace(X=X, Y=Y)
    check_same_columns(X, Y)
    m = X.shape[1]
    if isinstance(mini_batch_size, bool) or not isinstance(mini_batch_size, int) or mini_batch_size < 1:
        raise OptionError(f"mini_batch_size is {mini_batch_size!r}; expected an integer of at least 1")
    order = xp.asarray(random_stream(seed).permutation(m))
    runs = [order[start : start + mini_batch_size] for start in range(0, m, mini_batch_size)]
    return [(columns_of(X, run), columns_of(Y, run)) for run in runs]
