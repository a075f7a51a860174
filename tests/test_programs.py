"""The compiled programs of a process: counted, shared and dropped through the public door."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from skrnn import cache_info, clear_cache

from .common import assert_same_bits, sequences, small_regressor
from .test_architecture import run_in_fresh_interpreter


@pytest.fixture(autouse=True)
def empty_cache():
    """No program is kept when the test begins."""
    clear_cache()


def small_without_validation(**params):
    """A regressor whose fit predicts nothing."""
    return small_regressor(early_stopping=False, **params)


def test_counting_and_clearing_start_no_tensorflow():
    out = run_in_fresh_interpreter("""
        import sys
        import skrnn
        skrnn.clear_cache()
        print(skrnn.cache_info())
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)
    assert out == "CacheInfo(hits=0, misses=0, maxsize=128, currsize=0)\n"


def test_a_fit_makes_a_program_to_train_and_one_to_predict():
    X, y = sequences()
    network = small_without_validation().fit(X, y)
    assert cache_info() == (0, 2, 128, 2)
    network.predict(X)
    network.predict(X)
    assert cache_info() == (2, 2, 128, 2)
    small_without_validation(learning_rate=0.01).fit(X, y)
    assert cache_info() == (4, 2, 128, 2)
    small_without_validation(units=5).fit(X, y)
    assert cache_info() == (4, 4, 128, 4)


def test_fitted_estimators_survive_a_cleared_cache():
    X, y = sequences()
    network = small_without_validation().fit(X, y)
    expected = network.predict(X)
    weights = [w.copy() for w in network.weights_]
    clear_cache()
    assert cache_info() == (0, 0, 128, 0)
    assert_same_bits(network.predict(X), expected)
    assert_same_bits(network.fit(X, y).weights_, weights)
    assert cache_info() == (1, 2, 128, 2)


def test_clearing_while_other_threads_fit():
    X, y = sequences()

    def fit_and_clear(seed):
        network = small_without_validation(random_state=seed).fit(X, y)
        clear_cache()
        return [*network.weights_, network.predict(X)]

    alone = [fit_and_clear(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(fit_and_clear, range(4)), strict=True):
            assert_same_bits(one, other)
