"""Frames of pandas, polars and Arrow: plain numbers with names, and with encode=True tables as they are."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("narwhals")
pytest.importorskip("pyarrow")

from pellucid import MLPClassifier, MLPRegressor
from pellucid.errors import DataError, TableWarning

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Columns = dict[str, Any]
NAMES = ["a", "b", "c", "d"]


def _pandas(columns: Columns) -> Any:
    return pytest.importorskip("pandas").DataFrame(columns)


def _polars(columns: Columns) -> Any:
    return pytest.importorskip("polars").DataFrame(columns, strict=False)


def _arrow(columns: Columns) -> Any:
    return pytest.importorskip("pyarrow").table(columns)


@pytest.fixture(params=[_pandas, _polars, _arrow], ids=["pandas", "polars", "pyarrow"])
def frame(request: pytest.FixtureRequest) -> Callable[[Columns], Any]:
    make: Callable[[Columns], Any] = request.param
    make({"a": [1.0]})
    return make


def flats(m: int = 160) -> tuple[Columns, np.ndarray]:
    """What is sold is large or in Bern; some cities and ages are missing."""
    rng = np.random.default_rng(0)
    rooms = rng.integers(1, 8, m)
    city = [("Bern", "Basel", "Chur")[i] for i in rng.integers(0, 3, m)]
    sold = np.array(
        ["yes" if r + 3 * (c == "Bern") > 4 else "no" for r, c in zip(rooms, city, strict=True)]
    )
    age: list[float | None] = [None if i % 11 == 0 else float(i % 90) for i in range(m)]
    cities = [None if i % 17 == 0 else name for i, name in enumerate(city)]
    return {"rooms": rooms.tolist(), "city": cities, "age": age}, sold


def classifier(**parameters: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": (10,), "random_state": 0, "max_iter": 60, **parameters})


def encoding(**parameters: Any) -> MLPClassifier:
    return classifier(encode=True, learning_rate_init=0.02, **parameters)


def part(columns: Columns, rows: slice) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


def test_frames_of_numbers_are_the_numbers(frame: Any, iris: Any) -> None:
    X, y = iris
    table = frame(dict(zip(NAMES, X.T.tolist(), strict=True)))
    found, plain = classifier().fit(table, y), classifier().fit(X, y)
    assert found.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(found.coefs_[0], plain.coefs_[0])
    np.testing.assert_array_equal(found.predict_proba(table), plain.predict_proba(X))
    stream = classifier().partial_fit(table, y, classes=[0, 1, 2], X_val=table, y_val=y)
    assert stream.partial_fit(table, y).feature_names_in_.tolist() == NAMES


@pytest.mark.parametrize("order", ["dcba", "abc", "abce", "abcde"])
def test_columns_of_numbers_that_do_not_match_are_refused(order: str, frame: Any, iris: Any) -> None:
    X, y = iris
    found = classifier().fit(frame(dict(zip(NAMES, X.T.tolist(), strict=True))), y)
    other = frame({name: X[:, 0].tolist() for name in order})
    for use in (found.predict, found.predict_proba, found.hidden_activations):
        with pytest.raises(ValueError, match="feature names should match"):
            use(other)
    with pytest.raises(ValueError, match="X_val, y_val: The feature names should match"):
        classifier().fit(frame(dict(zip(NAMES, X.T.tolist(), strict=True))), y, X_val=other, y_val=y)


def test_truths_are_numbers(frame: Any, iris: Any) -> None:
    X, y = iris
    truths = X[:, 0] > 0
    found = classifier().fit(frame({"a": X[:, 1].tolist(), "b": truths.tolist()}), y)
    plain = classifier().fit(np.column_stack([X[:, 1], truths]), y)
    np.testing.assert_array_equal(found.coefs_[0], plain.coefs_[0])


def test_missing_numbers_without_encode_are_refused(frame: Any, iris: Any) -> None:
    X, y = iris
    with pytest.raises(ValueError, match="Input X contains NaN"):
        classifier().fit(frame({"a": [None, *X[1:, 0].tolist()]}), y)


def test_texts_without_encode_are_refused(frame: Any) -> None:
    columns, sold = flats()
    with pytest.raises(ValueError, match=r"city|convert|categor|NaN|string|object"):
        classifier().fit(frame(columns), sold)


def test_arrow_texts_name_the_way_out() -> None:
    columns, sold = flats()
    with pytest.raises(DataError, match="column 'city' holds text; expected numbers, or encode=True"):
        classifier().fit(_arrow(columns), sold)


def test_tables_as_they_are(frame: Any) -> None:
    columns, sold = flats()
    train, test = slice(0, 110), slice(110, None)
    found = encoding().fit(frame(part(columns, train)), sold[train])
    assert found.score(frame(part(columns, test)), sold[test]) > 0.85
    assert found.feature_names_in_.tolist() == ["rooms", "city", "age"]
    assert found.n_features_in_ == 3


def test_libraries_give_the_same_network() -> None:
    columns, sold = flats()
    found = [encoding().fit(make(columns), sold) for make in (_pandas, _polars, _arrow)]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].coefs_[0], other.coefs_[0])


def test_categories_nobody_has_seen_and_columns_in_another_order(frame: Any) -> None:
    columns, sold = flats()
    found = encoding().fit(frame(columns), sold)
    unseen = frame({"rooms": [2, 7], "city": ["Lugano", None], "age": [None, 3.0]})
    with pytest.warns(TableWarning, match="city: its value was NOT seen in training: Lugano"):
        assert found.predict_proba(unseen).shape == (2, 2)
    turned = frame({name: columns[name] for name in ("age", "city", "rooms")})
    np.testing.assert_array_equal(found.predict_proba(turned), found.predict_proba(frame(columns)))
    with pytest.raises(DataError, match="city"):
        found.predict(frame({"rooms": [1], "age": [2.0]}))


def test_a_column_of_another_kind_is_refused(frame: Any) -> None:
    columns, sold = flats()
    found = encoding().fit(frame(columns), sold)
    with pytest.raises(DataError, match="rooms"):
        found.predict(frame({"rooms": ["many"], "city": ["Bern"], "age": [2.0]}))


def test_missing_numbers_where_none_were_and_infinite_ones(frame: Any) -> None:
    columns, sold = flats()
    found = encoding().fit(frame(columns), sold)
    assert found.predict(
        frame({"rooms": [None, 2], "city": ["Bern", "Chur"], "age": [1.0, 2.0]})
    ).shape == (2,)
    endless = {**columns, "age": [float("inf"), *columns["age"][1:]]}
    for use in (lambda: encoding().fit(frame(endless), sold), lambda: found.predict(frame(endless))):
        with pytest.raises(DataError, match="row 0: column age holds inf; expected finite numbers"):
            use()


def test_what_is_no_table() -> None:
    _, sold = flats()
    for given in ("flats.csv", 3, [[1, 2]]):
        with pytest.raises((DataError, ValueError)) as caught:
            encoding().fit(given, sold)
        # There is no such argument here.
        assert "names=" not in str(caught.value)


def test_tables_stream_validate_and_warm_start(frame: Any) -> None:
    columns, sold = flats()
    train, test = slice(0, 110), slice(110, None)
    given = {"X_val": frame(part(columns, test)), "y_val": sold[test]}
    found = encoding(early_stopping=True).fit(frame(part(columns, train)), sold[train], **given)
    assert found.best_validation_score_ == max(found.validation_scores_)
    stream = encoding()
    for rows in (slice(0, 60), slice(60, 110)):
        stream.partial_fit(frame(part(columns, rows)), sold[rows], classes=["no", "yes"])
    assert stream.predict(frame(part(columns, test))).shape == (50,)
    warm = encoding(warm_start=True).fit(frame(part(columns, train)), sold[train])
    recipe = warm.recipe_
    assert warm.fit(frame(part(columns, test)), sold[test]).recipe_ is recipe


def test_targets_may_be_columns_of_frames() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns, sold = flats()
    plain = encoding().fit(_pandas(columns), sold)
    for y in (pandas.Series(sold), polars.Series(sold.tolist()), pandas.Series(sold, dtype="category")):
        np.testing.assert_array_equal(encoding().fit(_pandas(columns), y).coefs_[0], plain.coefs_[0])


def test_categories_of_pandas_and_truths_are_encoded() -> None:
    pandas = pytest.importorskip("pandas")
    columns, sold = flats()
    table = pandas.DataFrame(columns)
    table["city"] = table["city"].astype("category")
    table["large"] = table["rooms"] > 4
    found = encoding().fit(table, sold)
    assert found.score(table, sold) > 0.85


def test_numbers_from_tables() -> None:
    columns, _ = flats()
    y = np.array(columns["rooms"]) * 2.0
    found = MLPRegressor(encode=True, max_iter=300, learning_rate_init=0.02, random_state=0)
    assert found.fit(_pandas(columns), y).score(_pandas(columns), y) > 0.9


def test_wrong_lengths_of_tables_are_refused(frame: Any) -> None:
    columns, sold = flats()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        encoding().fit(frame(columns), sold[:-1])
    with pytest.raises(ValueError, match=r"sample_weight\.shape"):
        encoding().fit(frame(columns), sold, np.ones(3))


def test_targets_of_any_size_are_learnt() -> None:
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(3)
    frame = {"x": rng.normal(size=300), "c": rng.choice(["a", "b"], 300)}
    y = 1e6 + 2e4 * (frame["x"] + (frame["c"] == "a"))
    found = MLPRegressor(encode=True, random_state=0, max_iter=60).fit(pd.DataFrame(frame), y)
    assert found.score(pd.DataFrame(frame), y) > 0.98
    # The model has the last layer in the units of y, and predicts the same.
    np.testing.assert_allclose(
        np.ravel(found.to_model().predict(frame)), found.predict(pd.DataFrame(frame)), rtol=1e-9
    )
    # Going on keeps the scale; starting again takes the new one.
    more = MLPRegressor(encode=True, random_state=0).partial_fit(pd.DataFrame(frame), y)
    scale = more._scale
    assert more.partial_fit(pd.DataFrame(frame), y / 2)._scale == scale
    assert more.fit(pd.DataFrame(frame), y / 2)._scale != scale
    # Without tables all is as scikit-learn has it.
    plain = MLPRegressor(random_state=0, max_iter=5).fit(frame["x"][:, None], y)
    assert not plain._scale.mean


def test_one_hot_columns_are_said() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    with pytest.warns(TableWarning, match=r"if it is one-hot, y\.argmax\(axis=1\) gives the classes"):
        MLPClassifier(max_iter=2, tol=0).fit(X, np.eye(3)[y])
