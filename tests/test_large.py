"""What large fits do otherwise: steps in halves, batches of like lengths, larger pieces."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrnn._spec import Values

from .common import assert_same_bits, sequences, small_regressor
from .test_engines import assert_alike, both_engines

# Multiplications enough for a step to be divided: 3 x 256 x 32 steps x 26 240 weights.
LARGE = {"units": 80, "batch_size": 256, "epochs": 2, "learning_rate": 0.01, "cell": "lstm"}


def large_regressor(**params):
    return small_regressor(**{**LARGE, **params})


def long_sequences(n_samples=600):
    X, y = sequences(n_samples=n_samples, n_steps=32)
    X[::3, 20:] = np.nan
    return X, y


def ragged(n_samples, longest, seed=0):
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(1, longest + 1, n_samples)]
    return X, np.array([x[:, 0].sum() for x in X])


@pytest.mark.slow
@pytest.mark.parametrize("per_step", [False, True])
def test_steps_in_halves_equal_keras(per_step):
    """The last batch, of 88 samples, has an empty second half."""
    X, y = long_sequences()
    if per_step:
        y = np.cumsum(np.nan_to_num(X[:, :, 0]), axis=1)
    weights = np.linspace(0.5, 2, len(X))
    networks = both_engines(
        lambda engine: large_regressor(
            engine=engine, early_stopping=False, return_sequences=per_step
        ),
        X,
        y,
        weights,
    )
    assert_alike(*networks, X)


def test_steps_in_halves_on_one_thread_and_on_two():
    """A fit outside the main thread has one thread to itself."""
    X, y = long_sequences()

    def fit():
        return large_regressor(dropout=0.2, recurrent_dropout=0.2).fit(X, y)

    with ThreadPoolExecutor(1) as pool:
        alone = pool.submit(fit).result()
    assert_same_bits(fit().weights_, alone.weights_)
    assert np.isfinite(alone.history_["loss"]).all()


@pytest.mark.parametrize(
    ("cell", "longest", "params"),
    [
        ("simple", 40, {"bidirectional": True, "units": (4, 3)}),
        ("gru", 30, {}),
        ("lstm", 30, {}),
    ],
)
def test_long_ragged_sequences_equal_keras(cell, longest, params):
    """Some batches end after one block of 16 steps, others after two, or three of 40 steps."""
    X, y = ragged(60, longest)
    assert_alike(
        *both_engines(lambda engine: small_regressor(cell=cell, engine=engine, **params), X, y), X
    )


def test_ragged_targets_per_step_equal_keras():
    X, _ = ragged(60, longest=30)
    y = [np.cumsum(x[:, 0]) for x in X]
    networks = both_engines(
        lambda engine: small_regressor(
            cell="simple", engine=engine, return_sequences=True, units=(4, 3)
        ),
        X,
        y,
    )
    for ours, theirs in zip(*(n.weights_ for n in networks), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-6)
    for ours, theirs in zip(*(n.predict(X) for n in networks), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_a_sequence_is_predicted_alike_in_any_company():
    X, y = ragged(60, longest=30)
    network = small_regressor().fit(X, y)
    together = network.predict(X)
    short = [i for i, x in enumerate(X) if len(x) < 12]
    assert_same_bits(network.predict([X[i] for i in short]), together[short])


def order_of(lengths, batch_size, seed=0, epoch=0):
    values = Values(0.1, None, 1, True, order_seed=seed, dropout_seed=0)
    return values.order(epoch, np.asarray(lengths), batch_size)


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=300),
    batch_size=st.integers(1, 40),
    seed=st.integers(0, 9),
)
def test_every_sample_has_its_turn(lengths, batch_size, seed):
    order = order_of(lengths, batch_size, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(lengths)))
    assert_same_bits(order, order_of(lengths, batch_size, seed))


def test_like_lengths_come_in_one_batch():
    """The steps that are computed are little more than those that are there."""
    lengths = np.random.default_rng(0).integers(1, 101, 6400)
    order = order_of(lengths, 32)
    batches = lengths[order].reshape(-1, 32)
    computed = batches.max(axis=1).sum() * 32
    assert computed < 1.05 * lengths.sum()
    # And the batches come in no order of length.
    assert abs(np.corrcoef(np.arange(len(batches)), batches.mean(axis=1))[0, 1]) < 0.2
    assert not np.array_equal(order, order_of(lengths, 32, epoch=1))


def test_many_predictions_have_the_bits_of_few():
    """In larger pieces, in two threads."""
    X, y = sequences()
    network = small_regressor().fit(X, y)
    rows = np.random.default_rng(1).normal(size=(20_006, 2))
    windows = np.lib.stride_tricks.sliding_window_view(rows, 6, axis=0).swapaxes(1, 2)
    many = network.predict(windows)
    assert many.shape == (20_001,)
    assert_same_bits(many[-50:], network.predict(windows[-50:]))
    assert_same_bits(many[9_990:10_010], network.predict(windows[9_990:10_010]))


def test_the_steps_that_a_decoder_writes_count():
    """From one vector to 24 tokens the work is the decoder's."""
    from skrnn._keras.compiled.epochs import _is_large
    from skrnn._keras.compiled.shapes import Shape
    from skrnn._spec import EncoderDecoder, Training

    network = EncoderDecoder(
        cell="simple",
        units=(300,),
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        n_features=10,
        n_outputs=50,
        target_embedding_dim=50,
    )
    training = Training("categorical_crossentropy", "adam", batch_size=64, clips=True)
    # 3 x 64 x 24 steps x (310 x 300 + 350 x 300 + 300 x 50 weights) are 9.8e8; of one step 4.1e7.
    assert _is_large(network, training, Shape(100, 100, 1, False, (24, 1)), 1)
    assert not _is_large(network, training, Shape(100, 100, 1, False, (1, 1)), 1)
