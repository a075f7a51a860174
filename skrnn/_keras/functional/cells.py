"""The recurrent cells: what one step does, and its derivatives.

A cell is one object. It owns its weights and states (`skrnn._cell_weights`), its biases, its step,
and the way it is differentiated. A new cell needs its weights there, and one plain formula here:
`Cell.step`. `Cell` then differentiates itself by `tf.GradientTape`. The cells that most networks
are made of have written derivatives (`WrittenCell`), which are faster. The tests hold these to
what the tape finds.

The formulas and the order of the gates are those of Keras' layers, so weights can be exchanged. The
guide derives them in symbols (``docs/guide/cells.rst``), with these names:

==============  ==================================================================================
name            meaning
==============  ==================================================================================
gate            a number from 0 to 1 for each unit: how much of something is let through
state           what one step leaves to the next: a tuple of arrays (batch, units), output first
projected       x W + b, the part of the gates that is made of the input: for all steps at once
inner           h R, the part of the gates that is made of the state: step by step
present         whether a sample has this step; an absent step leaves the state as it was
drop            recurrent dropout, one mask for all steps
kept            what a step keeps for its derivatives
before          the output before the step
apart           a derivative of `projected` that is not also one of `inner`
met             derivatives where those of a step's own output and of the later steps are added
==============  ==================================================================================

A sigmoid is computed as ``0.5 + 0.5 * tanh(x / 2)``, so that one ``tanh`` serves all gates at once.

References
----------
SimpleRNN: Elman, "Finding structure in time", 1990. LSTM: Hochreiter and Schmidhuber, "Long
short-term memory", 1997; Gers, Schmidhuber and Cummins, "Learning to forget", 2000. GRU: Cho et
al., "Learning phrase representations using RNN encoder-decoder", 2014, with the reset gate
applied after the product. minGRU: Feng, Tung, Ahmed, Bengio and Hajimirsadegh, "Were RNNs all we
needed?", 2024; its recurrent dropout: Semeniuta, Severyn and Barth, "Recurrent dropout without
memory loss", 2016.
"""

from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from ..._cell_weights import CELL_WEIGHTS
from .runs import Run
from .taped_run import TapedRun
from .written_run import WrittenRun

_OPEN, _SHUT = 1e9, -1e9
# cuDNN accepts only some masks; the plain kernels accept all and give the same numbers.
_WITHOUT_CUDNN = {"use_cudnn": False}


class Cell:
    """Base of the cells: `step` is all that one of them has to define."""

    # Its key in `CELL_WEIGHTS`.
    name: ClassVar[str]
    # The loop that runs it over the steps of a batch, and the derivatives back.
    run: ClassVar[type[Run]] = TapedRun
    # "module:class" of the same cell as a Keras layer, and what that needs to give these numbers.
    keras_layer: ClassVar[str]
    keras_options: ClassVar[dict[str, Any]] = {}

    @property
    def n_states(self):
        """How many arrays the state has."""
        return CELL_WEIGHTS[self.name].n_states

    @property
    def n_weights(self):
        """How many weights there are."""
        return CELL_WEIGHTS[self.name].n_weights

    def units(self, weights):
        """Return the width of each array of the state."""
        return weights[0].shape[1] // CELL_WEIGHTS[self.name].n_gates

    def parts(self, weights):
        """Return the tensors that `project` and `step` are given: the weights, or parts of them."""
        return weights

    def project(self, inputs, parts):
        """Return what of a step does not depend on the state: (n, width) to (n, n_gates * units).

        For any number of steps and samples at once.
        """
        return tf.matmul(inputs, parts[0]) + parts[-1]

    def step(self, projected, state, parts, drop):
        """Return the state after a step that is present.

        Parameters
        ----------
        projected : tensor of shape (batch, n_gates * units)
        state : tuple of tensors of shape (batch, units)
        parts : what `parts` gives
        drop : callable
            Applies the recurrent dropout to an array (batch, units).
        """
        raise NotImplementedError

    def next_state(self, inputs, weights, state):
        """Return the state after one more step: no dropout, every sample present."""
        parts = self.parts(weights)
        return self.step(self.project(inputs, parts), state, parts, lambda array: array)


class MinGRU(Cell):
    """The minimal gated unit, whose gate sees the input alone.

    z  = sigmoid(x W_z + b_z)         (batch, units)
    n  = x W_n + b_n                  (batch, units)
    h' = (1 - z) h + z n              (batch, units)

    No product with the state is there for recurrent dropout to enter, and to drop parts of the
    state itself would forget them for good. It is the new value n that is dropped.
    """

    name = "mingru"
    keras_layer = ".layers.min_gru:MinGRU"

    def step(self, projected, state, parts, drop):
        """See `Cell.step`."""
        (h,) = state
        gate, new = tf.split(projected, 2, axis=1)
        update = tf.sigmoid(gate)
        return ((1 - update) * h + update * drop(new),)


class WrittenCell(Cell):
    """Base of the cells with written derivatives: a kernel of the input and one of the state.

    Its parts are the kernel, the bias of `projected`, the recurrent kernel, and `inner_bias`.

    The arrays that a step keeps are read back through functions, one array each: XLA vectorizes an
    expression that reads an array kept at some step in one place, and none that reads it in two.
    That is why the derivatives come in two halves, `meet` and `step_back`.

    If gates can leave the state as it was, `hold` makes an absent step do so, by an input that is
    so large that tanh is 1 or -1 exactly. All derivatives of the step then vanish by themselves.
    """

    run = WrittenRun
    # The widths, in units, of what a step keeps, and the number of derivatives apart.
    kept: ClassVar[tuple[int, ...]]
    n_apart: ClassVar[int] = 0
    # Whether the derivative of `inner` may be written over the first array that a step keeps. XLA
    # copies the whole stack where that array is read in several places.
    is_overwritten: ClassVar[bool] = True

    def parts(self, weights):
        """Return the kernel, the bias of `projected`, the recurrent kernel, no `inner_bias`."""
        kernel, recurrent, bias = weights
        return kernel, bias, recurrent, tf.zeros([1])

    def project(self, inputs, parts):
        """See `Cell.project`."""
        kernel, bias, *_ = parts
        return tf.matmul(inputs, kernel) + bias

    def step(self, projected, state, parts, drop):
        """See `Cell.step`."""
        *_, recurrent, inner_bias = parts
        inner = tf.matmul(drop(state[0]), recurrent)
        return self.kept_step(projected, inner, state, tf.constant(True), inner_bias)[0]

    def kept_step(self, projected, inner, state, present, inner_bias):
        """Return the new state, and what the derivatives of this step need.

        `projected` and `inner` have shape (batch, n_gates * units).
        """
        gates = self.gates(projected, inner)
        return self.after(gates, projected, inner, state, present, inner_bias)

    def hold(self, projected, present):
        """Return `projected` with the gates of absent steps held."""
        return projected

    def gates(self, projected, inner):
        """Return what a step computes of its input and of the product with the state, first."""
        raise NotImplementedError

    def after(self, gates, projected, inner, state, present, inner_bias):
        """Return what `kept_step` does, from the gates on."""
        raise NotImplementedError

    def meet(self, kept, d_h, rest):
        """Return the derivatives that meet at a step, from those of its state."""
        raise NotImplementedError

    def step_back(self, kept, before, present, met):
        """Return the derivatives of `inner`, of what `projected` has apart, and of the state.

        Those of the state are what reaches it past the product with the recurrent kernel, and a
        tuple for the rest of the state.
        """
        raise NotImplementedError

    def of_projected(self, d_inner, apart):
        """Return the derivatives of `projected` over steps: (n_steps, batch, n_gates * units)."""
        return d_inner

    def of_biases(self, d_inner, apart):
        """Return the derivatives of both biases, sums over steps and samples."""
        return tf.reduce_sum(d_inner, axis=[0, 1]), tf.zeros([1])


class Simple(WrittenCell):
    """The cell of Elman.

    h' = tanh(x W + b + h R)          (batch, units)
    """

    name = "simple"
    keras_layer = "keras.layers:SimpleRNN"
    kept = (1,)  # the slope of tanh, 1 - h'²

    def gates(self, projected, inner):
        """See `WrittenCell.gates`."""
        return tf.tanh(projected + inner)

    def after(self, gates, projected, inner, state, present, inner_bias):
        """See `WrittenCell.after`."""
        h = tf.where(present, gates, state[0])
        return (h,), (tf.where(present, 1 - gates * gates, 0.0),)

    def meet(self, kept, d_h, rest):
        """See `WrittenCell.meet`."""
        return (d_h,)

    def step_back(self, kept, before, present, met):
        """See `WrittenCell.step_back`.

        d_inner = d_h' (1 - h'²)      (batch, units)
        """
        (slope,), (d_h,) = kept, met
        return d_h * slope(), (), tf.where(present(), 0.0, d_h), ()


class GRU(WrittenCell):
    """The gated recurrent unit: z updates, r resets.

    z  = sigmoid(x W_z + b_z + h R_z)         (batch, units)
    r  = sigmoid(x W_r + b_r + h R_r)         (batch, units)
    n  = tanh(x W_n + b_n + r (h R_n + c))    (batch, units)
    h' = z h + (1 - z) n                      (batch, units)
    """

    name = "gru"
    keras_layer = "keras.layers:GRU"
    keras_options = _WITHOUT_CUDNN
    kept = (2, 1, 1)  # the gates z and r before their shift, n, and h R_n + c
    n_apart = 1
    is_overwritten = False

    def parts(self, weights):
        """Return the kernel, the bias of `projected`, the recurrent kernel, and c."""
        kernel, recurrent, bias = weights
        units = recurrent.shape[0]
        of_gates = tf.concat([bias[1, : 2 * units], tf.zeros([units])], axis=0)
        return kernel, bias[0] + of_gates, recurrent, bias[1, 2 * units :]

    def hold(self, projected, present):
        """Return `projected` with the update gate of absent steps open."""
        return tf.where(present, projected, _each_gate((_OPEN, 0, 0), projected))

    def gates(self, projected, inner):
        """See `WrittenCell.gates`."""
        two = 2 * (inner.shape[1] // 3)
        return tf.tanh(0.5 * (projected[:, :two] + inner[:, :two]))

    def after(self, gates, projected, inner, state, present, inner_bias):
        """See `WrittenCell.after`."""
        (h,), two = state, gates.shape[1]
        update, reset = tf.split(0.5 + 0.5 * gates, 2, axis=1)
        inner_new = inner[:, two:] + inner_bias
        new = tf.tanh(projected[:, two:] + reset * inner_new)
        return (update * h + (1 - update) * new,), (gates, new, inner_new)

    def meet(self, kept, d_h, rest):
        """See `WrittenCell.meet`.

        d_n = d_h' (1 - z) (1 - n²)   (batch, units), of what n is the tanh of
        """
        gates, new, _ = kept
        update = 0.5 + 0.5 * gates()[:, : d_h.shape[1]]
        return d_h, d_h * (1 - update) * (1 - new() * new())

    def step_back(self, kept, before, present, met):
        """See `WrittenCell.step_back`; the derivative apart is d_n.

        d_z = d_h' (h - n) z (1 - z)          (batch, units)
        d_r = d_n (h R_n + c) r (1 - r)       (batch, units)
        d_inner = [d_z, d_r, d_n r]           (batch, 3 units)
        d_h = d_h' z + d_inner Rᵀ             (batch, units), the product added by the run
        """
        gates, new, inner_new = kept
        d_h, d_new = met
        update, reset = tf.split(0.5 + 0.5 * gates(), 2, axis=1)
        d_update = d_h * (before() - new()) * (update * (1 - update))
        d_reset = d_new * inner_new() * (reset * (1 - reset))
        d_inner = tf.concat([d_update, d_reset, d_new * reset], axis=1)
        return d_inner, (d_new,), d_h * update, ()

    def of_projected(self, d_inner, apart):
        """See `WrittenCell.of_projected`."""
        two = 2 * (d_inner.shape[2] // 3)
        return tf.concat([d_inner[:, :, :two], *apart], axis=2)

    def of_biases(self, d_inner, apart):
        """See `WrittenCell.of_biases`."""
        two = 2 * (d_inner.shape[2] // 3)
        sums = tf.reduce_sum(d_inner, axis=[0, 1])
        # Not the sum of what was joined: XLA would join again for each number of the sum.
        ones = tf.ones([1, d_inner.shape[1]])
        of_new = tf.matmul(ones, tf.reduce_sum(apart[0], axis=0))[0]
        return tf.concat([sums[:two], of_new], axis=0), sums[two:]


class LSTM(WrittenCell):
    """The long short-term memory; the gates i, f, g and o in this order.

    i, f, o = sigmoid(x W_ifo + b_ifo + h R_ifo)      (batch, units) each
    g  = tanh(x W_g + b_g + h R_g)                    (batch, units)
    c' = f c + i g                                    (batch, units)
    h' = o tanh(c')                                   (batch, units)
    """

    name = "lstm"
    keras_layer = "keras.layers:LSTM"
    keras_options = _WITHOUT_CUDNN
    # Factors of the derivatives: those of the gates, of the cell state by h, and by the next one.
    kept = (4, 1, 1)

    def hold(self, projected, present):
        """Return `projected` with absent steps forgetting and letting in nothing."""
        return tf.where(present, projected, _each_gate((_SHUT, _OPEN, 0, _SHUT), projected))

    def gates(self, projected, inner):
        """See `WrittenCell.gates`."""
        return tf.tanh((projected + inner) * _each_gate((0.5, 0.5, 1, 0.5), inner))

    def after(self, gates, projected, inner, state, present, inner_bias):
        """See `WrittenCell.after`.

        factor = [g i (1 - i), c f (1 - f), i (1 - g²), tanh(c') o (1 - o)]   (batch, 4 units)
        """
        h, c = state
        into, forget, new, out = tf.split(gates, 4, axis=1)
        into, forget, out = 0.5 + 0.5 * into, 0.5 + 0.5 * forget, 0.5 + 0.5 * out
        new_c = forget * c + into * new
        tanh_c = tf.tanh(new_c)
        new_h = tf.where(present, out * tanh_c, h)
        slope = _each_gate((0.25, 0.25, 1, 0.25), gates) * (1 - gates * gates)
        factor = tf.concat([new, c, into, tanh_c], axis=1) * slope
        return (new_h, new_c), (factor, out * (1 - tanh_c * tanh_c), forget)

    def meet(self, kept, d_h, rest):
        """See `WrittenCell.meet`.

        d_c' = d_c' of the next step + d_h' o (1 - tanh²(c'))     (batch, units)
        """
        _, of_h, _ = kept
        (d_c,) = rest
        return d_h, d_c + d_h * of_h()

    def step_back(self, kept, before, present, met):
        """See `WrittenCell.step_back`.

        d_inner = [d_c', d_c', d_c', d_h'] factor     (batch, 4 units)
        d_c = d_c' f                                  (batch, units)
        """
        factor, _, forget = kept
        d_h, d_c = met
        d_inner = tf.concat([d_c, d_c, d_c, d_h], axis=1) * factor()
        return d_inner, (), tf.where(present(), 0.0, d_h), (d_c * forget(),)


def _each_gate(values, gates):
    """Return one value for each gate as a row as wide as `gates`."""
    return tf.constant(np.repeat(np.float32(values), gates.shape[-1] // len(values)))


CELLS: dict[str, Any] = {cell.name: cell for cell in (Simple(), GRU(), LSTM(), MinGRU())}
