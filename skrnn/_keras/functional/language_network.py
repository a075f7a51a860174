"""A language model as pure functions: what each token of a text says about the next one.

A batch of training holds a piece of several streams of text, one token longer than it is deep: the
tokens but the last are read, those but the first are predicted. A batch leaves the state of its
layers to the next one, and no gradient flows back through it (truncated backpropagation through
time). The same step with nothing to learn gives the probability of texts.

References
----------
Mikolov, Karafiát, Burget, Černocký and Khudanpur, "Recurrent neural network based language model",
2010. Truncated backpropagation: Williams and Peng, "An efficient gradient-based algorithm for
on-line training of recurrent network trajectories", 1990. Dropout between the layers alone:
Zaremba, Sutskever and Vinyals, "Recurrent neural network regularization", 2014. A sample as the
largest of noisy logits: Gumbel, "Statistical theory of extreme values", 1954. The most probable
tokens that have a given probability together: Holtzman et al., "The curious case of neural text
degeneration", 2020.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ..._tokens import END, PADDING, START, UNKNOWN
from .cells import CELLS
from .forbidden_tokens import NEVER, never
from .layer import DropoutMasks, Steps, dense, layer_weights, masked_run, step_of_layers
from .losses import element_loss

# Ids that are no token of a text.
NEVER_NEXT = (PADDING, START)


def initial_carry(network, batch_size):
    """Return the state before a text: for each layer a tuple of zeros (batch_size, units)."""
    n_states = CELLS[network.cell].n_states
    return tuple((tf.zeros([batch_size, units]),) * n_states for units in network.units)


def losses(network, loss, weights, batch, seed, carry):
    """Return the losses of a batch at each step; see `architectures`."""
    masks = DropoutMasks(seed)
    tokens, targets = batch.inputs[:-1], batch.inputs[1:]
    # The last token, where it is one, is read as the first of the next piece.
    hidden, carry = read(
        network, weights, tf.where(targets == PADDING, PADDING, tokens), carry, masks
    )
    drop = masks.draw(network.dropout, hidden.shape[1:])
    raw = logits(weights, hidden if drop is None else hidden * drop)
    found = element_loss(loss)(targets[:, :, None], raw)
    carry = tf.nest.map_structure(tf.stop_gradient, carry)
    return tf.transpose(found), tf.transpose(targets != PADDING), carry


def read(network, weights, tokens, states, masks, n_present=None):
    """Read tokens, of shape (n_steps, batch), on from a state.

    The end of a text is read as the start of the next one.

    Returns
    -------
    hidden : tensor of shape (n_steps, batch, units)
        The output of the last layer after each step.
    states : tuple of tuples of tensors of shape (batch, units)
        The whole state of each layer after the last step that is present.
    """
    weights = iter(weights)
    steps = Steps((tokens != PADDING)[:, :, None], n_present)
    hidden = tf.gather(next(weights), tf.where(tokens == END, START, tokens))
    after = []
    for state in states:
        own = layer_weights(network, weights)
        hidden, state = masked_run(
            network, own, hidden, steps, masks, start=state, want_steps=True, want_state=True
        )
        after.append(state)
    return hidden, tuple(after)


def logits(weights, hidden):
    """Return the raw output for each token; padding and the start never come next."""
    raw = dense(hidden, *weights[-2:])
    return raw + never(NEVER_NEXT, raw.shape[-1])


def log_likelihood(network, weights, tokens, states):
    """Return the summed log-probabilities of a piece of each text, and the states after it.

    Parameters
    ----------
    tokens : int tensor of shape (n_steps + 1, batch)
        The first one is given; 0 after a text's end.
    states : as `initial_carry` gives them

    Returns
    -------
    log_probability : float64 tensor of shape (batch,)
    states : nest of tensors
    """
    given, targets = tokens[:-1], tokens[1:]
    n_present = tf.reduce_max(tf.reduce_sum(tf.cast(given != PADDING, tf.int32), axis=0))
    hidden, states = read(network, weights, given, states, DropoutMasks(None), n_present)
    found = -element_loss("categorical_crossentropy")(targets[:, :, None], logits(weights, hidden))
    found = tf.where(targets != PADDING, found, 0.0)
    return tf.reduce_sum(tf.cast(found, tf.float64), axis=0), states


def next_log_probability(weights, states):
    """Return the logarithm of the probability of each next token: (batch, n_tokens)."""
    return tf.nn.log_softmax(logits(weights, states[-1][0]))


class Choice(NamedTuple):
    """How a next token is chosen, in tensors.

    Parameters
    ----------
    n_tokens : int
        How many are written at most.
    temperature : float
        0 takes the most probable one.
    top_k : int
        How many of the most probable ones are considered.
    top_p : float
        The least probability that those considered have together.
    seed : int tensor of shape (2,)
    """

    n_tokens: tf.Tensor
    temperature: tf.Tensor
    top_k: tf.Tensor
    top_p: tf.Tensor
    seed: tf.Tensor


def written(network, weights, states, choice, capacity, considers_some):
    """Return tokens that follow one another after a state, of shape (batch, capacity).

    Zero after the end, which is one of them. One loop of the graph, until all have ended or
    `choice.n_tokens` are written. `considers_some` tells whether `top_k` and `top_p` are looked at.
    """
    batch = states[0][0].shape[0]
    not_unknown = never([UNKNOWN], network.n_tokens)

    def goes_on(step, states, ended, text):
        return (step < choice.n_tokens) & ~tf.reduce_all(ended)

    def write(step, states, ended, text):
        raw = logits(weights, states[-1][0]) + not_unknown
        if considers_some:
            raw = _considered(raw, choice)
        seed = tf.random.experimental.stateless_fold_in(choice.seed, step)
        uniform = tf.random.stateless_uniform(raw.shape, seed, minval=1e-30, maxval=1.0)
        noisy = raw - choice.temperature * tf.math.log(-tf.math.log(uniform))
        noisy = tf.where(raw > NEVER / 2, noisy, -np.inf)  # however high the temperature
        token = tf.argmax(noisy, axis=1, output_type=tf.int32)
        token = tf.where(ended, PADDING, token)
        text = tf.where(tf.range(capacity) == step, token[:, None], text)
        return step + 1, _step(network, weights, token, states), ended | (token == END), text

    text = tf.zeros([batch, capacity], tf.int32)
    return tf.while_loop(goes_on, write, (0, states, tf.zeros([batch], tf.bool), text))[-1]


def _step(network, weights, token, states):
    """Return the states after one more token."""
    table, *others = weights
    others = iter(others)
    layers = [layer_weights(network, others) for _ in states]
    return step_of_layers(network, layers, tf.gather(table, token), states)[1]


def _considered(raw, choice):
    """Return raw outputs, those of tokens that are not considered far below all others."""
    ordered = tf.sort(raw, axis=1, direction="DESCENDING")
    # At a temperature of 0 the most probable token has all the probability.
    probability = tf.nn.softmax(ordered / tf.maximum(choice.temperature, 1e-6))
    before = tf.cumsum(probability, axis=1, exclusive=True)
    kept = (before < choice.top_p) & (tf.range(raw.shape[1]) < choice.top_k)
    least = tf.reduce_min(tf.where(kept, ordered, raw.dtype.max), axis=1, keepdims=True)
    return tf.where(raw >= least, raw, 2 * NEVER)
