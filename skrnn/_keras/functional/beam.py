"""Beam search: the token sequences that a decoder finds most probable, in one loop of the graph.

The beam keeps the `beam_width` best beginnings of each sample; a width of 1 is the greedy search.
Sequences that have ended stay in the beam with their probability. Which of the found ones is the
best, with a penalty for its length or without, is decided outside.

References
----------
Graves, "Sequence transduction with recurrent neural networks", 2012; Sutskever, Vinyals and Le,
"Sequence to sequence learning with neural networks", 2014.
"""

import tensorflow as tf

from ..._tokens import END, PADDING, START, UNKNOWN
from .batch import gives
from .encoder_decoder import decoder_step, encoded
from .forbidden_tokens import NEVER, never, only
from .layer import DropoutMasks

# Tokens that stand for no output.
_FORBIDDEN = (PADDING, UNKNOWN, START)


@gives(
    lambda network, shape, beam_width, max_len: [
        (tf.int32, [beam_width, max_len]),
        (tf.float32, [beam_width]),
    ]
)
def search(network, weights, batch, beam_width, max_len):
    """Return the sequences found, (batch, beam_width, max_len), and their log-probabilities.

    All of them have an end: it is all that the last step may write.
    """
    source, weights = encoded(network, weights, batch, DropoutMasks(None))
    real = tf.reduce_any(source.present, axis=1)
    n_samples, n_tokens = real.shape[0], network.n_outputs
    source = tf.nest.map_structure(
        lambda t: None if t is None else tf.repeat(t, beam_width, axis=0), source
    )
    forbidden = never(_FORBIDDEN, n_tokens)
    only_padding, only_end = only(PADDING, n_tokens), only(END, n_tokens)

    def extend(step, tokens, states, scores, ended, sequences):
        raw, states = decoder_step(
            network, weights, tf.reshape(tokens, [-1]), source._replace(states=states)
        )
        gains = tf.nn.log_softmax(raw) + forbidden
        gains += tf.where(step == max_len - 1, only_end, 0.0)
        gains = tf.reshape(gains, [n_samples, beam_width, n_tokens])
        gains = tf.where(ended[:, :, None], only_padding, gains)
        totals = tf.reshape(scores[:, :, None] + gains, [n_samples, beam_width * n_tokens])
        scores, best = tf.math.top_k(totals, beam_width)
        parents, tokens = best // n_tokens, best % n_tokens
        states = tf.nest.map_structure(lambda s: _of_parents(s, parents), states)
        ended = tf.gather(ended, parents, batch_dims=1) | (tokens == END)
        sequences = tf.gather(sequences, parents, batch_dims=1)
        sequences = tf.where(tf.range(max_len) == step, tokens[:, :, None], sequences)
        return step + 1, tokens, states, scores, ended, sequences

    def goes_on(step, tokens, states, scores, ended, sequences):
        return (step < max_len) & ~tf.reduce_all(ended)

    # At the start all places of the beam are the same, so one alone counts.
    scores = tf.one_hot([0] * n_samples, beam_width, on_value=0.0, off_value=NEVER)
    tokens = tf.fill([n_samples, beam_width], START)
    ended = tf.repeat(~real[:, None], beam_width, axis=1)
    sequences = tf.zeros([n_samples, beam_width, max_len], tf.int32)
    loop = (0, tokens, source.states, scores, ended, sequences)
    *_, scores, _, sequences = tf.while_loop(goes_on, extend, loop)
    return sequences, scores


def _of_parents(state, parents):
    """Return the state of each place's parent in the beam."""
    n_samples, beam_width = parents.shape
    state = tf.reshape(state, [n_samples, beam_width, -1])
    return tf.reshape(tf.gather(state, parents, batch_dims=1), [n_samples * beam_width, -1])
