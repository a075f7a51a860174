"""The user's losses as keys of programs: by what they compute, not by which object they are.

A program has the loss inside, with the values that it used when it was traced. `clone` copies a
parameter, so that equal objects must be equal keys; and a function that has come to use another
value, in its closure or in its module, must be another key.
"""

import functools
import inspect
import pickle
from collections.abc import Callable
from typing import Any, Generic, Protocol

# The flag of types that are made at run time (Py_TPFLAGS_HEAPTYPE).
_HEAP_TYPE = 1 << 9


def keyed(loss: str | Callable[..., Any]) -> "str | KeyedLoss":
    """Return a name as it is, and a callable with a key of what it computes."""
    return KeyedLoss(loss) if callable(loss) else loss


class KeyedLoss:
    """A callable that equals another one if both compute the same, as far as can be told."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.key = _key(function, ())

    def __call__(self, targets: Any, outputs: Any) -> Any:
        return self.function(targets, outputs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyedLoss) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class _Itself:
    """An object as a key: no other equals it. It is kept alive, so that its id stays its own."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def _key(value: Any, around: tuple[Any, ...]) -> Any:
    """Return a hashable key; `around` are the objects that it is a part of, the outermost first."""
    if any(value is outer for outer in around):
        return [value is outer for outer in around].index(True)
    inside = (*around, value)
    if isinstance(value, functools.partial):
        named = [_key(value.keywords[name], inside) for name in sorted(value.keywords)]
        given = [_key(part, inside) for part in (value.func, *value.args)]
        return functools.partial, *given, *sorted(value.keywords), *named
    if inspect.ismethod(value):
        return "method", value.__func__, _key(value.__self__, inside)
    if inspect.isfunction(value):
        return _Itself(value), *_used_by(value, inside)
    if inspect.ismodule(value) or inspect.isclass(value) or inspect.isbuiltin(value):
        return _Itself(value)
    if type(value) in (dict, list, tuple):
        parts = value.items() if isinstance(value, dict) else value
        return type(value), *(_key(part, inside) for part in parts)
    if hasattr(value, "__dict__") and not _has_more_than_a_dict(value):
        return type(value), _key(vars(value), inside)
    try:
        return type(value), pickle.dumps(value)
    except Exception:  # whatever it is that cannot be pickled
        return _Itself(value)


def _used_by(function: Any, inside: tuple[Any, ...]) -> list[Any]:
    """Return the keys of the values that a function has from outside; none of a library's."""
    if _package(function) != _package(inside[0]):
        return []
    used = inspect.getclosurevars(function)
    defaults = function.__defaults__, function.__kwdefaults__
    values = {**used.globals, **used.nonlocals, "": defaults}
    return [(name, _key(values[name], inside)) for name in sorted(values)]


def _has_more_than_a_dict(value: Any) -> bool:
    """Tell whether an object may hold something beside its attributes."""
    kinds = [kind for kind in type(value).__mro__ if kind not in (object, Generic, Protocol)]
    return any("__slots__" in vars(kind) or not _is_of_python(kind) for kind in kinds)


def _is_of_python(kind: type) -> bool:
    """Tell a class that was made by a class statement from a built-in one."""
    return bool(kind.__flags__ & _HEAP_TYPE)


def _package(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]
