"""The sides of a comparison: skrnn and its peers, each in a module that imports its library.

Each module has ``build``, ``fits`` and ``predictor``; the libraries are imported in the fresh
processes only.
"""

from importlib import import_module
from typing import Any

from ._environment import is_installed

SIDES = {"skrnn": "skrnn", "Keras": "keras", "PyTorch": "torch"}


def installed_sides() -> list[str]:
    """Return the sides whose library is installed."""
    return [side for side, library in SIDES.items() if is_installed(library)]


def side_of(name: str) -> Any:
    """Import the module of a side, and with it the library."""
    return import_module(f"benchmarks._{SIDES[name]}_side")
