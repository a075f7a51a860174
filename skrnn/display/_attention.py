"""The attention of a network as a picture."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._compat import check_matplotlib_support


class AttentionDisplay:
    """How much each token of an output looked at each step of its input.

    Made by `from_estimator`, or by hand from any matrix; `plot` draws it.

    Parameters
    ----------
    attention : array-like of shape (n_target_steps, n_steps)
        From 0 to 1; each row sums to one.
    source : list of n_steps str or None, default=None
        Names of the steps of the input.
    target : list of n_target_steps str or None, default=None
        Names of the steps of the output.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    image_ : matplotlib AxesImage
        What `plot` drew.

    See Also
    --------
    RNNSeq2Seq.attention_weights : The numbers.

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

    def __init__(self, attention, *, source=None, target=None):
        self.attention = attention
        self.source = source
        self.target = target

    @classmethod
    def from_estimator(cls, estimator, x, y=None, *, ax=None, **imshow):
        """Draw the attention of a fitted network to one input.

        Parameters
        ----------
        estimator : RNNSeq2Seq
            Fitted, with attention.
        x : str, token list or array
            One input.
        y : str, token list or None, default=None
            One output; None: what the network writes.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        display : AttentionDisplay
            With what was drawn.
        """
        check_is_fitted(estimator)
        output = estimator.predict([x]) if y is None else [y]
        (attention,) = estimator.attention_weights([x], list(output))
        source, target = estimator._step_names(x, output[0])
        return cls(attention, source=source, target=target).plot(ax, **imshow)

    def plot(self, ax=None, **imshow):
        """Draw the matrix: a row for each step of the output, a column for each of the input.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **imshow : dict
            Passed to matplotlib's `imshow`.

        Returns
        -------
        self : AttentionDisplay
            With what was drawn.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        attention = np.asarray(self.attention)
        style = {"cmap": "Blues", "vmin": 0, "vmax": 1, "aspect": "auto", **imshow}
        self.image_ = ax.imshow(attention, **style)
        if self.source is not None:
            ax.set_xticks(range(len(self.source)), self.source)
        if self.target is not None:
            ax.set_yticks(range(len(self.target)), self.target)
        ax.set(xlabel="input", ylabel="output")
        self.ax_, self.figure_ = ax, ax.figure
        return self
