"""scikit-learn's own steps, which skops takes apart: its description of them, and their arrays.

skops keeps them in a zip of its own. Here its parts lie beside all others in the one archive:
its description as JSON, and its arrays by their numbers.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ._array_bytes import ARRAY_KINDS
from ._file_refusals import refuse_file, short
from ._registry import TRUSTED_IN_STEPS

_SCHEMA = "schema.json"
# The kinds of objects that skops may build from a description. Its other kinds call a function,
# open a nested file, or keep indices that nobody checks.
_LOADERS = {
    "DTypeNode",
    "DefaultDictNode",
    "DictNode",
    "FunctionNode",
    "JsonNode",
    "ListNode",
    "LossNode",
    "MaskedArrayNode",
    "NdArrayNode",
    "ObjectNode",
    "SetNode",
    "SliceNode",
    "TupleNode",
    "TypeNode",
}
_OLDEST_PROTOCOL = 2


@dataclass(frozen=True)
class Step:
    """A step of scikit-learn, as skops describes it.

    Parameters
    ----------
    schema : dict
        The description; its files are the numbers of arrays.
    arrays : tuple of ndarray
    """

    schema: dict[str, Any]
    arrays: tuple[np.ndarray, ...]

    @property
    def name(self) -> str:
        """The name of its class."""
        return f"{self.schema.get('__module__')}.{self.schema.get('__class__')}"

    @cached_property
    def stored(self) -> bytes:
        """The bytes that skops reads."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for number, array in enumerate(self.arrays):
                with archive.open(f"{number}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
            archive.writestr(_SCHEMA, json.dumps(self.schema))
        return buffer.getvalue()

    def judge(self) -> None:
        """Refuse a description of anything but the data of scikit-learn's own estimators."""
        self._judge_schema()
        _skops()
        try:
            found = _untrusted(self.stored)
        except Exception as error:  # whatever skops says of a description that is none
            refuse_file(f"a description of {self.name}", short(error))
        if found:
            refuse_file(f"types that are trusted in {self.name}", ", ".join(map(short, found)))

    def _judge_schema(self) -> None:
        if not self.name.startswith("sklearn."):
            refuse_file("a step of scikit-learn", short(self.name))
        protocol = self.schema.get("protocol")
        if type(protocol) is not int or protocol < _OLDEST_PROTOCOL:
            refuse_file(f"skops' protocol from {_OLDEST_PROTOCOL} on", short(protocol))
        numbers = []
        for node in _dicts(self.schema):
            if "__id__" in node:  # many pointing at one would take for ever to judge
                refuse_file(f"every part of {self.name} once", "parts that point at each other")
            loader = node.get("__loader__")
            if loader is not None and (type(loader) is not str or loader not in _LOADERS):
                refuse_file(f"data in {self.name}", short(loader))
            if loader == "JsonNode":
                _refuse_no_json(node.get("content"))
            if loader is not None and node.get("type") == "numpy" and "file" in node:
                numbers.append(node.get("file"))
        if numbers != [f"{n}.npy" for n in range(len(self.arrays))]:
            refuse_file(f"each array of {self.name} once", short(numbers))

    def built(self) -> Any:
        """Return the step itself, which has been judged before."""
        return _skops().loads(self.stored, trusted=list(TRUSTED_IN_STEPS))


def step_of(estimator: Any) -> Step:
    """Return a step of scikit-learn as skops describes it.

    Raises
    ------
    TypeError
        If it holds what is not trusted in a file, or what skops cannot store.
    """
    try:
        stored = _skops().dumps(estimator)
        found = _untrusted(stored)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"an object that skops cannot store ({error})") from error
    if any(name.startswith("skrnn.") for name in found):
        raise TypeError(f"a {type(estimator).__name__} around an estimator of skrnn")
    if found:
        raise TypeError(f"{', '.join(found)}, which a file could forge")
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        arrays = []
        for node in _dicts(schema):
            node.pop("__id__", None)  # the same object twice is stored twice
            if node.get("__loader__", "DictNode") not in _LOADERS:
                raise TypeError(
                    f"{node['__module__']}.{node['__class__']}, which a file could forge"
                )
            if node.get("type") == "numpy" and "file" in node:
                with archive.open(node["file"]) as file:
                    arrays.append(np.lib.format.read_array(file, allow_pickle=False))
                if arrays[-1].dtype.kind not in ARRAY_KINDS:
                    raise TypeError(f"an array of dtype {arrays[-1].dtype}")
                node["file"] = f"{len(arrays) - 1}.npy"
    return Step(schema, tuple(arrays))


def _dicts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all dicts of a description, in a fixed order."""
    ahead = [schema]
    while ahead:
        found = ahead.pop()
        if isinstance(found, dict):
            yield found
            ahead.extend(found.values())
        elif isinstance(found, list):
            ahead.extend(found)


def _refuse_no_json(content: Any) -> None:
    try:
        json.loads(content)
    except (TypeError, ValueError, RecursionError) as error:
        refuse_file("JSON in a step of scikit-learn", f"{short(content)} ({short(error)})")


def _untrusted(stored: bytes) -> list[str]:
    return sorted(set(_skops().get_untrusted_types(data=stored)) - set(TRUSTED_IN_STEPS))


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise ModuleNotFoundError(
            "Expected skops, by which scikit-learn's own steps are saved and loaded, got an "
            f"environment without it ({error}). Run pip install 'skrnn[save]'."
        ) from error
    return skops.io
