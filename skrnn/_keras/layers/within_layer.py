"""Features that are standardized within each sequence, as a Keras layer."""

from typing import Any

import keras

from ..._data.within import ROUNDING


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
        apart = steps - mean
        squares = ops.where(present, ops.square(apart), 0)
        scale = ops.sqrt(ops.sum(squares, axis=1, keepdims=True) / counts)
        varies = scale > ROUNDING * ops.abs(mean)
        again = ops.where(varies, apart / ops.where(varies, scale, 1), 0 * apart)
        return ops.concatenate([inputs, again], axis=2)

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape with the features that are there again."""
        return (*shape[:-1], shape[-1] + len(self.features))

    def get_config(self) -> dict[str, Any]:
        """Return what the constructor needs."""
        return {**super().get_config(), "features": self.features}
