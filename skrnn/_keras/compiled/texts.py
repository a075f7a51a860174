"""The doors to a language model: arrays in and out of programs that read texts and write them.

Texts are read piece by piece, all pieces of one size, and the state goes from one piece to the
next: a text may be of any length, and one program reads them all.
"""

import numpy as np
import tensorflow as tf

from ..._programs import program
from ..._tokens import PADDING
from ..exhausted import tells_of_memory
from ..functional import language_network as language
from .predictor import load
from .threads import mapping, n_threads
from .xla import compiled_on

# Tokens of one piece, and texts that are read side by side. Always these, and a long text always by
# itself, so that what is found for a text does not depend, to the bit, on the others.
_PIECE, _TEXTS = 32, 32
_LONG = 4096


@tells_of_memory
def log_likelihoods(network, weights, texts, *, device):
    """Return how probable texts are.

    Parameters
    ----------
    network : LanguageModel
    weights : list of ndarray
    texts : Sequences
        Token ids. The first one of each is given; 0 is none.
    device : {"cpu", "gpu"}
        The device that the network was fitted on.

    Returns
    -------
    log_likelihood : float64 ndarray of shape (n_texts,)
    n_tokens : int ndarray of shape (n_texts,)
        How many tokens were predicted.
    """
    predictor = load(network, weights, device)
    found = np.zeros(len(texts))
    n_tokens = np.zeros(len(texts), dtype=np.int64)

    def read(rows):
        for piece, likelihood, _ in _read(predictor, texts, rows):
            found[rows] += likelihood[: len(rows)]
            n_tokens[rows] += (piece[1:, : len(rows)] != PADDING).sum(axis=0)

    _for_all(read, _side_by_side(texts.lengths))
    return found, n_tokens


def validation_loss(network, loss, weights, validation, device):
    """Return minus the mean log-probability of the tokens of texts that were held out."""
    likelihoods, n_tokens = log_likelihoods(network, weights, validation.sequences, device=device)
    return -likelihoods.sum() / n_tokens.sum()


@tells_of_memory
def next_probabilities(network, weights, texts, *, device):
    """Return the probability of each token to come next: float32 (n_texts, n_tokens)."""
    predictor = load(network, weights, device)
    found = np.zeros((len(texts), network.n_tokens), dtype=np.float32)

    def read(rows):
        *_, (_, _, states) = _read(predictor, texts, rows)
        predict = program(_build_prediction, network, predictor.device, len(states[0][0]))
        found[rows] = np.exp(predict(predictor.weights, states).numpy()[: len(rows)])

    _for_all(read, _side_by_side(texts.lengths))
    return found


@tells_of_memory
def write(
    network, weights, prompt, n_samples, *, n_tokens, temperature, top_k, top_p, seed, device
):
    """Return tokens that go on after a prompt: int32 (n_samples, n_tokens), 0 after the end.

    Parameters
    ----------
    network : LanguageModel
    weights : list of ndarray
    prompt : Sequences
        One text, not ended.
    n_samples : int
    n_tokens, temperature, top_k, top_p : see `language.Choice`
        `top_k` and `top_p` may be None.
    seed : int
    device : {"cpu", "gpu"}
        The device that the network was fitted on.
    """
    predictor = load(network, weights, device)
    *_, (_, _, states) = _read(predictor, prompt, np.arange(1), width=1)
    states = tf.nest.map_structure(lambda s: tf.repeat(s, n_samples, axis=0), states)
    choice = language.Choice(
        n_tokens=tf.constant(n_tokens),
        temperature=tf.constant(temperature, tf.float32),
        top_k=tf.constant(network.n_tokens if top_k is None else top_k),
        top_p=tf.constant(1.0 if top_p is None else top_p, tf.float32),
        seed=tf.constant([seed, 0]),
    )
    # Texts of like lengths are written by one program.
    capacity = 1 << max(n_tokens - 1, 63).bit_length()
    considers_some = top_k is not None or top_p is not None
    how = n_samples, capacity, considers_some
    run = program(_build_writing, network, predictor.device, *how)
    return run(predictor.weights, states, choice).numpy()[:, :n_tokens]


def _read(predictor, texts, rows, width=None):
    """Read some texts side by side; yield each piece, what was found in it and the states."""
    lengths = texts.lengths[rows]
    if width is None:
        width = 1 if lengths[0] > _LONG else _TEXTS
    network = predictor.network
    run = program(_build_reading, network, predictor.device, width)
    states = language.initial_carry(network, width)
    for first in range(0, max(int(lengths.max()) - 1, 1), _PIECE):
        # One token more than is read: the last one is predicted, and read in the next piece.
        steps = first + np.arange(_PIECE + 1)[:, None]
        at = np.where(steps < lengths, texts.starts[rows] + steps, 0)
        piece = np.zeros((_PIECE + 1, width), dtype=np.int32)
        piece[:, : len(rows)] = np.where(steps < lengths, texts.values[at], 0)
        likelihood, states = run(predictor.weights, tf.constant(piece), states)
        yield piece, likelihood.numpy(), states


def _side_by_side(lengths):
    """Return the numbers of the texts that are read together: such of like lengths."""
    order = np.argsort(lengths, kind="stable")
    n_short = int((lengths <= _LONG).sum())
    short, long = order[:n_short], order[n_short:]
    return [
        *np.split(long, range(1, len(long))),
        *np.split(short, range(_TEXTS, len(short), _TEXTS)),
    ]


def _for_all(function, groups):
    groups = [group for group in groups if len(group)]
    with mapping(min(n_threads(), max(len(groups), 1))) as map_groups:
        list(map_groups(function, groups))


def _build_reading(network, device, n_texts):
    @compiled_on(device)
    def read(weights, tokens, states):
        return language.log_likelihood(network, weights, tokens, states)

    return read


def _build_prediction(network, device, n_texts):
    @compiled_on(device)
    def predict(weights, states):
        return language.next_log_probability(weights, states)

    return predict


def _build_writing(network, device, n_texts, capacity, considers_some):
    @compiled_on(device)
    def write(weights, states, choice):
        return language.written(network, weights, states, choice, capacity, considers_some)

    return write
