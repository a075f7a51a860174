"""Inputs of every kind, good and bad: small descriptions, and the objects that they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

inf, nan = np.inf, np.nan  # by which a printed case can be read again

FORMS = (
    "sequences",
    "list",
    "tuple",
    "table",
    "frame",
    "nullable",
    "panel",
    "series",
    "tokens",
    "texts",
    "array of texts",
    "token lists",
    "objects",
    "sparse",
    "masked",
    "four axes",
    "vector",
    "read-only",
    "strided",
    "windows",
    "none",
    "number",
    "dict",
    "text",
)
DTYPES = ("float64", "float32", "float16", "int64", "uint8", "bool", "complex128", "datetime64[ns]")
SPOILS = (
    "",
    "nan step",
    "nan part",
    "nan sample",
    "nan all",
    "inf",
    "-inf",
    "huge",
    "tiny",
    "constant",
    "negative",
    "ragged width",
    "hole",
)
INDEXES = ("range", "days", "hours", "shuffled", "doubled", "holes", "texts", "floats", "NaT")
TARGETS = (
    "numbers",
    "column",
    "two columns",
    "steps",
    "lists of steps",
    "classes",
    "integers",
    "booleans",
    "one class",
    "objects",
    "categorical",
    "nullable",
    "dates",
    "frame",
    "other index",
    "short",
    "nan part",
    "nan all",
    "inf",
    "none",
    "texts",
    "number",
    "empty",
)


@dataclass(frozen=True)
class Given:
    """An X.

    Parameters
    ----------
    form, dtype, spoil, index : str
        One of those above.
    n, steps, width : int
        Samples or rows, steps, and features.
    """

    form: str = "sequences"
    n: int = 9
    steps: int = 3
    width: int = 2
    dtype: str = "float64"
    spoil: str = ""
    index: str = "range"

    def built(self) -> Any:
        """Return what it stands for."""
        if self.form in _WORDS:
            return _WORDS[self.form](self)
        has_steps = self.form in ("sequences", "list", "tuple", "objects", "read-only", "strided")
        shape = (self.n, self.steps, self.width) if has_steps else (self.n, self.width)
        values = _spoilt(np.random.default_rng(0).normal(size=shape) * 3, self.spoil)
        with np.errstate(all="ignore"):
            values = values.astype(self.dtype)
        return _FORMS.get(self.form, _as_it_is)(values, self)


def _spoilt(values: np.ndarray, spoil: str) -> np.ndarray:
    if spoil == "nan all":
        return np.full_like(values, nan)
    if spoil in ("constant", "huge", "tiny", "negative"):
        if spoil == "constant":
            return np.ones_like(values)
        return {"huge": values * 1e307, "tiny": values * 1e-310, "negative": -abs(values)}[spoil]
    if not values.size:
        return values
    places: dict[str, Any] = {
        "nan step": (0, 0) if values.ndim == 3 else (values.shape[0] // 2,),
        "nan part": (0,) * values.ndim,
        "nan sample": (values.shape[0] - 1,),
        "inf": (-1,) * values.ndim,
        "-inf": (0,) * values.ndim,
    }
    if spoil in places:
        values[places[spoil]] = {"inf": inf, "-inf": -inf}.get(spoil, nan)
    return values


def _as_it_is(values: np.ndarray, given: Given) -> Any:
    return values


def _list(values: np.ndarray, given: Given) -> Any:
    arrays = [value[number % 2 :] for number, value in enumerate(values)]
    if given.spoil == "ragged width" and arrays:
        arrays[-1] = arrays[-1][:, :1]
    if given.spoil == "hole" and arrays:
        arrays[0] = None  # type: ignore[call-overload]
    return arrays


def _objects(values: np.ndarray, given: Given) -> Any:
    arrays = np.empty(len(values), object)
    arrays[:] = _list(values, given)
    return arrays


def _index_of(given: Given) -> Any:
    n = given.n
    days = pd.date_range("2024-01-01", periods=n)
    if given.index == "doubled":
        return days[[0, *range(n - 1)]] if n else days
    if given.index == "NaT":
        return pd.DatetimeIndex([pd.NaT, *days[1:]]) if n else days
    return {
        "range": pd.RangeIndex(n),
        "days": days,
        "hours": pd.date_range("2024-01-01", periods=n, freq="h", tz="Europe/Berlin"),
        "shuffled": days[np.random.default_rng(1).permutation(n)],
        "holes": pd.date_range("2024-01-01", periods=2 * n)[np.arange(n) * 2 - np.arange(n) % 2],
        "texts": pd.Index([f"row {at}" for at in range(n)]),
        "floats": pd.Index(np.arange(n) / 3),
    }[given.index]


def _frame(values: np.ndarray, given: Given) -> Any:
    columns = [f"c{at}" for at in range(given.width)]
    if given.spoil == "ragged width" and given.width > 1:
        columns[1] = columns[0]
    frame = pd.DataFrame(values, _index_of(given), columns)
    if given.spoil == "hole" and given.width:
        frame = frame.astype(object)
        frame.iloc[:1, :1] = "x"
    return frame


def _panel(values: np.ndarray, given: Given) -> Any:
    frame = _frame(values, given)
    return pd.concat({"north": frame, "south": frame[::-1]})


def _sparse(values: np.ndarray, given: Given) -> Any:
    from scipy import sparse

    return sparse.csr_matrix(np.nan_to_num(values.astype(float)))


def _read_only(values: np.ndarray, given: Given) -> Any:
    values.flags.writeable = False
    return values


def _strided(values: np.ndarray, given: Given) -> Any:
    return np.asfortranarray(np.repeat(values, 2, axis=0)[::2])


def _windows(values: np.ndarray, given: Given) -> Any:
    from skrnn import LagWindows

    if not values.size or values.dtype.kind != "f" or not np.isfinite(values).all():
        return values
    return LagWindows(max(given.steps, 1)).fit_transform(
        _frame(values, replace(given, index="range"))
    )


_FORMS = {
    "list": _list,
    "tuple": lambda values, given: tuple(_list(values, given)),
    "frame": _frame,
    "nullable": lambda values, given: _frame(values, given).convert_dtypes(),
    "panel": _panel,
    "series": lambda values, given: (
        pd.Series(values[:, 0], _index_of(given), name="c0")
        if given.width
        else pd.Series(dtype=float)
    ),
    "objects": _objects,
    "sparse": _sparse,
    "masked": lambda values, given: (
        np.ma.masked_array(values, values == values.max(initial=-1))
        if values.dtype.kind == "f"
        else values
    ),
    "four axes": lambda values, given: values[:, :, None, None],
    "vector": lambda values, given: values[:, 0] if given.width else values.ravel(),
    "read-only": _read_only,
    "strided": _strided,
    "windows": _windows,
}
_SENTENCES = ("a cat sat", "the dog ran off", "a dog", "", "Zürich 12", "x" * 30, "no no no")


def _texts(given: Given) -> list[Any]:
    texts: list[Any] = [_SENTENCES[at % len(_SENTENCES)] for at in range(given.n)]
    if given.spoil == "hole" and texts:
        texts[0] = None
    if given.spoil == "nan part" and texts:
        texts[-1] = nan
    if given.spoil in ("nan all", "constant"):
        texts = [""] * given.n
    return texts


def _tokens(given: Given) -> Any:
    ids = np.random.default_rng(0).integers(1, 5, size=(given.n, given.steps))
    ids[:, :1] *= given.spoil != "nan step"
    ids = -ids if given.spoil == "negative" else ids * (given.spoil != "nan all")
    if given.dtype in ("complex128", "datetime64[ns]"):
        return ids
    return ids.astype(given.dtype) + (0.5 if given.spoil == "nan part" else 0)


_WORDS = {
    "tokens": _tokens,
    "texts": _texts,
    "array of texts": lambda given: np.array(_texts(given), object),
    "token lists": lambda given: [str(text).split() for text in _texts(given)],
    "none": lambda given: None,
    "number": lambda given: 3.5,
    "dict": lambda given: {"a": [1.0, 2.0]},
    "text": lambda given: "one text",
}


def target_of(name: str, given: Given) -> Any:
    """Return a y of a kind for an X."""
    n, rng = given.n * (2 if given.form == "panel" else 1), np.random.default_rng(1)
    numbers, classes = rng.normal(size=n), np.arange(n) % 3
    spoilt = {
        "nan part": np.where(np.arange(n) == 0, nan, numbers),
        "nan all": np.full(n, nan),
        "inf": np.where(np.arange(n) == n - 1, inf, numbers),
    }
    made: dict[str, Any] = {
        **spoilt,
        "numbers": numbers,
        "column": numbers[:, None],
        "two columns": rng.normal(size=(n, 2)),
        "steps": rng.normal(size=(n, given.steps)),
        "lists of steps": [rng.normal(size=given.steps - at % 2) for at in range(n)]
        if given.steps
        else [np.empty(0)] * n,
        "classes": np.array(["red", "green", "blue"])[classes],
        "integers": classes,
        "booleans": classes > 0,
        "one class": np.zeros(n, int),
        "objects": np.array([1, "a", None] * n, object)[:n],
        "categorical": pd.Categorical(np.array(["b", "a"])[classes % 2]),
        "nullable": pd.Series(numbers).astype("Float64"),
        "dates": pd.date_range("2024-01-01", periods=n).to_numpy(),
        "frame": pd.DataFrame({"a": numbers}),
        "other index": pd.Series(numbers, np.arange(n)[::-1] + 5),
        "short": numbers[1:],
        "none": None,
        "texts": [_SENTENCES[at % 3] for at in range(n)],
        "number": 1.0,
        "empty": [],
    }
    return made[name]
