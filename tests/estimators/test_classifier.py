"""MLPClassifier: weights of classes, losses, smoothing, several labels a row. Issues are scikit-learn's."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import log_loss, recall_score

from pellucid import MLPClassifier
from pellucid.errors import LabelError, OptionError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(
        **{"hidden_layer_sizes": (10,), "random_state": 0, "max_iter": 40, "batch_size": 32, **parameters}
    )


def rare(m: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """One row in twenty is of class "yes", and lies where many others do."""
    rng = np.random.default_rng(0)
    y = np.arange(m) % 20 == 0
    return rng.normal(size=(m, 2)) + 1.2 * y[:, None], np.where(y, "yes", "no")


def test_balanced_classes_find_the_rare_one() -> None:
    """Issues 9113 and 11723: class_weight, as other classifiers have it."""
    X, y = rare()
    plain = classifier().fit(X, y)
    balanced = classifier(class_weight="balanced").fit(X, y)
    recalls = [recall_score(y, found.predict(X), pos_label="yes") for found in (plain, balanced)]
    assert recalls[0] < 0.5 < recalls[1]


def test_a_weight_of_a_class_is_the_weight_of_its_rows() -> None:
    """Issue 11723: told by a dict; a class that is left out counts 1."""
    X, y = rare()
    by_class = classifier(class_weight={"yes": 7.0}).fit(X, y)
    by_row = classifier().fit(X, y, np.where(y == "yes", 7.0, 1.0))
    both = classifier(class_weight={"yes": 7.0}).fit(X, y, np.full(len(y), 0.5))
    halves = classifier().fit(X, y, np.where(y == "yes", 3.5, 0.5))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    np.testing.assert_allclose(both.predict_proba(X), halves.predict_proba(X), rtol=1e-9)
    assert not np.allclose(by_class.predict_proba(X), classifier().fit(X, y).predict_proba(X))


def test_weights_of_classes_in_a_stream() -> None:
    X, y = rare(200)
    told = classifier(class_weight={"yes": 7.0}).partial_fit(X, y, classes=["no", "yes"])
    rows = classifier().partial_fit(X, y, np.where(y == "yes", 7.0, 1.0), classes=["no", "yes"])
    np.testing.assert_array_equal(told.coefs_[0], rows.coefs_[0])
    with pytest.raises(LabelError, match="partial_fit sees some at a time; expected a dict"):
        classifier(class_weight="balanced").partial_fit(X, y, classes=["no", "yes"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("balance", "class_weight is 'balance'; expected 'balanced', a dict or None"),
        (
            {"maybe": 2},
            "class_weight names 'maybe', which is not a class of y; expected some of 'no', 'yes'",
        ),
        (3, "class_weight is 3; expected"),
        ([1, 2], r"class_weight is \[1, 2\]; expected"),
        ({"yes": -1}, "class_weight.*-1"),
        ({"yes": "much"}, "class_weight.*'much'"),
        ({"yes": np.nan}, "class_weight.*nan"),
        ({"yes": 0, "no": 0}, "class_weight"),
    ],
    ids=str,
)
def test_weights_of_classes_that_are_refused(given: Any, message: str) -> None:
    X, y = rare(100)
    with pytest.raises(LabelError, match=message):
        classifier(class_weight=given).fit(X, y)


def test_labels_come_in_a_stream(labelled: Any) -> None:
    """Issue 12505: partial_fit of rows with several labels; the first rows need not have all of them."""
    X, Y = labelled
    order = np.argsort(Y.sum(axis=1), kind="stable")
    stream = classifier(max_iter=1, learning_rate_init=0.01)
    for _ in range(60):
        for rows in np.array_split(order, 4):
            stream.partial_fit(X[rows], Y[rows])
    assert stream.predict(X).shape == Y.shape
    assert (stream.predict(X) == Y).mean() > 0.8
    told = classifier(max_iter=1).partial_fit(X, Y, classes=[0, 1, 2, 3])
    np.testing.assert_array_equal(told.coefs_[0], classifier(max_iter=1).partial_fit(X, Y).coefs_[0])


def test_a_stream_of_labels_refuses_other_columns(labelled: Any) -> None:
    X, Y = labelled
    with pytest.raises(ValueError, match="4 columns of labels and there are 3 classes"):
        classifier().partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="3 columns of labels and there are 4 classes"):
        classifier().partial_fit(X, Y).partial_fit(X, Y[:, :3])


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_other_losses_of_probabilities(loss: str, cancer: Any, labelled: Any) -> None:
    """Issue 29270, 14571: a loss of one's choice; squares are Brier's, halved."""
    X, y = cancer
    found = classifier(loss=loss, alpha=0.0, max_iter=100).fit(X, y, X_val=X, y_val=y)
    assert found.score(X, y) > 0.95
    missed = np.abs(found.predict_proba(X)[:, 1] - y)
    huber = np.where(missed <= 1, missed**2 / 2, missed - 0.5)
    expected = {"squared_error": missed**2 / 2, "absolute_error": missed, "huber": huber}[loss].mean()
    assert found.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-9)
    assert classifier(loss=loss).fit(*labelled).predict(labelled[0]).shape == labelled[1].shape


def test_losses_that_do_not_belong(iris: Any) -> None:
    with pytest.raises(OptionError, match="'huber' and y has 3 classes; expected 'log_loss'"):
        classifier(loss="huber").fit(*iris)
    with pytest.raises(OptionError, match="loss is 'poisson'; expected one of log_loss, squared_error"):
        classifier(loss="poisson").fit(*iris)


def test_smooth_labels_keep_probabilities_from_the_ends(iris: Any) -> None:
    X, y = iris
    sharp = classifier(max_iter=400, learning_rate_init=0.02).fit(X, y)
    smooth = classifier(max_iter=400, learning_rate_init=0.02, label_smoothing=0.2).fit(X, y)
    assert np.median(sharp.predict_proba(X).max(axis=1)) > 0.98
    assert 0.8 < np.median(smooth.predict_proba(X).max(axis=1)) < 0.92
    with pytest.raises(OptionError, match=r"label_smoothing is 0\.1 and the cost is mean_squared_error"):
        classifier(label_smoothing=0.1, loss="squared_error").fit(X[y < 2], y[y < 2])


def test_probabilities_and_their_logarithms(iris: Any) -> None:
    X, y = iris
    found = classifier().fit(X, y, X_val=X, y_val=y)
    np.testing.assert_allclose(found.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(found.predict_log_proba(X), np.log(found.predict_proba(X)), rtol=1e-12)
    assert found.validation_loss_curve_[-1] == pytest.approx(log_loss(y, found.predict_proba(X)), rel=1e-9)


def test_classes_of_a_stream_that_are_refused(iris: Any) -> None:
    X, y = iris
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, y)
    stream = classifier().partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on last call"):
        stream.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"'y' has \[3 4 5\]"):
        stream.partial_fit(X, y + 3)
    with pytest.raises(ValueError, match="same classes as in the previous call"):
        classifier(warm_start=True).fit(X, y).fit(X[y < 2], y[y < 2])
