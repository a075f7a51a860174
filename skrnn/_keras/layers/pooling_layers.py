"""Read-outs over the steps of a sequence, as Keras layers."""

import keras
from keras import ops

from ..functional.pooling import LOWEST


class _Pooling(keras.layers.Layer):
    """From (batch, n_steps, width) and a mask to (batch, width)."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return None: there are no steps left."""
        return None

    def compute_output_shape(self, input_shape):
        """Return the shape without the steps."""
        return (input_shape[0], input_shape[2])


def _mask_column(inputs, mask):
    if mask is None:
        return ops.ones_like(inputs[:, :, :1], dtype="bool")
    return ops.expand_dims(ops.cast(mask, "bool"), -1)


@keras.saving.register_keras_serializable("skrnn")
class MaskedMean(_Pooling):
    """Mean over the present steps."""

    def call(self, inputs, mask=None):
        """Return the means."""
        present = _mask_column(inputs, mask)
        total = ops.sum(ops.where(present, inputs, 0.0), axis=1)
        return total / ops.maximum(ops.sum(ops.cast(present, inputs.dtype), axis=1), 1.0)


@keras.saving.register_keras_serializable("skrnn")
class MaskedMax(_Pooling):
    """Maximum over the present steps."""

    def call(self, inputs, mask=None):
        """Return the maxima."""
        return ops.max(ops.where(_mask_column(inputs, mask), inputs, LOWEST), axis=1)


@keras.saving.register_keras_serializable("skrnn")
class AttentionPooling(_Pooling):
    """Weighted mean over the present steps, the weights by additive attention."""

    def build(self, input_shape):
        """Make the weights."""
        width = input_shape[-1]
        self.kernel = self.add_weight(shape=(width, width), name="kernel")
        self.bias = self.add_weight(shape=(width,), initializer="zeros", name="bias")
        self.vector = self.add_weight(shape=(width, 1), name="vector")

    def shares(self, inputs, mask=None):
        """Return the share of each step, zero where absent: (batch, n_steps, 1)."""
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        scores = ops.matmul(hidden, self.vector)
        return ops.softmax(ops.where(_mask_column(inputs, mask), scores, LOWEST), axis=1)

    def call(self, inputs, mask=None):
        """Return the weighted means."""
        return ops.sum(inputs * self.shares(inputs, mask), axis=1)


LAYERS = {"mean": MaskedMean, "max": MaskedMax, "attention": AttentionPooling}
