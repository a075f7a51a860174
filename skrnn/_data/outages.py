"""Sequences without any present step: a sensor that was off, an empty text.

Nothing is known of them. `fit` leaves them out, and predictions of them are no numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from .._compat import safe_indexing
from .._warnings import warn
from .sequences import Sequences


def samples_with_steps(sequences: Sequences) -> np.ndarray | None:
    """Return the numbers of the sequences that have a present step; None: all have."""
    if sequences.lengths.min() > 0 and all(p.present_rows().all() for p in sequences.parts()):
        return None
    has_steps = np.concatenate([(p.lengths > 0) & (p.n_present() > 0) for p in sequences.parts()])
    return None if has_steps.all() else np.flatnonzero(has_steps)


def without_outages(sequences: Sequences, *others: Any) -> tuple[Sequences, Any]:
    """Return the sequences that have a step, and what belongs to them, of each container given."""
    kept = samples_with_steps(sequences)
    if kept is None:
        return sequences, others
    _warn(sequences, kept, "They are left out of the fit.")
    return sequences.take(kept), _parts(sequences, others, kept)


def with_nan_for_outages(
    sequences: Sequences,
    instead: str,
    compute: Callable[[Sequences], np.ndarray],
    shape: tuple[int, ...],
    *,
    per_step: bool = False,
) -> np.ndarray:
    """Return what is computed for sequences, NaN for those that have no step.

    Parameters
    ----------
    sequences : Sequences
    instead : str
        Says in a sentence what stands for these.
    compute : callable
        Returns an array from those that have a step.
    shape : tuple of int
        That of the values of a sample, or of a step.
    per_step : bool, default=False
        The values are of all steps in a row.
    """
    kept = samples_with_steps(sequences)
    if kept is None:
        return compute(sequences)
    _warn(sequences, kept, instead)
    values = compute(sequences.take(kept)) if len(kept) else np.zeros((0, *shape))
    has_steps = np.zeros(len(sequences), dtype=bool)
    has_steps[kept] = True
    places = np.repeat(has_steps, sequences.lengths) if per_step else has_steps
    out = np.full((len(places), *shape), np.nan, dtype=values.dtype)
    out[places] = values
    return out


def predicted_only(outputs: np.ndarray, sequences: Sequences, *others: Any) -> tuple[Any, ...]:
    """Return what can be scored: the same without the sequences that have no step."""
    kept = samples_with_steps(sequences)
    if kept is None:
        return outputs, sequences, *others
    refuse_nothing_but_outages(sequences)
    return outputs[kept], sequences.take(kept), *_parts(sequences, others, kept)


def _parts(sequences, others, kept):
    """Return what belongs to the samples `kept` of containers that hold something for each."""
    containers = [None if np.isscalar(other) else other for other in others]
    check_consistent_length(sequences.starts, *containers)
    return [
        other if container is None else safe_indexing(container, kept)
        for other, container in zip(others, containers, strict=True)
    ]


def refuse_outages(sequences: Sequences) -> None:
    """Refuse sequences without a present step."""
    kept = samples_with_steps(sequences)
    if kept is not None:
        raise ValueError(
            "Expected every sequence in X to have at least one present step, got "
            f"{_named(sequences, kept)}. Input X contains NaN, padding or nothing there: drop "
            "these samples and their targets, or take longer windows."
        )


def refuse_nothing_but_outages(sequences: Sequences) -> None:
    """Refuse sequences of which not one has a present step."""
    kept = samples_with_steps(sequences)
    if kept is not None and len(kept) == 0:
        refuse_outages(sequences)


def _warn(sequences, kept, consequence):
    warn(f"Got {_named(sequences, kept)}: NaN or padding stands in all their steps. {consequence}")


def _named(sequences, kept):
    n_samples = len(sequences)
    first = np.setdiff1d(np.arange(n_samples), kept)[0]
    return (
        f"{n_samples - len(kept)} of {n_samples} sequences without any present step (the first: "
        f"sample {first})"
    )
