"""The tasks: what is asked, how an answer is judged, and on which half of them defaults are chosen.

The halves have the same kinds of tasks. Neighbours, as two series of one place, may lie in
different halves; the very same question never does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNClassifier, RNNRegressor, SequenceTokenizer

from . import sequences, series, texts
from .data import Data

# The tasks that a quick run leaves out.
LONG = frozenset(
    """
    chicago-fortnight chicago-temperature victoria-half-hour traffic-hour page-views-week OSULeaf
    Trace colours tunis-week schwingbach-hour pedestrians-hour births-day exhaust-hour ACSF1 PLAID
    PickupGestureWiimoteZ long-reviews-1000 syllables
    """.split()
)


@dataclass(frozen=True)
class Task:
    """A data set and a question.

    Attributes
    ----------
    name : str
    kind : {"forecast", "classify", "regress", "text"}
        Tells forecasts from other series and texts from other sequences.
    half : {"choose", "report"}
        Whether defaults are chosen by it, or it is only reported.
    load : callable
        Returns the `Data`.
    classes : bool
        Whether the answer is a class and judged by accuracy, or a number and judged by the mean
        absolute error.
    window : int or None
        For a series: how many rows up to each an answer may look at.
    level : {"word", "char"}
        For texts: what a step is.
    most : int or None
        For texts: how many steps are read at most.
    """

    name: str
    kind: str
    half: str
    load: Callable[[], Data]
    classes: bool = False
    window: int | None = None
    level: str = "word"
    most: int | None = None

    @property
    def metric(self) -> str:
        """Return "accuracy", which is to be high, or "MAE", which is to be low."""
        return "accuracy" if self.classes else "MAE"

    @property
    def is_quick(self) -> bool:
        """Tell whether it is small enough for a quick run."""
        return self.name not in LONG

    def network(self, **params: Any) -> Any:
        """Return the network for it, with our defaults but for what is given here."""
        if self.kind == "text":
            params = {"embedding_dim": 32, **params}
        return RNNClassifier(**params) if self.classes else RNNRegressor(**params)

    def pipeline(self, estimator: Any) -> Any:
        """Return an estimator of sequences as one that takes what the task has."""
        if self.window is not None:
            return make_pipeline(LagWindows(self.window), estimator)
        if self.kind == "text":
            tokens = SequenceTokenizer(self.level, max_tokens=5000, max_len=self.most)
            return make_pipeline(tokens, estimator)
        return estimator

    def score(self, estimator: Any, data: Data) -> float:
        """Return the figure of a copy of an estimator of sequences that learns from the data."""
        model = self.pipeline(clone(estimator)).fit(data.X_train, data.y_train)
        return self.figure(model.predict(data.X_test), data)

    def figure(self, predicted: np.ndarray, data: Data) -> float:
        """Return how good an answer to the test part is."""
        measure = accuracy_score if self.classes else mean_absolute_error
        return float(measure(data.y_test[data.judged], np.asarray(predicted)[data.judged]))

    def lost(self, figure: float, best: float) -> float:
        """Return by how much, of the best, a figure is worse than it; less than 0 if it is better.

        1.0 is as bad as none right, or twice the error.
        """
        return (best - figure) / best if self.classes else (figure - best) / best


def _forecast(name: str, half: str, load: Callable[[], Data], window: int, **more: Any) -> Task:
    return Task(name, "forecast", half, load, window=window, **more)


def _archive(name: str, half: str, **more: Any) -> Task:
    load = partial(sequences.archive_set, name, **more)
    numbers = more.get("numbers", False)
    return Task(name, "regress" if numbers else "classify", half, load, classes=not numbers)


def _reviews(name: str, half: str, source: str, train: int, most: int) -> Task:
    load = partial(texts.reviews, source, train, 1500)
    return Task(name, "text", half, load, classes=True, most=most)


TASKS = (
    # Defaults are chosen by these.
    _forecast("seattle-day", "choose", series.seattle_day, 28),
    _forecast("chicago-fortnight", "choose", series.chicago_fortnight, 42),
    _forecast("chicago-temperature", "choose", series.chicago_temperature, 14),
    _forecast("victoria-half-hour", "choose", series.victoria_half_hour, 48),
    _forecast("belgian-prices", "choose", series.belgian_prices, 24),
    _forecast("traffic-hour", "choose", series.traffic_hour, 24),
    _forecast("new-york-panel", "choose", series.new_york_panel, 24),
    _forecast("page-views-week", "choose", series.page_views_week, 28),
    _forecast("calls", "choose", series.calls, 24),
    _forecast("airline-month", "choose", series.airline_month, 12),
    _archive("GunPoint", "choose"),
    _archive("BasicMotions", "choose"),
    _archive("OSULeaf", "choose", every=2),
    Task("Trace", "classify", "choose", sequences.trace, classes=True),
    Task("spoken-digits", "classify", "choose", sequences.spoken_digits, classes=True),
    _archive("Tecator", "choose", package="sktime", numbers=True),
    Task("soil-moisture", "regress", "choose", series.soil_moisture, window=60),
    _reviews("reviews-500", "choose", "rotten_tomatoes", train=500, most=50),
    Task("colours", "text", "choose", texts.lightness_of_colours, level="char", most=30),
    # These are only reported.
    _forecast("seattle-week", "report", series.seattle_week, 28),
    _forecast("brussels-day", "report", series.brussels_day, 28),
    _forecast("tunis-week", "report", series.tunis_week, 28),
    _forecast("schwingbach-hour", "report", series.schwingbach_hour, 24),
    _forecast("victoria-day", "report", series.victoria_day, 21),
    _forecast("pedestrians-hour", "report", series.pedestrians_hour, 24),
    _forecast("births-day", "report", series.births_day, 28),
    _forecast("exhaust-hour", "report", series.exhaust_hour, 24),
    _forecast("petrol-week", "report", series.petrol_week, 52),
    _forecast("sunspots-month", "report", series.sunspots_month, 24),
    _forecast("nottingham-month", "report", series.nottingham_month, 24),
    Task("seattle-kind", "classify", "report", series.seattle_kind, classes=True, window=14),
    _archive("ArrowHead", "report"),
    _archive("ItalyPowerDemand", "report"),
    _archive("JapaneseVowels", "report"),
    _archive("ACSF1", "report", first=400),
    _archive("PickupGestureWiimoteZ", "report"),
    _archive("PLAID", "report", package="sktime", every=4),
    Task("Coffee", "classify", "report", sequences.coffee, classes=True),
    _archive("Covid3Month", "report", numbers=True),
    _archive("CardanoSentiment", "report", numbers=True),
    Task("runoff", "regress", "report", series.runoff, window=60),
    _reviews("reviews-3000", "report", "rotten_tomatoes", train=3000, most=50),
    _reviews("long-reviews-1000", "report", "imdb", train=1000, most=200),
    Task("syllables", "text", "report", texts.syllables, level="char", most=20),
)


def task(name: str) -> Task:
    """Return the task of this name."""
    for each in TASKS:
        if each.name == name:
            return each
    raise ValueError(
        f"No task is called {name!r}; the names are {', '.join(t.name for t in TASKS)}."
    )
