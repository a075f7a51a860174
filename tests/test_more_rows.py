"""Training on more rows than memory holds: arrays in files, and tables in parts."""

import gc
import pickle
import resource
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skrnn import LagWindows, series_to_supervised
from skrnn._data import memory
from skrnn._data.rare_values import rare_values

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


# What is made of a large file stays in a file

N_LARGE = 2**22 // (6 * 32) + 1  # of 6 steps and 32 features each
ONE_EPOCH = {"cell": "simple", "batch_size": 1024, "epochs": 1}


def many_sequences(number=N_LARGE):
    """A feature over decades, absent steps in the middle, and at the end of some sequences."""
    X = np.random.default_rng(0).standard_normal((number, 6, 32), np.float32)
    X[:, :, 1] = 10.0 ** (3 * X[:, :, 1])
    X[::7, 2] = np.nan
    X[::5, 4:] = np.nan
    return X, np.nansum(X[:, :, 0], axis=1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of temporary files; no file and no mapped memory is left in it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield tmp_path / "temporary"
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert str(tmp_path / "temporary") not in Path("/proc/self/maps").read_text()


def with_holes(X):
    """Sequences without some of their steps, a feature over decades, and one that is constant."""
    X[:, :, 0] = 10.0 ** (3 * X[:, :, 0])
    X[::7, 2], X[::5, 4:], X[3] = np.nan, np.nan, np.nan
    return X


def windows(X, dilation=1):
    return np.lib.stride_tricks.sliding_window_view(X.reshape(-1, 2)[:80], 6 * dilation, axis=0)[
        :60
    ].swapaxes(1, 2)[:, ::dilation]


@pytest.mark.parametrize(
    "given",
    [
        np.asarray,
        with_holes,
        lambda X: X[:, :, 0],
        windows,
        lambda X: windows(X).copy(),
        lambda X: windows(X, 2),
        lambda X: windows(X, 2).copy(),
    ],
    ids=["3-D", "holes", "2-D", "windows", "a copy", "dilated", "a dilated copy"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_large_file_has_the_bits_of_an_array(given, dtype, folder, tmp_path, monkeypatch):
    X, y = sequences()
    X = np.asarray(X, dtype)
    (tmp_path / "X").write_bytes(X.tobytes())
    file = np.memmap(tmp_path / "X", dtype, mode="c", shape=X.shape)
    params = {"baseline": "linear", "standardize": "auto", "refit": True}
    expected = vars(small_regressor(**params).fit(given(X), y))
    monkeypatch.setattr(memory, "LARGE", 1)
    found = vars(small_regressor(**params).fit(given(file), y))
    assert found["input_"] == expected["input_"]
    assert found["history_"] == expected["history_"]
    assert_same_bits(found["line_"]["coef"], expected["line_"]["coef"])
    assert_same_bits(found["weights_"], expected["weights_"])


def test_a_copy_of_a_file_in_memory_needs_no_file(tmp_path, monkeypatch):
    """NumPy gives it the class of the file that it is copied from."""
    X, y = sequences()
    file = mapped(X, tmp_path / "X")
    monkeypatch.setattr(memory, "LARGE", 1)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **given: pytest.fail("a file is made"))
    for copied in (file.copy(), file.astype(np.float32), file * 2, file[::2].copy()):
        small_regressor().fit(copied, y[: len(copied)])


def test_rare_values_in_many_features_are_found_without_a_copy():
    rows = np.zeros((20_000, 400), np.float32)
    rows[::2000, 7] = np.arange(10)
    tracemalloc.start()
    try:
        found = rare_values(rows)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [(7, 0.0)]
    assert peak < rows.nbytes / 8


@pytest.mark.parametrize(("value", "words"), [(np.inf, "contains infinity"), (np.nan, "NaN in")])
def test_a_wrong_value_in_a_large_file_is_named(value, words, tmp_path):
    X = mapped(np.zeros((N_LARGE, 6, 32), np.float32), tmp_path / "X")
    with open(tmp_path / "X", "r+b") as file:
        file.seek((10_000 * 6 + 4) * 32 * 4)
        file.write(np.float32(value).tobytes())
    with pytest.raises(ValueError, match=f"{words}.* in step 4 of sample 10000"):
        small_regressor().fit(X, np.zeros(len(X)))


def test_a_full_disk_is_told_and_changes_nothing(folder, tmp_path):
    X, y = many_sequences()
    network = small_regressor(**ONE_EPOCH).fit(X[:100], y[:100])
    before = pickle.dumps(network)
    file = mapped(X, tmp_path / "X")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**22, limits[1]))
    try:
        for train in (network.fit, network.partial_fit):
            with pytest.raises(OSError, match=rf"17 MiB in {folder}.*TMPDIR.*or .*partial_fit"):
                train(file, y)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert pickle.dumps(network) == before


def test_a_fit_within_a_limit_of_memory(tmp_path):
    """It has memory for half of its X alone, and the bits of a fit that had enough."""
    code = """if True:
        import resource, sys
        from pathlib import Path
        import numpy as np
        from tests.common import small_regressor
        from tests.test_more_rows import N_LARGE, ONE_EPOCH, many_sequences, mapped

        def held():
            status = Path("/proc/self/status").read_text()
            return 1024 * int(status.partition("VmData:")[2].split()[0])

        X, y = many_sequences(3 * N_LARGE)
        file = mapped(X, Path(sys.argv[1]))
        network = small_regressor(**ONE_EPOCH)
        expected = vars(network.fit(X, y))
        del X
        limit = held() + file.nbytes // 2
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        found = vars(network.fit(file, y))
        assert found["input_"] == expected["input_"] and found["history_"] == expected["history_"]
        for a, b in zip(found["weights_"], expected["weights_"], strict=True):
            np.testing.assert_array_equal(a, b)
        """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "X")],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
    )
    assert run.returncode == 0, run.stderr.decode()[-2000:]


# Blocks


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
