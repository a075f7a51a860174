"""A network that is fed its own outputs: what it gives for one step is the next step's input.

The state is carried from step to step. No window is read anew.
"""

import tensorflow as tf

from .batch import gives
from .layer import DropoutMasks, Steps, layer_weights, masked_run, step_of_layers
from .recurrent_stack import read_out


@gives(lambda network, shape, order: [(tf.float32, [shape.targets[0], network.n_outputs])])
def roll_out(network, weights, batch, order):
    """Return the outputs for the step after a sequence, and for each step after that.

    Parameters
    ----------
    network : Network
        Its outputs are read from the last state of one direction.
    weights : list of tensors
        Those of the network, then the scale and the offset, of shape (n_outputs,), that make
        features of outputs.
    batch : Batch
        Its targets are values of features that are known ahead, of shape (batch, n_steps,
        n_known). Those of the last step are not read.
    order : tuple of int
        For each feature, the column that fills it: of outputs first, then of known values.

    Returns
    -------
    tuple of one tensor of shape (batch, n_steps, n_outputs)
    """
    *weights, scale, offset = weights
    unread = iter(weights)
    layers = [layer_weights(network, unread) for _ in network.units]
    of_read_out = list(unread)
    known = tf.transpose(batch.targets, [1, 0, 2])
    n_steps, n_samples = known.shape[:2]

    def write(step, outputs, states, written):
        columns = tf.concat([outputs * scale + offset, known[step]], axis=1)
        inputs = tf.gather(columns, order, axis=1)
        hidden, states = step_of_layers(network, layers, inputs, states)
        written = written.write(step, outputs)
        return step + 1, read_out(network, iter(of_read_out), hidden), states, written

    hidden, states = _states_after(network, layers, batch)
    outputs = read_out(network, iter(of_read_out), hidden)
    shape = [n_samples, network.n_outputs]
    written = tf.TensorArray(tf.float32, n_steps, element_shape=shape)
    loop = (0, outputs, states, written)
    written = tf.while_loop(lambda step, *_: step < n_steps, write, loop)[-1]
    return (tf.transpose(written.stack(), [1, 0, 2]),)


def _states_after(network, layers, batch):
    """Return the last layer's output after the last step, and the states of all layers."""
    masks = DropoutMasks(None)
    steps = Steps(batch.present[:, :, None], batch.n_present)
    hidden, states = batch.inputs, []
    for number, own in enumerate(layers):
        want_steps = number < len(layers) - 1
        hidden, state = masked_run(
            network, own, hidden, steps, masks, want_steps=want_steps, want_state=True
        )
        states.append(state)
    return hidden, tuple(states)
