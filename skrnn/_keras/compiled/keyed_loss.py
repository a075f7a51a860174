"""The user's losses as keys of programs: by what they compute, not by which object they are.

A program has the loss inside, with the values that it used when it was traced. `clone` copies a
parameter, so that equal objects must be equal keys; and a function that has come to use another
value, in its closure or in its module, must be another key.
"""

import functools
import hashlib
import inspect
import logging
import pickle
from collections.abc import Callable
from typing import Any, Generic, Protocol

from ..._spec import KnownOnly

# The flag of types that are made at run time (Py_TPFLAGS_HEAPTYPE).
_HEAP_TYPE = 1 << 9


def keyed(loss: str | Callable[..., Any] | KnownOnly) -> "str | KeyedLoss | KnownOnly":
    """Return what is plain as it is, and a callable with a key of what it computes."""
    return KeyedLoss(loss) if callable(loss) else loss


class KeyedLoss:
    """A callable that equals another one if both compute the same, as far as can be told."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.key = _key(function, (), _package(_code_of(function)))

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


def _key(value: Any, around: tuple[Any, ...], home: str) -> Any:
    """Return a hashable key.

    `around` are the objects that it is a part of, the outermost first, and `home` is the package of
    the loss.
    """
    if any(value is outer for outer in around):
        return [value is outer for outer in around].index(True)
    inside = (*around, value)
    if isinstance(value, functools.partial):
        named = [_key(value.keywords[name], inside, home) for name in sorted(value.keywords)]
        given = [_key(part, inside, home) for part in (value.func, *value.args)]
        return functools.partial, *given, *sorted(value.keywords), *named
    if inspect.ismethod(value):
        owner, code = value.__self__, value.__func__
        return "method", _key(code, inside, home), _key(owner, inside, home)
    if inspect.isfunction(value):
        return _Itself(value), *_used_by(value, inside, home)
    if isinstance(value, type | logging.Logger) or inspect.ismodule(value):
        return _Itself(value)
    if inspect.isbuiltin(value):
        return _Itself(value)
    if type(value) in (dict, list, tuple):
        parts = value.items() if isinstance(value, dict) else value
        return type(value), *(_key(part, inside, home) for part in parts)
    if hasattr(value, "__dict__") and not _has_more_than_a_dict(value):
        called = _code_of(value)
        ran = _key(called, inside, home) if inspect.isfunction(called) else None
        return type(value), ran, _key(vars(value), inside, home)
    try:
        return type(value), hashlib.sha256(pickle.dumps(value)).digest()
    except Exception:  # whatever it is that cannot be pickled
        return _Itself(value)


def _code_of(value: Any) -> Any:
    """Return the function that is run where a callable is called, or the value itself."""
    while isinstance(value, functools.partial):
        value = value.func
    if inspect.ismethod(value):
        return value.__func__
    return value if inspect.isfunction(value) else vars(type(value)).get("__call__", value)


def _used_by(function: Any, inside: tuple[Any, ...], home: str) -> list[Any]:
    """Return the keys of the values that a function has from outside; none of a library's."""
    if _package(function) != home:
        return []
    try:
        used = inspect.getclosurevars(function)
    except ValueError:  # a name of its closure has no value yet
        return []
    defaults = function.__defaults__, function.__kwdefaults__
    values = {**used.globals, **used.nonlocals, "": defaults}
    return [(name, _key(values[name], inside, home)) for name in sorted(values)]


def _has_more_than_a_dict(value: Any) -> bool:
    """Tell whether an object may hold something beside its attributes."""
    kinds = [kind for kind in type(value).__mro__ if kind not in (object, Generic, Protocol)]
    return any("__slots__" in vars(kind) or not _is_of_python(kind) for kind in kinds)


def _is_of_python(kind: type) -> bool:
    """Tell a class that was made by a class statement from a built-in one."""
    return bool(kind.__flags__ & _HEAP_TYPE)


def _package(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]
