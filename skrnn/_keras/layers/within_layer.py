"""Features that are standardized within each sequence, as a Keras layer."""

from typing import Any

import keras
import numpy as np

# A spread that is this part of the mean, or less, is rounding in float32.
ROUNDING = 10 * float(np.finfo(np.float32).eps)


@keras.saving.register_keras_serializable("skrnn")
class SeenWithin(keras.layers.Layer):
    """Give sequences of raw features, and some of these again, standardized in each sequence.

    Parameters
    ----------
    features : sequence of int
    """

    def __init__(self, features: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.features = list(features)

    def call(self, inputs: Any) -> Any:
        """Return (n_samples, n_steps, n_features + n_again); absent steps stay NaN."""
        ops = keras.ops
        present = ops.logical_not(ops.isnan(inputs[:, :, :1]))
        steps = ops.take(inputs, self.features, axis=2)
        counts = ops.maximum(ops.sum(ops.cast(present, steps.dtype), axis=1, keepdims=True), 1)
        mean = ops.sum(ops.where(present, steps, 0), axis=1, keepdims=True) / counts
        apart = ops.where(present, steps - mean, 0)
        # The squares of very small or very large values are none in float32.
        largest = ops.max(ops.abs(apart), axis=1, keepdims=True)
        ratio = apart / ops.where(largest > 0, largest, 1)
        scale = ops.sqrt(ops.sum(ops.square(ratio), axis=1, keepdims=True) / counts)
        varies = scale * largest > ROUNDING * ops.abs(mean)
        again = ops.where(varies, ratio / ops.where(varies, scale, 1), 0)
        return ops.concatenate([inputs, ops.where(present, again, np.nan)], axis=2)

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape with the features that are there again."""
        return (*shape[:-1], shape[-1] + len(self.features))

    def get_config(self) -> dict[str, Any]:
        """Return what the constructor needs."""
        return {**super().get_config(), "features": self.features}
