"""How the package is built, counted: what a fit enters, how deep classes go, what imports what.

Run ``python -m benchmarks.structure``; ``--of ../other`` counts another checkout. Nothing is timed.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone

from . import _source

MAX_CODE_LINES, MAX_FILE_LINES = 50, 450
NETWORKS = ["RNNRegressor", "RNNClassifier", "RNNSeq2Seq", "RNNAutoencoder", "RNNLanguageModel"]
SMALL = {"units": 4, "epochs": 2, "batch_size": 16, "random_state": 0}
# Attributes that scikit-learn's own callbacks keep on an estimator.
CALLBACKS_OWN = {"_callback_fit_ctx", "_skl_callbacks", "_skl_callbacks_to_teardown"}

DEFINITIONS = f"""\
entries    calls, in a fit that compiles nothing, of a function of skrnn or scikit-learn whose first
           argument is the estimator: its methods, constructors aside, and functions that are given
           it whole; a generator that goes on is called again
changes    how often such a function lies in another file than the one entered before
ours       the same two counts for functions of skrnn alone, whatever scikit-learn's version does
methods    entries of methods that classes of skrnn define, and how often the class changes
depth      classes from the estimator to scikit-learn's BaseEstimator, both counted, along the
           longest way
private    attributes that fit leaves whose names do not end with "_"
lines      over {MAX_CODE_LINES} in a function (blank lines, comments and docstrings not counted,
           constructors left out), over {MAX_FILE_LINES} in a file (docstrings of classes left out)
circles    groups of modules that import each other, at the start or ever
back       the engine importing what knows scikit-learn or the engine; any other module importing
           TensorFlow, Keras or SciKeras; more than one module importing SciKeras"""


class Entry(NamedTuple):
    """A function that was entered."""

    file: str
    name: str
    package: str
    is_method: bool


class FitCounts(NamedTuple):
    """The counts of one estimator's fit."""

    entries: int
    changes: int
    our_entries: int
    our_changes: int
    methods: int
    class_changes: int
    depth: int
    private: list[str]


def count_fit(estimator: Any, X: Any, y: Any = None) -> FitCounts:
    """Return the counts of a fit of this estimator."""
    clone(estimator).fit(X, y)  # or the fit that is counted would compile
    given = set(vars(estimator))
    with entered_with(estimator) as entries:
        estimator.fit(X, y)
    new = set(vars(estimator)) - given - CALLBACKS_OWN
    ours = [entry for entry in entries if entry.package == "skrnn"]
    methods = [entry for entry in ours if entry.is_method]
    return FitCounts(
        entries=len(entries),
        changes=changes(entry.file for entry in entries),
        our_entries=len(ours),
        our_changes=changes(entry.file for entry in ours),
        methods=len(methods),
        class_changes=changes(entry.name.rpartition(".")[0] for entry in methods),
        depth=depth(type(estimator)),
        private=sorted(name for name in new if not name.endswith("_")),
    )


@contextmanager
def entered_with(estimator: Any) -> Iterator[list[Entry]]:
    """List the functions that are entered with the estimator as their first argument."""
    entries: list[Entry] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_argcount or code.co_name == "__init__":
            return
        package = frame.f_globals.get("__name__", "").split(".")[0]
        is_given = frame.f_locals.get(code.co_varnames[0]) is estimator
        if is_given and package in {"skrnn", "sklearn"}:
            is_method = code.co_varnames[0] == "self"
            entries.append(Entry(code.co_filename, code.co_qualname, package, is_method))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield entries
    finally:
        sys.setprofile(before)


def changes(places: Iterable[str]) -> int:
    """Return how often one differs from the one before."""
    return sum(a != b for a, b in pairwise(places))


def depth(cls: type) -> int:
    """Return how many classes lie from a class to BaseEstimator, both counted."""
    if cls is BaseEstimator:
        return 1
    bases = [b for b in cls.__bases__ if issubclass(b, BaseEstimator)]
    return 1 + max(depth(base) for base in bases)


def arrows_back(modules: dict[str, _source.Module]) -> list[str]:
    """Return the imports that go against the layers, in words."""
    inside = {name for name in modules if _source.belongs_to(name, ["skrnn._keras"])}
    found = [
        f"{name} imports {i.name} (line {i.line})"
        for name in sorted(set(modules) - inside)
        for i in modules[name].imports_any(_source.TENSOR_LIBRARIES)
    ]
    drawn = _source.arrows(modules, at_start=False)
    for lower in sorted({t for name in inside for t in drawn[name]} - inside):
        below = {lower, *_source.reached(lower, drawn)}
        wrong = sorted(b for b in below if modules[b].imports_any(["sklearn", "skrnn._keras"]))
        found += [f"the engine imports {lower}, and so {b}" for b in wrong]
    patching = [name for name in sorted(inside) if modules[name].imports_any(["scikeras"])]
    return found + [f"{name} imports scikeras" for name in patching[1:]]


def small_fits() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Give an estimator of each kind and what to fit it on."""
    import skrnn

    X = np.random.default_rng(0).normal(size=(60, 6, 2))
    texts = ["ab ba", "ba ab", "ab ab", "ba ba"] * 15
    data = {
        "RNNRegressor": (X, X[:, -1, 0]),
        "RNNClassifier": (X, X[:, -1, 0] > 0),
        "RNNSeq2Seq": (texts, [text[::-1] for text in texts]),
        "RNNAutoencoder": (X,),
        "RNNLanguageModel": (texts,),
    }
    for name in NETWORKS:
        yield getattr(skrnn, name)(**SMALL), data[name]


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", default=".", help="the checkout to count (default: this one)")
    root = Path(parser.parse_args().of).resolve()
    sys.path.insert(0, str(root))
    print(DEFINITIONS)
    print(f"\n{'fit of':18}entries changes    ours changes methods changes   depth  private")
    for estimator, data in small_fits():
        counts = count_fit(estimator, *data)
        *numbers, private = counts
        print(
            f"{type(estimator).__name__:17}{''.join(f'{number:8}' for number in numbers)}"
            f"  {' '.join(private) or 'none'}"
        )
    modules = _source.read_package(root / "skrnn")
    long_functions = _source.long_functions(modules, MAX_CODE_LINES)
    long_files = _source.long_files(modules, MAX_FILE_LINES)
    for title, found in {
        f"functions over {MAX_CODE_LINES} lines": [f"{n} ({k})" for n, k in long_functions],
        f"files over {MAX_FILE_LINES} lines": [f"{n} ({k})" for n, k in long_files],
        "circles": [" ".join(c) for c in _source.circles(_source.arrows(modules, at_start=False))],
        "arrows back": arrows_back(modules),
    }.items():
        print(f"\n{title}: {len(found)}", *found, sep="\n  ")


if __name__ == "__main__":
    main()
