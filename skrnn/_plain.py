"""Frozen values as dicts of plain values and back: what a fitted estimator keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Self

import numpy as np


class Plain:
    """A frozen dataclass that turns into plain values, the same after a trip through JSON.

    Its fields are numbers, texts, None, tuples of them, and dicts from texts to numbers.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, with the name of the class under "kind"."""
        named = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return {"kind": type(self).__name__, **named}

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> Self:
        """Return what `to_dict` was called on, an instance of this class or of a subclass."""
        named = dict(description)
        kind = named.pop("kind")
        for known in (cls, *_subclasses(cls)):
            if known.__name__ == kind:
                return known(**{name: _frozen(value) for name, value in named.items()})
        raise ValueError(
            f"Expected the description of a {cls.__name__}, got one of kind {kind!r}. Load the "
            "estimator with the version of skrnn that fitted it."
        )


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


def _plain(value: Any) -> Any:
    """Return Python's numbers for NumPy's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, tuple | list) else value
