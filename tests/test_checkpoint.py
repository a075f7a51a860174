"""A fit that was killed and is started again ends as if it had not been."""

import contextlib
import fcntl
import io
import re
import signal
import subprocess
import sys
import threading
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

import skrnn
from skrnn import _checkpoint

from .common import (
    assert_other_bits,
    assert_same_bits,
    ragged_sequences,
    sequences,
    small_classifier,
    small_regressor,
)
from .forecast import common as forecasts

ROOT = Path(__file__).resolve().parents[1]
X, Y = sequences()
WEIGHTS = np.linspace(0.1, 2, len(X))
RAGGED, SUMS = ragged_sequences()
TABLE = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch):
    """Epochs of a millisecond would not be written each."""
    monkeypatch.setattr(_checkpoint, "_SHARE", 1e9)
    warnings.simplefilter("ignore")


class Broken(io.StringIO):
    """Breaks a fit with verbose=1 off where it tells of an epoch, the n-th of all networks."""

    def __init__(self, n):
        super().__init__()
        self.n, self.lock = n, threading.Lock()

    def write(self, text):
        with self.lock:
            self.n -= text.startswith("Epoch")
            if self.n < 0:
                raise KeyboardInterrupt
            return super().write(text)


def told(fit, breaks_after=10**6):
    """Return the epochs that a fit tells of, as it is broken off after some of them or not."""
    out = Broken(breaks_after)
    with contextlib.redirect_stdout(out):
        if breaks_after == 10**6:
            fit()
        else:
            with pytest.raises(KeyboardInterrupt):
                fit()
    return [int(n) for n in re.findall(r"Epoch (\d+)/", out.getvalue())]


def assert_same_fit(a, b):
    assert_same_bits(a.weights_, b.weights_)
    assert_same_bits(a.optimizer_state_, b.optimizer_state_)
    assert a.history_ == b.history_
    assert np.array_equal(a.best_epoch_, b.best_epoch_)


def early(**params):
    return small_regressor(
        learning_rate=0.05,
        learning_rate_schedule="plateau",
        weight_averaging=0.9,
        dropout=0.2,
        **params,
    )


def warm():
    return small_regressor(warm_start=True).fit(X, Y).set_params(epochs=4)


FITS = {
    "early stopping": (lambda: early(epochs=8, n_iter_no_change=2), (X, Y)),
    "networks and weights": (
        lambda: small_regressor(
            n_networks=2, epochs=4, early_stopping=False, learning_rate_schedule="cosine"
        ),
        (X, Y, WEIGHTS),
    ),
    "networks alone and beside a line": (lambda: small_regressor(baseline="auto"), (X, Y)),
    "trained again": (lambda: small_regressor(refit=True, n_networks=2), (X, Y)),
    "ragged": (lambda: small_classifier(epochs=4), (RAGGED, SUMS > 0)),
    "warm": (warm, (X, Y)),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_that_is_broken_off_thrice(name, tmp_path):
    make, data = FITS[name]
    path = tmp_path / "fit.checkpoint"
    whole, resumed = (make().set_params(verbose=1) for _ in range(2))
    epochs = told(lambda: whole.fit(*data))
    for _ in range(3):
        told(lambda: make().set_params(verbose=1).fit(*data, checkpoint=path), 1)
    assert 0 < len(told(lambda: resumed.fit(*data, checkpoint=path))) <= len(epochs) - 3
    assert_same_fit(resumed, whole)
    assert not list(tmp_path.iterdir())  # the fit has ended


def test_windows_in_a_pipeline(tmp_path):
    def pipeline():
        return make_pipeline(skrnn.LagWindows(6), small_regressor(verbose=1))

    path, y = tmp_path / "fit.checkpoint", TABLE[:, 0]
    whole = pipeline()
    told(lambda: whole.fit(TABLE, y))
    given = {"rnnregressor__checkpoint": str(path)}
    told(lambda: pipeline().fit(TABLE, y, **given), 1)
    resumed = pipeline()
    assert told(lambda: resumed.fit(TABLE, y, **given)) == [2]
    assert_same_fit(resumed[-1], whole[-1])


def test_seeds_that_nobody_gave_are_kept(tmp_path):
    """Without a random_state the resumed fit has the seeds of the killed one: those it tells of."""
    path, copy = tmp_path / "a", tmp_path / "b"
    told(lambda: small_regressor(verbose=1, random_state=None).fit(X, Y, checkpoint=path), 1)
    copy.write_bytes(path.read_bytes())
    one, other, fresh = (small_regressor(random_state=None) for _ in range(3))
    one.fit(X, Y, checkpoint=path)
    other.fit(X, Y, checkpoint=copy)
    assert_same_fit(one, other)
    assert_other_bits(one.weights_, fresh.fit(X, Y).weights_)


# A forecaster, which tries several networks, and a search


@pytest.mark.parametrize("baseline", ["last", "auto"])
def test_a_forecaster_that_is_broken_off_thrice(baseline, tmp_path):
    """Also between its networks: those that had come to their end are not trained again."""
    path, whole = tmp_path / "fit.checkpoint", forecasts.small(baseline=baseline, verbose=1)
    epochs = told(lambda: whole.fit(forecasts.table()))
    resumed = clone(whole)
    for _ in range(3):
        told(lambda: resumed.fit(forecasts.table(), checkpoint=path), 1)
        assert not hasattr(resumed, "regressor_")
    assert told(lambda: resumed.fit(forecasts.table(), checkpoint=path)) == epochs[3:]
    assert_same_fit(resumed.regressor_, whole.regressor_)
    assert resumed.baseline_ == whole.baseline_
    np.testing.assert_array_equal(resumed.errors_.calibration, whole.errors_.calibration)
    assert not list(tmp_path.iterdir())


def test_seeds_of_a_forecaster_that_nobody_gave_are_kept(tmp_path):
    paths = [tmp_path / name for name in "ab"]
    network = forecasts.small(verbose=1, random_state=None)
    told(lambda: network.fit(forecasts.table(), checkpoint=paths[0]), 3)  # in the second network
    paths[1].write_bytes(paths[0].read_bytes())
    one, other = (clone(network).fit(forecasts.table(), checkpoint=path) for path in paths)
    assert_same_fit(one.regressor_, other.regressor_)


def test_the_checkpoint_of_another_forecaster(kept, tmp_path):
    path = tmp_path / "fit.checkpoint"
    told(lambda: forecasts.small(verbose=1).fit(forecasts.table(), checkpoint=path), 1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="units is 4 there and 5 here; window is 6 there and 7"):
        forecasts.small(window=7, units=5).fit(forecasts.table(), checkpoint=path)
    with pytest.raises(ValueError, match="other values of X, y"):
        forecasts.small().fit(forecasts.table(seed=1), checkpoint=path)
    assert path.read_bytes() == before
    path.write_bytes(kept)
    with pytest.raises(ValueError, match="it is of RNNRegressor, and this of RNNForecaster"):
        forecasts.small().fit(forecasts.table(), checkpoint=path)


def search(**params):
    grid = {"learning_rate": [0.01, 0.02], "dropout": [0.2]}
    return GridSearchCV(early(verbose=1, **params), grid, cv=KFold(2), error_score="raise")


def test_a_search_that_is_broken_off(tmp_path):
    """Every fit has a file in the folder; those that are done are not trained again."""
    whole, other = search().fit(X, Y), search(n_iter_no_change=4)
    epochs = told(lambda: clone(whole).fit(X, Y))
    for _ in range(2):
        told(lambda: clone(whole).fit(X, Y, checkpoint=tmp_path), 3)
    resumed = clone(whole)
    assert told(lambda: resumed.fit(X, Y, checkpoint=str(tmp_path))) == epochs[6:]
    assert_same_fit(resumed.best_estimator_, whole.best_estimator_)
    for name in ("split0_test_score", "split1_test_score"):
        assert np.array_equal(resumed.cv_results_[name], whole.cv_results_[name])
    assert len(list(tmp_path.iterdir())) == 5
    # Another X has other files, and other networks have too.
    assert len(told(lambda: clone(whole).fit(X[::-1], Y, checkpoint=tmp_path))) == len(epochs)
    told(lambda: other.fit(X, Y, checkpoint=tmp_path), 1)
    assert len(list(tmp_path.iterdir())) == 11


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_search_that_was_done(n_jobs, tmp_path, monkeypatch):
    monkeypatch.undo()  # epochs of a millisecond are not written each; the last one is
    with parallel_config("threading", n_jobs=n_jobs):
        told(lambda: search().fit(X, Y, checkpoint=tmp_path))
        assert told(lambda: search().fit(X, Y, checkpoint=tmp_path)) == []


def test_forecasters_in_a_folder(tmp_path):
    """Each network has its file, that of the killed fit too."""
    whole = forecasts.small(verbose=1)
    epochs = told(lambda: whole.fit(forecasts.table()))
    told(lambda: clone(whole).fit(forecasts.table(), checkpoint=tmp_path), 3)
    resumed = clone(whole)
    assert told(lambda: resumed.fit(forecasts.table(), checkpoint=tmp_path)) == epochs[3:]
    assert_same_fit(resumed.regressor_, whole.regressor_)
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_in_a_folder_is_removed(tmp_path):
    """Not what another process writes, which has a lock on it, nor what belongs to another file."""
    small_regressor(epochs=1).fit(X, Y, checkpoint=tmp_path)
    (file,) = tmp_path.iterdir()
    left, written, others = (
        tmp_path / f".{name}.0123abc{n}.part"
        for n, name in enumerate((file.name, file.name, "other.checkpoint"))
    )
    for part in (left, written, others):
        part.touch()
    with written.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        small_regressor(epochs=1).fit(X, Y, checkpoint=tmp_path)
        assert set(tmp_path.iterdir()) == {file, written, others}
    small_regressor(epochs=1).fit(X, Y, checkpoint=tmp_path)
    assert set(tmp_path.iterdir()) == {file, others}


def test_a_folder_needs_a_random_state(tmp_path):
    with pytest.raises(ValueError, match="Expected random_state with a folder as checkpoint, got"):
        small_regressor(random_state=None).fit(X, Y, checkpoint=tmp_path)


# A process that is killed

CHILD = """
import sys, threading
from tests.test_checkpoint import killed_fits

class Held:
    n_seen = 0
    def write(self, text):
        self.n_seen += "Epoch 15/20" in text  # of both networks of a forecaster
        if "Epoch 30/40" in text or self.n_seen == 2:
            print("held", file=sys.__stdout__, flush=True)
            threading.Event().wait()
    def flush(self):
        pass

sys.stdout = Held()
threads = []
for n, (estimator, data) in enumerate(killed_fits()):
    fit = estimator.set_params(verbose=1).fit
    given = {"checkpoint": f"{sys.argv[1]}/{n}"}
    threads.append(threading.Thread(target=fit, args=data, kwargs=given))
    threads[-1].start()
for thread in threads:  # modules cannot be imported after the end of the main thread
    thread.join()
"""


def killed_fits():
    """Fits at once in one process, by one program."""
    early_ones = early(epochs=40, n_iter_no_change=40)
    all_of_them = early(epochs=40, early_stopping=False, n_networks=2)
    forecaster = forecasts.small(epochs=20)
    return [
        (early_ones, (X, Y)),
        (all_of_them, (X[:50], Y[:50], WEIGHTS[:50])),
        (forecaster, (forecasts.table(),)),
    ]


def test_a_process_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.undo()  # as often as users have it
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert [child.stdout.readline() for _ in range(3)] == [b"held\n"] * 3
        child.kill()
    assert child.returncode == -signal.SIGKILL
    (tmp_path / ".0.0123abcd.part").touch()  # as if it had been killed while it wrote
    for n, (estimator, data) in enumerate(killed_fits()):
        resumed = clone(estimator).set_params(verbose=1)
        epochs = told(partial(resumed.fit, *data, checkpoint=tmp_path / str(n)))
        assert len(epochs) < 40 * estimator.n_networks
        networks = [getattr(e, "regressor_", e) for e in (resumed, estimator.fit(*data))]
        assert_same_fit(*networks)
    assert not list(tmp_path.iterdir())


# What is refused


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The bytes of the checkpoint of a fit that was broken off."""
    path = tmp_path_factory.mktemp("kept") / "fit.checkpoint"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_checkpoint, "_SHARE", 1e9)
        told(lambda: small_regressor(verbose=1).fit(X, Y, WEIGHTS, checkpoint=path), 1)
    return path.read_bytes()


OTHER_FITS = {
    "units is 4 there and 5 here": (small_regressor(units=5), (X, Y, WEIGHTS)),
    "clipnorm is 1.0 there and None here; epochs is 2 there and 3 here": (
        small_regressor(epochs=3, clipnorm=None),
        (X, Y, WEIGHTS),
    ),
    "other seeds drawn from random_state": (small_regressor(random_state=1), (X, Y, WEIGHTS)),
    "random_state is int there and NoneType here": (
        small_regressor(random_state=None),
        (X, Y, WEIGHTS),
    ),
    "it is of RNNRegressor, and this of RNNClassifier": (small_classifier(), (X, Y > 0)),
    "other values of y": (small_regressor(), (X, np.r_[Y[:-1], 9], WEIGHTS)),
    "held-out X": (small_regressor(), (X, Y, WEIGHTS, 2 * X, Y)),
    "sample_weight": (small_regressor(), (X, Y)),
}


@pytest.mark.parametrize("difference", OTHER_FITS)
def test_the_checkpoint_of_another_fit(difference, kept, tmp_path):
    path = tmp_path / "fit.checkpoint"
    path.write_bytes(kept)
    estimator, (X, y, *rest) = OTHER_FITS[difference]
    given = dict(zip(["sample_weight", "X_val", "y_val"], rest, strict=False))
    with pytest.raises(ValueError, match=re.escape(difference)) as caught:
        estimator.fit(X, y, **given, checkpoint=path)
    assert str(caught.value).startswith(f"{path}: Expected the checkpoint of this very fit")
    assert not hasattr(estimator, "weights_")
    assert path.read_bytes() == kept


def losses_of(power):
    """Losses of one name each, which differ in what they were made with."""

    def powered(y, predicted, power=2):
        return abs(y - predicted) ** power

    class Powered:
        def __init__(self, power):
            self.power, self.cache = power, object()

        def __call__(self, y, predicted):
            return powered(y, predicted, self.power)

    return {
        "partial": partial(powered, power=power),
        "closure": lambda y, predicted: powered(y, predicted, power),
        "default": lambda y, predicted, power=power: powered(y, predicted, power),
        "code": eval(f"lambda y, predicted: abs(y - predicted) ** {power}"),
        "object": Powered(power),
        "long": {**dict.fromkeys(range(50), 1.0), 50: power},
    }


def test_losses_of_one_name_are_told_apart():
    words, again, others = (
        {name: _checkpoint._in_words(loss) for name, loss in losses_of(power).items()}
        for power in (2, 2, 3)
    )
    assert words == again
    assert {name for name in words if words[name] != others[name]} == set(words)


def test_what_others_keep_on_an_estimator_is_not_compared(kept, tmp_path):
    """scikit-learn keeps its callbacks there, which are other objects in each process."""
    path = tmp_path / "fit.checkpoint"
    path.write_bytes(kept)
    estimator = small_regressor(epochs=3)
    estimator._skl_callbacks_of_theirs = object()
    with pytest.raises(ValueError, match=r"another fit: epochs is 2 there and 3 here\. Nothing"):
        estimator.fit(X, Y, WEIGHTS, checkpoint=path)


def test_the_checkpoint_of_a_fit_that_went_on_from_elsewhere(tmp_path):
    path = tmp_path / "fit.checkpoint"
    told(lambda: warm().set_params(verbose=1).fit(X, Y, checkpoint=path), 1)
    with pytest.raises(ValueError, match="other values of starting weights"):
        small_regressor(warm_start=True, epochs=4).fit(X, Y, checkpoint=path)


def test_other_versions(kept, tmp_path, monkeypatch):
    path = tmp_path / "fit.checkpoint"
    path.write_bytes(kept)
    newer = {**_checkpoint.versions(), "tensorflow": "9.9"}
    monkeypatch.setattr(_checkpoint, "versions", lambda: newer)
    with pytest.raises(ValueError, match=r"tensorflow is 2\.\S+ there and 9.9 here"):
        small_regressor().fit(X, Y, WEIGHTS, checkpoint=path)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_damaged_checkpoint(place, kept, tmp_path):
    path, at = tmp_path / "fit.checkpoint", int(place * len(kept))
    path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
    with pytest.raises(ValueError, match="Remove the file to begin anew") as caught:
        small_regressor().fit(X, Y, WEIGHTS, checkpoint=path)
    assert str(caught.value).startswith(f"{path}: Expected ")


def test_a_file_of_another_kind_is_left_alone(kept, tmp_path):
    path = tmp_path / "model.skrnn"
    skrnn.save(small_regressor(), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Expected the checkpoint of a fit, got a file of"):
        small_regressor().fit(X, Y, checkpoint=path)
    assert path.read_bytes() == before
    path.write_bytes(kept)
    with pytest.raises(ValueError, match="got the checkpoint of a fit that has not come to its e"):
        skrnn.load(path)


def test_keras_own_fit_has_no_checkpoint(tmp_path):
    with pytest.raises(ValueError, match="Expected a fit by the compiled engine with checkpoint"):
        small_regressor(engine="keras").fit(X, Y, checkpoint=tmp_path / "fit.checkpoint")


@pytest.mark.parametrize(
    "name", ["RNNRegressor", "RNNClassifier", "RNNSeq2Seq", "RNNAutoencoder", "RNNLanguageModel"]
)
def test_every_network_takes_one(name, tmp_path):
    path = tmp_path / "fit.checkpoint"
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match="a zip archive, got one that begins with b'text'"):
        getattr(skrnn, name)().fit(X, Y, checkpoint=path)


def test_a_path_that_no_file_can_have(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="which is not there"):
        small_regressor().fit(X, Y, checkpoint=tmp_path / "no" / "fit.checkpoint")
    for folder in ("", f"{tmp_path}/new/"):
        with pytest.raises(ValueError, match="that of a folder which is not there"):
            small_regressor().fit(X, Y, checkpoint=folder)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(ValueError, match="where this process may not write"):
        small_regressor().fit(X, Y, checkpoint=tmp_path / "fit.checkpoint")
    with pytest.raises(TypeError, match="Expected checkpoint to be the path of a file or folder"):
        small_regressor().fit(X, Y, checkpoint=True)
