"""The recurrent cells, and the loop that runs one over the steps of a batch.

The input's part of every gate is one matrix product over all steps, made before the loop; the
loop holds only what depends on the state. The formulas and the order of the gates are those of
Keras' layers, so weights can be exchanged.

References
----------
SimpleRNN: Elman, "Finding structure in time", 1990. LSTM: Hochreiter and Schmidhuber, "Long
short-term memory", 1997; Gers, Schmidhuber and Cummins, "Learning to forget", 2000. GRU: Cho et
al., "Learning phrase representations using RNN encoder-decoder", 2014, with the reset gate
applied after the product. Recurrent dropout: Gal and Ghahramani, "A theoretically grounded
application of dropout in recurrent neural networks", 2016 (one mask for all steps and gates).
"""

import tensorflow as tf


def _simple_step(projected, state, entering, recurrent, bias):
    return (tf.tanh(projected + tf.matmul(entering, recurrent)),)


def _gru_step(projected, state, entering, recurrent, bias):
    inner = tf.matmul(entering, recurrent) + bias[1]
    x_update, x_reset, x_new = tf.split(projected, 3, axis=1)
    h_update, h_reset, h_new = tf.split(inner, 3, axis=1)
    update = tf.sigmoid(x_update + h_update)
    new = tf.tanh(x_new + tf.sigmoid(x_reset + h_reset) * h_new)
    return (update * state[0] + (1 - update) * new,)


def _lstm_step(projected, state, entering, recurrent, bias):
    gates = projected + tf.matmul(entering, recurrent)
    into, forget, new, out = tf.split(gates, 4, axis=1)
    c = tf.sigmoid(forget) * state[1] + tf.sigmoid(into) * tf.tanh(new)
    return (tf.sigmoid(out) * tf.tanh(c), c)


_STEPS = {"simple": _simple_step, "gru": _gru_step, "lstm": _lstm_step}


def run_cell(cell, inputs, present, weights, *, backward, keep_mask, want_steps):
    """Run a cell over the steps.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm"}
    inputs : tensor of shape (n_steps, batch, width)
    present : bool tensor of shape (n_steps, batch, 1)
        An absent step leaves the state as it was.
    weights : (kernel, recurrent kernel, bias)
    backward : bool
        Run from the last step to the first.
    keep_mask : tensor of shape (batch, units) or None
        Recurrent dropout: multiplies the state that enters the gates.
    want_steps : bool
        Return the state after every step, else after the last.

    Returns
    -------
    tensor of shape (n_steps, batch, units) or (batch, units)
    """
    kernel, recurrent, bias = weights
    n_steps, batch, width = inputs.shape
    units = recurrent.shape[0]
    projected = tf.matmul(tf.reshape(inputs, [n_steps * batch, width]), kernel)
    projected += bias[0] if cell == "gru" else bias
    # Reading it through a TensorArray keeps the gradient's cost linear in the steps.
    projected = _as_steps(tf.reshape(projected, [n_steps, batch, projected.shape[1]]))

    def advance(count, state, steps):
        step = n_steps - 1 - count if backward else count
        entering = state[0] if keep_mask is None else state[0] * keep_mask
        new = _STEPS[cell](projected.read(step), state, entering, recurrent, bias)
        new = tuple(tf.where(present[step], n, s) for n, s in zip(new, state, strict=True))
        return count + 1, new, steps.write(step, new[0]) if want_steps else steps

    zero = tf.zeros([batch, units])
    steps = tf.TensorArray(tf.float32, n_steps, element_shape=[batch, units]) if want_steps else 0
    _, state, steps = tf.while_loop(
        lambda count, *_: count < n_steps,
        advance,
        (0, (zero, zero) if cell == "lstm" else (zero,), steps),
        # XLA sizes the stacks of the gradient by it.
        maximum_iterations=n_steps,
    )
    return steps.stack() if want_steps else state[0]


def _as_steps(values):
    n_steps, *shape = values.shape
    return tf.TensorArray(values.dtype, n_steps, element_shape=shape).unstack(values)
