"""Forecasts and backtests as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..display._axes import axes_for
from ._measures import backtest_scores
from ._roles import frame_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_SIZE = (8.0, 4.0)  # inches


class ForecastDisplay:
    """A series, the forecast of its next steps, and the band around it.

    Made by `from_estimator`, or by hand from what `RNNForecaster.forecast` returned; `plot` draws
    it.

    Parameters
    ----------
    history : Series of shape (n_rows,)
        The values so far.
    forecast : DataFrame of shape (n_steps, n_columns)
        With a column of the name of `history`, and for a band that name with "_lower" and "_upper".

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    history_, line_ : matplotlib Line2D
    band_ : matplotlib PolyCollection or None
        The drawing made by `plot`.

    See Also
    --------
    RNNForecaster.forecast : The numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from skrnn import ForecastDisplay
    >>> days = pd.date_range("2024-01-01", periods=5)
    >>> history = pd.Series([1.0, 2.0, 3.0], index=days[:3], name="y")
    >>> forecast = pd.DataFrame({"y": [4.0, 5.0]}, index=days[3:])
    >>> display = ForecastDisplay(history, forecast).plot()
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    history_: Any
    line_: Any
    band_: Any

    def __init__(self, history: Any, forecast: Any) -> None:
        self.history = history
        self.forecast = forecast

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        coverage: float | None = None,
        target: Any = None,
        series: Any = None,
        n_rows: int | None = None,
        ax: Axes | None = None,
    ) -> ForecastDisplay:
        """Draw the forecast of a fitted forecaster from the last row of a table.

        Parameters
        ----------
        estimator : RNNForecaster
            Fitted.
        X : Series or DataFrame
            The table up to the last row that is known, or with rows of what is known ahead.
        coverage : float or None, default=None
            The coverage of the band. None: no band.
        target : label, default=None
            The target to draw, where there are several; the first one otherwise.
        series : label, default=None
            The series of a panel to draw; the first one otherwise.
        n_rows : int or None, default=None
            The latest rows to draw. None: as many as six horizons, and at least 60.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        display : ForecastDisplay
        """
        forecast, X = estimator.forecast(X, coverage=coverage), frame_of(X)[0]
        target = estimator.design_.columns.targets[0] if target is None else target
        history = X[target]
        if forecast.index.nlevels > 1:
            series = forecast.index[0][0] if series is None else series
            forecast, history = forecast.xs(series), history.xs(series)
        history = history.dropna().sort_index()
        n_rows = max(6 * len(forecast), 60) if n_rows is None else n_rows
        return cls(history.iloc[-n_rows:].rename(target), forecast).plot(ax)

    @classmethod
    def from_predictions(
        cls, history: Any, forecast: Any, *, ax: Axes | None = None
    ) -> ForecastDisplay:
        """Draw a forecast that has been made.

        Parameters
        ----------
        history, forecast
            See the class.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        display : ForecastDisplay
        """
        return cls(history, forecast).plot(ax)

    def plot(self, ax: Axes | None = None) -> ForecastDisplay:
        """Draw the history, the forecast, and its band.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        self : ForecastDisplay
            With what was drawn.
        """
        self.ax_ = ax = axes_for(self, ax, _SIZE)
        self.figure_ = ax.figure
        name = self.history.name
        middle = self.forecast[name]
        where, ahead = _positions(self.history.index), _positions(middle.index)
        (self.history_,) = ax.plot(where, self.history, color="0.4", label="known")
        # The line begins at the last known value, so that no gap stands between them.
        joined = np.append(where[-1:], ahead), np.append(self.history.iloc[-1:], middle)
        (self.line_,) = ax.plot(*joined, color="C0", label="forecast")
        self.band_ = None
        if f"{name}_lower" in self.forecast:
            band = (self.forecast[f"{name}_{side}"].to_numpy() for side in ("lower", "upper"))
            self.band_ = ax.fill_between(ahead, *band, color="C0", alpha=0.2, label="band")
        ax.set_ylabel(str(name))
        ax.legend()
        _slant_dates(ax, self.history.index)
        return self


class BacktestDisplay:
    """The errors of a backtest by step ahead, or by time, one line for each model.

    Parameters
    ----------
    scores : DataFrame
        The mean absolute error, with a row for each step (or time) and a column for each model.
    by : {"step", "time"}, default="step"
        The meaning of the rows.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        The drawing made by `plot`.

    See Also
    --------
    backtest_scores : The numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from skrnn import BacktestDisplay
    >>> frame = pd.DataFrame({"model": ["a", "a"], "step": [1, 2],
    ...                       "true": [1.0, 2.0], "predicted": [2.0, 4.0]})
    >>> display = BacktestDisplay.from_predictions(frame)
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    lines_: list[Any]

    def __init__(self, scores: Any, by: str = "step") -> None:
        self.scores = scores
        self.by = by

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, by: str = "step", ax: Axes | None = None, **options: Any
    ) -> BacktestDisplay:
        """Draw the backtest of a forecaster.

        Parameters
        ----------
        estimator : RNNForecaster or scikit-learn regressor
            See `backtest`.
        X : Series or DataFrame
            The whole table, in the order of time.
        by : {"step", "time"}, default="step"
            Whether to draw the error by step ahead, or by the time that was forecast.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **options : dict
            Passed to `backtest`.

        Returns
        -------
        display : BacktestDisplay
        """
        from ._backtest import backtest

        return cls.from_predictions(backtest(estimator, X, **options), by=by, ax=ax)

    @classmethod
    def from_predictions(
        cls, frame: Any, *, by: str = "step", ax: Axes | None = None
    ) -> BacktestDisplay:
        """Draw a backtest that has been made.

        Parameters
        ----------
        frame : DataFrame
            The result of `backtest`.
        by : {"step", "time"}, default="step"
            Whether to draw the error by step ahead, or by the time that was forecast.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        display : BacktestDisplay
        """
        if by not in ("step", "time"):
            raise ValueError(f"Expected by as 'step' or 'time'; got {by!r}.")
        scores = backtest_scores(frame, ("model", by))["mae"].unstack("model")
        return cls(scores[frame["model"].unique()], by).plot(ax)

    def plot(self, ax: Axes | None = None) -> BacktestDisplay:
        """Draw a line for each model.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        self : BacktestDisplay
            With what was drawn.
        """
        self.ax_ = ax = axes_for(self, ax, _SIZE)
        self.figure_ = ax.figure
        where, self.lines_ = _positions(self.scores.index), []
        marker = "o" if self.by == "step" else None
        for number, (name, errors) in enumerate(self.scores.items()):
            width = 1.0 if number else 2.0
            self.lines_ += ax.plot(where, errors, label=str(name), marker=marker, linewidth=width)
        ax.set_xlabel("steps ahead" if self.by == "step" else "")
        ax.set_ylabel("mean absolute error")
        ax.set_ylim(bottom=0)
        ax.legend()
        _slant_dates(ax, self.scores.index)
        return self


def _positions(index: Any) -> Any:
    """Return an index as matplotlib can place it."""
    import pandas as pd

    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_localize(None)
    return index.total_seconds().to_numpy() if hasattr(index, "total_seconds") else index.to_numpy()


def _slant_dates(ax: Axes, index: Any) -> None:
    if index.dtype.kind == "M" or hasattr(index.dtype, "tz") or hasattr(index.dtype, "freq"):
        ax.tick_params(axis="x", rotation=30)
