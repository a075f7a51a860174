"""Which scores are those of anomalies."""

from __future__ import annotations

from typing import Any

import numpy as np

# Iglewicz and Hoaglin's bound, and what makes a median absolute deviation a standard deviation.
_FAR, _NORMAL_MAD = 3.5, 0.6745


def anomaly_bound(scores: np.ndarray, contamination: Any) -> float:
    """Return the score below which a sequence is an anomaly."""
    if contamination != "auto":
        return float(np.percentile(scores, 100 * contamination))
    errors = np.log(np.maximum(-scores, np.finfo(np.float64).tiny))
    median = np.median(errors)
    spread = np.median(np.abs(errors - median)) / _NORMAL_MAD
    return float(-np.exp(median + _FAR * spread))
