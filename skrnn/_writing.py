"""The outputs that an encoder and decoder writes for its inputs, and its attention."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._data.sequences import Sequences
from ._device import device_of
from ._spec import network_of
from ._tokens import PADDING
from .text._pairs import read_source


def written(estimator: Any, X: Any) -> tuple[np.ndarray, np.ndarray, Sequences]:
    """Return the ids that are written for each input, their log-probability, and the inputs.

    The ids are an array (n_samples, max_len + 1), zero after the end. The inputs are in the
    network's units.
    """
    check_is_fitted(estimator)
    from . import _keras

    inputs = estimator._task().inputs
    sequences = inputs.in_network_units(read_source(estimator, inputs, X))
    max_len = estimator.max_len_ if estimator.max_len is None else estimator.max_len
    found, log_p = _keras.search(
        network_of(estimator.network_),
        estimator.weights_,
        sequences,
        estimator.beam_width,
        max_len + 1,  # the end
        device=device_of(estimator),
    )
    length = (found != PADDING).sum(axis=2)
    best = np.argmax(log_p / ((5 + length) / 6) ** estimator.length_penalty, axis=1)
    chosen = np.arange(len(found)), best
    return found[chosen], log_p[chosen].astype(np.float64), sequences


def shares_of_steps(
    shares: np.ndarray, n_target_steps: np.ndarray, n_steps: np.ndarray
) -> list[np.ndarray]:
    """Return the attention of each output without padding; the shares of a step sum to one."""
    cut = [s[:n, :m] for s, n, m in zip(shares, n_target_steps, n_steps, strict=True)]
    return [s / s.sum(axis=1, keepdims=True) for s in cut]  # from float32's rounding


def refuse_no_attention(network: Any) -> None:
    """Refuse a network that looks nowhere."""
    if network.attention is None:
        raise ValueError(
            "Expected a network with attention, got one fitted with attention=None. Set "
            "attention='dot' or 'additive' and fit again."
        )


def as_texts(targets: Any, ids: np.ndarray) -> np.ndarray:
    """Return the texts that ids stand for, or lists of tokens, as a 1-D array of objects."""
    tokens = targets.written(ids)
    texts = [targets.analysis.join(t) for t in tokens] if targets.writes_text else tokens
    array = np.empty(len(texts), dtype=object)
    array[:] = texts  # also lists of equal lengths
    return array
