"""Fitted estimators in one file, from which nothing is executed when it is loaded."""

from ._registry import trusted_types
from ._saving import load, save

__all__ = ["load", "save", "trusted_types"]
