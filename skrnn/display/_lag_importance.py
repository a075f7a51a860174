"""How much each lag and each feature matters, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._messages import shown as shown_value
from ..inspection import lag_importance
from ._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage

_MOST_TICKS = 15


class LagImportanceDisplay:
    """How much each lag and each feature of a window matters to an estimator.

    Made by `from_estimator` or `from_importances`; `plot` draws it.

    Parameters
    ----------
    importances : array-like of shape (n_lags, n_features)
        By how much the score falls; the oldest lag first.
    lags : array-like of shape (n_lags,) or None, default=None
        The number of steps from the newest. None: n_lags - 1, ..., 0.
    features : list of n_features str or None, default=None
        Their names.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
    colorbar_ : matplotlib Colorbar
        The drawing made by `plot`.

    See Also
    --------
    lag_importance : The numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skrnn import LagImportanceDisplay
    >>> display = LagImportanceDisplay([[0.0, 0.1], [0.2, 0.7]], features=["rain", "wind"]).plot()
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    image_: AxesImage
    colorbar_: Colorbar

    def __init__(
        self,
        importances: ArrayLike,
        *,
        lags: ArrayLike | None = None,
        features: Sequence[str] | None = None,
    ) -> None:
        self.importances = importances
        self.lags = lags
        self.features = features

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        scoring: Any = None,
        n_repeats: int = 5,
        by: str = "both",
        block: int = 1,
        max_samples: int | float = 1.0,
        random_state: Any = None,
        n_jobs: int | None = None,
        ax: Axes | None = None,
        **imshow: Any,
    ) -> LagImportanceDisplay:
        """Measure the importances of a fitted estimator, and draw them.

        Parameters
        ----------
        estimator : fitted estimator or Pipeline
            See `lag_importance`, also for what follows.
        X : windows, or a table for a pipeline
            The data that it predicts from.
        y : array-like of shape (n_samples, ...)
            The targets.
        scoring : str, callable or None, default=None
            The score.
        n_repeats : int, default=5
            Permutations of each lag and feature.
        by : {"both", "lag", "feature"}, default="both"
            The parts that are permuted together.
        block : int, default=1
            Lags that are permuted together.
        max_samples : int or float, default=1.0
            Samples that are drawn for it.
        random_state : int, RandomState or None, default=None
            Draws the permutations.
        n_jobs : int or None, default=None
            Threads.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        display : LagImportanceDisplay
            With what was drawn.
        """
        result = lag_importance(
            estimator,
            X,
            y,
            scoring=scoring,
            n_repeats=n_repeats,
            by=by,
            block=block,
            max_samples=max_samples,
            random_state=random_state,
            n_jobs=n_jobs,
        )
        return cls.from_importances(result, ax=ax, **imshow)

    @classmethod
    def from_importances(
        cls, result: Any, *, ax: Axes | None = None, **imshow: Any
    ) -> LagImportanceDisplay:
        """Draw importances that are known.

        Parameters
        ----------
        result : Bunch
            The result of `lag_importance`.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        display : LagImportanceDisplay
            With what was drawn.
        """
        made = cls(result.importances_mean, lags=result.lags, features=result.features)
        return made.plot(ax, **imshow)

    def _refuse_other_lengths(self, shape: tuple[int, ...]) -> None:
        wanted: list[Any] = [
            np.arange(length) if names is None else names
            for names, length in zip((self.lags, self.features), shape, strict=False)
        ]
        if shape != tuple(map(len, wanted)) or len(shape) != 2:
            raise ValueError(
                "Expected importances of shape (n_lags, n_features), n_lags lags and n_features "
                f"features; got shape {shape}, lags={shown_value(self.lags)} and "
                f"features={shown_value(self.features)}. Give importances_mean, lags and features "
                "of lag_importance."
            )

    def plot(self, ax: Axes | None = None, **imshow: Any) -> LagImportanceDisplay:
        """Draw a row for each feature and a column for each lag, the oldest on the left.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        self : LagImportanceDisplay
            With what was drawn.

        Raises
        ------
        ValueError
            If there are not as many lags and features as importances.
        """
        shown = np.asarray(self.importances).T
        self._refuse_other_lengths(shown.shape[::-1])
        n_features, n_lags = shown.shape
        ax = axes_for(self, ax, (6.4, min(1.6 + 0.4 * n_features, 8.0)))
        # Below 0 there is only chance: the colours are those of what helps.
        style = {"cmap": "Blues", "vmin": 0, "aspect": "auto", **imshow}
        self.image_ = ax.imshow(shown, **style)
        lags = np.arange(n_lags)[::-1] if self.lags is None else np.asarray(self.lags)
        ticks = np.arange(n_lags - 1, -1, -max(1, -(-n_lags // _MOST_TICKS)))[::-1]
        ax.set_xticks(ticks, [str(lag) for lag in lags[ticks]])
        names = range(n_features) if self.features is None else self.features
        ax.set_yticks(range(n_features), [str(name) for name in names])
        ax.set(xlabel="lag (steps before the last)", ylabel="feature")
        self.colorbar_ = ax.figure.colorbar(self.image_, ax=ax, label="fall of the score")
        self.ax_, self.figure_ = ax, ax.figure
        return self
