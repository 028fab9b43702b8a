"""The judgement of a model that was trained: its answers, and of a table what is behind them."""

from collections.abc import Iterator
from typing import Any

from pellucid.cli.inputs import Inputs, rows_of
from pellucid.cli.report import Judged
from pellucid.errors import PellucidError
from pellucid.modelling import Fitted
from pellucid.planning import stated
from pellucid.progress import Bar
from pellucid.report.cross_validation import CrossValidation, cross_validate
from pellucid.report.table_report import report_on


def judge(inputs: Inputs, fitted: Fitted, *, quiet: bool) -> tuple[Judged, list[str]]:
    """Let a model answer, and look at its answers.

    Args:
        inputs: what it was trained and is tested on.
        fitted: the model.
        quiet: no progress.

    Returns:
        What was found, and a line for each thing that was not.
    """
    model, plan = fitted.model, inputs.plan
    rows, notes = plan.train.rows_that_fit(plan.options.seed), list[str]()
    train = plan.train.in_memory(rows)
    if train.m < plan.train.m:
        notes.append(
            f"the figures on training examples are of {train.m:,} of the {plan.train.m:,}, drawn, which "
            "fit into memory"
        )
    on_train, on_test = model.evaluate(train), model.evaluate(inputs.test)
    tables, metric = inputs.tables, inputs.metric
    if tables is None or metric is None:
        return Judged(on_train, on_test), notes
    crossed: CrossValidation | None = None
    if inputs.folds is not None and model.history.reason != "interrupted":
        every = stated(plan, fitted.chosen)
        settings = {name: value for name, value in every.items() if value is not None}
        how: dict[str, Any] = {"seed": plan.options.seed, "dtype": model.dtype, **inputs.reading}
        folds = cross_validate(rows_of(inputs), tables.target, inputs.folds, settings, metric, **how)
        crossed, more = _finished(folds, inputs.folds, shown=not quiet)
        notes += more
    assert train.Y is not None  # it was trained on
    table = tables.train_table
    trained_on = (table.take(rows).read() if table.is_stored else table, train.Y)
    quality = report_on(model, tables.test_table, on_test, metric, trained_on=trained_on)
    return Judged(on_train, on_test, quality, crossed), notes


def _finished(
    folds: Iterator[CrossValidation], asked: int, *, shown: bool
) -> tuple[CrossValidation | None, list[str]]:
    """What is known when all folds are done, or one of them failed; and a line that says so."""
    found, why = None, "interrupted"
    with Bar("cross-validation", asked, shown=shown) as bar:
        try:
            for found in folds:
                bar.update(found.folds)
        except KeyboardInterrupt:
            pass
        # A model is not lost because another could not be trained.
        except PellucidError as error:
            why = str(error)
    done = 0 if found is None else found.folds
    line = f"the cross-validation ended after {done} of {asked} folds: {why}"
    return found, [line] if done < asked else []
