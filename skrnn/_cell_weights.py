"""The recurrent cells without TensorFlow: the weights and the states that each of them has.

What a cell computes stands in `skrnn._keras.functional.cells`, by the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A weight: the kind of its starting value, and its shape.
Weight = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class CellWeights:
    """What one kind of cell keeps.

    Parameters
    ----------
    n_states : int
        Arrays of its state, each of shape (batch, units). The first one is its output.
    weights : callable
        ``weights(width, units)`` lists its weights, in the order of Keras' layer, for inputs of
        `width` features. The first one is the kernel of the input.
    """

    n_states: int
    weights: Callable[[int, int], list[Weight]]


def _simple(width: int, units: int) -> list[Weight]:
    return _gated(width, units, 1, ("zeros", (units,)))


def _gru(width: int, units: int) -> list[Weight]:
    # Keras keeps the bias of the input and of the state apart (reset_after=True).
    return _gated(width, units, 3, ("zeros", (2, 3 * units)))


def _lstm(width: int, units: int) -> list[Weight]:
    return _gated(width, units, 4, ("forget", (4 * units,)))


def _gated(width: int, units: int, n_gates: int, bias: Weight) -> list[Weight]:
    """List the kernels of the input and of the state, and the bias, of so many gates."""
    gates = n_gates * units
    return [("kernel", (width, gates)), ("orthogonal", (units, gates)), bias]


CELL_WEIGHTS = {
    "simple": CellWeights(n_states=1, weights=_simple),
    "gru": CellWeights(n_states=1, weights=_gru),
    "lstm": CellWeights(n_states=2, weights=_lstm),
}
