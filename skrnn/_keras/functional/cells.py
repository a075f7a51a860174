"""The recurrent cells: what one step does, and its gradient.

The formulas and the order of the gates are those of Keras' layers, so weights can be exchanged. A
sigmoid is computed as ``0.5 + 0.5 * tanh(x / 2)``, so that one ``tanh`` serves all gates at once.

What a step keeps for its gradient is read back through functions, one array each: XLA vectorizes an
expression that reads an array kept at some step in one place, and none that reads it in two.
That is why the derivatives come in two halves, `meet` and `step_back`.

An absent step leaves the state as it was. Where gates can do that they are held open or shut by an
input so large that tanh is 1 or -1 exactly, and all derivatives of the step vanish by themselves.

References
----------
SimpleRNN: Elman, "Finding structure in time", 1990. LSTM: Hochreiter and Schmidhuber, "Long
short-term memory", 1997; Gers, Schmidhuber and Cummins, "Learning to forget", 2000. GRU: Cho et
al., "Learning phrase representations using RNN encoder-decoder", 2014, with the reset gate
applied after the product.
"""

from typing import Any

import numpy as np
import tensorflow as tf

_OPEN, _SHUT = 1e9, -1e9


class Simple:
    """The cell of Elman: ``h' = tanh(x + R h)``."""

    # Arrays for the state, and the widths in units of what a step keeps: the slope of tanh.
    n_states = 1
    kept = (1,)
    n_apart = 0
    # Whether the derivative of `inner` may be written over the first array that a step keeps. XLA
    # copies the whole stack where that array is read in several places.
    is_overwritten = True

    @staticmethod
    def hold(projected, present):
        """Return the projected input with the gates of absent steps held."""
        return projected

    @staticmethod
    def step(projected, inner, state, present, bias):
        """Return the new state, and what the gradient needs of this step.

        `projected` is the input's part of the gates and `inner` that of the state, both of shape
        (batch, n_gates * units).
        """
        gates = Simple.gates(projected, inner)
        return Simple.after(gates, projected, inner, state, present, bias)

    @staticmethod
    def gates(projected, inner):
        """Return what a step computes of its input and of the product with the state, first."""
        return tf.tanh(projected + inner)

    @staticmethod
    def after(gates, projected, inner, state, present, bias):
        """Return what `step` does, from the gates on."""
        h = tf.where(present, gates, state[0])
        return (h,), (tf.where(present, 1 - gates * gates, 0.0),)

    @staticmethod
    def meet(kept, d_h, rest):
        """Return the derivatives that meet at a step, from those of its state."""
        return (d_h,)

    @staticmethod
    def step_back(kept, before, present, met):
        """Return the derivatives of `inner`, of what `projected` has apart, and of the state.

        Those of the state are what reaches it past the product with the recurrent kernel, and a
        tuple for the rest of the state.
        """
        (slope,), (d_h,) = kept, met
        return d_h * slope(), (), tf.where(present(), 0.0, d_h), ()


class GRU:
    """``h' = z h + (1 - z) n`` with ``n = tanh(x + r (R h + b))``; z updates, r resets."""

    n_states = 1
    kept = (2, 1, 1)
    n_apart = 1
    is_overwritten = False

    @staticmethod
    def hold(projected, present):
        """Return the projected input with the update gate of absent steps open."""
        return tf.where(present, projected, _each_gate((_OPEN, 0, 0), projected))

    @staticmethod
    def step(projected, inner, state, present, bias):
        """See `Simple.step`; `bias` is that of the state's part of ``n``."""
        return GRU.after(GRU.gates(projected, inner), projected, inner, state, present, bias)

    @staticmethod
    def gates(projected, inner):
        """See `Simple.gates`."""
        two = 2 * (inner.shape[1] // 3)
        return tf.tanh(0.5 * (projected[:, :two] + inner[:, :two]))

    @staticmethod
    def after(gates, projected, inner, state, present, bias):
        """See `Simple.after`."""
        (h,), two = state, gates.shape[1]
        update, reset = tf.split(0.5 + 0.5 * gates, 2, axis=1)
        inner_new = inner[:, two:] + bias
        new = tf.tanh(projected[:, two:] + reset * inner_new)
        return (update * h + (1 - update) * new,), (gates, new, inner_new)

    @staticmethod
    def meet(kept, d_h, rest):
        """See `Simple.meet`."""
        gates, new, _ = kept
        update = 0.5 + 0.5 * gates()[:, : d_h.shape[1]]
        return d_h, d_h * (1 - update) * (1 - new() * new())

    @staticmethod
    def step_back(kept, before, present, met):
        """See `Simple.step_back`; the derivative apart is that of the input's part of ``n``."""
        gates, new, inner_new = kept
        d_h, d_new = met
        update, reset = tf.split(0.5 + 0.5 * gates(), 2, axis=1)
        d_update = d_h * (before() - new()) * (update * (1 - update))
        d_reset = d_new * inner_new() * (reset * (1 - reset))
        d_inner = tf.concat([d_update, d_reset, d_new * reset], axis=1)
        return d_inner, (d_new,), d_h * update, ()


class LSTM:
    """``c' = f c + i g`` and ``h' = o tanh(c')``; the gates i, f, g and o in this order."""

    n_states = 2
    # Factors of the derivatives: those of the gates, of the cell state by h, and by the next one.
    kept = (4, 1, 1)
    n_apart = 0
    is_overwritten = True

    @staticmethod
    def hold(projected, present):
        """Return the projected input with absent steps forgetting and letting in nothing."""
        return tf.where(present, projected, _each_gate((_SHUT, _OPEN, 0, _SHUT), projected))

    @staticmethod
    def step(projected, inner, state, present, bias):
        """See `Simple.step`."""
        gates = LSTM.gates(projected, inner)
        return LSTM.after(gates, projected, inner, state, present, bias)

    @staticmethod
    def gates(projected, inner):
        """See `Simple.gates`."""
        return tf.tanh((projected + inner) * _each_gate((0.5, 0.5, 1, 0.5), inner))

    @staticmethod
    def after(gates, projected, inner, state, present, bias):
        """See `Simple.after`."""
        h, c = state
        into, forget, new, out = tf.split(gates, 4, axis=1)
        into, forget, out = 0.5 + 0.5 * into, 0.5 + 0.5 * forget, 0.5 + 0.5 * out
        new_c = forget * c + into * new
        tanh_c = tf.tanh(new_c)
        new_h = tf.where(present, out * tanh_c, h)
        slope = _each_gate((0.25, 0.25, 1, 0.25), gates) * (1 - gates * gates)
        factor = tf.concat([new, c, into, tanh_c], axis=1) * slope
        return (new_h, new_c), (factor, out * (1 - tanh_c * tanh_c), forget)

    @staticmethod
    def meet(kept, d_h, rest):
        """See `Simple.meet`."""
        _, of_h, _ = kept
        (d_c,) = rest
        return d_h, d_c + d_h * of_h()

    @staticmethod
    def step_back(kept, before, present, met):
        """See `Simple.step_back`."""
        factor, _, forget = kept
        d_h, d_c = met
        d_inner = tf.concat([d_c, d_c, d_c, d_h], axis=1) * factor()
        return d_inner, (), tf.where(present(), 0.0, d_h), (d_c * forget(),)


def _each_gate(values, gates):
    """Return one value for each gate as a row as wide as `gates`."""
    return tf.constant(np.repeat(np.float32(values), gates.shape[-1] // len(values)))


CELLS: dict[str, Any] = {"simple": Simple, "gru": GRU, "lstm": LSTM}
