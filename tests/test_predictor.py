"""What the engine keeps of fitted weights between predictions: right, and not for long."""

import gc
import pickle
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from .common import assert_other_bits, assert_same_bits, sequences, small_regressor


def fitted(**params):
    X, y = sequences()
    return small_regressor(early_stopping=False, **params).fit(X, y)


@pytest.mark.parametrize("copied", [lambda e: e, lambda e: pickle.loads(pickle.dumps(e))])
def test_weights_that_are_changed_in_place_are_noticed(copied):
    X, _ = sequences()
    network = copied(fitted())
    before = network.predict(X)
    network.weights_[-1][:] += 1
    raised = network.predict(X)
    np.testing.assert_allclose(raised, before + network.target_scale_, rtol=1e-5)
    network.weights_[-1] = network.weights_[-1] - 1
    np.testing.assert_allclose(network.predict(X), before, atol=1e-5)


def test_estimators_of_one_network_do_not_share_weights():
    X, _ = sequences()
    first, second = fitted(), fitted(random_state=1)
    expected = first.predict(X)
    assert_other_bits(second.predict(X), expected)
    first.weights_, second.weights_ = second.weights_, first.weights_
    swapped = second.predict(X)
    unscaled = [
        (y - network.target_mean_) / network.target_scale_
        for y, network in ((expected, first), (swapped, second))
    ]
    np.testing.assert_allclose(*unscaled, atol=1e-5)


@pytest.mark.parametrize("copied", [lambda e: e, lambda e: pickle.loads(pickle.dumps(e))])
def test_weights_die_with_their_estimator(copied):
    X, _ = sequences()
    network = copied(fitted())
    network.predict(X)
    ends = [weakref.ref(w) for w in network.weights_]
    del network
    gc.collect()
    assert not any(end() is not None for end in ends)


def test_predictions_leave_no_memory_behind():
    """Of 20 estimators with a table of 4 MB each."""
    X = np.random.default_rng(0).integers(1, 9, size=(40, 4))
    X[0, 0] = 2**16
    network = small_regressor(embedding_dim=16, epochs=1, early_stopping=False)
    network.fit(X, X[:, 0] > 4)

    def predict_by_a_copy():
        pickle.loads(pickle.dumps(network)).predict(X)

    predict_by_a_copy()
    gc.collect()
    tracemalloc.start()
    for _ in range(20):
        predict_by_a_copy()
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 2**22


def test_threads_predict_by_several_estimators():
    X, _ = sequences()
    networks = [fitted(random_state=seed) for seed in range(3)]
    alone = [network.predict(X) for network in networks]
    again = pickle.loads(pickle.dumps(networks))
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = list(pool.map(lambda network: network.predict(X), again * 4))
            for one, expected in zip(found, alone * 4, strict=True):
                assert_same_bits(one, expected)
