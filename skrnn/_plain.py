"""Frozen values as dicts of plain values and back: what a fitted estimator keeps of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np


class Plain:
    """A frozen dataclass that turns into plain values, the same after a trip through JSON.

    Its fields are numbers, texts, None, tuples of them, and dicts from texts to numbers.
    """

    _kinds: ClassVar[dict[str, type[Plain]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Plain._kinds[cls.__name__] = cls

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, with the name of the class under "kind"."""
        named = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return {"kind": type(self).__name__, **named}

    @classmethod
    def from_dict(cls, description: dict[str, Any]) -> Self:
        """Return what `to_dict` was called on, an instance of this class or of a subclass."""
        named = dict(description)
        known = Plain._kinds.get(named.pop("kind"))
        if known is None or not issubclass(known, cls):
            raise ValueError(
                f"Expected the description of a {cls.__name__}, got one of kind "
                f"{description['kind']!r}. Load the estimator with the version of skrnn that "
                "fitted it."
            )
        for name, value in named.items():
            if isinstance(value, list):  # after a trip through JSON
                named[name] = _frozen(value)
        return known(**named)


def _plain(value: Any) -> Any:
    """Return Python's numbers for NumPy's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value
