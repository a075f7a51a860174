"""The states of a fitted recurrent layer, and its gates, at every step: for people to look at.

NumPy alone, in float64, from the fitted weights. `skrnn._keras.functional.cells` has the formulas
by which the networks predict; the tests hold these here to the states that a network itself gives.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._cell_weights import CELL_WEIGHTS
from ._data.inputs import without_padding
from ._data.sequences import Sequences
from ._ensemble import members_of
from ._messages import shown
from ._spec import network_of

Arrays = list[np.ndarray]


class CellStates:
    """A look into the recurrent layers of a fitted network."""

    builder_: Any
    n_networks_: int
    network_: dict[str, Any]
    weights_: list[np.ndarray]
    _task: Any

    def cell_states(
        self, X: Any, *, layer: int = 0, network: int = 0, backward: bool = False
    ) -> dict[str, Any]:
        """Return the states and the gates of a recurrent layer at every step of sequences.

        A gate is a number from 0 to 1 for each unit. The arrays of all names together take memory
        of up to 48 bytes for each sample, step and unit: give the samples that you look at.

        Parameters
        ----------
        X : see `predict`
            Sequences. In `RNNSeq2Seq` and `RNNAutoencoder` the encoder reads them.
        layer : int, default=0
            The number of the recurrent layer, from 0, the layer that reads X; -1 is the last one.
        network : int, default=0
            The number of the network, from 0, where there are several: with `n_networks`, and for
            the two kinds of ``baseline="auto"``.
        backward : bool, default=False
            Return the pass from the last step to the first, of a bidirectional layer. Its states
            at a step depend on this step and the later ones.

        Returns
        -------
        states : dict of str to float64 ndarray of shape (n_samples, n_steps, units)
            NaN at absent steps. Lists of arrays of shape (n_steps_i, units) if X, or the X of
            `fit`, is a list. Steps that `conv_strides` makes one step have the same states. The
            names depend on the cell:

            - "simple": "hidden", the state.
            - "gru": "update", the part of the state that stays; "reset", how much of the state the
              candidate sees; "candidate", the new value; "hidden".
            - "lstm": "input", how much of the candidate is written; "forget", the part of the cell
              state that stays; "output", how much of the cell state is shown; "candidate";
              "cell", the cell state; "hidden".
            - "mingru": "update", the part of the state that is replaced by the candidate;
              "candidate"; "hidden".

        Raises
        ------
        ValueError
            If there is no layer or network of this number, no pass backwards, or if the network is
            a `model` of your own.

        Examples
        --------
        How much of its state a GRU keeps at each step of a sequence, the mean of its units:

        >>> import numpy as np
        >>> from skrnn import RNNRegressor
        >>> X = np.random.default_rng(0).normal(size=(60, 6, 2))
        >>> network = RNNRegressor(units=4, epochs=2, random_state=0).fit(X, X[:, -1, 0])
        >>> states = network.cell_states(X[:3])
        >>> sorted(states)
        ['candidate', 'hidden', 'reset', 'update']
        >>> states["update"].shape
        (3, 6, 4)
        >>> kept = states["update"].mean(axis=2)
        >>> bool((kept > 0).all() and (kept < 1).all())
        True
        """
        check_is_fitted(self)
        _refuse_own_model(getattr(self, "builder_", None))
        described, inputs = network_of(self.network_), self._task().inputs
        weights = _numbered(members_of(self.weights_, self.n_networks_), network, "network")
        _numbered(described.units, layer, "layer")
        if backward and described.n_directions == 1:
            raise ValueError(
                "Expected a bidirectional network for backward=True, got one that reads forwards. "
                "Leave backward out, or set bidirectional=True and fit again."
            )
        found = inputs.read(self, X)
        given = inputs.in_network_units(found)
        layer = layer % len(described.units)
        states = states_of_layer(described, weights, given, layer, backward=backward)
        if inputs.gives_lists(X):
            return {name: without_padding(values, found) for name, values in states.items()}
        return states


def states_of_layer(
    network: Any, weights: Arrays, sequences: Sequences, layer: int, *, backward: bool
) -> dict[str, np.ndarray]:
    """Return the states of a layer by name, each of shape (n_samples, n_steps, units)."""
    source = iter(np.asarray(w, dtype=np.float64) for w in weights)
    present = sequences.present()
    values = sequences.dense()
    if getattr(network, "n_tokens", None) is not None:
        values = next(source)[values]
    values = np.where(present[:, :, None], values, 0.0)
    groups = np.broadcast_to(np.arange(present.shape[1]), present.shape)
    here = present
    if getattr(network, "conv_filters", ()):
        values, here, groups = _convolved(network, source, values, present)
    for _ in range(layer + 1):
        passes = _passes(network, source, values, here)
        values = np.concatenate([states["hidden"] for states in passes], axis=2)
    return {
        name: np.where(present[:, :, None], _at(states, groups), np.nan)
        for name, states in passes[int(backward)].items()
    }


# Recurrent layers


def _passes(
    network: Any, source: Any, values: np.ndarray, present: np.ndarray
) -> list[dict[str, np.ndarray]]:
    """Return what the passes of one layer give, in the order of the steps of the sequences."""
    found, n_weights = [], CELL_WEIGHTS[network.cell].n_weights
    for direction in (slice(None), slice(None, None, -1))[: network.n_directions]:
        weights = list(islice(source, n_weights))
        states = _pass(network.cell, weights, values[:, direction], present[:, direction])
        found.append({name: each[:, direction] for name, each in states.items()})
    return found


def _pass(
    cell: str, weights: Arrays, values: np.ndarray, present: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the gates and the states of a cell after each step; an absent step changes none."""
    n_samples, n_steps = present.shape
    kept = CELL_WEIGHTS[cell]
    units = weights[0].shape[1] // kept.n_gates
    states = [np.zeros((n_samples, units))] * kept.n_states
    after: list[dict[str, np.ndarray]] = []
    for step in range(n_steps):
        found, new = _STEPS[cell](values[:, step], states, *weights)
        here = present[:, step, None]
        states = [np.where(here, a, b) for a, b in zip(new, states, strict=True)]
        after.append({**found, **dict(zip(_STATES[kept.n_states], states, strict=True))})
    return {name: np.stack([each[name] for each in after], axis=1) for name in after[0]}


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _simple(
    x: np.ndarray, states: Arrays, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> tuple[dict[str, np.ndarray], Arrays]:
    """Return no gate, and h' = tanh(x W + h R + b)."""
    return {}, [np.tanh(x @ kernel + states[0] @ recurrent + bias)]


def _gru(
    x: np.ndarray, states: Arrays, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> tuple[dict[str, np.ndarray], Arrays]:
    """Return the gates and h' = z h + (1 - z) n; the reset gate is applied after the product."""
    (h,) = states
    of_x = np.split(x @ kernel + bias[0], 3, axis=1)
    of_h = np.split(h @ recurrent + bias[1], 3, axis=1)
    update, reset = (_sigmoid(a + b) for a, b in zip(of_x[:2], of_h[:2], strict=True))
    new = np.tanh(of_x[2] + reset * of_h[2])
    found = {"update": update, "reset": reset, "candidate": new}
    return found, [update * h + (1 - update) * new]


def _lstm(
    x: np.ndarray, states: Arrays, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray
) -> tuple[dict[str, np.ndarray], Arrays]:
    """Return the gates, h' = o tanh(c') and c' = f c + i g."""
    h, c = states
    of_gates = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
    into, forget, out = (_sigmoid(of_gates[number]) for number in (0, 1, 3))
    new = np.tanh(of_gates[2])
    c = forget * c + into * new
    return {"input": into, "forget": forget, "output": out, "candidate": new}, [out * np.tanh(c), c]


def _mingru(
    x: np.ndarray, states: Arrays, kernel: np.ndarray, bias: np.ndarray
) -> tuple[dict[str, np.ndarray], Arrays]:
    """Return the gate and h' = (1 - z) h + z n; the gate sees the input alone."""
    of_gate, new = np.split(x @ kernel + bias, 2, axis=1)
    update = _sigmoid(of_gate)
    return {"update": update, "candidate": new}, [(1 - update) * states[0] + update * new]


_STEPS: dict[str, Callable[..., tuple[dict[str, np.ndarray], Arrays]]] = {
    "simple": _simple,
    "gru": _gru,
    "lstm": _lstm,
    "mingru": _mingru,
}
# The names of the states, by how many there are.
_STATES = {1: ("hidden",), 2: ("hidden", "cell")}


# Convolutions before them


def _convolved(
    network: Any, source: Any, values: np.ndarray, present: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the recurrent layers read, which steps of it are present, and each step's own.

    The steps are groups of the steps of the sequences, and the last present step of a sequence
    ends a group; see `skrnn._keras.functional.convolution`.
    """
    n_steps = present.shape[1]
    numbers = np.arange(n_steps)
    lengths = np.where(present, numbers + 1, 0).max(axis=1, initial=0)
    shifts = (-lengths % network.stride)[:, None]
    before = np.arange(-(-n_steps // network.stride) * network.stride) - shifts
    within = (before >= 0) & (before < n_steps)
    before = np.where(within, before, 0)
    values = np.where(within[:, :, None], _at(values, before), 0.0)
    here = np.take_along_axis(present, before, axis=1) & within
    for stride in network.conv_strides:
        values = _convolution(values, next(source), next(source), stride)
        here = here.reshape(len(here), -1, stride).any(axis=2)
        values = np.where(here[:, :, None], values, 0.0)
    # Steps after the last present one may lie past the last group; they are absent.
    groups = np.minimum((numbers + shifts) // network.stride, here.shape[1] - 1)
    return values, here, groups


def _convolution(
    values: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int
) -> np.ndarray:
    """Return the outputs (ReLU) at the last step of each group, of that step and those before."""
    size = len(kernel)
    padded = np.pad(values, ((0, 0), (size - 1, 0), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, stride - 1 :: stride]
    return np.maximum(np.einsum("ntfs,sfu->ntu", seen, kernel, optimize=True) + bias, 0.0)


def _at(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the values of each sample at its own steps: int steps of shape (n_samples, n)."""
    return np.take_along_axis(values, steps[:, :, None], axis=1)


# What is refused


def _numbered(items: Any, number: Any, name: str) -> Any:
    """Return the item of a number; refuse a number that none has."""
    if not isinstance(number, int | np.integer) or not -len(items) <= number < len(items):
        raise ValueError(
            f"Expected {name} to be a number from 0 to {len(items) - 1}: the fitted estimator has "
            f"{len(items)} {name}{'s' * (len(items) > 1)}. Got {shown(number)}."
        )
    return items[number]


def _refuse_own_model(builder: Any) -> None:
    """Refuse a network that is not made of these cells."""
    if builder is not None:
        raise ValueError(
            "Expected a network of this package's cells, got a model of your own. Look into it "
            "with keras.Model(model.inputs, layer.output), where model is what to_keras() returns."
        )
