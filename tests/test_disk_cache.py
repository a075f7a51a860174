"""Compiled programs kept on disk: SKRNN_COMPILE_CACHE, each time in an interpreter of its own."""

import os
import shutil
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import pytest

from skrnn._keras.compiled import disk_cache
from skrnn._keras.compiled.disk_cache import _fault_of_directory, _pack, _unpack

from .test_architecture import ROOT

FIT = """
    import os, sys, warnings
    from tests.common import sequences, small_regressor

    def fit(units):
        X, y = sequences()
        network = small_regressor(cell="simple", units=int(units), early_stopping=False).fit(X, y)
        network.predict(X)
        print(units, *[w.tobytes().hex() for w in network.weights_])

    environment = dict(os.environ)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for units in sys.argv[1:]:
            fit(units)
    assert dict(os.environ) == environment
    for warning in caught:
        if issubclass(warning.category, UserWarning) and "SKRNN_COMPILE_CACHE" in str(warning):
            print("warning", warning.message)
    """


def run(directory=None, *, units=("2",), before="", flags="--tf_xla_min_cluster_size=4"):
    """Fit in a fresh process; return its fitted weights and its warnings."""
    environment = {**os.environ, "TF_XLA_FLAGS": flags, "SKRNN_COMPILE_CACHE": str(directory or "")}
    done = subprocess.run(
        [sys.executable, "-c", before + textwrap.dedent(FIT), *units],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return SimpleNamespace(
        weights={kind: rest for kind, _, rest in lines if kind != "warning"},
        warnings=[rest for kind, _, rest in lines if kind == "warning"],
    )


def entries(directory):
    """The files of the cache and when they were written."""
    return {p: p.stat().st_mtime_ns for p in directory.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def plain():
    """What processes without the cache find."""
    return run(units=("2", "3")).weights


@pytest.fixture(scope="module")
def filled(tmp_path_factory, plain):
    """A cache that one process has filled."""
    directory = tmp_path_factory.mktemp("cache") / "programs"
    first = run(directory, units=("2", "3"))
    assert first.warnings == []
    assert first.weights == plain
    assert len(entries(directory)) == 4  # to train and to predict
    return directory


@pytest.fixture
def directory(tmp_path, filled):
    """The test's own copy of that."""
    return shutil.copytree(filled, tmp_path / "programs")


def test_another_process_adds_nothing_and_finds_the_same_bits(directory, plain):
    """Also where it fits in another order."""
    before = entries(directory)
    other = run(directory, units=("3", "2"))
    assert other.weights == plain
    assert other.warnings == []
    assert entries(directory) == before


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_can_read_or_write_it(directory):
    for path in (directory, *directory.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


def test_damaged_entries_cost_one_warning(directory, plain):
    half, longer, *_ = entries(directory)
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    longer.write_bytes(longer.read_bytes() + b"!")
    mended = run(directory, units=("2", "3"))
    assert mended.weights == plain
    assert len(mended.warnings) == 1
    assert "Expected compiled programs as they were written; got a damaged" in mended.warnings[0]
    assert all(_unpack(path.read_bytes()) for path in entries(directory))


def test_a_full_disk_costs_one_warning(tmp_path, plain):
    """No file may have more than 4 KiB: writing fails as it does on a full disk."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    result = run(tmp_path / "programs", before=limit)
    assert result.weights == {"2": plain["2"]}
    assert len(result.warnings) == 1
    assert "to be writable; got OSError(27, 'File too large')" in result.warnings[0]
    assert entries(tmp_path / "programs") == {}


@pytest.mark.slow
def test_entries_that_tensorflow_refuses_cost_one_warning(directory, plain):
    for path in entries(directory):
        name, content = _unpack(path.read_bytes())
        path.write_bytes(_pack(name, content[:-1000]))
    result = run(directory)  # two of them
    assert result.weights["2"] == plain["2"]
    assert len(result.warnings) == 1
    assert "Expected compiled programs that TensorFlow can load; got" in result.warnings[0]


def test_a_file_is_no_directory(tmp_path, monkeypatch):
    """Nothing is set, as in a process that does not ask for the cache."""
    path = tmp_path / "file"
    path.touch()
    monkeypatch.setattr(disk_cache, "_cache", None)
    monkeypatch.setenv("SKRNN_COMPILE_CACHE", str(path))
    before = dict(os.environ)
    expected = "Expected SKRNN_COMPILE_CACHE to be a directory; got FileExistsError"
    with pytest.warns(UserWarning, match=expected) as caught:
        disk_cache.enable()
    assert len(caught) == 1
    assert disk_cache._cache is None
    assert dict(os.environ) == before


@pytest.mark.slow
def test_tensorflow_that_has_begun_is_too_late(tmp_path, plain):
    result = run(tmp_path, before="import tensorflow as tf; tf.constant(1.0) + 1\n")
    assert result.weights["2"] == plain["2"]
    assert len(result.warnings) == 1
    assert (
        "to be seen before TensorFlow computes anything; got a TensorFlow that had begun"
        in (result.warnings[0])
    )
    assert entries(tmp_path) == {}


@pytest.mark.slow
def test_a_directory_in_the_users_own_flags_wins(tmp_path, plain):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    result = run(ours, flags=f"--tf_xla_persistent_cache_directory={theirs}")
    assert result.weights["2"] == plain["2"]
    assert result.warnings == []
    assert len(entries(theirs)) == 2  # to train and to predict
    assert not ours.exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_directory_that_others_can_write_to_is_refused(tmp_path):
    assert _fault_of_directory(str(tmp_path / "new")) is None
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "new").chmod(0o770)
    expected, got, advice = _fault_of_directory(str(tmp_path / "new"))
    assert expected.startswith(
        "SKRNN_COMPILE_CACHE to be a directory that nobody else can write to"
    )
    assert got.endswith("mode 770")
    assert "chmod 700" in advice
