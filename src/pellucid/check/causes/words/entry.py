"""What is said of one mistake."""

from typing import NamedTuple


class Words(NamedTuple):
    """One mistake, to the one who made it.

    Attributes:
        message: what was done, one line.
        hint: where to look, in the course's words, without the solution.
        example: a line of Python that has the mistake.
    """

    message: str
    hint: str
    example: str
