"""What the benchmark refuses or fails at."""


class BenchmarkError(Exception):
    """A request that cannot be measured, or a measurement that failed; the message is one line."""
