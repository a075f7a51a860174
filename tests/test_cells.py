"""The cells: written derivatives against those of a tape, and minGRU against its formulas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skrnn import RNNAutoencoder, RNNLanguageModel, RNNSeq2Seq
from skrnn._cell_weights import CELL_WEIGHTS
from skrnn._keras.functional.cells import CELLS
from skrnn._keras.functional.recurrence import run_cell
from skrnn._keras.functional.taped_run import TapedRun

from .common import (
    SMALL,
    assert_same_bits,
    eager_keras,
    outputs_of,
    ragged_sequences,
    sequences,
    small_regressor,
)

N_STEPS, BATCH, WIDTH, UNITS = 32, 3, 2, 2
# The last steps that any sample has, in the second of the blocks that products are taken in.
N_PRESENT = 20


class Taped:
    """A cell by its plain formulas alone."""

    run = TapedRun

    def __init__(self, cell):
        self.cell = cell

    def __getattr__(self, name):
        return getattr(self.cell, name)


def drawn(cell):
    """Draw inputs, weights, a start, and how much each result counts in a sum."""
    rng = np.random.default_rng(0)

    def normal(*shape):
        return tf.constant(rng.normal(size=shape), tf.float32)

    weights = tuple(normal(*shape) for _, shape in CELL_WEIGHTS[cell].weights(WIDTH, UNITS))
    start = tuple(normal(BATCH, UNITS) for _ in range(CELL_WEIGHTS[cell].n_states))
    counts = normal(N_STEPS, BATCH, UNITS), tuple(normal(BATCH, UNITS) for _ in start)
    return (normal(N_STEPS, BATCH, WIDTH), weights, start), counts


def some_present(n_present):
    """Tell which steps each sample has: some are missing at all places."""
    present = np.random.default_rng(1).random((N_STEPS, BATCH, 1)) < 0.8
    present[:2, 0] = present[-3:, 1] = False
    present[n_present:] = False
    return tf.constant(present)


@pytest.mark.parametrize("cell", ["simple", "gru", "lstm"])
@pytest.mark.parametrize(
    ("backward", "is_started", "drops", "n_present", "in_blocks"),
    [
        (False, True, True, None, True),
        (True, True, False, N_PRESENT, True),
        (False, False, True, N_PRESENT, False),
    ],
    ids=["whole", "backward, in blocks", "ragged, from zeros"],
)
def test_written_derivatives_are_those_of_a_tape(
    cell, backward, is_started, drops, n_present, in_blocks
):
    given, counts = drawn(cell)
    present = some_present(n_present or N_STEPS)
    keep_mask = tf.constant([[2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]) if drops else None

    def sum_of_results(cell, inputs, weights, start):
        found = run_cell(
            cell,
            inputs,
            present,
            weights,
            backward=backward,
            keep_mask=keep_mask,
            want_steps=True,
            want_state=True,
            start=start if is_started else None,
            n_present=None if n_present is None else tf.constant(n_present),
            in_blocks=in_blocks,
        )
        products = tf.nest.map_structure(lambda a, b: tf.reduce_sum(a * b), found, counts)
        return found, tf.add_n(tf.nest.flatten(products))

    @tf.function(jit_compile=True, autograph=False)
    def both():
        results = []
        for way in (CELLS[cell], Taped(CELLS[cell])):
            with tf.GradientTape() as tape:
                tape.watch(given)
                found, total = sum_of_results(way, *given)
            zero = tf.UnconnectedGradients.ZERO
            results.append((found, tape.gradient(total, given, unconnected_gradients=zero)))
        return results

    written, taped = both()
    for ours, theirs in zip(tf.nest.flatten(written), tf.nest.flatten(taped), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5, rtol=2e-5)
    (steps, _), (d_inputs, d_weights, _) = written
    assert not steps[n_present or N_STEPS :].numpy().any()
    assert all(np.abs(d).max() > 0.01 for d in (d_inputs, *d_weights))


def mingru_by_hand(inputs, present, weights, start, keep_mask):
    """The states after every step by the formulas of the paper, in float64."""
    kernel, bias = (np.float64(w) for w in weights)
    h, states = np.float64(start), []
    for x, here in zip(np.float64(inputs), np.array(present), strict=True):
        gate = 1 / (1 + np.exp(-(x @ kernel[:, :UNITS] + bias[:UNITS])))
        new = (x @ kernel[:, UNITS:] + bias[UNITS:]) * keep_mask
        h = np.where(here, (1 - gate) * h + gate * new, h)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("train", [True, False])
def test_mingru_by_hand(train):
    (inputs, weights, start), _ = drawn("mingru")
    present = some_present(N_STEPS)
    # Recurrent dropout is of the new value: it forgets nothing.
    keep_mask = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]) if train else np.ones((3, 2))
    steps = run_cell(
        CELLS["mingru"],
        inputs,
        present,
        weights,
        start=start,
        keep_mask=tf.constant(keep_mask, tf.float32) if train else None,
        want_steps=True,
        train=train,
    )
    expected = mingru_by_hand(inputs, present, weights, start[0], keep_mask)
    np.testing.assert_allclose(steps, expected, rtol=1e-5, atol=1e-6)


def test_mingru_skips_absent_steps_to_the_bit():
    X, y = ragged_sequences()
    network = small_regressor(cell="mingru").fit(X, y)
    nothing = np.full((2, X[0].shape[1]), np.nan)
    with_gaps = [np.concatenate([nothing, x[:2], nothing, x[2:]]) for x in X]
    assert_same_bits(network.predict(with_gaps), network.predict(X))


def test_mingru_as_a_keras_model(tmp_path):
    """Saved and loaded; both directions, and stacked."""
    X, y = sequences()
    network = small_regressor(cell="mingru", bidirectional=True, units=(4, 3)).fit(X, y)
    network.to_keras().save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(outputs_of(model, X)[:, 0], network.predict(X), atol=1e-5)


@eager_keras()
def test_mingru_drops_in_both_engines():
    """A rate so high that the loss has to differ from that of training without it."""
    X, y = sequences()
    ways = [("compiled", 0.0), ("compiled", 0.9), ("keras", 0.9)]
    plain, *dropped = (
        small_regressor(cell="mingru", engine=engine, recurrent_dropout=rate).fit(X, y)
        for engine, rate in ways
    )
    for network in dropped:
        assert abs(plain.history_["loss"][0] - network.history_["loss"][0]) > 1e-3


def test_mingru_in_encoder_and_decoder():
    X, y = sequences()
    network = small_regressor(cell="mingru", decoder="rnn").fit(X, np.stack([y, -y], axis=1))
    outputs = outputs_of(network.to_keras(), X)[:, :, 0]
    np.testing.assert_allclose(outputs, network.predict(X), atol=1e-5)
    texts = ["a b", "b c", "c a"] * 8
    writer = RNNSeq2Seq(**{**SMALL, "cell": "mingru"}, bidirectional=False, early_stopping=False)
    assert set(" ".join(writer.fit(texts, texts).predict(texts)).split()) <= {"a", "b", "c"}


def test_mingru_in_an_autoencoder():
    X, _ = sequences()
    network = RNNAutoencoder(**{**SMALL, "cell": "mingru"}).fit(X)
    latent, written = outputs_of(network.to_keras(), X)
    np.testing.assert_allclose(latent, network.transform(X), atol=1e-5)
    np.testing.assert_allclose(written, network.inverse_transform(latent), atol=1e-5)


def test_mingru_in_a_language_model():
    params = {"cell": "mingru", "units": 4, "embedding_dim": 3, "epochs": 1, "random_state": 0}
    model = RNNLanguageModel(early_stopping=False, **params).fit(["abcabc", "cab"] * 10)
    start = np.array([[2, *(model.vocabulary_[c] for c in "abcab")]])
    logits = outputs_of(model.to_keras(), start)[0, -1]
    shares = np.exp(logits - logits.max())
    proba = model.next_token_proba(["abcab"])[0]
    np.testing.assert_allclose(proba, shares / shares.sum(), atol=1e-5)
