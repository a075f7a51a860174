"""Lag windows for scikit-learn: windows that are views, measured by the clock.

`LagWindows` and `LagFeatures` turn a table of rows in time into windows, row for row, and
`series_to_supervised` sets each row beside its future. None of it needs TensorFlow.
"""

from ._lag_features import LagFeatures
from ._lag_windows import LagWindows
from ._lags_to_sequences import LagsToSequences
from ._panel_split import PanelTimeSeriesSplit
from ._supervised import series_to_supervised

__all__ = [
    "LagFeatures",
    "LagWindows",
    "LagsToSequences",
    "PanelTimeSeriesSplit",
    "series_to_supervised",
]
