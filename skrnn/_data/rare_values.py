"""Features that hardly vary: one value at nearly all steps, and some rare others."""

from __future__ import annotations

import numpy as np

from .sequences import Sequences

# The steps with other values than the usual one, at most, as a part of all.
_RARE = 0.005
# At most this many rows are looked at, drawn at random.
_MOST_ROWS = 100_000
_NAMED = 3


def features_of_rare_values(sequences: Sequences) -> list[tuple[int, float]]:
    """Return the features that hardly vary, each with its usual value.

    An indicator, which has one rare value alone, is not among them: it cannot be far out of
    proportion where it is seldom seen.
    """
    if sequences.holds_tokens:
        return []
    rows = sequences.values
    if len(rows) > _MOST_ROWS:
        rows = rows[np.sort(np.random.default_rng(0).integers(len(rows), size=_MOST_ROWS))]
    rows = rows[~np.isnan(rows[:, 0])]  # an absent step is NaN in all features
    usual = np.median(rows, axis=0) if len(rows) else np.zeros(0)
    differ = rows != usual
    candidates = np.flatnonzero((differ.sum(axis=0) > 1) & (differ.mean(axis=0) <= _RARE))
    return [
        (int(feature), float(usual[feature]))
        for feature in candidates
        if len(np.unique(rows[differ[:, feature], feature])) > 1
    ]


def rare_values_message(found: list[tuple[int, float]]) -> str:
    """Return the warning of features that hardly vary."""
    named = ", ".join(f"{feature} (usually {usual:.6g})" for feature, usual in found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (
        f"{len(found)} of the features of X hardly vary, counted from 0: feature {named}{more}. "
        f"At most {_RARE:.1%} of the steps have other values. A network learns little of values "
        "that are so rare, and one of them can spoil a prediction. Leave these features out, or "
        "replace them by indicators of 0 and 1."
    )
