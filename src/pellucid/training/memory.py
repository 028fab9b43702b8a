"""The memory that a training needs, computed before it is allocated."""

from pellucid.errors import TooLargeError
from pellucid.machine import available_bytes, shown_bytes
from pellucid.network import Network
from pellucid.optimizer import Optimizer


def needed_bytes(network: Network, m: int, dtype: str, optimizer: Optimizer) -> int:
    """The memory in bytes that every engine needs, in addition to the data.

    The present and the previous parameters, and their gradient; the optimizer's slots; and A and dZ of
    every layer.

    Args:
        network: the network to train.
        m: examples per step.
        dtype: "float64" or "float32".
        optimizer: the update rule.
    """
    of_parameters = network.parameter_count * (3 + len(optimizer.slots))
    of_examples = 2 * m * sum(network.layer_dims[1:])
    return (of_parameters + of_examples) * (4 if dtype == "float32" else 8)


def check_memory(network: Network, m: int, dtype: str, optimizer: Optimizer) -> None:
    """Refuse a training that does not fit in memory.

    Raises:
        TooLargeError: with the memory needed and the memory available.
    """
    available = available_bytes()
    needed = needed_bytes(network, m, dtype, optimizer)
    if available is not None and needed > available:
        raise too_large(network, m, needed, f"there are {shown_bytes(available)}")


def too_large(network: Network, m: int, needed: int, available: str) -> TooLargeError:
    """The error for a training that needs too much memory, with the remedy."""
    dims = " -> ".join(map(str, network.layer_dims))
    return TooLargeError(
        f"training {dims} in steps of {m} examples needs at least {shown_bytes(needed)} of memory beside "
        f"the data and {available}; expected fewer units, a smaller batch_size, or float32"
    )
