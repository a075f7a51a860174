"""Pictures of fitted networks, in scikit-learn's protocol of displays."""

from ._attention import AttentionDisplay
from ._lag_importance import LagImportanceDisplay
from ._training_curve import TrainingCurveDisplay

__all__ = ["AttentionDisplay", "LagImportanceDisplay", "TrainingCurveDisplay"]
