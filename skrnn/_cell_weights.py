"""The recurrent cells without TensorFlow: the weights and the states that each of them has.

`skrnn._keras.functional.cells` defines what each cell computes, by the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A weight: the kind of its starting value, and its shape.
Weight = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class CellWeights:
    """The weights and the states of one kind of cell.

    Parameters
    ----------
    n_states : int
        Arrays of its state, each of shape (batch, units). The first one is its output.
    n_gates : int
        How many arrays, each as wide as `units`, the kernel makes of the input.
    others : callable
        ``others(units)`` lists the weights after the kernel, in the order of the Keras layer. The
        last one is the bias.
    """

    n_states: int
    n_gates: int
    others: Callable[[int], list[Weight]]

    def weights(self, width: int, units: int) -> list[Weight]:
        """List all weights for inputs of `width` features: kernel, others."""
        return [("kernel", (width, self.n_gates * units)), *self.others(units)]

    @property
    def n_weights(self) -> int:
        """How many weights there are."""
        return len(self.weights(1, 1))


CELL_WEIGHTS = {
    "simple": CellWeights(
        n_states=1,
        n_gates=1,
        others=lambda units: [("orthogonal", (units, units)), ("zeros", (units,))],
    ),
    "gru": CellWeights(
        n_states=1,
        n_gates=3,
        # Keras keeps the bias of the input and of the state apart (reset_after=True).
        others=lambda units: [("orthogonal", (units, 3 * units)), ("zeros", (2, 3 * units))],
    ),
    "lstm": CellWeights(
        n_states=2,
        n_gates=4,
        others=lambda units: [("orthogonal", (units, 4 * units)), ("forget", (4 * units,))],
    ),
    "mingru": CellWeights(
        n_states=1,
        n_gates=2,
        others=lambda units: [("zeros", (2 * units,))],
    ),
}
