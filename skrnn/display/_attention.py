"""The attention of a network as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..text._pairs import step_names
from ..text._token_array import vocabulary_of
from ..text._vocabulary import tokens_by_id
from ._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage


class AttentionDisplay:
    """How much each output of a network looked at each step of its input.

    Made by `from_estimator`, or by hand from any matrix; `plot` draws it.

    Parameters
    ----------
    attention : array-like of shape (n_outputs, n_steps)
        From 0 to 1; each row sums to one. A row for each token that was written, or one alone for
        a prediction for the whole sequence.
    source : list of n_steps str or None, default=None
        Names of the steps of the input.
    target : list of n_outputs str or None, default=None
        Names of the outputs.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
        The drawing made by `plot`.

    See Also
    --------
    RNNSeq2Seq.attention_weights : The numbers, for each token that is written.
    RNNClassifier.attention_weights : The numbers, for a sequence.

    References
    ----------
    Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and
    translate", 2015, figure 3.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skrnn import AttentionDisplay
    >>> display = AttentionDisplay([[0.9, 0.1], [0.2, 0.8]], source=["a", "b"]).plot()
    >>> plt.close(display.figure_)
    """

    ax_: Axes
    figure_: Figure | SubFigure
    image_: AxesImage

    def __init__(
        self,
        attention: ArrayLike,
        *,
        source: Sequence[str] | None = None,
        target: Sequence[str] | None = None,
    ) -> None:
        self.attention = attention
        self.source = source
        self.target = target

    @classmethod
    def from_estimator(
        cls, estimator: Any, x: Any, y: Any = None, *, ax: Axes | None = None, **imshow: Any
    ) -> AttentionDisplay:
        """Draw the attention of a fitted network to one input.

        Parameters
        ----------
        estimator : RNNSeq2Seq, RNNClassifier or RNNRegressor, or Pipeline that ends with one
            Fitted, with attention: a classifier or regressor with ``pooling="attention"``.
        x : str, token list or array
            One input: in a pipeline, what its first step takes. Its steps are named where they
            are tokens of a known vocabulary, as in a text before a `SequenceTokenizer`.
        y : str, token list or None, default=None
            One output of an `RNNSeq2Seq`; None: what the network writes.
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        display : AttentionDisplay
            With what was drawn. A classifier's row is named by the predicted class.
        """
        check_is_fitted(estimator)
        vocabulary = vocabulary_of(x)
        if isinstance(estimator, Pipeline):
            rows = estimator[:-1].transform([x]) if len(estimator) > 1 else [x]
            estimator, x, vocabulary = estimator[-1], np.asarray(rows)[0], vocabulary_of(rows)
        if hasattr(estimator, "target_vocabulary_"):  # it writes tokens: RNNSeq2Seq
            attention, source, target = _of_written(estimator, x, y)
        else:
            attention, source, target = _of_sequence(estimator, x, y, vocabulary)
        return cls(attention, source=source, target=target).plot(ax, **imshow)

    def plot(self, ax: Axes | None = None, **imshow: Any) -> AttentionDisplay:
        """Draw the matrix: a row for each output, a column for each step of the input.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            The axes to draw in; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        self : AttentionDisplay
            With what was drawn.
        """
        attention = np.asarray(self.attention)
        ax = axes_for(self, ax, (6.4, 4.8) if len(attention) > 1 else (6.4, 1.6))
        style = {"cmap": "Blues", "vmin": 0, "vmax": 1, "aspect": "auto", **imshow}
        self.image_ = ax.imshow(attention, **style)
        if self.source is not None:
            ax.set_xticks(range(len(self.source)), self.source)
        if self.target is not None:
            ax.set_yticks(range(len(self.target)), self.target)
        elif len(attention) == 1:
            ax.set_yticks([])
        ax.set(xlabel="input", ylabel="output")
        self.ax_, self.figure_ = ax, ax.figure
        return self


# The parts of a drawing: the matrix, names of the steps, and names of the outputs.
_Drawn = tuple[np.ndarray, "list[str] | None", "list[str] | None"]


def _of_written(estimator: Any, x: Any, y: Any) -> _Drawn:
    output = estimator.predict([x]) if y is None else [y]
    # The ids that the network writes, and not the ids of its text, read again.
    (attention,) = estimator.attention_weights([x], None if y is None else [y])
    return attention, *step_names(estimator._task(), x, output[0])


def _of_sequence(estimator: Any, x: Any, y: Any, vocabulary: Mapping[str, int] | None) -> _Drawn:
    if y is not None:
        raise ValueError(
            f"Expected y=None with {type(estimator).__name__}, which looks at a sequence once, "
            f"whatever it predicts; got {y!r}. Leave y out."
        )
    if not hasattr(estimator, "attention_weights"):
        raise ValueError(
            "Expected an RNNSeq2Seq, or an RNNClassifier or RNNRegressor with "
            f"pooling='attention', got {type(estimator).__name__}."
        )
    source = tokens_by_id(x, vocabulary)
    x = np.asarray(x) if source is None else np.asarray(x)[: len(source)]
    (attention,) = estimator.attention_weights([x])
    target = [str(estimator.predict([x])[0])] if hasattr(estimator, "classes_") else None
    return attention[None], source, target
