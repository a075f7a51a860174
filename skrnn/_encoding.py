"""The computations of an autoencoder for sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._data.outages import with_nan_for_outages
from ._data.sequences import Sequences
from ._device import device_of
from ._spec import network_of

OF_AN_OUTAGE = "NaN stands for them; predict gives -1."


def computed(
    estimator: Any, X: Any, what: str, shape: tuple[int, ...], *, per_step: bool = False
) -> tuple[np.ndarray, Sequences]:
    """Return what the engine computes for X, as float64, and the sequences of X.

    Parameters
    ----------
    estimator : RNNAutoencoder
    X : sequences
    what : {"encode", "reconstruct"}
    shape : tuple of int
        That of the values of a sample, or of a step.
    per_step : bool, default=False
        The values are of all steps in a row.
    """
    check_is_fitted(estimator)
    from . import _keras

    inputs, network = estimator._task().inputs, network_of(estimator.network_)
    found = inputs.read(estimator, X)

    def of(some: Sequences) -> np.ndarray:
        given = inputs.in_network_units(some)
        compute, device = getattr(_keras, what), device_of(estimator)
        values: np.ndarray = compute(network, estimator.weights_, given, device=device)
        return values.astype(np.float64)

    return with_nan_for_outages(found, OF_AN_OUTAGE, of, shape, per_step=per_step), found
