"""Learning-rate decay: rates that shrink with the epochs."""


def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """learning_rate0 / (1 + decay_rate * epoch_num): a little smaller with every epoch.

    Args:
        learning_rate0: the rate of epoch 0.
        epoch_num: counted from 0.
        decay_rate: 1 halves the rate after one epoch.

    Returns:
        The rate of this epoch.
    """
    return learning_rate0 / (1 + decay_rate * epoch_num)


def schedule_lr_decay(
    learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000
) -> float:
    """learning_rate0 / (1 + decay_rate * floor(epoch_num / time_interval)): smaller at every interval.

    Args:
        learning_rate0: the rate of the first interval.
        epoch_num: counted from 0.
        decay_rate: 1 halves the rate after one interval.
        time_interval: epochs between two changes.

    Returns:
        The rate of this epoch.
    """
    return learning_rate0 / (1 + decay_rate * (epoch_num // time_interval))
