"""Checks of the latent vectors that a decoder is given."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from .._compat import output_config
from .._messages import shown


def check_latent_vectors(Z: Any, latent_dim: int) -> np.ndarray:
    """Return latent vectors as float32; refuse other widths."""
    Z = check_array(Z, dtype=np.float32, input_name="Z")
    if Z.shape[1] != latent_dim:
        raise ValueError(
            f"Expected Z of shape (n_samples, latent_dim={latent_dim}), got shape {Z.shape}. Give "
            "latent vectors as transform returns them."
        )
    checked: np.ndarray = Z
    return checked


def with_index_of(X: Any, Z: np.ndarray, estimator: Any) -> Any:
    """Return latent vectors as float64; with the index of X as a frame, if pandas is asked for."""
    Z = Z.astype(np.float64)
    # Windows have a table. scikit-learn before 1.7 drops the index of a Series.
    table = X if hasattr(X, "iloc") else getattr(X, "table", None)
    index = getattr(table, "index", None)
    if index is None or output_config("transform", estimator)["dense"] != "pandas":
        return Z
    import pandas as pd

    return pd.DataFrame(Z, index=index)


def refuse_no_number_of_steps(n_steps: Any, longest: int) -> None:
    """Refuse what is not a number of steps to write."""
    if not isinstance(n_steps, Integral) or n_steps < 1:
        raise ValueError(
            f"Expected n_steps to be an int from 1 up, or None, got {shown(n_steps)}. None gives "
            f"{longest} steps, as many as the longest sequence in fit has."
        )
