"""The layers stand: estimator above, engine below, TensorFlow only in ``skrnn/_keras/``.

The first half reads the source, the second runs fresh interpreters. Which module lies in which
layer is read off the tree: what `skrnn._keras` imports is below the engine, who imports it is
above.
"""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import skrnn
from benchmarks._source import (
    TENSOR_LIBRARIES,
    Module,
    arrows,
    belongs_to,
    circles,
    reached,
    read_package,
)

ROOT = Path(__file__).resolve().parents[1]

MODULES = read_package(ROOT / "skrnn")
ENGINE = [name for name in MODULES if belongs_to(name, {"skrnn._keras"})]
OUTSIDE = [name for name in MODULES if name not in ENGINE]

EVER = arrows(MODULES, at_start=False)
# What the engine knows of the package: the description of a network, the containers that its
# sequences come in and their memory, and the place that keeps its programs.
BELOW = sorted({lower for name in ENGINE for lower in EVER[name]} - set(ENGINE))
# Who trains or predicts: the estimators of networks, and what of them is in files of its own.
ABOVE = sorted(name for name in OUTSIDE if name != "skrnn" and set(ENGINE) & reached(name, EVER))
# The forecaster is made of estimators.
FORECAST = [name for name in OUTSIDE if belongs_to(name, {"skrnn.forecast"})]
# The folders of what estimators are made of (data, texts, windows), and of what draws them.
PARTS = [name for name in OUTSIDE if name.count(".") == 2 and name not in FORECAST]

# Adding a file to the top of the repository is a decision: write it here.
TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".readthedocs.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "benchmarks",
    "docs",
    "examples",
    "pyproject.toml",
    "skrnn",
    "tests",
}


def run_in_fresh_interpreter(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lines_importing(name, packages):
    return [(found.name, found.line) for found in MODULES[name].imports_any(packages)]


def test_the_reader_of_imports_sees_every_form(tmp_path):
    source = """
        import keras.layers as kl
        from . import _spec
        from .._keras import fit
        if TYPE_CHECKING:
            import keras
        class A:
            def f(self):
                from tensorflow import nn
                return __import__("scikeras")
        """
    path = tmp_path / "_lag.py"
    path.write_text(textwrap.dedent(source))
    assert Module("skrnn.windows._lag", path).imports == [
        ("keras.layers", 2, True),
        ("skrnn.windows._spec", 3, True),
        ("skrnn._keras.fit", 4, True),
        ("keras", 6, False),
        ("tensorflow.nn", 9, False),
        ("scikeras", 10, False),
    ]


def test_the_layers_are_found():
    assert {"skrnn._spec", "skrnn._data.sequences"} <= set(BELOW)
    assert {"skrnn.regression", "skrnn.seq2seq"} <= set(ABOVE)
    assert not set(BELOW) & set(ABOVE)


@pytest.mark.parametrize("name", OUTSIDE)
def test_only_the_engine_imports_tensor_libraries(name):
    guilty = lines_importing(name, TENSOR_LIBRARIES)
    assert not guilty, f"{name}: move this to skrnn/_keras/: {guilty}"


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_engine_is_imported_inside_functions_only(name):
    guilty = [found for found in MODULES[name].imports_any({"skrnn._keras"}) if found.at_start]
    assert not guilty, f"{name}: import this where it is used, inside the function: {guilty}"


@pytest.mark.parametrize("name", BELOW)
def test_what_the_engine_knows_is_plain(name):
    for lower in {name, *reached(name, EVER)}:
        guilty = lines_importing(lower, {"sklearn", "skrnn._keras"})
        assert not guilty, f"the engine imports {name}, and so {lower}, which is above it: {guilty}"


@pytest.mark.parametrize("name", PARTS)
def test_parts_do_not_train(name):
    guilty = sorted({name, *EVER[name]} & set(ABOVE))
    assert not guilty, f"{name}: this lies below what trains and predicts: {guilty}"


@pytest.mark.parametrize("name", [n for n in OUTSIDE if n not in FORECAST and n != "skrnn"])
def test_estimators_do_not_know_the_forecaster(name):
    guilty = lines_importing(name, {"skrnn.forecast"})
    assert not guilty, f"{name}: forecasts are made of estimators, not the reverse: {guilty}"


def test_imports_draw_no_circle():
    assert not circles(EVER)


def test_one_module_imports_scikeras():
    """It changes classes of Keras, and so is imported where it is used."""
    assert len([name for name in ENGINE if lines_importing(name, {"scikeras"})]) <= 1


def test_public_names_cost_no_tensorflow():
    run_in_fresh_interpreter("""
        import sys
        import skrnn
        assert "sklearn" not in sys.modules, "import skrnn should load nothing before it is used"
        for name in skrnn.__all__:
            assert getattr(skrnn, name) is not None, name
            assert name in dir(skrnn), name
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)


def test_what_does_not_train_costs_no_tensorflow():
    run_in_fresh_interpreter("""
        import pickle, sys
        from sklearn.base import clone
        from sklearn.pipeline import make_pipeline
        import skrnn
        networks = ["RNNRegressor", "RNNClassifier", "RNNAutoencoder", "RNNLanguageModel"]
        for name in ["LagWindows", "SequenceTokenizer", *networks]:
            estimator = getattr(skrnn, name)()
            estimator.set_params(**estimator.get_params())
            pickle.loads(pickle.dumps(clone(estimator)))
            assert name in repr(estimator)
            assert name in estimator._repr_html_()
            make_pipeline(skrnn.LagWindows(), estimator)._repr_html_()
            dir(estimator)
        tokenizer = skrnn.SequenceTokenizer().fit(["a b"])
        assert pickle.loads(pickle.dumps(tokenizer)).transform(["b"]).tolist() == [[3, 0]]
        assert tokenizer.inverse_transform([[3, 0]]) == ["b"]
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)


def test_a_compiled_fit_needs_no_keras():
    """Keras is another matter where it runs on something else, and scikeras changes its classes."""
    message = run_in_fresh_interpreter("""
        import os, sys
        os.environ["KERAS_BACKEND"] = "jax"
        import numpy as np
        import skrnn
        X, y = np.ones((8, 3, 1)), np.arange(8.0)
        skrnn.RNNRegressor("simple", units=1, epochs=1).fit(X, y).predict(X)
        assert "scikeras" not in sys.modules
        assert "skrnn._keras.layers" not in sys.modules
        try:
            skrnn.RNNRegressor(units=1, epochs=1, engine="keras").fit(X, y)
        except ImportError as error:
            print(error)
        """)
    assert message.startswith("Expected Keras to run on TensorFlow for engine='keras', model=")
    assert "jax" in message
    assert "Set the environment variable KERAS_BACKEND to 'tensorflow'" in message


def test_a_fit_without_tensorflow():
    message = run_in_fresh_interpreter("""
        import sys
        sys.modules["tensorflow"] = None
        import numpy as np
        import skrnn
        try:
            skrnn.RNNRegressor().fit(np.ones((8, 3, 1)), np.arange(8.0))
        except ModuleNotFoundError as error:
            print(error)
        """)
    assert message.startswith("Expected TensorFlow, which trains and runs the networks, got a")
    assert "Run pip install tensorflow" in message


def test_unknown_public_name():
    with pytest.raises(AttributeError, match="RNNRegresor"):
        skrnn.RNNRegresor


def test_top_level_holds_only_what_was_decided():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    entries = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert entries <= TOP_LEVEL, f"not among the decided ones: {sorted(entries - TOP_LEVEL)}"
