"""Training on more rows than memory holds: arrays in files, and tables in parts."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skrnn import LagWindows, series_to_supervised

from .common import assert_same_bits, sequences, small_classifier, small_regressor
from .test_guide import DOCS, blocks_of

PAGE = "howto/more_rows.rst"
PARTS = [slice(first, first + 20) for first in range(0, 60, 20)]


def mapped(array, path):
    """The same values in a file that cannot be written to."""
    array.tofile(path)
    return np.memmap(path, array.dtype, mode="r", shape=array.shape)


def trained_on_parts(network, X, y, **first):
    for number, part in enumerate(PARTS):
        network.partial_fit(X[part], y[part], **({} if number else first))
    return network


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_axes", [3, 2])
def test_a_mapped_file_is_an_array(dtype, n_axes, tmp_path):
    X, y = sequences()
    X = (X if n_axes == 3 else X[:, :, 0]).astype(dtype)
    file, targets = mapped(X, tmp_path / "X"), mapped(y.astype(dtype), tmp_path / "y")
    before = (tmp_path / "X").read_bytes()
    of_file, of_array = (small_regressor().fit(*data) for data in ((file, targets), (X, targets)))
    assert_same_bits(of_file.weights_, of_array.weights_)
    assert_same_bits(of_file.predict(file), of_array.predict(X))
    in_parts = [trained_on_parts(small_regressor(), data, y) for data in (file, X)]
    assert_same_bits(*(network.weights_ for network in in_parts))
    assert (tmp_path / "X").read_bytes() == before


def test_a_series_in_a_file(tmp_path):
    rows = np.random.default_rng(0).normal(size=(65, 2)).astype(np.float32)
    file = mapped(rows, tmp_path / "rows")
    networks = [
        small_regressor().fit(LagWindows(6).fit_transform(data)[5:], rows[5:, 0])
        for data in (file, rows)
    ]
    assert_same_bits(*(network.weights_ for network in networks))


def test_a_part_is_all_that_is_held(tmp_path):
    """What NumPy holds at its peak grows with the part, and not with the file."""
    n_parts, part = 6, 2**16  # 3 MiB each
    (tmp_path / "X").write_bytes(b"")
    with open(tmp_path / "X", "r+b") as file:
        file.truncate(n_parts * part * 6 * 2 * 4)  # zeros, which take no room on the disk
    X = np.memmap(tmp_path / "X", np.float32, mode="r", shape=(n_parts * part, 6, 2))
    y = np.linspace(0, 1, len(X), dtype=np.float32)
    network = small_regressor(batch_size=4096, cell="simple")
    tracemalloc.start()
    try:
        for first in range(0, len(X), part):
            network.partial_fit(X[first : first + part], y[first : first + part])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert network.n_iter_ == n_parts
    assert X.nbytes / n_parts < peak < X.nbytes / 2


@pytest.mark.parametrize("travels", [False, True])
def test_blocks_one_after_the_other(travels):
    """The calls of dask-ml's `Incremental`; between them the network may go to another process."""
    X, y = sequences()
    labels = np.where(y > 0, "up", "down")

    def by_blocks(network, y, **kwargs):
        for part in PARTS:
            network = pickle.loads(pickle.dumps(network)) if travels else network
            assert network.partial_fit(X[part], y[part], **kwargs) is network
        return network

    of_numbers = by_blocks(small_regressor(), y)
    assert_same_bits(of_numbers.weights_, trained_on_parts(small_regressor(), X, y).weights_)
    classes = {"classes": ["down", "up"]}
    of_labels = by_blocks(small_classifier(), labels, **classes)
    alike = trained_on_parts(small_classifier(), X, labels, **classes)
    assert_same_bits(of_labels.weights_, alike.weights_)


def test_incremental_of_dask_ml():
    dask = pytest.importorskip("dask")
    wrappers = pytest.importorskip("dask_ml.wrappers")
    X, y = sequences()
    X, network = np.ascontiguousarray(X[:, :, 0]), small_regressor()
    blocks = dask.array.from_array(X, chunks=(20, -1)), dask.array.from_array(y, chunks=20)
    wrapped = wrappers.Incremental(clone(network), shuffle_blocks=False)
    with dask.config.set(scheduler="synchronous"):
        found = wrapped.fit(*blocks).estimator_
    assert_same_bits(found.weights_, trained_on_parts(network, X, y).weights_)


# What the page shows


def named_on_the_page(name):
    """A function of the page, from the block that defines it."""
    names = {"pd": pd, "LagWindows": LagWindows, "series_to_supervised": series_to_supervised}
    (block,) = (b for b in blocks_of(PAGE) if f"def {name}" in b)
    exec(compile(block, PAGE, "exec"), names)
    return names[name]


@pytest.mark.parametrize("n_rows", [30, 37, 100])
def test_no_window_is_lost_or_doubled_between_parts(n_rows):
    """The parts have the windows and the targets of the whole table, in its order."""
    hours = pd.date_range("2024-01-01", periods=100, freq="h")
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"load": rng.normal(size=100), "temp": rng.normal(size=100)}, hours)
    parts = (table[first : first + n_rows] for first in range(0, 100, n_rows))
    found = list(named_on_the_page("windows_of_parts")(parts, 12, "load"))
    X, y = series_to_supervised(table, target="load")
    windows = np.concatenate([np.asarray(windows) for windows, _ in found])
    np.testing.assert_array_equal(windows, np.asarray(LagWindows(12).fit_transform(X)))
    assert_same_bits(pd.concat([targets for _, targets in found]), y)


def test_a_parquet_file_in_parts(tmp_path):
    pytest.importorskip("pyarrow.parquet")
    page = (DOCS / PAGE).read_text("utf-8")
    first, after = "    import pyarrow.parquet", "    for windows, y in windows_of_parts(frames_of"
    block = page[page.index(first) : page.index(after)]
    names = {}
    exec("if True:\n" + block, names)
    hours = pd.date_range("2024-01-01", periods=50, freq="h", name="hour")
    table = pd.DataFrame({"load": np.arange(50.0)}, hours)
    table.to_parquet(tmp_path / "load.parquet")
    parts = list(names["frames_of"](tmp_path / "load.parquet", 20))
    assert [len(part) for part in parts] == [20, 20, 10]
    pd.testing.assert_frame_equal(pd.concat(parts), table, check_freq=False)
