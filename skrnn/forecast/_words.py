"""The parameters of a forecaster: their meaning, and combinations that are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._data.target_checks import levels_of
from .._messages import shown
from ._strategies import STRATEGIES

# Words of the network that are handed on as they are.
NETWORK_WORDS = (
    "cell",
    "units",
    "bidirectional",
    "dropout",
    "recurrent_dropout",
    "pooling",
    "conv_filters",
    "conv_kernel_size",
    "conv_strides",
    "hidden_units",
    "loss",
    "optimizer",
    "learning_rate",
    "learning_rate_schedule",
    "weight_averaging",
    "clipnorm",
    "epochs",
    "batch_size",
    "shuffle",
    "n_iter_no_change",
    "n_networks",
    "engine",
    "device",
    "random_state",
    "verbose",
)


def horizons_of(horizon: Any) -> list[int]:
    """Return the steps ahead that a horizon means: 1 ... h for a number, or those of a list."""
    if isinstance(horizon, int | np.integer) and not isinstance(horizon, bool) and horizon >= 1:
        return list(range(1, int(horizon) + 1))
    listed = [] if isinstance(horizon, str | int) else list(np.atleast_1d(horizon))
    if not listed or not all(isinstance(h, int | np.integer) and h >= 1 for h in listed):
        raise ValueError(
            f"Expected horizon as a number of steps, or a list of steps, each at least 1; got "
            f"{shown(horizon)}. horizon=7 means the next seven steps, horizon=[7] the seventh."
        )
    if len(set(listed)) < len(listed):
        raise ValueError(f"Expected each step of horizon once; got {shown(horizon)}.")
    return [int(h) for h in listed]


def horizons_among(horizon: Any, fitted: list[int], strategy: str) -> list[int]:
    """Return the steps ahead to forecast, all of `fit` for None."""
    if horizon is None:
        return fitted
    horizons = horizons_of(horizon)
    beyond = [h for h in horizons if h not in fitted]
    if beyond and strategy != "recursive":
        raise ValueError(
            f"Expected horizons among the horizons of fit, {fitted}; got {beyond[0]}: fit with "
            f"horizon={max(horizons)}, or with strategy='recursive'."
        )
    return horizons


def baselines_to_try(params: Any) -> list[str]:
    """Return the baselines to try."""
    allowed = STRATEGIES[params.strategy].baselines
    if params.baseline == "season" and params.season is None:
        raise ValueError(
            "Expected a season for baseline='season'; got season=None. Give its number of "
            "steps, such as season=7 for days."
        )
    if params.baseline not in ("auto", *allowed):
        raise ValueError(
            f"Expected baseline='auto' or 'none' for strategy={params.strategy!r}, whose network "
            f"is fed its own forecasts; got baseline={params.baseline!r}."
        )
    if params.baseline != "auto":
        return [params.baseline]
    return [one for one in allowed if one != "season" or params.season is not None]


def check_quantiles(params: Any) -> None:
    """Refuse quantiles that are none, or that do not go with the other parameters."""
    if params.quantiles is None:
        return
    if params.strategy != "direct" or params.loss != "auto":
        raise ValueError(
            "Expected strategy='direct' and loss='auto' beside quantiles; got "
            f"strategy={params.strategy!r} and loss={params.loss!r}. Leave one of them out."
        )
    levels = levels_of(params.quantiles)
    if len(levels) % 2 == 0 or not np.allclose(np.add(levels, levels[::-1]), 1):
        raise ValueError(
            f"Expected quantiles around 0.5, such as (0.1, 0.5, 0.9); got {shown(levels)}. The "
            "middle one is the forecast."
        )


def refuse_y(y: Any) -> None:
    """Refuse targets beside the table that they are columns of."""
    if y is not None:
        raise ValueError(
            f"Expected y=None, because the targets are columns of X; got y of type "
            f"{type(y).__name__}. Put it into the table and name it: target='temperature', say."
        )


def refuse_rows_without_index(design: Any) -> None:
    """Refuse new rows where `fit` was given an array: nothing tells which of them are new."""
    if not design.has_index:
        raise ValueError(
            "Expected a forecaster that was fitted on rows with an index, by which new rows are "
            "known; got one that was fitted on an array. Give predict and forecast the whole "
            "array, or fit on a frame."
        )
