"""Estimators taken apart: described by plain values and arrays, and built from those again.

Between the file and the estimators stand two values: a `Described` object, of a class that the
registry has, and a `Step`, which skops stores. All else is numbers, texts and containers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from ._array_bytes import ARRAY_KINDS
from ._registry import CHECKS, PARTS, class_of, name_of
from ._sklearn_steps import Step, step_of
from ._stored_labels import KINDS, kind_of

# How deep containers may lie in each other; a list in itself lies deeper.
MAX_DEPTH = 100
_ATOMS = (type(None), bool, int, float, str, bytes)
_OF_THE_OPTIMIZER = "optimizer_state_"


@dataclass(frozen=True)
class Described:
    """An object of a registered class.

    Parameters
    ----------
    name : str
        The name of its class in the registry.
    params : dict
        The arguments of its constructor.
    fitted : dict
        All else that it keeps.
    """

    name: str
    params: dict[str, Any]
    fitted: dict[str, Any]


class Taker:
    """Takes estimators apart, and remembers what cannot be stored.

    Parameters
    ----------
    training : bool
        Whether the state of optimizers is taken.

    Attributes
    ----------
    refused : list of str
        Descriptions of the values that no file can hold, each with its place.
    """

    def __init__(self, *, training: bool) -> None:
        self.training = training
        self.refused: list[str] = []

    def described(self, value: Any, place: str, depth: int = 0) -> Any:
        """Return a value with every estimator in it taken apart.

        Parameters
        ----------
        value : object
        place : str
            The place of the value, as Python would write it.
        depth : int
            The number of containers around it.
        """
        kind = type(value)
        if depth > MAX_DEPTH:
            start = place[:40]
            self.refused.append(f"{start} ...: more than {MAX_DEPTH} containers in each other")
        elif kind in _ATOMS or isinstance(value, np.generic | np.ufunc | np.random.RandomState):
            return value if self._is_kept(value) else self._refuse(value, place)
        elif kind in (list, tuple, set, frozenset):
            items = enumerate(value)
            return kind([self.described(v, f"{place}[{n}]", depth + 1) for n, v in items])
        elif kind in (dict, Bunch):
            return self._dict(value, place, depth)
        elif kind is slice:
            return slice(*(self.described(v, place, depth) for v in _ends(value)))
        elif kind is np.ndarray:
            return self._array(value, place, depth)
        elif name_of(kind) is not None:
            return self._object(value, place, depth)
        elif (name := kind_of(value)) is not None:
            params = KINDS[name].taken_apart(value)
            return Described(name, self._named(params, place, depth), {})
        elif kind.__module__.partition(".")[0] == "sklearn":
            return self._step(value, place)
        else:
            self._refuse(value, place)
        return None

    def _is_kept(self, value: Any) -> bool:
        if isinstance(value, np.generic):
            return value.dtype.kind in ARRAY_KINDS
        if isinstance(value, np.random.RandomState):
            return type(value) is np.random.RandomState and _is_of_numpy(value)
        return not isinstance(value, np.ufunc) or getattr(np, value.__name__, None) is value

    def _dict(self, value: dict[Any, Any], place: str, depth: int) -> dict[Any, Any]:
        keys = [self.described(k, f"a key of {place}", depth + 1) for k in value]
        items = [self.described(v, f"{place}[{k!r}]", depth + 1) for k, v in value.items()]
        return _filled(type(value)(), keys, items)

    def _array(self, value: np.ndarray, place: str, depth: int) -> Any:
        if value.dtype.kind in ARRAY_KINDS:
            return value
        if value.dtype.kind != "O":
            return self._refuse(value, f"{place} (of dtype {value.dtype})")
        items = np.empty(value.shape, object)
        for at in np.ndindex(value.shape):
            items[at] = self.described(value[at], f"{place}{list(at)}", depth + 1)
        return items

    def _object(self, value: Any, place: str, depth: int) -> Described:
        name = name_of(type(value)) or ""
        if name in PARTS:
            params = {field.name: getattr(value, field.name) for field in fields(value)}
            return Described(name, self._named(params, place, depth), {})
        params = value.get_params(deep=False)
        kept = dict(value.__getstate__())  # which may be the object's own
        if name in CHECKS and not self.training:
            kept.pop(_OF_THE_OPTIMIZER, None)
        fitted = {k: v for k, v in kept.items() if k not in params}
        return Described(name, self._named(params, place, depth), self._named(fitted, place, depth))

    def _named(self, values: dict[str, Any], place: str, depth: int) -> dict[str, Any]:
        return {k: self.described(v, f"{place}.{k}", depth + 2) for k, v in values.items()}

    def _step(self, value: Any, place: str) -> Step | None:
        try:
            return step_of(value)
        except TypeError as error:
            advice = ", save its best_estimator_" if hasattr(value, "best_estimator_") else ""
            self.refused.append(f"{place}: {error}{advice}")
            return None

    def _refuse(self, value: Any, place: str) -> None:
        self.refused.append(f"{place}: {_in_words(value)}")


def _is_of_numpy(value: np.random.RandomState) -> bool:
    """Tell whether a RandomState runs on the generator that it has by itself."""
    return bool(value.get_state(legacy=False)["bit_generator"] == "MT19937")  # type: ignore


def _filled(empty: dict[Any, Any], keys: Iterable[Any], items: Iterable[Any]) -> dict[Any, Any]:
    empty.update(zip(keys, items, strict=True))
    return empty


def _in_words(value: Any) -> str:
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__qualname__}, which is code and no data"
    return f"an object of {type(value).__module__}.{type(value).__qualname__}"


def _ends(value: slice) -> tuple[Any, Any, Any]:
    return value.start, value.stop, value.step


def parts_of(value: Any) -> Iterator[Any]:
    """Yield every object and step in a value, the innermost first."""
    if isinstance(value, Described):
        yield from parts_of(value.params)
        yield from parts_of(value.fitted)
        yield value
    elif isinstance(value, Step):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from parts_of(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from parts_of(item)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "O":
        yield from parts_of(value.ravel().tolist())


def built(value: Any) -> Any:
    """Return a value with all that was taken apart built again."""
    if isinstance(value, Described):
        return _object_of(value)
    if isinstance(value, Step):
        return value.built()
    if isinstance(value, dict):
        return _filled(type(value)(), value, map(built, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(map(built, value))
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        made = np.empty(value.shape, object)
        for at in np.ndindex(value.shape):
            made[at] = built(value[at])
        return made
    return value


def _object_of(described: Described) -> Any:
    params = built(described.params)
    if described.name in KINDS:
        return KINDS[described.name].made(**params)
    made = class_of(described.name)(**params)
    if described.name not in PARTS:
        made.__setstate__(built(described.fitted))
    return made
