"""Features that the network sees as logarithms or as their usual values, as a Keras layer."""

from typing import Any

import keras
import numpy as np

from ..engine import Bends
from .within_layer import SeenWithin


@keras.saving.register_keras_serializable("skrnn")
class Bent(keras.layers.Layer):
    """Give features as the network sees them, before they are standardized.

    Parameters
    ----------
    fields : list of five lists
        The features that are bent, their centres and units; those that are fixed, and at what.
    """

    def __init__(self, fields: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.fields = [list(field) for field in fields]

    def call(self, inputs: Any) -> Any:
        """Return the features; NaN stays NaN."""
        bent, centres, units, fixed, usual = self.fields
        n_features = inputs.shape[-1]
        features = np.arange(n_features)
        centre, unit = np.zeros(n_features, np.float32), np.ones(n_features, np.float32)
        centre[bent], unit[bent] = centres, units
        logarithms = keras.ops.arcsinh((inputs - centre) / unit)
        seen = keras.ops.where(np.isin(features, bent), logarithms, inputs)
        value = np.zeros(n_features, np.float32)
        value[fixed] = usual
        is_known = keras.ops.logical_not(keras.ops.isnan(inputs))
        is_fixed = keras.ops.logical_and(np.isin(features, fixed), is_known)
        return keras.ops.where(is_fixed, value, seen)

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape unchanged."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """Return what the constructor needs."""
        return {**super().get_config(), "fields": self.fields}


def scaling_layers(
    scale: np.ndarray, offset: np.ndarray, bends: Bends, within: tuple[int, ...]
) -> list[Any]:
    """Return the layers that bring features into the network's units."""
    again = [SeenWithin(within)] if within else []
    bent = [Bent(bends.fields())] if bends else []
    return [*again, *bent, keras.layers.Rescaling(scale, offset)]
