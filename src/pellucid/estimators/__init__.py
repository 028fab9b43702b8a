"""MLPClassifier and MLPRegressor: scikit-learn's multi-layer perceptrons, trained by Pellucid's engines."""

from pellucid.estimators.classifier import MLPClassifier
from pellucid.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
