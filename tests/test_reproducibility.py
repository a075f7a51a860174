"""The same seed gives the same bits, and a fit leaves no trace but the fitted estimator."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, clear_cache

from .common import (
    assert_other_bits,
    assert_same_bits,
    eager_keras,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:
    CallbackSupportMixin = None

ENGINES = ["compiled", "keras"]
NOISY = {"dropout": 0.2, "recurrent_dropout": 0.2}  # all that a seed decides
# Where Keras trains in graphs, one graph fewer.
ONE_GRAPH = {"early_stopping": False}


def labels(y):
    return np.where(y > 0, "up", "down")


# Seeds


@pytest.mark.parametrize("engine", ENGINES)
def test_an_int_gives_the_same_bits_every_time(engine):
    X, y = sequences()
    network = small_regressor(engine=engine, **NOISY, **ONE_GRAPH)
    first = [w.copy() for w in network.fit(X, y).weights_]
    history = network.history_
    assert_same_bits(network.fit(X, y).weights_, first)
    assert network.history_ == history
    # Nor does another estimator differ, or the global generators decide anything.
    keras.utils.set_random_seed(5)
    fresh = small_regressor(engine=engine, **NOISY, **ONE_GRAPH).fit(X, y)
    assert_same_bits(fresh.weights_, first)
    assert_same_bits(fresh.predict(X), network.predict(X))


@pytest.mark.parametrize("seed_type", [int, np.int64, np.uint32])
def test_any_int_will_do(seed_type):
    X, y = sequences()
    network = small_regressor(random_state=seed_type(7)).fit(X, y)
    assert_same_bits(network.weights_, small_regressor(random_state=7).fit(X, y).weights_)
    assert_other_bits(network.weights_, small_regressor(random_state=8).fit(X, y).weights_)


def test_seed_decides_the_random_validation_split():
    X, y = sequences()
    histories = [small_regressor(random_state=s).fit(X, y).history_["val_loss"] for s in (0, 0, 1)]
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_a_generator_goes_on_from_fit_to_fit():
    X, y = sequences()
    generator = np.random.RandomState(3)
    network = small_regressor(random_state=generator)
    first = [w.copy() for w in network.fit(X, y).weights_]
    second = [w.copy() for w in network.fit(X, y).weights_]
    assert_other_bits(first, second)
    # One draw a fit, whatever the fit is like.
    network.set_params(random_state=np.random.RandomState(3))
    assert_same_bits(network.fit(X, y).weights_, first)
    assert_same_bits(network.fit(X, y).weights_, second)
    again = np.random.RandomState(3)
    again.randint(2**31 - 1, size=2)
    assert generator.randint(1000) == again.randint(1000)


def test_a_clone_has_a_generator_of_its_own():
    X, y = sequences()
    network = small_regressor(random_state=np.random.RandomState(3))
    copied = clone(network)
    assert_same_bits(network.fit(X, y).weights_, copied.fit(X, y).weights_)


def test_none_is_new_every_time():
    """It asks the operating system, and so does not heed, or move, a seeded global generator."""
    X, y = sequences()
    network = small_regressor(random_state=None)
    weights = []
    for _ in range(2):
        np.random.seed(0)  # noqa: NPY002
        weights.append(network.fit(X, y).weights_)
    assert_other_bits(*weights)
    expected = np.random.RandomState(0).uniform(size=3)
    np.testing.assert_array_equal(np.random.uniform(size=3), expected)  # noqa: NPY002


def test_partial_fits_are_reproducible():
    X, y = sequences()

    def train():
        network = small_regressor(**NOISY)
        return [w.copy() for _ in range(2) for w in network.partial_fit(X, y).weights_]

    assert_same_bits(train(), train())


def dropping_model(input_shape, n_outputs):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.SimpleRNN(3, dropout=0.3),
            keras.layers.Dense(n_outputs),
        ]
    )


@eager_keras()
def test_a_model_of_the_users_own_need_not_seed_its_layers():
    X, y = sequences()
    state = random.getstate()
    first, second, other = (
        small_regressor(model=dropping_model, random_state=seed).fit(X, y) for seed in (0, 0, 1)
    )
    assert_same_bits(first.weights_, second.weights_)
    assert_other_bits(first.weights_, other.weights_)
    assert random.getstate() == state


@eager_keras()
def test_seeding_layers_reaches_no_other_thread():
    """While a model is built, others draw from Python's generator and build layers."""
    X, y = sequences()
    drawn = []

    def draw():
        return random.random(), int(keras.random.SeedGenerator().state.numpy()[0])

    def build(input_shape, n_outputs):
        with ThreadPoolExecutor(1) as other:
            drawn.append(other.submit(draw).result())
        return dropping_model(input_shape, n_outputs)

    random.seed(7)
    small_regressor(model=build).fit(X, y)
    generator = random.Random(7)
    assert drawn == [(generator.random(), generator.randint(1, 10**9))]


# No trace


def everything(engine, X, y, weights):
    """Fit, train on, predict and convert."""
    network = small_regressor(engine=engine, random_state=None, **NOISY)
    network.fit(X, y, weights)
    network.partial_fit(X, y, weights).predict(X)
    network.to_keras()
    classifier = small_classifier(engine=engine, **ONE_GRAPH).fit(X, labels(y), weights)
    classifier.predict_proba(X)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_trace_is_left(engine, tmp_path, monkeypatch, capfd):
    """In the global generators, the data, the working directory, the environment or the output."""
    X, y = sequences()
    X[3, :2] = np.nan
    data = X, y, np.linspace(0, 1, 60)
    before = [a.copy() for a in data]
    for array in data:
        array.flags.writeable = False
    everything(engine, *data)  # what libraries do when they start is theirs

    def draw(act):
        keras.utils.set_random_seed(7)  # Python's, NumPy's, TensorFlow's and Keras' own
        act()
        return [
            random.getstate(),
            # The second draw tells whether the generator of operation seeds has moved.
            *(tf.random.uniform([4]).numpy().tolist() for _ in range(2)),
            keras.ops.convert_to_numpy(keras.random.uniform([4])).tolist(),
            tf.random.get_global_generator().state.numpy().tolist(),
            [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002
        ]

    untouched = draw(lambda: None)
    assert draw(lambda: None) == untouched
    monkeypatch.chdir(tmp_path)
    environment = dict(os.environ)
    capfd.readouterr()
    assert draw(lambda: everything(engine, *data)) == untouched
    assert not list(tmp_path.rglob("*"))
    assert dict(os.environ) == environment
    assert capfd.readouterr().out == ""
    assert_same_bits(data, before)
    assert draw(tf.random.uniform([1]).numpy) == untouched
    assert draw(lambda: tf.random.uniform([1])) != untouched  # the comparison can tell


# Fits that fail


class Interrupt(keras.callbacks.Callback):
    """Stands for a user who presses Ctrl-C in the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


class InterruptTask:
    """The same, for scikit-learn's callbacks."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 1:
            raise KeyboardInterrupt

    def on_fit_task_end(self, estimator, context): ...


def state(estimator):
    """A digest of all that an estimator holds, to the bit."""
    return joblib.hash({k: v for k, v in vars(estimator).items() if k != "_skl_callbacks"})


X_OTHER = np.random.default_rng(1).normal(size=(30, 4, 3))

FAILURES = {
    "y is NaN": (ValueError, {}, lambda X, y: (X_OTHER, np.full(30, np.nan))),
    "y is short": (ValueError, {}, lambda X, y: (X_OTHER, np.ones(29))),
    "y is None": (ValueError, {}, lambda X, y: (X_OTHER, None)),
    "y is text": (ValueError, {}, lambda X, y: (X_OTHER, labels(X_OTHER[:, 0, 0]))),
    "X is infinite": (ValueError, {}, lambda X, y: (np.full((30, 4, 3), np.inf), np.ones(30))),
    "X is empty": (ValueError, {}, lambda X, y: (X_OTHER[:0], np.ones(0))),
    "weights are zero": (ValueError, {}, lambda X, y: (X_OTHER, X_OTHER[:, 0, 0], np.zeros(30))),
    "parameter": (ValueError, {"units": -1}, lambda X, y: (X_OTHER, X_OTHER[:, 0, 0])),
    "divergence": (
        ValueError,
        {"learning_rate": 1e30, "clipnorm": None},
        lambda X, y: (X[::-1], 1 + y[::-1]),
    ),
}


CASES = [(failure, "compiled") for failure in FAILURES] + [("divergence", "keras")]


@pytest.mark.parametrize("failure, engine", CASES)
@eager_keras()
def test_a_fit_that_fails_changes_nothing(failure, engine):
    error, params, make = FAILURES[failure]
    X, y = sequences()
    network = small_regressor(engine=engine, **NOISY).fit(X, y)
    weights, expected = [w.copy() for w in network.weights_], network.predict(X)
    before = network.get_params()
    network.set_params(**params)
    held = state(network)
    with pytest.raises(error):
        network.fit(*make(X, y))
    assert state(network) == held
    assert_same_bits(network.predict(X), expected)
    # The next fit does not notice either.
    assert_same_bits(network.set_params(**before).fit(X, y).weights_, weights)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_continuing_that_fails_changes_nothing(method):
    X, y = sequences()
    network = small_regressor(warm_start=True).fit(X, y)
    network.set_params(learning_rate=1e30, clipnorm=None)
    held = state(network)
    with pytest.raises(ValueError, match="diverged"):
        getattr(network, method)(X, y)
    assert state(network) == held


def test_a_classifier_that_meets_a_new_label_stays_as_it_is():
    X, y = sequences()
    network = small_classifier().partial_fit(X, labels(y))
    held = state(network)
    with pytest.raises(ValueError, match=r"\['sideways'\]"):
        network.partial_fit(X, np.where(y > 1, "sideways", labels(y)))
    with pytest.raises(ValueError, match="at least 2 classes"):
        network.fit(X, ["up"] * 60)
    assert state(network) == held


def test_an_unfitted_estimator_that_fails_stays_unfitted():
    X, y = sequences()
    network = small_regressor(learning_rate=1e30, clipnorm=None)
    before = set(vars(network))
    with pytest.raises(ValueError, match="diverged"):
        network.fit(X, y)
    assert set(vars(network)) == before


@eager_keras()
def test_an_interruption_by_a_callback_of_keras_changes_nothing():
    X, y = sequences()
    network = small_regressor(engine="keras").fit(X, y)
    network.set_params(callbacks=[Interrupt])
    held = state(network)
    with pytest.raises(KeyboardInterrupt):
        network.fit(-X, y + 5)
    assert state(network) == held


@pytest.mark.skipif(CallbackSupportMixin is None, reason="scikit-learn before 1.9")
@pytest.mark.parametrize("engine", ENGINES)
@eager_keras()
def test_an_interruption_by_a_callback_of_scikit_learn_changes_nothing(engine):
    X, y = sequences()
    network = small_regressor(engine=engine).fit(X, y)
    weights, held = [w.copy() for w in network.weights_], state(network)
    network.set_callbacks(InterruptTask())
    with pytest.raises(KeyboardInterrupt):
        network.fit(-X, y + 5)
    assert state(network) == held
    network.set_callbacks()
    assert_same_bits(network.fit(X, y).weights_, weights)


# Threads


@pytest.mark.parametrize("cache", ["cold", "warm"])
def test_threads_give_the_bits_of_one_after_the_other(cache):
    """Also where they compile the same program at the same time."""
    X, y = sequences()

    def train(seed):
        network = small_regressor(random_state=seed, **NOISY).fit(X + seed, y * seed)
        return [*network.weights_, network.predict(X)]

    seeds = [1, 2, 3, 4, 1, 2, 3, 4]
    alone = [train(seed) for seed in seeds]
    if cache == "cold":
        clear_cache()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(train, seeds))
    for a, b in zip(alone, together, strict=True):
        assert_same_bits(a, b)


def test_threads_of_the_keras_engine_give_the_bits_of_one_after_the_other():
    X, y = sequences()

    def train(seed):
        network = small_regressor(engine="keras", random_state=seed, **NOISY, **ONE_GRAPH)
        return network.fit(X, y).weights_

    alone = [train(seed) for seed in (1, 2)]
    before = random.getstate()
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(train, (1, 2)))
    assert random.getstate() == before
    for a, b in zip(alone, together, strict=True):
        assert_same_bits(a, b)


@eager_keras()
def test_networks_built_at_the_same_time_do_not_mix_their_seeds():
    """Two threads meet inside the function that builds their networks, if they are let in."""
    X, y = sequences()
    meeting = threading.Barrier(2)

    def build(input_shape, n_outputs):
        meet(meeting)
        model = dropping_model(input_shape, n_outputs)
        meet(meeting)
        return model

    def train(seed):
        return small_regressor(model=build, random_state=seed).fit(X, y).weights_

    meeting.abort()  # nobody to wait for
    alone = [train(seed) for seed in (0, 1)]
    meeting.reset()
    before = random.getstate()
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(train, (0, 1)))
    for a, b in zip(alone, together, strict=True):
        assert_same_bits(a, b)
    assert random.getstate() == before


def meet(barrier):
    """Wait a little for another thread; go on alone if none comes."""
    try:
        barrier.wait(timeout=0.5)
    except threading.BrokenBarrierError:
        pass


def test_one_estimator_predicts_in_several_threads():
    X, y = sequences()
    networks = [small_regressor(engine=engine).fit(X, y) for engine in ENGINES]
    for network in networks:
        expected = network.predict(X)
        with ThreadPoolExecutor(4) as pool:
            for predicted in pool.map(lambda _, n=network: n.predict(X), range(8)):
                assert_same_bits(predicted, expected)


# Companions


def dense():
    return sequences()


def masked():
    """Steps absent at the front, in the middle and at the end."""
    X, y = sequences()
    X[::3, :2] = np.nan
    X[1::5, 3] = np.nan
    X[2::7, 4:] = np.nan
    return X, y


def ragged():
    X, y = ragged_sequences()
    X[7] = np.random.default_rng(5).normal(size=(16, 2))  # alone in being long
    return X, y


FORMS = {"dense": dense, "masked": masked, "ragged": ragged}
STACKS = {
    "plain": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
    "deep": {"cell": "simple", "units": (4, 3), "bidirectional": True, "hidden_units": 5},
}


STACKS_AND_FORMS = [("plain", form) for form in FORMS] + [("lstm", "masked"), ("deep", "ragged")]


@pytest.mark.parametrize("stack, form", STACKS_AND_FORMS)
def test_a_prediction_does_not_depend_on_its_companions(stack, form):
    X, y = FORMS[form]()
    check_companions(small_regressor(**STACKS[stack]).fit(X, y).predict, X)


@pytest.mark.parametrize("form", FORMS)
@eager_keras()
def test_a_prediction_by_keras_does_not_depend_on_its_companions(form):
    X, y = FORMS[form]()
    check_companions(small_regressor(engine="keras").fit(X, y).predict, X)


@pytest.mark.parametrize("form", FORMS)
def test_probabilities_do_not_depend_on_companions(form):
    X, y = FORMS[form]()
    network = small_classifier().fit(X, np.digitize(y, [-0.5, 0.5]))
    check_companions(network.predict_proba, X)


@pytest.mark.parametrize("form", FORMS)
def test_predictions_per_step_do_not_depend_on_companions(form):
    X, _ = FORMS[form]()
    y = [np.nan_to_num(x[:, 0]) for x in X]
    network = small_regressor(return_sequences=True).fit(X, y if form == "ragged" else np.array(y))
    check_companions(network.predict, X)


def check_companions(predict, X):
    """Predict all, each alone, some, all in another order, and all thrice: always the same."""
    n = len(X)
    whole = predict(X)

    def check(numbers):
        some = predict([X[i] for i in numbers] if isinstance(X, list) else X[numbers])
        assert len(some) == len(numbers)
        for i, predicted in zip(numbers, some, strict=True):
            np.testing.assert_array_equal(predicted, whole[i])

    for i in range(0, n, 4):
        check([i])
    check([7])
    check(list(range(5, 38)))
    check(list(range(n))[::-1])
    check(list(range(n)) * 3)


def test_no_later_row_changes_a_bit_of_an_earlier_prediction():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    pipeline = make_pipeline(LagWindows(6), small_regressor()).fit(X, X[:, 0])
    expected = pipeline.predict(X)
    for first_changed in (1, 40, 79):
        changed = X.copy()
        changed[first_changed:] = 1e3 * rng.normal(size=(80 - first_changed, 2))
        predicted = pipeline.predict(changed)
        assert_same_bits(predicted[:first_changed], expected[:first_changed])
        assert predicted[first_changed] != expected[first_changed]
