"""Pictures of fitted networks, in scikit-learn's protocol of displays."""

from ._attention import AttentionDisplay
from ._confusion_over_time import ConfusionOverTimeDisplay
from ._lag_importance import LagImportanceDisplay
from ._training_curve import TrainingCurveDisplay

__all__ = [
    "AttentionDisplay",
    "ConfusionOverTimeDisplay",
    "LagImportanceDisplay",
    "TrainingCurveDisplay",
]
