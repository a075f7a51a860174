"""Recurrent networks as ordinary scikit-learn estimators.

Public names are loaded on first access: ``import skrnn`` is instant, and
TensorFlow starts only when a network is fitted or asked to predict.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._programs import cache_info, clear_cache
    from .autoencoder import RNNAutoencoder
    from .classification import RNNClassifier
    from .display import (
        AttentionDisplay,
        ConfusionOverTimeDisplay,
        LagImportanceDisplay,
        TrainingCurveDisplay,
    )
    from .forecast import (
        BacktestDisplay,
        ForecastDisplay,
        RNNForecaster,
        backtest,
        backtest_scores,
        forecast_scorer,
    )
    from .inspection import lag_importance, leakage_report
    from .language import RNNLanguageModel
    from .persistence import load, save, trusted_types
    from .regression import RNNRegressor
    from .seq2seq import RNNSeq2Seq
    from .text import SequenceTokenizer
    from .windows import (
        LagFeatures,
        LagsToSequences,
        LagWindows,
        PanelTimeSeriesSplit,
        series_to_supervised,
    )

_HOME = {
    "AttentionDisplay": ".display",
    "BacktestDisplay": ".forecast",
    "ConfusionOverTimeDisplay": ".display",
    "ForecastDisplay": ".forecast",
    "LagFeatures": ".windows",
    "LagImportanceDisplay": ".display",
    "LagWindows": ".windows",
    "LagsToSequences": ".windows",
    "PanelTimeSeriesSplit": ".windows",
    "RNNAutoencoder": ".autoencoder",
    "RNNClassifier": ".classification",
    "RNNForecaster": ".forecast",
    "RNNLanguageModel": ".language",
    "RNNRegressor": ".regression",
    "RNNSeq2Seq": ".seq2seq",
    "SequenceTokenizer": ".text",
    "TrainingCurveDisplay": ".display",
    "backtest": ".forecast",
    "backtest_scores": ".forecast",
    "cache_info": "._programs",
    "clear_cache": "._programs",
    "forecast_scorer": ".forecast",
    "lag_importance": ".inspection",
    "leakage_report": ".inspection",
    "load": ".persistence",
    "save": ".persistence",
    "series_to_supervised": ".windows",
    "trusted_types": ".persistence",
}

__all__ = [
    "AttentionDisplay",
    "BacktestDisplay",
    "ConfusionOverTimeDisplay",
    "ForecastDisplay",
    "LagFeatures",
    "LagImportanceDisplay",
    "LagWindows",
    "LagsToSequences",
    "PanelTimeSeriesSplit",
    "RNNAutoencoder",
    "RNNClassifier",
    "RNNForecaster",
    "RNNLanguageModel",
    "RNNRegressor",
    "RNNSeq2Seq",
    "SequenceTokenizer",
    "TrainingCurveDisplay",
    "__version__",
    "backtest",
    "backtest_scores",
    "cache_info",
    "clear_cache",
    "forecast_scorer",
    "lag_importance",
    "leakage_report",
    "load",
    "save",
    "series_to_supervised",
    "trusted_types",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
