"""Warnings of this package that are a class of their own."""

__all__ = ["UninformativeFitWarning"]


class UninformativeFitWarning(UserWarning):
    """A network is no better than a constant on what it was judged by.

    The constant is the mean of the targets, or the share of each class, in the training samples.

    Examples
    --------
    >>> import warnings
    >>> from skrnn.exceptions import UninformativeFitWarning
    >>> warnings.simplefilter("error", UninformativeFitWarning)  # stop where nothing is learnt
    >>> warnings.resetwarnings()
    """
