"""Fixtures that every test may use.

Fixtures
--------
seattle
    Four years of daily weather in Seattle, one row a day.
seed
    A seed for this test. ``SKRNN_TEST_SEEDS="0,1,2"`` runs every test that asks for it once
    per seed; the default is 0 alone.
rng
    A NumPy generator made from ``seed``.

Python's and NumPy's global random states are put back after every test.

Where pytest-xdist gives whole files to workers, the files that take longest come first.
"""

import os

# Read by TensorFlow and matplotlib when they are first imported: hence before anything else.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import random
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# Begun first, or one worker would be left with one of them when the other has nothing to do.
LONGEST = """
    test_examples.py test_language.py test_engines.py test_seq2seq.py test_disk_cache.py
    test_reproducibility.py test_every_estimator.py test_estimator_checks.py test_learnt_state.py
    test_large.py test_callbacks_and_routing.py test_autoencoder.py
""".split()


def pytest_configure(config):
    # Else pytest-xdist begins with the files of most tests, and the longest have few.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" in os.environ:
        turns = {name: turn for turn, name in enumerate(LONGEST)}
        items.sort(key=lambda item: turns.get(item.path.name, len(turns)))


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        seeds = os.environ.get("SKRNN_TEST_SEEDS", "0")
        metafunc.parametrize("seed", [int(seed) for seed in seeds.split(",")], scope="session")


@pytest.fixture
def rng(seed):
    """A generator of this test's own, reproducible by its seed."""
    return np.random.default_rng(seed)


@pytest.fixture(scope="session")
def _seattle():
    spec = find_spec("vega_datasets")
    if spec is None or spec.origin is None:
        pytest.skip("the Seattle weather is in the package vega_datasets (extra: test)")
    path = Path(spec.origin).with_name("_data") / "seattle-weather.csv"
    return pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("D")


@pytest.fixture
def seattle(_seattle):
    """Daily weather 2012-01-01 to 2015-12-31, shape (1461, 5).

    Columns precipitation (mm), temp_max and temp_min (°C), wind (m/s) and weather (drizzle, fog,
    rain, snow or sun), on a DatetimeIndex of frequency one day. A copy: a test may change it.
    """
    return _seattle.copy()


@pytest.fixture(autouse=True)
def _global_random_state_is_put_back():
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    yield
    np.random.set_state(numpy_state)  # noqa: NPY002
    random.setstate(python_state)
