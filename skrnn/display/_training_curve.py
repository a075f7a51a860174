"""The losses of a training as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_LABELS = {"loss": "training samples", "val_loss": "held-out samples"}


class TrainingCurveDisplay:
    """The loss of each epoch, on the training samples and on the held-out samples.

    Made by `from_estimator`, or by hand from the `history_` of a network; `plot` draws it.

    Parameters
    ----------
    history : dict of list
        "loss", and "val_loss" where samples were held out: a number for each epoch.
    best_epoch : int or None, default=None
        The epoch, from 1, whose weights were kept.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        The drawing made by `plot`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skrnn import TrainingCurveDisplay
    >>> display = TrainingCurveDisplay({"loss": [1.0, 0.5], "val_loss": [1.1, 0.9]}).plot()
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    lines_: list[Any]

    def __init__(
        self, history: Mapping[str, Sequence[float]], *, best_epoch: int | None = None
    ) -> None:
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> TrainingCurveDisplay:
        """Draw the training of a fitted network.

        Parameters
        ----------
        estimator : network of this package, RNNForecaster, or Pipeline that ends with one
            Fitted.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        display : TrainingCurveDisplay
            For several networks, the mean of their losses.
        """
        check_is_fitted(estimator)
        if isinstance(estimator, Pipeline):
            estimator = estimator[-1]
        network = getattr(estimator, "regressor_", estimator)
        if not hasattr(network, "history_"):
            raise TypeError(
                f"Expected a network of this package, or a pipeline that ends with one; got "
                f"{type(estimator).__name__}."
            )
        best = np.ravel(getattr(network, "best_epoch_", []))
        has_one = len(best) == 1 and "val_loss" in network.history_
        return cls(network.history_, best_epoch=int(best[0]) if has_one else None).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        best_epoch: int | None = None,
        ax: Axes | None = None,
    ) -> TrainingCurveDisplay:
        """Draw losses that are known.

        Parameters
        ----------
        history : dict of list
            See the class.
        best_epoch : int or None, default=None
            The epoch, from 1, whose weights were kept.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        display : TrainingCurveDisplay
        """
        return cls(history, best_epoch=best_epoch).plot(ax)

    def plot(self, ax: Axes | None = None) -> TrainingCurveDisplay:
        """Draw a line for each loss.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.

        Returns
        -------
        self : TrainingCurveDisplay
            With what was drawn.
        """
        ax = axes_for(self, ax)
        self.lines_ = []
        for name, label in _LABELS.items():
            losses = np.asarray(self.history.get(name, ()), dtype=float)
            if len(losses):
                self.lines_ += ax.plot(np.arange(1, len(losses) + 1), losses, label=label)
        if self.best_epoch is not None:
            ax.axvline(self.best_epoch, color="0.6", linestyle=":", label="kept")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
