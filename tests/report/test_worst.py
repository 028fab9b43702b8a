"""The worst rows, by hand."""

import numpy as np
import pytest

from answers import classified, of_scores
from pellucid.model import NumberEvaluation
from pellucid.report.worst import worst_rows


def test_the_largest_loss_comes_first() -> None:
    answers = of_scores([0, 1, 1, 0], [0.1, 0.2, 0.9, 0.9])
    found = worst_rows(answers, ["a", "b", "c", "d"], ["no", "yes"], most=3)
    assert [row[:4] for row in found] == [
        (3, "d", "no", "yes"),
        (1, "b", "yes", "no"),
        (0, "a", "no", "no"),
    ]
    assert [row.loss for row in found] == pytest.approx(-np.log([0.1, 0.2, 0.9]))
    assert found[0].probability == pytest.approx(0.9)
    assert found[0].probability_of_true == pytest.approx(0.1)


def test_numbers_by_their_error_and_equals_in_their_order() -> None:
    answers = NumberEvaluation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 1.0, 3.5]]), 0.0)
    found = worst_rows(answers, ())
    assert found == ((0, "row 0", 1.0, 2.0, 1.0, None, None), (1, "row 1", 2.0, 1.0, 1.0, None, None),
                     (2, "row 2", 3.0, 3.5, 0.5, None, None))  # fmt: skip


def test_ten_of_many_classes_without_names() -> None:
    found = worst_rows(classified(100, 10), ())
    assert len(found) == 10
    assert [row.loss for row in found] == sorted((row.loss for row in found), reverse=True)
    assert {row.true for row in found} <= set("0123456789")
