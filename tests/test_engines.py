"""The compiled engine against Keras: same stack, same seeds, same numbers."""

import copy
import gc
import pickle
import warnings
import weakref

import keras
import numpy as np
import pytest

from skrnn import RNNRegressor, cache_info, clear_cache
from skrnn._data.samples import TrainingData
from skrnn._keras.layers.stack_model import build_stack
from skrnn._spec import Network
from skrnn._starting_weights import initial_weights, weight_shapes

from .common import (
    assert_same_bits,
    eager_keras,
    outputs_of,
    sequences,
    small_classifier,
    small_regressor,
)

CELLS = ["simple", "gru", "lstm"]
STACKS = {
    "plain": {},
    "stacked": {"units": (4, 3), "hidden_units": 5},
    "bidirectional": {"bidirectional": True},
    "stacked bidirectional": {"units": (4, 3), "bidirectional": True},
    "per step": {"return_sequences": True},
}


def with_absent_steps(X):
    """The same sequences with steps missing at the front, in the middle and at the end."""
    X = X.copy()
    X[::3, :2] = np.nan
    X[1::5, 3] = np.nan
    X[2::7, 4:] = np.nan
    return X


def both_engines(estimator, *args, **kwargs):
    """Fit with both; Keras without graphs (with them it is compared in test_ragged.py)."""
    compiled = estimator(engine="compiled").fit(*args, **kwargs)
    with eager_keras():
        return compiled, estimator(engine="keras").fit(*args, **kwargs)


def assert_alike(compiled, portable, X):
    assert (compiled.engine_, portable.engine_) == ("compiled", "keras")
    assert compiled.n_iter_ == portable.n_iter_
    for ours, theirs in zip(compiled.weights_, portable.weights_, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-6)
    for name in compiled.history_:
        np.testing.assert_allclose(
            compiled.history_[name], portable.history_[name], rtol=2e-5, atol=1e-6
        )
    np.testing.assert_allclose(compiled.predict(X), portable.predict(X), atol=2e-5)


# One cell for each stack, and so the programs of one test are those of another.
STACKED = {
    "plain": "simple",
    "stacked": "gru",
    "bidirectional": "lstm",
    "stacked bidirectional": "simple",
    "per step": "gru",
}


@pytest.mark.parametrize(
    ("cell", "stack"),
    [
        *((cell, stack) for stack, cell in STACKED.items()),
        ("gru", "plain"),
        ("lstm", "plain"),
        ("lstm", "per step"),
        ("mingru", "stacked bidirectional"),
    ],
)
def test_training_equals_keras_fit(cell, stack):
    """Weights, losses and predictions after epochs of masked, weighted, shuffled training."""
    X, y = sequences()
    X = with_absent_steps(X)
    if stack == "per step":
        y = np.cumsum(np.nan_to_num(X[:, :, 0]), axis=1)
    weights = np.linspace(0.5, 2, len(X))

    def build(engine):
        return small_regressor(cell=cell, engine=engine, learning_rate=0.01, **STACKS[stack])

    assert_alike(*both_engines(build, X, y, weights), X)


@pytest.mark.parametrize(
    ("optimizer", "clipnorm"),
    [("sgd", 0.05), ("rmsprop", 0.05), ("adam", 0.05), ("adamw", 0.05), ("adam", None)],
)
def test_optimizers_equal_keras(optimizer, clipnorm):
    X, y = sequences()

    def build(engine):
        return small_regressor(
            engine=engine, optimizer=optimizer, clipnorm=clipnorm, learning_rate=0.01, epochs=3
        )

    assert_alike(*both_engines(build, X, y), X)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh"])
def test_losses_equal_keras(loss):
    X, y = sequences()
    assert_alike(*both_engines(lambda engine: small_regressor(engine=engine, loss=loss), X, y), X)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_classification_equals_keras(kind):
    X, z = sequences()
    y = {"binary": z > 0, "multiclass": np.digitize(z, [-1, 1]), "multilabel": X[:, -1] > 0}[kind]

    def build(engine):
        return small_classifier(engine=engine, learning_rate=0.01)

    compiled, portable = both_engines(build, X, y.astype(int))
    assert_alike(compiled, portable, X)
    np.testing.assert_allclose(compiled.predict_proba(X), portable.predict_proba(X), atol=1e-5)


def test_token_training_equals_keras(rng):
    X = rng.integers(0, 7, size=(60, 6))
    X[:, 0] = 1 + X[:, 0] % 6  # no sequence of padding alone
    y = (X == 3).sum(axis=1).astype(float)

    def build(engine):
        # Plain gradient steps. Keras' Adam squares the gradients of a token that occurs twice in
        # a batch one by one on TensorFlow (but not on its other backends), ours their sum.
        return small_regressor(
            engine=engine, embedding_dim=3, learning_rate=0.1, optimizer="sgd", clipnorm=None
        )

    assert_alike(*both_engines(build, X, y), X)


def test_ragged_training_equals_keras():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 9, size=40)]
    y = np.array([x.sum() for x in X])
    assert_alike(*both_engines(lambda engine: small_regressor(engine=engine), X, y), X)


@pytest.mark.parametrize("cell", CELLS)
def test_predictions_equal_a_plain_keras_model(cell):
    """An outside answer: plain Keras layers with the fitted weights, on standardized windows."""
    X, y = sequences()
    network = small_regressor(cell=cell).fit(X, y)
    layer = {"simple": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}[cell]
    plain = keras.Sequential(
        [keras.Input((None, 2)), getattr(keras.layers, layer)(4), keras.layers.Dense(1)]
    )
    plain.set_weights(network.weights_)
    scaled = (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1))
    # The scaling is of the training samples, which the held-out tenth is not among.
    assert not np.allclose(X.mean(axis=(0, 1)), network.input_mean_, atol=1e-12)
    scaled = (X - network.input_mean_) / network.input_scale_
    expected = outputs_of(plain, scaled)[:, 0] * network.target_scale_
    np.testing.assert_allclose(network.predict(X), expected + network.target_mean_, atol=1e-5)


@pytest.mark.parametrize(("stack", "cell"), STACKED.items())
def test_to_keras_takes_raw_units_and_has_the_weights(stack, cell):
    X, y = sequences()
    X = 1e3 + 10 * with_absent_steps(X)
    y = 500 + (np.nansum(X[..., :1], axis=2) if stack == "per step" else y)
    network = small_regressor(cell=cell, **STACKS[stack]).fit(X, y)
    model = network.to_keras()
    assert_same_bits(model.get_weights(), network.weights_)
    present = ~np.isnan(X[..., 0]) if stack == "per step" else slice(None)
    np.testing.assert_allclose(
        outputs_of(model, X)[..., 0][present], network.predict(X)[present], rtol=1e-4
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_to_keras_of_a_classifier_gives_probabilities(n_classes):
    X, z = sequences()
    network = small_classifier().fit(X, np.digitize(z, [-0.5, 0.5][: n_classes - 1]))
    expected = network.predict_proba(X)
    expected = expected[:, 1:] if n_classes == 2 else expected
    np.testing.assert_allclose(outputs_of(network.to_keras(), X), expected, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_weight_shapes_are_those_of_keras(cell):
    for bidirectional in (False, True):
        for tokens in ({"n_features": 3}, {"n_features": 0, "n_tokens": 9, "embedding_dim": 2}):
            network = Network(
                cell=cell,
                units=(4, 3),
                bidirectional=bidirectional,
                dropout=0.0,
                recurrent_dropout=0.0,
                hidden_units=(5,),
                return_sequences=False,
                n_outputs=2,
                **tokens,
            )
            expected = [tuple(w.shape) for w in build_stack(network).weights]
            assert [shape for _, shape in weight_shapes(network)] == expected


def test_starting_weights_are_keras_defaults():
    network = Network("lstm", (50,), False, 0.0, 0.0, (40,), False, 30, 1)
    kernel, recurrent, bias, dense, dense_bias, *_ = initial_weights(network, 0)
    # Glorot and Bengio (2010): uniform within sqrt(6 / (fan in + fan out)).
    for weights in (kernel, dense):
        limit = np.sqrt(6 / sum(weights.shape))
        assert np.abs(weights).max() <= limit
        np.testing.assert_allclose(weights.std(), limit / np.sqrt(3), rtol=0.05)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(50), atol=1e-5)
    # Jozefowicz et al. (2015): the forget gate, second of four, starts open.
    np.testing.assert_array_equal(bias.reshape(4, 50).mean(axis=1), [0, 1, 0, 0])
    assert not dense_bias.any()
    assert len(weight_shapes(network)) == 7


def test_a_cached_fit_equals_an_uncached_one():
    """A program that kept anything of an earlier fit would change the second result."""
    X, y = sequences()
    clear_cache()
    first = small_regressor(dropout=0.2, recurrent_dropout=0.2).fit(X, y)
    small_regressor(dropout=0.2, recurrent_dropout=0.2, random_state=1).fit(-3 * X, y**2)
    before = cache_info()
    again = small_regressor(dropout=0.2, recurrent_dropout=0.2).fit(X, y)
    after = cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits
    assert_same_bits(again.weights_, first.weights_)
    clear_cache()
    fresh = small_regressor(dropout=0.2, recurrent_dropout=0.2).fit(X, y)
    assert_same_bits(fresh.weights_, first.weights_)


def test_values_need_no_new_program():
    """Rows, seeds, learning rate, clipping, weights and epochs are inputs of one program."""
    X, y = sequences()
    small_regressor().fit(X, y)
    misses = cache_info().misses
    small_regressor(learning_rate=0.1, clipnorm=0.5, random_state=5, epochs=3, shuffle=False).fit(
        X[:41], y[:41], np.linspace(1, 2, 41)
    )
    assert cache_info().misses == misses


def test_dropout_is_random_by_its_seed_and_absent_in_prediction():
    X, y = sequences()
    params = {"dropout": 0.5, "recurrent_dropout": 0.5, "early_stopping": False}
    plain = small_regressor(early_stopping=False).fit(X, y)
    dropped = small_regressor(**params).fit(X, y)
    assert dropped.history_["loss"][0] != plain.history_["loss"][0]
    assert_same_bits(dropped.predict(X), dropped.predict(X))
    assert_same_bits(small_regressor(**params).fit(X, y).weights_, dropped.weights_)


def test_dropout_drops_the_given_part():
    """At rate p a mask is 0 with probability p, else 1 / (1 - p), so that its mean is one."""
    import tensorflow as tf

    from skrnn._keras.functional.layer import DropoutMasks

    masks = DropoutMasks(tf.constant([1, 2]))
    first, second = masks.draw(0.3, [400, 50]).numpy(), masks.draw(0.3, [400, 50]).numpy()
    np.testing.assert_allclose(np.unique(first), [0, 1 / 0.7], rtol=1e-6)
    np.testing.assert_allclose((first == 0).mean(), 0.3, atol=0.02)
    assert (first != second).any()


def user_model(input_shape, n_outputs):
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.GRU(3), keras.layers.Dense(n_outputs)]
    )


def test_a_model_of_the_users_own():
    X, y = sequences()
    network = small_regressor(model=user_model, epochs=5, learning_rate=0.01).fit(X, y)
    assert network.engine_ == "keras"
    assert network.score(X, y) > 0
    assert_same_bits(
        small_regressor(model=user_model, epochs=5, learning_rate=0.01).fit(X, y).weights_,
        network.weights_,
    )
    model = network.to_keras()
    assert_same_bits(model.get_weights(), network.weights_)


@eager_keras()
def test_a_fit_predicts_by_the_model_that_it_trained():
    """What the user's function builds now, and for whom it built before, is another matter."""
    X, y = sequences()
    activation = "tanh"

    def build(input_shape, n_outputs):
        layers = [keras.layers.GRU(3, activation=activation), keras.layers.Dense(n_outputs)]
        return keras.Sequential([keras.Input(input_shape), *layers])

    first = small_regressor(model=build, learning_rate=0.01).fit(X, y)
    activation = "relu"
    second = small_regressor(model=build, learning_rate=0.01).fit(X, y)
    scaled = (X - second.input_mean_) / second.input_scale_
    for network, model in ((second, second.to_keras()), (first, None)):
        if model is None:
            activation = "tanh"
            model = network.to_keras()
            activation = "relu"
        raw = model.predict(scaled, verbose=0)[:, 0]
        expected = raw * network.target_scale_ + network.target_mean_
        np.testing.assert_allclose(network.predict(X), expected, atol=1e-5)


@eager_keras()
def test_a_function_that_builds_other_weights_now_is_refused():
    X, y = sequences()
    units = 3

    def build(input_shape, n_outputs):
        layers = [keras.layers.GRU(units), keras.layers.Dense(n_outputs)]
        return keras.Sequential([keras.Input(input_shape), *layers])

    network = small_regressor(model=build).fit(X, y)
    units = 4
    assert network.predict(X).shape == y.shape
    with pytest.raises(ValueError, match=r"the network that was fitted, with weights of shapes"):
        network.to_keras()


@eager_keras()
def test_a_copy_whose_function_builds_another_network_now_warns():
    X, y = sequences()
    activation = "tanh"

    def build(input_shape, n_outputs):
        layers = [keras.layers.GRU(3, activation=activation), keras.layers.Dense(n_outputs)]
        return keras.Sequential([keras.Input(input_shape), *layers])

    network = small_regressor(model=build).fit(X, y)
    expected = network.predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(copy.deepcopy(network).predict(X), expected, atol=1e-6)
    activation = "relu"
    assert_same_bits(network.predict(X), expected)
    with pytest.warns(UserWarning, match="Expected model to build the network that was fitted"):
        copy.deepcopy(network).predict(X)


class UnhashableBuilder:
    """What builds a model, and can be no key."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __call__(self, input_shape, n_outputs):
        return user_model(input_shape, n_outputs)


@eager_keras()
def test_a_builder_without_a_hash():
    X, y = sequences()
    network = small_regressor(model=UnhashableBuilder()).fit(X, y)
    expected = network.predict(X)
    assert_same_bits(pickle.loads(pickle.dumps(network)).predict(X), expected)
    assert_same_bits(expected, small_regressor(model=user_model).fit(X, y).predict(X))


def test_a_model_that_is_none_is_refused():
    X, y = sequences()
    with pytest.raises(TypeError, match=r"Expected model to be a function .* got int"):
        small_regressor(model=lambda input_shape, n_outputs: 3).fit(X, y)


class Counter(keras.callbacks.Callback):
    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        Counter.epochs += 1


@pytest.mark.parametrize("callback", [Counter, Counter()])
@eager_keras()
def test_keras_callbacks(callback):
    X, y = sequences()
    Counter.epochs = 0
    network = small_regressor(callbacks=[callback], epochs=3).fit(X, y)
    assert network.engine_ == "keras"
    assert Counter.epochs == 3
    if isinstance(callback, Counter):
        assert getattr(callback, "_model", None) is None  # the user's own is left alone


def test_what_is_not_compiled_goes_through_keras():
    X, y = sequences()
    assert small_regressor(optimizer="nadam").fit(X, y).engine_ == "keras"
    with pytest.raises(
        ValueError, match=r"Expected a training that engine='compiled' covers.*nadam"
    ):
        small_regressor(optimizer="nadam", engine="compiled").fit(X, y)


def test_the_longest_predictions_are_cut_into_pieces(rng):
    """More samples than one call holds, and samples far apart in their table."""
    X, y = sequences()
    network = small_regressor().fit(X, y)
    many = rng.normal(size=(9000, 6, 2))
    whole = network.predict(many)
    for part in (slice(0, 1), slice(4090, 4200), slice(8990, 9000)):
        assert_same_bits(network.predict(many[part]), whole[part])


def test_windows_of_a_view_equal_windows_of_a_copy(rng):
    series = rng.normal(size=(400, 2))
    view = np.lib.stride_tricks.sliding_window_view(series, 6, axis=0).swapaxes(1, 2)
    y = view[:, -1, 0] + 1
    seen = RNNRegressor(units=4, epochs=2, random_state=0).fit(view, y)
    copied = RNNRegressor(units=4, epochs=2, random_state=0).fit(view.copy(), y)
    for a, b in zip(seen.weights_, copied.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    np.testing.assert_allclose(seen.predict(view), copied.predict(view.copy()), atol=1e-5)


def per_step_model(input_shape, n_outputs):
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Dense(n_outputs, kernel_initializer="zeros")]
    )


def test_absent_steps_do_not_count_in_a_model_of_the_users_own():
    """A bias that learns the mean target finds it, though half of the steps are absent."""
    X, _ = sequences()
    X[:, 3:] = np.nan
    y = np.where(np.isnan(X[:, :, 0]), 0.0, 100 + np.random.default_rng(0).normal(size=(60, 6)))
    network = small_regressor(
        model=per_step_model, return_sequences=True, epochs=30, learning_rate=0.05
    ).fit(X, y)
    np.testing.assert_allclose(np.nanmean(network.predict(X)), y[:, :3].mean(), atol=0.3)


def test_a_model_with_other_outputs_is_refused():
    X, y = sequences()

    def wide(input_shape, n_outputs):
        return user_model(input_shape, n_outputs + 2)

    with pytest.raises(ValueError, match=r"outputs of shape \(None, 1\), got \(None, 3\)"):
        small_regressor(model=wide).fit(X, y)
    with pytest.raises(ValueError, match=r"outputs of shape \(None, None, 1\), got \(None, 1\)"):
        small_regressor(model=user_model, return_sequences=True).fit(X, X[:, :, 0])
    with pytest.raises(ValueError, match=r"Expected embedding_dim=None with model, got 3"):
        small_regressor(model=user_model, embedding_dim=3).fit(X, y)


@pytest.mark.parametrize("loss", [keras.losses.MeanSquaredError(), lambda y, p: (y - p) ** 2])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_loss_of_another_shape_is_refused(loss, engine):
    X, y = sequences()
    with pytest.raises(ValueError, match=r"loss to return one number for each sample or step"):
        small_regressor(loss=loss, engine=engine).fit(X, y)


def test_callbacks_that_are_none():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"Keras callbacks or functions that make one, got 5"):
        small_regressor(callbacks=[5]).fit(X, y)


class Doubling(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([2 * np.ones_like(w) for w in self.model.get_weights()])


@eager_keras()
def test_weights_that_a_callback_sets_are_kept():
    X, y = sequences()
    network = small_regressor(callbacks=[Doubling]).fit(X, y)
    assert all((w == 2).all() for w in network.weights_)


def test_the_keras_engine_keeps_no_model_and_no_samples_alive():
    alive = []
    n_samples = len(instances_of(TrainingData))

    def tracked(input_shape, n_outputs):
        model = user_model(input_shape, n_outputs)
        alive.append(weakref.ref(model))
        return model

    X, y = sequences()
    for _ in range(2):
        small_regressor(model=tracked).fit(X, y)
    gc.collect()
    assert [ref() for ref in alive] == [None, None]
    assert len(instances_of(TrainingData)) == n_samples


def instances_of(kind):
    gc.collect()
    return [found for found in gc.get_objects() if isinstance(found, kind)]


def test_ids_that_training_never_saw_in_validation_data(rng):
    X = rng.integers(1, 6, size=(60, 6))
    y = (X == 3).sum(axis=1).astype(float)
    fit = {"X_val": np.where(X == 5, 99, X)[:20], "y_val": y[:20]}
    network = small_regressor(embedding_dim=3).fit(np.where(X == 5, 4, X), y, **fit)
    as_unknown = {"X_val": np.where(X == 5, 1, X)[:20], "y_val": y[:20]}
    other = small_regressor(embedding_dim=3).fit(np.where(X == 5, 4, X), y, **as_unknown)
    assert network.history_ == other.history_


def test_continued_training_drops_other_units():
    """Nearly without learning, only the dropout masks change the loss from call to call."""
    X, y = sequences()
    for engine in ("compiled", "keras"):
        network = small_regressor(
            engine=engine, dropout=0.5, shuffle=False, learning_rate=1e-12, standardize=False
        )
        for _ in range(3):
            network.partial_fit(X, y)
        assert len(set(network.history_["loss"])) == 3
