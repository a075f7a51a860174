"""Pictures of fitted networks, in scikit-learn's protocol of displays."""

from ._attention import AttentionDisplay
from ._training_curve import TrainingCurveDisplay

__all__ = ["AttentionDisplay", "TrainingCurveDisplay"]
