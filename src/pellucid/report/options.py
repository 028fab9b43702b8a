"""ReportOptions: what the report of a training on a table tells beside its scores. A frozen value."""

from dataclasses import dataclass

from pellucid.settings import check, setting


@dataclass(frozen=True)
class ReportOptions:
    """By what a model of a table is judged.

    Args:
        metric: the main score, by which models are compared and columns ranked: accuracy,
            balanced_accuracy, f1, roc_auc, average_precision or log_loss of classes; r2, mae or rmse of
            numbers.
        cv: folds of a cross-validation of the same settings, each of which is trained beside the model.

    Raises:
        OptionError: a value that is out of bounds.
    """

    metric: str | None = setting(
        None,
        group="Report",
        metavar="NAME",
        shown="roc_auc for two classes, accuracy for more, r2 for numbers",
    )
    cv: int | None = setting(None, least=2, most=1000, group="Report", metavar="K", shown="none")

    def __post_init__(self) -> None:
        check(self)
