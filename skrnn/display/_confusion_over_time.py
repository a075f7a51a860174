"""Which labels are confused with which, and when, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length, column_or_1d

from ._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure, SubFigure

# The kinds of cells: neither predicted nor true, and three more with a colour.
_NEITHER, _RIGHT, _MISSED, _FALSE = range(4)
_COLORS = {"right": "#3b8ea5", "missed": "#f0b7a4", "false": "#c8443c"}


class ConfusionOverTimeDisplay:
    """The labels that were predicted beside the true ones, step by step.

    A row for each label, a column for each step. A cell says "right" where the label is true and
    predicted, "missed" where it is true and another one is predicted, and "false" where it is
    predicted and another one is true. Made by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    true : array-like of shape (n_steps,)
        The true labels, in the order of time.
    predicted : array-like of shape (n_steps,)
        The labels that were predicted.
    times : array-like of shape (n_steps,) or None, default=None
        When each step was: ascending numbers or date-times. None: 0, 1, 2, ...
    labels : array-like of shape (n_labels,) or None, default=None
        The labels in the order of their rows, from below. None: all that occur, sorted.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    mesh_ : matplotlib QuadMesh
        The drawing made by `plot`.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : The same counts without the time.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skrnn import ConfusionOverTimeDisplay
    >>> true, predicted = ["sun", "sun", "rain", "sun"], ["sun", "rain", "rain", "sun"]
    >>> display = ConfusionOverTimeDisplay.from_predictions(true, predicted)
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    mesh_: QuadMesh

    def __init__(
        self,
        true: ArrayLike,
        predicted: ArrayLike,
        *,
        times: ArrayLike | None = None,
        labels: ArrayLike | None = None,
    ) -> None:
        self.true = true
        self.predicted = predicted
        self.times = times
        self.labels = labels

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        times: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        ax: Axes | None = None,
        **pcolormesh: Any,
    ) -> ConfusionOverTimeDisplay:
        """Predict labels, and draw them beside the true ones.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            It predicts a label for each row of X or, with ``return_sequences=True``, for each step
            of a sequence.
        X : table, or list of one sequence
            The rows in the order of time, or one sequence of steps.
        y : array-like of shape (n_steps,), or list of one array of that shape
            The true labels.
        times : array-like of shape (n_steps,) or None, default=None
            When each step was. None: the index of X if it has date-times, else 0, 1, 2, ...
        labels : array-like of shape (n_labels,) or None, default=None
            The labels in the order of their rows.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **pcolormesh : dict
            Passed to matplotlib's `pcolormesh`.

        Returns
        -------
        display : ConfusionOverTimeDisplay
            With what was drawn.
        """
        predicted = estimator.predict(X)
        if times is None and len(X) == len(predicted):
            index = getattr(X, "index", None)
            times = index if getattr(index, "dtype", np.dtype(int)).kind == "M" else None
        return cls.from_predictions(
            _of_one_sequence(y),
            _of_one_sequence(predicted),
            times=times,
            labels=labels,
            ax=ax,
            **pcolormesh,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        times: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        ax: Axes | None = None,
        **pcolormesh: Any,
    ) -> ConfusionOverTimeDisplay:
        """Draw labels that are predicted already, for example by a backtest.

        Parameters
        ----------
        y_true : array-like of shape (n_steps,)
            The true labels, in the order of time.
        y_pred : array-like of shape (n_steps,)
            The labels that were predicted.
        times : array-like of shape (n_steps,) or None, default=None
            When each step was.
        labels : array-like of shape (n_labels,) or None, default=None
            The labels in the order of their rows.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **pcolormesh : dict
            Passed to matplotlib's `pcolormesh`.

        Returns
        -------
        display : ConfusionOverTimeDisplay
            With what was drawn.
        """
        return cls(y_true, y_pred, times=times, labels=labels).plot(ax, **pcolormesh)

    def plot(self, ax: Axes | None = None, **pcolormesh: Any) -> ConfusionOverTimeDisplay:
        """Draw a row for each label and a column for each step.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **pcolormesh : dict
            Passed to matplotlib's `pcolormesh`.

        Returns
        -------
        self : ConfusionOverTimeDisplay
            With what was drawn.

        Raises
        ------
        ValueError
            If the labels, and the times, are not as many, or if `labels` lacks one that occurs.
        """
        true, predicted = column_or_1d(self.true), column_or_1d(self.predicted)
        times = np.arange(len(true)) if self.times is None else np.asarray(self.times)
        check_consistent_length(true, predicted, times)
        labels = _labels(true, predicted, self.labels)
        kinds = _kinds(true, predicted, labels)
        ax = axes_for(self, ax, (9.0, min(1.6 + 0.4 * len(labels), 8.0)))
        from matplotlib.colors import ListedColormap
        from matplotlib.patches import Patch

        colors = ListedColormap(["white", *_COLORS.values()])
        style = {"cmap": colors, "vmin": -0.5, "vmax": 3.5, "shading": "nearest", **pcolormesh}
        self.mesh_ = ax.pcolormesh(times, np.arange(len(labels)), kinds, **style)
        ax.set_yticks(range(len(labels)), [str(label) for label in labels])
        ax.set(xlabel="step" if self.times is None else "time", ylabel="label")
        patches = [Patch(color=color, label=name) for name, color in _COLORS.items()]
        ax.legend(handles=patches, ncols=3, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _of_one_sequence(labels: Any) -> Any:
    """Return the labels of the only sequence there is, or labels of rows as they are."""
    if isinstance(labels, (list, tuple)) and len(labels) == 1 and np.ndim(labels[0]) == 1:
        return labels[0]
    if np.ndim(labels) == 2 and len(labels) == 1:
        return np.asarray(labels)[0]
    if isinstance(labels, (list, tuple)) and len(labels) and np.ndim(labels[0]) == 1:
        raise ValueError(
            f"Expected labels of rows, or of one sequence, got {len(labels)} sequences. Give "
            "one: X[:1] and y[:1]."
        )
    return labels


def _labels(true: np.ndarray, predicted: np.ndarray, given: ArrayLike | None) -> np.ndarray:
    """Return the labels of the rows; refuse given ones that lack one."""
    occurring = np.unique(np.concatenate([true, predicted]))
    if given is None:
        return occurring
    missing = [label for label in occurring.tolist() if label not in np.asarray(given).tolist()]
    if missing:
        raise ValueError(
            f"Expected labels to name all that occur, got labels without {missing[0]!r}. Add it."
        )
    return np.asarray(given)


def _kinds(true: np.ndarray, predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return what each label is at each step: int of shape (n_labels, n_steps)."""
    is_true, is_said = (labels[:, None] == values for values in (true, predicted))
    return np.select([is_true & is_said, is_true, is_said], [_RIGHT, _MISSED, _FALSE], _NEITHER)
