"""Quantiles that cannot cross, as a Keras layer."""

import keras

from ..functional.quantile_levels import by_level, in_order


@keras.saving.register_keras_serializable("skrnn")
class QuantileLevels(keras.layers.Layer):
    """Make quantiles of each output from raw numbers.

    Parameters
    ----------
    n_levels : int
        The levels of an output stand side by side on the last axis.
    has_axis : bool
        Give the levels an axis of their own, the last one.
    """

    def __init__(self, n_levels, has_axis=False, **kwargs):
        super().__init__(**kwargs)
        self.n_levels, self.has_axis = n_levels, has_axis
        self.supports_masking = True

    def call(self, inputs):
        """Return the quantiles, ascending."""
        quantiles = in_order(inputs, self.n_levels)
        return by_level(quantiles, self.n_levels) if self.has_axis else quantiles

    def compute_output_shape(self, input_shape):
        """Return the shape, with an axis of levels where that is asked for."""
        *others, width = input_shape
        if not self.has_axis:
            return input_shape
        return (*others, width // self.n_levels, self.n_levels)

    def get_config(self):
        """Return what the constructor needs."""
        return {**super().get_config(), "n_levels": self.n_levels, "has_axis": self.has_axis}
