"""Values as JSON and back: numbers and texts as themselves, all else under a name for its kind.

::

    null, true, 3, 0.5, "text", [...]      themselves; a list
    {"float": "nan"}                       what JSON has no number for
    {"tuple": [...]}, {"set": [...]}, {"frozenset": [...]}
    {"dict": {...}}, {"pairs": [[k, v], ...]}     with keys that are texts, or others
    {"bunch": {...}}                       scikit-learn's dict whose values are attributes too
    {"slice": [start, stop, step]}, {"bytes": "hexadecimal"}
    {"array": 3}                           the number of a member
    {"objects": [...], "shape": [2, 3]}    an array of texts and other values
    {"scalar": 3}                          the one value of an array
    {"ufunc": "log1p"}                     an elementwise function of NumPy
    {"random_state": {...}}                the state of a RandomState
    {"object": "skrnn.LagWindows", "params": {...}, "fitted": {...}}
    {"step": {...}, "arrays": [4, 5]}      a step of scikit-learn, as skops describes it
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from ._described import MAX_DEPTH, Described
from ._file_refusals import refuse_file, short
from ._sklearn_steps import Step

_ITSELF = (type(None), bool, int, str)
_NO_NUMBERS = ("nan", "inf", "-inf")


class Encoder:
    """Turns values into JSON; the arrays are put aside.

    Attributes
    ----------
    arrays : list of ndarray
        The arrays that the numbers in the JSON refer to.
    """

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def encoded(self, value: Any) -> Any:
        """Return a value of `Taker.described` as JSON has it."""
        kind = type(value)
        if kind in _ITSELF or (kind is float and math.isfinite(value)):
            return value
        if kind is list:
            return self._all(value)
        if kind is float:
            return {"float": repr(value)}
        if kind is bytes:
            return {"bytes": value.hex()}
        if kind in (tuple, set, frozenset):
            items = value if kind is tuple else sorted(value, key=lambda v: (str(type(v)), repr(v)))
            return {kind.__name__: self._all(items)}
        if kind is dict or kind is Bunch:
            return self._dict(value)
        if kind is slice:
            return {"slice": self._all([value.start, value.stop, value.step])}
        if kind is np.ndarray and value.dtype.kind == "O":
            return {"objects": self._all(value.ravel().tolist()), "shape": list(value.shape)}
        if kind is np.ndarray:
            return {"array": self._put_aside(value)}
        if isinstance(value, np.generic):
            return {"scalar": self._put_aside(np.asarray(value))}
        return self._other(value)

    def _other(self, value: Any) -> dict[str, Any]:
        if isinstance(value, np.ufunc):
            return {"ufunc": value.__name__}
        if isinstance(value, np.random.RandomState):
            return {"random_state": self.encoded(value.get_state(legacy=False))}
        if isinstance(value, Step):
            return {"step": value.schema, "arrays": [self._put_aside(a) for a in value.arrays]}
        assert isinstance(value, Described)
        parts = {"params": value.params, "fitted": value.fitted}
        return {
            "object": value.name,
            **{k: {n: self.encoded(v) for n, v in part.items()} for k, part in parts.items()},
        }

    def _all(self, values: Sequence[Any]) -> list[Any]:
        return [self.encoded(value) for value in values]

    def _dict(self, value: dict[Any, Any]) -> dict[str, Any]:
        if set(map(type, value)) <= {str}:
            return {type(value).__name__.lower(): {k: self.encoded(v) for k, v in value.items()}}
        return {"pairs": [self._all(pair) for pair in value.items()]}

    def _put_aside(self, array: np.ndarray) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1


class Decoder:
    """Turns JSON into values again, and takes every array once.

    Parameters
    ----------
    arrays : list of ndarray
        The arrays that the numbers in the JSON refer to.
    """

    def __init__(self, arrays: list[np.ndarray]) -> None:
        self._left: dict[int, np.ndarray] = dict(enumerate(arrays))

    def whole(self, encoded: Any) -> Any:
        """Return a value that takes all arrays there are."""
        value = self._decoded(encoded, 0)
        if self._left:
            refuse_file("every array to be part of something", f"{len(self._left)} that are not")
        return value

    def _decoded(self, found: Any, depth: int) -> Any:
        if type(found) in (*_ITSELF, float):
            return found
        if depth > 2 * MAX_DEPTH:
            refuse_file(f"at most {MAX_DEPTH} containers in each other", "more")
        if type(found) is list:
            return [self._decoded(v, depth + 1) for v in found]
        keys = frozenset(found)
        if keys not in _READERS:
            refuse_file("values in the form of this format", f"an entry {short(found)}")
        return _READERS[keys](self, found, depth + 1)

    def _float(self, found: Any, depth: int) -> float:
        text = found["float"]
        if text not in _NO_NUMBERS:
            refuse_file(f"one of {_NO_NUMBERS}", short(text))
        return float(text)

    def _bytes(self, found: Any, depth: int) -> bytes:
        try:
            return bytes.fromhex(found["bytes"])
        except (TypeError, ValueError) as error:
            refuse_file("bytes in hexadecimal", f"{short(found)} ({error})")

    def _tuple(self, found: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self._list(found["tuple"], depth))

    def _set(self, found: Any, depth: int) -> Any:
        kind = set if "set" in found else frozenset
        try:
            return kind(self._list(found[kind.__name__], depth))
        except TypeError as error:
            refuse_file("values that a set can hold", short(error))

    def _dict(self, found: Any, depth: int) -> dict[str, Any]:
        return self._named(found["dict"], depth)

    def _bunch(self, found: Any, depth: int) -> Bunch:
        return Bunch(**self._named(found["bunch"], depth))

    def _pairs(self, found: Any, depth: int) -> dict[Any, Any]:
        pairs = self._list(found["pairs"], depth)
        try:
            made = dict(pairs)
        except (TypeError, ValueError) as error:
            refuse_file("pairs of a key and a value", short(error))
        if len(made) != len(pairs):
            refuse_file("every key once", short(pairs))
        return made

    def _slice(self, found: Any, depth: int) -> slice:
        ends = self._list(found["slice"], depth)
        if len(ends) != 3:
            refuse_file("a start, a stop and a step of a slice", short(ends))
        return slice(*ends)

    def _array(self, found: Any, depth: int) -> np.ndarray:
        return self._taken(found["array"])

    def _objects(self, found: Any, depth: int) -> np.ndarray:
        items, shape = self._list(found["objects"], depth), found["shape"]
        is_shape = type(shape) is list and all(type(n) is int and n >= 0 for n in shape)
        if not is_shape or math.prod(shape) != len(items):
            refuse_file(f"a shape of {len(items)} values", short(shape))
        made = np.empty(len(items), object)
        for place, item in enumerate(items):  # at once, NumPy would look into lists
            made[place] = item
        return made.reshape(shape)

    def _scalar(self, found: Any, depth: int) -> Any:
        array = self._taken(found["scalar"])
        if array.shape:
            refuse_file("one value", f"an array of shape {array.shape}")
        return array[()]

    def _ufunc(self, found: Any, depth: int) -> Any:
        name = found["ufunc"]
        made = getattr(np, name, None) if type(name) is str else None
        if not isinstance(made, np.ufunc):
            refuse_file("an elementwise function of NumPy", short(name))
        return made

    def _random_state(self, found: Any, depth: int) -> np.random.RandomState:
        state = self._decoded(found["random_state"], depth)
        made = np.random.RandomState(0)
        try:
            if not 0 <= state["state"]["pos"] <= len(state["state"]["key"]):
                raise IndexError(state["state"]["pos"])  # NumPy would look there, unchecked
            made.set_state(state)
        except Exception as error:  # whatever NumPy says of a state that is none
            refuse_file("the state of a RandomState", short(error))
        return made

    def _object(self, found: Any, depth: int) -> Described:
        if type(found["object"]) is not str:
            refuse_file("the name of a class", short(found["object"]))
        parts = [self._named(found[name], depth) for name in ("params", "fitted")]
        return Described(found["object"], *parts)

    def _step(self, found: Any, depth: int) -> Step:
        if type(found["step"]) is not dict or type(found["arrays"]) is not list:
            refuse_file("a step of scikit-learn", short(found))
        return Step(found["step"], tuple(map(self._taken, found["arrays"])))

    def _list(self, found: Any, depth: int) -> list[Any]:
        if type(found) is not list:
            refuse_file("a list", short(found))
        return [self._decoded(v, depth + 1) for v in found]

    def _named(self, found: Any, depth: int) -> dict[str, Any]:
        if type(found) is not dict:
            refuse_file("values by name", short(found))
        return {k: self._decoded(v, depth + 1) for k, v in found.items()}

    def _taken(self, number: Any) -> np.ndarray:
        if type(number) is not int or number not in self._left:
            refuse_file("each array once, by its number", f"the number {short(number)}")
        return self._left.pop(number)


_READERS: dict[frozenset[str], Callable[[Decoder, Any, int], Any]] = {
    frozenset({"array"}): Decoder._array,
    frozenset({"arrays", "step"}): Decoder._step,
    frozenset({"bunch"}): Decoder._bunch,
    frozenset({"bytes"}): Decoder._bytes,
    frozenset({"dict"}): Decoder._dict,
    frozenset({"fitted", "object", "params"}): Decoder._object,
    frozenset({"float"}): Decoder._float,
    frozenset({"frozenset"}): Decoder._set,
    frozenset({"objects", "shape"}): Decoder._objects,
    frozenset({"pairs"}): Decoder._pairs,
    frozenset({"random_state"}): Decoder._random_state,
    frozenset({"scalar"}): Decoder._scalar,
    frozenset({"set"}): Decoder._set,
    frozenset({"slice"}): Decoder._slice,
    frozenset({"tuple"}): Decoder._tuple,
    frozenset({"ufunc"}): Decoder._ufunc,
}
