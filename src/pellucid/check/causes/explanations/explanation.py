"""Explanation: one mistake, described to the learner who made it."""

from typing import NamedTuple


class Explanation(NamedTuple):
    """One mistake, described to the learner who made it.

    Attributes:
        message: what was done, one line.
        hint: where to look, in the course's words, without the solution.
        example: a line of Python that has the mistake.
    """

    message: str
    hint: str
    example: str
