"""Values that are known ahead: a holiday, a price list, at each step that a decoder writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

from .sequences import Sequences

_FORM = "known of shape (n_samples, n_target_steps, n_known)"


def with_known(sequences: Sequences, known: Any) -> Sequences:
    """Return sequences with what is known ahead of each, if it is given."""
    if known is None:
        return sequences
    shape = np.shape(known)
    if len(shape) != 3:
        raise ValueError(
            f"Expected {_FORM}, got shape {shape}. Give one feature an axis of its own: "
            "known[:, :, None]."
        )
    values = check_array(known, dtype=np.float64, allow_nd=True, input_name="known")
    check_consistent_length(sequences.starts, values)
    return replace(sequences, ahead=values)


def refuse_other_known(
    sequences: Sequences, n_target_steps: int | None, n_known: int | None = None
) -> None:
    """Refuse known values of another form than the decoder reads.

    Parameters
    ----------
    sequences : Sequences
    n_target_steps : int or None
        Without a decoder None.
    n_known : int or None
        How many features `fit` knew ahead; None in `fit`.
    """
    ahead = sequences.ahead
    if ahead is None and n_known:
        raise ValueError(
            f"Expected {_FORM} = ({len(sequences)}, {n_target_steps}, {n_known}), as fit was given "
            "it, got None. Give known to every method that takes X."
        )
    if ahead is None:
        return
    if n_known == 0:
        raise ValueError(
            f"Expected known=None, as in fit, got values of shape {ahead.shape}. Leave known out, "
            "or fit with it."
        )
    if n_target_steps is None or sequences.holds_tokens:
        got = "token ids as X" if sequences.holds_tokens else "a network without a decoder"
        raise ValueError(
            f"Expected decoder='rnn' and an X of numbers with known, got {got}. Leave known "
            "out, or put its values beside the features in X."
        )
    if ahead.shape[1:] != (n_target_steps, ahead.shape[2] if n_known is None else n_known):
        wanted = (len(sequences), n_target_steps, "n_known" if n_known is None else n_known)
        raise ValueError(
            f"Expected {_FORM} = ({', '.join(map(str, wanted))}), got shape {ahead.shape}. Give "
            "the values at every step of y, of the features that fit was given."
        )
