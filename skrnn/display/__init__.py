"""Pictures of fitted networks, in scikit-learn's protocol of displays."""

from ._attention import AttentionDisplay

__all__ = ["AttentionDisplay"]
