"""The transformer from rows to windows of rows."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

from .._compat import Interval, StrOptions
from ._base import CLOCK_CONSTRAINT, FILL_CONSTRAINT, LagTransformer
from ._window_array import LazyWindows, WindowArray, WindowTable, windows_of


class LagWindows(LagTransformer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Window of past steps for each row of a table in time.

    Row ``i`` becomes the window of the steps ``i - (window - 1) * dilation``, ...,
    ``i - dilation``, ``i``, oldest first. No window looks ahead, and n rows go in and n windows
    come out: splitters, scorers and sample weights work as on any other table.

    **Steps are steps of the clock.** With a DatetimeIndex, PeriodIndex, TimedeltaIndex or integer
    index, rows are looked up by their stamps: a missing row is an absent step (see `fill`), and
    earlier rows keep their true distance. The order of the rows does not matter, so that a
    shuffled or scattered fold gets the windows it would have had in the whole series, as far as
    its rows are known. A frame with an index of two levels, (series, time), is a panel: each
    series has its own clock, and no window crosses a series. Bare arrays, polars frames, and
    frames with any other index (strings, floats) have no clock: their rows are consecutive, and
    have to be in order.

    **The past of the training rows is known at transform.** `fit` keeps the last
    ``(window - 1) * dilation`` rows, and `transform` finds them again by their stamps: the
    first rows of a test fold have full windows. Given rows win over remembered ones of the same
    stamp, and a window only holds remembered rows that are earlier than its own row. `update`
    remembers rows that came since. Rows that `series_to_supervised` left out between others are
    known too.

    Parameters
    ----------
    window : int, default=24
        Number of steps in a window.

    dilation : int, default=1
        Distance between the steps of a window: 1 takes every step, 24 every 24th hour of an hourly
        series. That is the same hour of each day as long as the clocks do not change.

    fill : "mask", "edge" or float, default="mask"
        The value of absent steps, before the beginning of a series and where rows are missing
        within it: NaN, which the networks of this package skip ("mask"); the last row before
        them, or at the beginning the first row ("edge"); or a number.

    clock : {"auto", "rows"}, default="auto"
        Whether steps are steps of the clock ("auto"), or rows in the order of time, however far
        apart ("rows"): prices of trading days, visits of a patient.

    missing : "nan" or "flag", default="nan"
        The treatment of a row that is missing in part, NaN in some features. "nan" leaves the
        NaN, which the networks of this package refuse. "flag" puts the value that was last seen of
        the feature in its place, and adds one column of 0 and 1 for each feature that was missing
        so in `fit`, behind all features: 1 where the value was missing. Rows that are missing in
        all features stay absent steps in either case.

    Attributes
    ----------
    context_ : list of dict
        The memory of `transform` of the training rows: one entry for each series with a
        clock, none for bare arrays. Keys: ``"series"``, its name in a panel; ``"clock"``;
        ``"stamps"``, an int64 array, and ``"rows"``, the last rows, sorted by time; ``"first"``,
        the first row; with ``missing="flag"`` also ``"seen"``, the last values before these rows.

    missing_ : dict
        Only with ``missing="flag"``. ``"columns"``, the numbers of the features that have a flag;
        ``"means"``, the mean of each feature in `fit`.

    n_features_in_ : int
        Number of features seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen in `fit`. Only if all of them are strings.

    See Also
    --------
    LagFeatures : The same steps as columns of a table, for estimators that are no networks.
    series_to_supervised : Each row with its future.

    Notes
    -----
    The windows of a series without holes are a view on one padded copy of it, with strides
    ``(row, dilation * row, item)``: n + (window - 1) * dilation rows in memory instead of
    n * window. If rows are missing, stand in another order or belong to several series, the windows
    are not a view, but they are copied only when their values are needed. The networks of this
    package read the rows. The result is read-only in either case.

    The step of a clock is the frequency of the index, or else the commonest difference of
    neighbouring stamps; it is learned in `fit`, with the phase. Months, quarters and years count as
    such however long they are, and days and weeks are those of the time zone, with 23 or 25 hours
    where summer time changes. Stamps up to a twentieth of a step beside it are taken for it, so
    that 60 Hz may be rounded and a sensor be shaky. Stamps between two steps, and stamps that occur
    twice in a series, are an error. If no day lies on a weekend, the step after a Friday is the
    Monday, and other days without a row are absent; an index of the frequency "D" says otherwise.
    With ``clock="rows"`` a holiday is no step either.

    A default index, 0 ... n - 1, is an integer index. Shuffled by `train_test_split` or cut by
    `TimeSeriesSplit` it still says where each row belongs. A new frame that begins again at 0
    says that it begins where the training rows began: it gets no history. Number it onwards
    (``X.index += n``), or better, give both frames their dates.

    A step of a pipeline that returns arrays takes the index away. Put
    ``set_output(transform="pandas")`` on the pipeline to keep it; on this transformer itself
    `set_output` does nothing, because windows are no table. They know their index all the same, and
    the frame of an `RNNAutoencoder` behind them has it. A warning says so once if `fit` saw a clock
    and `transform` sees none, or the reverse, or if y has a clock in `fit` and X has none.

    With ``missing="flag"``, a value is looked for in earlier rows of the same series, remembered
    ones too, and never in later ones. Before the first value of a feature in a series stands its
    mean in `fit`. A feature that was never missing in `fit` has no flag when it is missing later.

    With ``missing="nan"`` NaN passes through unchanged; infinity is an error. float32 and float64
    stay what they are, anything else becomes float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.windows import LagWindows
    >>> rows = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> LagWindows(window=3).fit_transform(rows)[:, :, 0].tolist()
    [[nan, nan, 1.0], [nan, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    >>> LagWindows(window=2, dilation=2, fill="edge").fit_transform(rows)[:, :, 0].tolist()
    [[1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [2.0, 4.0]]

    The third day is missing, and the fourth is given after `fit`:

    >>> import pandas as pd
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    >>> frame = pd.DataFrame({"temp": [1.0, 2.0, 4.0, 5.0]}, index=days)
    >>> windows = LagWindows(window=3).fit(frame[:3])
    >>> windows.transform(frame[3:])[:, :, 0].tolist()
    [[nan, 4.0, 5.0]]

    A sensor that failed on the second day, with its flag:

    >>> rows = np.array([[1.0, 10.0], [2.0, np.nan], [3.0, 30.0]])
    >>> LagWindows(window=1, missing="flag").fit_transform(rows)[:, 0].tolist()
    [[1.0, 10.0, 0.0], [2.0, 10.0, 1.0], [3.0, 30.0, 0.0]]
    """

    _parameter_constraints: dict[str, Any] = {
        "window": [Interval(Integral, 1, None, closed="left")],
        "dilation": [Interval(Integral, 1, None, closed="left")],
        "fill": FILL_CONSTRAINT,
        "clock": CLOCK_CONSTRAINT,
        "missing": [StrOptions({"nan", "flag"})],
    }

    def __init__(
        self,
        window: int = 24,
        *,
        dilation: int = 1,
        fill: str | float = "mask",
        clock: str = "auto",
        missing: str = "nan",
    ) -> None:
        self.window = window
        self.dilation = dilation
        self.fill = fill
        self.clock = clock
        self.missing = missing

    def transform(self, X: Any) -> WindowArray | LazyWindows:
        """Window of past steps for each row.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows that follow the rows of `fit`, are among them, or both.

        Returns
        -------
        windows : ndarray or LazyWindows of shape (n_rows, window, n_features)
            Read-only. ``windows[i, -1]`` is row i. With ``missing="flag"`` the flags stand behind
            the features. Both also remember the rows they were taken
            from, by which the networks of this package tell which windows overlap. `LazyWindows`
            behaves like an array, and is one as ``numpy.asarray(windows)``.
        """
        padded, slots, series = self._laid_out(X)
        starts = slots - self._reach()
        index = X.index if hasattr(X, "iloc") else None
        return windows_of(
            WindowTable(padded, starts, series, int(self.window), int(self.dilation), index)
        )

    def set_output(self, *, transform: Any = None) -> Self:
        """Do nothing: windows are no table, so that no other container can hold them.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored. Accepted so that a pipeline can set the output of its other steps.

        Returns
        -------
        self : object
            The transformer.
        """
        return self

    def _reach(self) -> int:
        return (self.window - 1) * self.dilation
