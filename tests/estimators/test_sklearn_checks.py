"""scikit-learn's checks of an estimator, all of them, for both of ours: nothing is expected to fail."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from pellucid import MLPClassifier, MLPRegressor

# As scikit-learn checks its own: fewer epochs, and for the equivalence of weights and repetitions settings
# under which a training has one answer.
ESTIMATORS = [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)]
pytestmark = pytest.mark.filterwarnings("default")


@parametrize_with_checks(ESTIMATORS)
def test_each_check(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", [MLPClassifier(), MLPRegressor()], ids=["classifier", "regressor"])
def test_check_estimator(estimator: Any) -> None:
    check_estimator(estimator)
