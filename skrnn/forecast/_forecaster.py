"""The estimator that forecasts the next steps of a table."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from numbers import Integral, Real
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._compat import Interval, StrOptions, validate_parameter_constraints
from .._documentation import DocumentationLink
from ..regression import RNNRegressor
from ._bands import Errors
from ._design import Design, learn_design, with_windows
from ._fitting import Trained, Trainer
from ._future import future_frame, steps_ahead, with_steps_ahead
from ._making import Maker
from ._naive import naive_error
from ._strategies import STRATEGIES
from ._table import Table, times_of
from ._words import (
    NETWORK_WORDS,
    baselines_to_try,
    check_quantiles,
    horizons_among,
    horizons_of,
    refuse_rows_without_index,
    refuse_y,
)

if TYPE_CHECKING:
    from .._checkpoint import Checkpoint


class RNNForecaster(DocumentationLink, BaseEstimator):
    """Recurrent network that forecasts the next steps of one or many series, with bands.

    The table is the input: one row for each step in time, with an index that tells the time.
    The windows, the future of each row, the scales of the series, the time of the year and the
    stamps ahead are made inside. `fit`, `predict` and `score` work on any part of the table, so
    that `GridSearchCV` and `TimeSeriesSplit` do.

    **Rows that came before are known.** `fit` remembers the last rows of each series. `predict`
    finds them by their stamps, as `LagWindows` does. `update` remembers rows that came since.

    **No forecast sees what comes after its row**, but for the columns in `known`.

    Parameters
    ----------
    horizon : int or list of int, default=1
        Steps ahead to forecast: 1 to `horizon`, or the steps in a list.
    window : int, default=24
        Steps up to a row, that one too, from which its forecast is made.
    target : label, list of labels or None, default=None
        The column or columns to forecast. None: all that are not in `known`. One label alone gives
        forecasts without an axis for the targets.
    known : label or list of labels, default=()
        Columns whose future is known: a holiday, a price list, a weather forecast. Rows after the
        last known target tell it. No value of them may be missing. All other columns are known up
        to a row only. Columns may hold numbers, truth values, texts or categories; targets hold
        numbers.
    calendar : list of {"hour", "day_of_week", "day_of_year", "month"}, default=()
        The cycles of time that the network is told, as a sine and a cosine.
    holidays : list of dates or None, default=None
        Days that are marked in a column of their own, which is known ahead.
    strategy : {"direct", "recursive", "decoder"}, default="direct"
        "direct": all steps at once. "recursive": the next step, which is fed back for the step
        after it, with all columns that are not known ahead; `forecast` takes any horizon.
        "decoder": an encoder reads the window, and a decoder writes the steps; it is told of each
        step what is known of it, and all columns as they were a horizon and a `season` before.
    baseline : {"auto", "none", "last", "season"}, default="auto"
        The naive forecast from which the network learns the difference: the last value seen, the
        value a season before, or the mean ("none"). "auto" tries each, and keeps the one whose
        forecasts of held-out rows are best. ``strategy="recursive"`` starts from none.
    season : int or None, default=None
        Steps of a season, such as 7 for days. It is one of the baselines, and the naive forecast
        that `score` compares with.
    quantiles : sequence of float or None, default=None
        Levels of the quantiles that the network learns of each step, such as (0.1, 0.5, 0.9). They
        do not cross. The middle one, 0.5, is the forecast; `predict_interval` makes bands of the
        outer ones. With ``strategy="direct"``. None: the network learns the mean.
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell. This and what follows describe the network and its training: see
        `RNNRegressor`.
    units : int or tuple of int, default=32
        Units of the recurrent layer, or of each stacked layer.
    bidirectional : bool or "auto", default="auto"
        Run each layer over the window in both directions.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs that is dropped in training.
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped from step to step.
    pooling : {"auto", "last", "mean", "max", "attention"}, default="auto"
        How the last recurrent layer is read out.
    conv_filters : int or tuple of int, default=()
        Filters of convolutions before the recurrent layers.
    conv_kernel_size : int, default=5
        Steps that a convolution sees at once.
    conv_strides : int or tuple of int, default=1
        Steps that become one step for the next layer.
    hidden_units : int or tuple of int, default=()
        Units of dense layers between the recurrent layers and the output.
    loss : {"auto", "mse", "mae", "huber", "log_cosh"} or callable, default="auto"
        Training minimizes it.
    optimizer : str, default="adam"
        The name of a Keras optimizer.
    learning_rate : float or "auto", default="auto"
        The optimizer's step size.
    learning_rate_schedule : {"auto", "constant", "cosine", "plateau"}, default="auto"
        How the learning rate changes with the updates.
    weight_averaging : float or None, default=None
        The part that each update leaves of a moving average of the weights.
    clipnorm : float or None, default=1.0
        The L2 norm that the gradient of each weight array is scaled down to.
    epochs : int or "auto", default="auto"
        Passes over the training windows, at most.
    batch_size : int or "auto", default="auto"
        Windows in a training step.
    shuffle : bool, default=True
        Visit the windows in a new random order in each epoch.
    early_stopping : bool or "auto", default="auto"
        Hold out the latest forecasts, and stop when they do not improve. "auto": from 500 rows on.
        With fewer, a first network is judged by the latest fifth, and the one that is kept learns
        from all.
    validation_fraction : float, default=0.1
        The part of the forecasts to hold out. Their errors are what the bands are made from.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without an improvement after which training stops.
    n_networks : int, default=1
        Networks whose mean is the forecast.
    engine : {"auto", "compiled", "keras"}, default="auto"
        The engine that trains and predicts.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts; see `RNNRegressor`.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the order of the windows and dropout.
    verbose : int, default=0
        1 prints the losses of each epoch.

    Attributes
    ----------
    regressor_ : RNNRegressor
        The fitted network.
    baseline_ : str
        The baseline that was chosen.
    horizons_ : list of int
        The steps ahead.
    strategy_, season_, quantiles_
        The parameters of the fit.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Only if all of them are strings.

    See Also
    --------
    backtest : Its forecasts of the past, beside plain forecasts.
    ForecastDisplay : The forecast as a picture.
    RNNRegressor : The network alone, for windows of your own.

    Notes
    -----
    Each window holds the columns up to its row, and the known
    columns up to the last step ahead. Missing rows are absent steps. A row that is missing in part
    is taken with the last value seen, and with a column that tells so. Each series of a panel, a
    frame with an index of (series, time), has its own clock and its own scale, and one network
    learns from all. A series that `fit` never saw is scaled by its first `window` rows in X, as far
    as they are known at the time of a forecast.

    With `quantiles`, the bands are the outer quantiles, moved so far that they hold what they
    should [3]_. Otherwise they are those of split conformal prediction [1]_ with the errors of the
    held-out rows, for each step ahead. They follow a change by adaptive conformal inference [2]_,
    from errors whose truth is known by the time of a forecast.

    References
    ----------
    .. [1] Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005.
    .. [2] Gibbs and Candes, "Adaptive Conformal Inference Under Distribution Shift", 2021.
    .. [3] Romano, Patterson and Candes, "Conformalized Quantile Regression", 2019.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skrnn import RNNForecaster
    >>> days = pd.date_range("2024-01-01", periods=200)
    >>> table = pd.DataFrame({"load": np.sin(np.arange(200) * 2 * np.pi / 7)}, index=days)
    >>> forecaster = RNNForecaster(horizon=2, window=7, units=4, random_state=0).fit(table)
    >>> forecaster.forecast(coverage=0.9).shape
    (2, 3)
    >>> forecaster.forecast().index[0]
    Timestamp('2024-07-19 00:00:00')
    >>> forecaster.predict(table[-3:]).shape
    (3, 2)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "horizon": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "window": [Interval(Integral, 1, None, closed="left")],
        "strategy": [StrOptions(set(STRATEGIES))],
        "baseline": [StrOptions({"auto", "none", "last", "season"})],
        "season": [Interval(Integral, 1, None, closed="left"), None],
        "quantiles": ["array-like", None],
        "holidays": ["array-like", None],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        horizon: int | Sequence[int] = 1,
        window: int = 24,
        *,
        target: Any = None,
        known: Any = (),
        calendar: Sequence[str] = (),
        holidays: Any = None,
        strategy: str = "direct",
        baseline: str = "auto",
        season: int | None = None,
        quantiles: Sequence[float] | None = None,
        cell: str = "gru",
        units: int | Sequence[int] = 32,
        bidirectional: bool | str = "auto",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        pooling: str = "auto",
        conv_filters: int | Sequence[int] = (),
        conv_kernel_size: int = 5,
        conv_strides: int | Sequence[int] = 1,
        hidden_units: int | Sequence[int] = (),
        loss: Any = "auto",
        optimizer: str = "adam",
        learning_rate: float | str = "auto",
        learning_rate_schedule: str = "auto",
        weight_averaging: float | None = None,
        clipnorm: float | None = 1.0,
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        shuffle: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int | str = "auto",
        n_networks: int = 1,
        engine: str = "auto",
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.horizon = horizon
        self.window = window
        self.target = target
        self.known = known
        self.calendar = calendar
        self.holidays = holidays
        self.strategy = strategy
        self.baseline = baseline
        self.season = season
        self.quantiles = quantiles
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.pooling = pooling
        self.conv_filters = conv_filters
        self.conv_kernel_size = conv_kernel_size
        self.conv_strides = conv_strides
        self.hidden_units = hidden_units
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_averaging = weight_averaging
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.n_networks = n_networks
        self.engine = engine
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: None = None, *, checkpoint: Any = None) -> Self:
        """Train the network on a table.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns)
            One row for each step in time. A frame with an index of two levels, (series, time), is
            a panel. An array is one series in the order of time. NaN is allowed. Rows at the end
            without a target tell what is known ahead.
        y : None, default=None
            The targets are columns of X.
        checkpoint : path or None, default=None
            A file or folder in which the fit keeps how far it is: see `RNNRegressor.fit`. All
            networks that are trained to choose the baseline are in it.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter or X is not as described, y is given, or `checkpoint` is the file of
            another fit, is damaged, or is given with the engine "keras". The forecaster is then as
            it was before.
        """
        refuse_y(y)
        rules = self._parameter_constraints
        given = {name: getattr(self, name) for name in rules}
        validate_parameter_constraints(rules, given, caller_name=type(self).__name__)
        check_quantiles(self)
        kept = None if checkpoint is None else self._opened(checkpoint)
        horizons, strategy = horizons_of(self.horizon), STRATEGIES[self.strategy]
        design, table = learn_design(
            X,
            target=self.target,
            known=self.known,
            n_steps=max(horizons),
            lead_steps=strategy.lead_steps(max(horizons)),
            lags=strategy.lags(max(horizons), self.season),
            window=self.window,
            calendar=self.calendar,
            holidays=self.holidays,
        )
        table = with_steps_ahead(design, table, design.n_steps)
        design = with_windows(design, table)
        trainer = Trainer(
            design,
            table,
            strategy,
            self._regressor,
            season=self.season,
            early_stopping=self.early_stopping,
            fraction=self.validation_fraction,
            checkpoint=None if kept is None else kept.of_parts,
        )
        trained = trainer.best(baselines_to_try(self))
        self._keep(design, table, trained, horizons)
        if kept is not None:
            kept.end(self)
        return self

    def _keep(self, design: Design, table: Table, trained: Trained, horizons: list[int]) -> None:
        """Set the fitted state at once: an interruption finds all of it, or nothing."""
        names = design.columns.names
        learnt = {
            "design_": design,
            "horizons_": horizons,
            "regressor_": trained.regressor,
            "baseline_": trained.baseline,
            "errors_": Errors.of_fit(trained.misses),
            "strategy_": self.strategy,
            "season_": self.season,
            "quantiles_": None if self.quantiles is None else tuple(map(float, self.quantiles)),
            "naive_error_": naive_error(table, self.season),
            "learnt_until_": int(times_of(table)[~np.isnan(table.targets).all(axis=1)].max()),
            "history_": table.memory(design.reach(self.season), design.clocks),
            "n_features_in_": len(names),
        }
        if design.has_index and all(isinstance(name, str) for name in names):
            learnt["feature_names_in_"] = np.asarray(names, dtype=object)
        before = {k: v for k, v in vars(self).items() if k != "feature_names_in_"}
        self.__dict__ = {**before, **learnt}

    def predict(self, X: Any) -> np.ndarray:
        """Forecast from each row.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns)
            Rows that follow the rows of `fit`, are among them, or both.

        Returns
        -------
        forecasts : ndarray of shape (n_rows, n_horizons[, n_targets])
            Row i is the forecast that is made when row i is the last one known. NaN where a `known`
            column of a step ahead is not in X.
        """
        maker = self._maker()
        return maker.as_asked(maker.forecasts(*maker.joined(X)))

    def forecast(
        self,
        X: Any = None,
        horizon: int | Sequence[int] | None = None,
        coverage: float | None = None,
    ) -> Any:
        """Forecast the steps after the last row, with their stamps.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns), default=None
            Rows up to the last one known, behind those that are remembered. None: those of `fit`
            and `update` alone. Rows at the end whose targets are missing tell what is known ahead.
        horizon : int or list of int, default=None
            Steps ahead, among the steps of `fit`. None: all.
        coverage : float or None, default=None
            The part of the truths that a band is to hold, such as 0.9. None: no band.

        Returns
        -------
        forecast : DataFrame
            A row for each step ahead, under its stamp; in a panel under (series, stamp). A column
            for each target, with `quantiles` one more for each, such as "<target>_q0.1", and with
            `coverage` two more, "<target>_lower" and "<target>_upper".

        Raises
        ------
        ValueError
            If a known column of a step ahead is missing, the index does not tell the stamps ahead,
            or too few errors are known for a band.
        """
        maker = self._maker()
        horizons = horizons_among(horizon, self.horizons_, self.strategy_)
        if X is None:
            table, asked = maker.history, np.arange(0)
        else:
            table, asked = maker.joined(X)
        n_steps = max(*horizons, maker.design.n_steps)
        if coverage is not None and n_steps > maker.design.n_steps:
            raise ValueError(
                f"Expected bands for the horizons of fit, up to {maker.design.n_steps}; got "
                f"{n_steps}. Fit with horizon={n_steps}, or leave coverage out."
            )
        table = with_steps_ahead(maker.design, table, n_steps)
        origins, stamps = steps_ahead(maker.design, table, asked, n_steps)
        levels = maker.levels(table, origins, n_steps)
        bands = None if coverage is None else maker.bands(table, origins, asked, coverage)
        names = self._names_of_levels()
        return future_frame(maker.design, stamps, levels, names, bands, horizons)

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the quantiles of the forecast from each row.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns)
            See `predict`.

        Returns
        -------
        quantiles : ndarray of shape (n_rows, n_horizons[, n_targets], n_levels)
            In the order of `quantiles`. As the network learnt them: `predict_interval` moves the
            outer ones so far that they hold what they should.

        Raises
        ------
        ValueError
            If the forecaster has no `quantiles`.
        """
        maker = self._maker()
        if self.quantiles_ is None:
            raise ValueError(
                "Expected a forecaster with quantiles; got quantiles=None. Set "
                "quantiles=(0.1, 0.5, 0.9), say, and fit again, or use predict_interval."
            )
        return maker.as_asked(maker.levels(*maker.joined(X)))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> np.ndarray:
        """Return a band around each forecast.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns)
            See `predict`. Errors of forecasts whose truth is in X count for the bands of later
            rows.
        coverage : float, default=0.9
            The part of the truths that the bands are to hold.

        Returns
        -------
        bands : ndarray of shape (n_rows, n_horizons[, n_targets], 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If too few errors are known for this coverage.
        """
        maker = self._maker()
        table, asked = maker.joined(X)
        return maker.as_asked(maker.bands(table, asked, asked, coverage))

    def score(self, X: Any, y: None = None) -> float:
        """Return how much smaller the error is than the error of the naive forecast.

        Parameters
        ----------
        X : Series, DataFrame or array of shape (n_rows, n_columns)
            A table. Forecasts from the last row before it on count, as far as their truth is in X.
        y : None, default=None
            The targets are columns of X.

        Returns
        -------
        score : float
            One minus the mean absolute error, divided by the mean absolute error of the last value
            (or of the last season, if there is one). At most 1; 0 is as good as naive.
        """
        refuse_y(y)
        return self._maker().skill(X)

    def update(self, X: Any) -> Self:
        """Take new rows into the history, without training.

        Later forecasts start from them. The bands widen or narrow with the errors of the forecasts
        whose truth has come.

        Parameters
        ----------
        X : Series or DataFrame of shape (n_rows, n_columns)
            Rows that follow the rows of `fit`.

        Returns
        -------
        self : object
            The forecaster.
        """
        maker = self._maker()
        refuse_rows_without_index(self.design_)
        if hasattr(X, "__len__") and not len(X):
            return self
        later = maker.moved_on(*maker.joined(X), self.design_.reach(self.season_))
        self.__dict__.update(design_=later.design, history_=later.history, errors_=later.errors)
        return self

    def partial_fit(self, X: Any, y: None = None) -> Self:
        """Train for one more epoch on the forecasts whose truth has come, and `update`.

        Parameters
        ----------
        X : Series or DataFrame of shape (n_rows, n_columns)
            Rows that follow the rows of `fit`. The first call fits.
        y : None, default=None
            The targets are columns of X.

        Returns
        -------
        self : object
            The forecaster.
        """
        if not hasattr(self, "regressor_"):
            return self.fit(X, y)
        refuse_y(y)
        maker = self._maker()
        refuse_rows_without_index(self.design_)
        table, asked = maker.joined(X)
        samples = maker.new_samples(table, asked)
        later = maker.moved_on(table, asked, self.design_.reach(self.season_))
        regressor = copy.copy(self.regressor_)  # which stays as it is if anything fails
        if samples is not None:
            regressor.partial_fit(**samples)
        learnt = {"design_": later.design, "history_": later.history, "errors_": later.errors}
        self.__dict__.update(learnt, regressor_=regressor)
        return self

    def _opened(self, checkpoint: Any) -> Checkpoint:
        """Return what is known of a run of this fit that was killed, if there was one."""
        from .._checkpoint import checkpoint_of

        return checkpoint_of(checkpoint, self, SimpleNamespace(**self.get_params(deep=False)))

    def _maker(self) -> Maker:
        """Return what makes the forecasts."""
        check_is_fitted(self)
        return Maker(
            self.design_,
            STRATEGIES[self.strategy_],
            self.regressor_,
            self.baseline_,
            self.season_,
            self.horizons_,
            self.history_,
            self.errors_,
            1 if self.quantiles_ is None else len(self.quantiles_),
        )

    def _regressor(self, **changed: Any) -> RNNRegressor:
        words = {name: getattr(self, name) for name in NETWORK_WORDS}
        words.update(STRATEGIES[self.strategy].words())
        if self.quantiles is not None:
            words.update(loss="quantile", quantiles=self.quantiles)
        return RNNRegressor(**{**words, **changed})

    def _names_of_levels(self) -> list[str]:
        return [] if self.quantiles_ is None else [f"q{level:g}" for level in self.quantiles_]
