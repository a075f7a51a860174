"""Warnings of this package that are a class of their own."""

__all__ = ["RareValuesWarning", "UninformativeFitWarning"]


class UninformativeFitWarning(UserWarning):
    """A network is no better than a constant on what it was judged by.

    The constant is the mean of the targets, or the share of each class, in the training samples. A
    cross-validation of few samples has to show a gain of more than its standard error.

    Examples
    --------
    >>> import warnings
    >>> from skrnn.exceptions import UninformativeFitWarning
    >>> warnings.simplefilter("error", UninformativeFitWarning)  # stop where nothing is learnt
    >>> warnings.resetwarnings()
    """


class RareValuesWarning(UserWarning):
    """A feature of X has one value at nearly all steps, and several others at a few.

    At most 0.5 % of the steps have these others. Indicators, with one rare value, are not meant.

    Examples
    --------
    >>> import warnings
    >>> from skrnn.exceptions import RareValuesWarning
    >>> warnings.simplefilter("ignore", RareValuesWarning)  # the rain of a dry place is kept
    >>> warnings.resetwarnings()
    """
