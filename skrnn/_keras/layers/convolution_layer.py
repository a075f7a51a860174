"""A causal convolution as a Keras layer; see `skrnn._keras.functional.convolution`."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("skrnn")
class CausalConvolution(keras.layers.Layer):
    """Convolve the steps (ReLU), each with those before it.

    With a mask and strides of 1 it equals ``keras.layers.Conv1D(padding="causal")`` on zeros at the
    absent steps. Strides are counted back from the last present step of a sequence.
    """

    def __init__(self, filters, kernel_size, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.supports_masking = True

    def build(self, input_shape):
        """Make the weights."""
        shape = (self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs, mask=None):
        """Return the outputs: (batch, n_groups, filters)."""
        present = ops.ones_like(inputs[:, :, 0], dtype="bool") if mask is None else mask
        present = ops.cast(present, "bool")
        if self.strides > 1:
            present, steps = _aligned(present, self.strides)
            inputs = ops.take_along_axis(inputs, steps[:, :, None], axis=1)
        inputs = ops.where(present[:, :, None], inputs, 0.0)
        first = self.strides - self.kernel_size
        inputs = ops.pad(inputs, [[0, 0], [max(-first, 0), 0], [0, 0]])[:, max(first, 0) :]
        convolved = ops.conv(
            inputs, self.kernel, self.strides, "valid", data_format="channels_last"
        )
        return ops.relu(convolved + self.bias)

    def compute_mask(self, inputs, mask=None):
        """Return True for an output step if any of its steps is present."""
        return mask if self.strides == 1 or mask is None else MaskOfGroups(self.strides)(mask)

    def compute_output_shape(self, input_shape):
        """Return the shape with as many steps as there are groups."""
        batch, n_steps, _ = input_shape
        return (batch, _n_groups(n_steps, self.strides), self.filters)

    def get_config(self):
        """Return what the constructor needs."""
        own = {name: getattr(self, name) for name in ("filters", "kernel_size", "strides")}
        return {**super().get_config(), **own}


class MaskOfGroups(keras.Operation):
    """Tell which groups of steps have a present one, also where no number of steps is known."""

    def __init__(self, strides):
        super().__init__()
        self.strides = strides

    def call(self, mask):
        """Return the mask of the groups."""
        present, _ = _aligned(ops.cast(mask, "bool"), self.strides)
        n_groups = ops.shape(present)[1] // self.strides
        return ops.any(ops.reshape(present, (-1, n_groups, self.strides)), axis=2)

    def compute_output_spec(self, mask):
        """Return its shape and type."""
        batch, n_steps = mask.shape
        return keras.KerasTensor((batch, _n_groups(n_steps, self.strides)), "bool")


def _aligned(present, strides):
    """Return which steps are present when each sequence ends with a group, and their old places."""
    n_steps = ops.shape(present)[1]
    lengths = ops.max(ops.where(present, ops.arange(1, n_steps + 1), 0), axis=1)
    steps = ops.arange(_n_groups(n_steps, strides) * strides) - ((-lengths) % strides)[:, None]
    within = ops.logical_and(steps >= 0, steps < n_steps)
    steps = ops.where(within, steps, 0)
    return ops.logical_and(ops.take_along_axis(present, steps, axis=1), within), steps


def _n_groups(n_steps, strides):
    return None if n_steps is None else -(-n_steps // strides)
