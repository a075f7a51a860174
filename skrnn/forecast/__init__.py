"""Forecasts of the next steps of one or many series, with their stamps and bands."""

from ._backtest import backtest
from ._display import BacktestDisplay, ForecastDisplay
from ._forecaster import RNNForecaster
from ._measures import backtest_scores, forecast_scorer

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "RNNForecaster",
    "backtest",
    "backtest_scores",
    "forecast_scorer",
]
