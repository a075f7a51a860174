"""The layers of networks: recurrent layers with their dropout masks, and dense ones."""

from itertools import islice
from typing import NamedTuple

import tensorflow as tf

from .cells import CELLS
from .recurrence import run_cell


class Steps(NamedTuple):
    """The steps of a batch that a layer runs over; see `recurrence.run_cell`.

    Parameters
    ----------
    present : bool tensor of shape (n_steps, batch, 1)
    n_present : int tensor or None
    in_blocks : bool
    """

    present: tf.Tensor
    n_present: tf.Tensor | None
    in_blocks: bool = True


def layer_weights(network, weights):
    """Return the next weights of an iterator, as many as a layer of one direction has."""
    return tuple(islice(weights, CELLS[network.cell].n_weights))


def masked_run(network, weights, inputs, steps, masks, **wanted):
    """Run a layer of one direction, with its two dropout masks: of the inputs and of the state.

    `wanted` are `backward`, `start`, `want_steps` and `want_state` of `recurrence.run_cell`.
    """
    cell = CELLS[network.cell]
    input_mask = masks.draw(network.dropout, inputs.shape[1:])
    return run_cell(
        cell,
        inputs if input_mask is None else inputs * input_mask,
        steps.present,
        weights,
        keep_mask=masks.draw(network.recurrent_dropout, [inputs.shape[1], cell.units(weights)]),
        n_present=steps.n_present,
        in_blocks=steps.in_blocks,
        train=masks.seed is not None,
        **wanted,
    )


def recurrent_layer(network, weights, inputs, steps, masks, want_steps, want_state=False):
    """Run a layer in one direction or both, side by side, with weights of an iterator."""
    outputs = [
        masked_run(
            network,
            layer_weights(network, weights),
            inputs,
            steps,
            masks,
            backward=backward,
            want_steps=want_steps,
            want_state=want_state,
        )
        for backward in (False, True)[: network.n_directions]
    ]
    return tf.nest.map_structure(lambda *sides: tf.concat(sides, axis=-1), *outputs)


def step_of_layers(network, weights, inputs, states):
    """Run layers for one step, without dropout, every sample present.

    Parameters
    ----------
    weights : list of tuples of tensors
        The weights of each layer.
    inputs : tensor of shape (batch, width)
    states : tuple of tuples of tensors of shape (batch, units)

    Returns
    -------
    tensor of shape (batch, units)
        The output of the last layer.
    tuple of tuples of tensors
        The states after the step.
    """
    after = []
    for own, state in zip(weights, states, strict=True):
        state = CELLS[network.cell].next_state(inputs, own, state)
        inputs = state[0]
        after.append(state)
    return inputs, tuple(after)


def dense(inputs, kernel, bias):
    """Multiply the last axis with a kernel and add a bias."""
    flat = tf.reshape(inputs, [-1, inputs.shape[-1]])
    return tf.reshape(tf.matmul(flat, kernel) + bias, [*inputs.shape[:-1], kernel.shape[1]])


class DropoutMasks:
    """Draw one mask after the other from one seed: 0 where dropped, 1 / (1 - rate) elsewhere."""

    def __init__(self, seed):
        self.seed = seed
        self.n_drawn = 0

    def draw(self, rate, shape):
        """Return a mask, or None where nothing is dropped."""
        if self.seed is None or rate == 0:
            return None
        self.n_drawn += 1
        seed = tf.random.experimental.stateless_fold_in(self.seed, self.n_drawn)
        keep = tf.random.stateless_uniform(shape, seed) >= rate
        return tf.cast(keep, tf.float32) / (1 - rate)
