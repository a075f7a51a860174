"""Where a network is trained: the parameter `device`, on a machine without a GPU.

`skrnn._keras.devices.gpus` is all that knows of GPUs. The tests let it name a part of the CPU.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import skrnn
from skrnn._keras import devices
from skrnn._keras.compiled import predictor

from .common import assert_same_bits, eager_keras, sequences, small_regressor
from .test_autoencoder import small_autoencoder
from .test_language import TEXTS, small_model
from .test_seq2seq import PLAIN
from .test_seq2seq import SMALL as SMALL_SEQ2SEQ

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ["RNNAutoencoder", "RNNClassifier", "RNNLanguageModel", "RNNRegressor", "RNNSeq2Seq"]


def with_gpu():
    """Let there be a GPU: the CPU, by another name."""
    return mock.patch.object(devices, "gpus", lambda: ["/device:CPU:0"])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_that_is_not_there_is_refused(name):
    """In words, and before X is looked at."""
    network = getattr(skrnn, name)(device="gpu")
    with pytest.raises(ValueError, match="Expected a GPU that TensorFlow sees") as caught:
        network.fit("no data", "at all")
    message = str(caught.value)
    assert "which sees the CPU alone. Nothing was trained" in message
    assert "Set device='auto' or 'cpu'" in message
    assert "CUDA_VISIBLE_DEVICES" in message
    assert "engine_" not in vars(network)
    assert clone(network).get_params()["device"] == "gpu"


def test_a_forecaster_passes_it_on():
    table = pd.DataFrame({"x": np.arange(40.0)}, index=pd.date_range("2024", periods=40))
    with pytest.raises(ValueError, match="Expected a GPU that TensorFlow sees for device='gpu'"):
        skrnn.RNNForecaster(window=3, device="gpu").fit(table)


def test_the_cpu_by_whatever_word_has_one_program():
    X, y = sequences()
    networks = [small_regressor(device="auto").fit(X, y)]
    before = skrnn.cache_info().misses
    networks.append(small_regressor(device="cpu").fit(X, y))
    assert [network.engine_ for network in networks] == ["compiled", "compiled"]
    assert_same_bits(*(network.predict(X) for network in networks))
    assert skrnn.cache_info().misses == before


def test_programs_run_where_they_are_told():
    """The second of two parts of the CPU plays the GPU; TensorFlow says where a result lies."""
    code = """
    import json
    import tempfile
    from unittest import mock

    import tensorflow as tf

    part = tf.config.LogicalDeviceConfiguration()
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [part, part])

    import skrnn
    from skrnn._keras import devices
    from skrnn._keras.compiled.xla import XlaFunction
    from tests.common import sequences, small_regressor

    X, y = sequences()
    run = XlaFunction.__call__

    def places_of(function):
        found = set()

        def watched(program, *args):
            results = run(program, *args)
            found.update(t.device.rpartition("device:")[2] for t in tf.nest.flatten(results))
            return results

        with mock.patch.object(XlaFunction, "__call__", watched):
            result = function()
        return sorted(found), result

    told = {}
    with mock.patch.object(devices, "gpus", lambda: ["/CPU:1"]):
        for device in ("auto", "cpu", "gpu"):
            network = small_regressor(device=device)
            places, _ = places_of(lambda: network.fit(X, y))
            told[device] = [network.engine_, places, places_of(lambda: network.predict(X))[0]]
        expected = network.predict(X).tolist()
    places, found = places_of(lambda: network.predict(X))
    told["gone"] = [network.engine_, places, found.tolist() == expected]
    with tempfile.TemporaryDirectory() as folder:
        skrnn.save(network, f"{folder}/network.skrnn")
        loaded = skrnn.load(f"{folder}/network.skrnn")
    told["loaded"] = [loaded.engine_, loaded.device, loaded.predict(X).tolist() == expected]
    loaded.set_params(warm_start=True, device="cpu").fit(X, y)
    told["goes on"] = [loaded.engine_, loaded.n_iter_]
    print(json.dumps(told))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    there, here = ["compiled:gpu", ["CPU:1"], ["CPU:1"]], ["compiled", ["CPU:0"], ["CPU:0"]]
    assert json.loads(done.stdout) == {
        "auto": there,
        "gpu": there,
        "cpu": here,
        # Without the GPU it predicts all the same; the kernels are those of one CPU here.
        "gone": ["compiled:gpu", ["CPU:0"], True],
        "loaded": ["compiled:gpu", "gpu", True],
        "goes on": ["compiled", 4],
    }


class Kernels(keras.callbacks.Callback):
    """Notes whether the recurrent layers of a training may use cuDNN."""

    def on_train_begin(self, logs=None):
        layers = self.model.model.layers
        self.found = [layer.use_cudnn for layer in layers if hasattr(layer, "use_cudnn")]


def late(X):
    """Sequences whose first step is absent in one of them, as at the beginning of a series."""
    X = X.copy()
    X[3, 0] = np.nan
    return X


def cut(X):
    """Sequences of two lengths."""
    return [x[: 4 + number % 2] for number, x in enumerate(X)]


@pytest.mark.parametrize(
    ("prepare", "device", "expected"),
    [
        (cut, "auto", "auto"),
        (late, "gpu", False),  # cuDNN would refuse it
        (np.asarray, "cpu", False),
    ],
)
def test_when_keras_may_use_cudnn(prepare, device, expected):
    """Only on a GPU, and only where absent steps are at the end; the numbers are the same."""
    X, y = sequences()
    X, kernels = prepare(X), Kernels()
    network = small_regressor(cell="gru", callbacks=[kernels], epochs=1, device=device)
    with eager_keras(), with_gpu():
        network.fit(X, y)
    assert kernels.found == [expected]
    assert network.engine_ == ("keras" if device == "cpu" else "keras:gpu")
    (layer,) = (each for each in network.to_keras().layers if hasattr(each, "use_cudnn"))
    assert layer.use_cudnn is False
    if expected == "auto":
        with eager_keras(), with_gpu():
            predicted = network.predict(X)
        assert_same_bits(network.predict(X), predicted)  # without the GPU


def autoencoder():
    network = small_autoencoder(cell="simple").fit(sequences()[0])
    return network, [
        lambda: network.inverse_transform(network.transform(sequences()[0])),
        lambda: network.reconstruct(sequences()[0]),
        lambda: network.score_samples(sequences()[0]),
    ]


def language_model():
    network = small_model(cell="simple").fit(TEXTS)
    return network, [
        lambda: network.score(TEXTS),
        lambda: network.next_token_proba(TEXTS),
        lambda: network.sample("a", max_len=3, random_state=0),
    ]


def seq2seq():
    X, y = ["ab c", "c"] * 10, ["c ba", "c"] * 10
    network = skrnn.RNNSeq2Seq("char", **SMALL_SEQ2SEQ, **PLAIN).fit(X, y)
    return network, [
        lambda: network.predict(X),
        lambda: network.score_samples(X, y),
    ]


def attentive_regressor():
    X, y = sequences()
    network = small_regressor(cell="simple", pooling="attention").fit(X, y)
    return network, [lambda: network.predict(X), lambda: network.attention_weights(X)]


@pytest.mark.parametrize(
    "fitted", [autoencoder, language_model, seq2seq, attentive_regressor], ids=lambda f: f.__name__
)
def test_everything_is_computed_where_the_network_was_fitted(fitted):
    """Each of these asks for the device that `engine_` tells, and has the CPU without it."""
    network, asked = fitted()
    expected = [ask() for ask in asked]
    network.engine_ = "compiled:gpu"  # as a file of another machine says
    with mock.patch.object(predictor, "nearest_device", side_effect=devices.nearest_device) as spy:
        for ask, of_the_cpu in zip(asked, expected, strict=True):
            spy.reset_mock()
            assert_same_bits(ask(), of_the_cpu)
            assert {call.args for call in spy.mock_calls} == {("gpu",)}
