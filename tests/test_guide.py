"""The code blocks of the pages run as they stand, in their order, with small networks."""

import inspect
import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.pipeline import Pipeline, make_pipeline

import skrnn
from skrnn._data.sequences import Sequences
from skrnn._data.splitting import split_validation

from .common import eager_keras

DOCS = Path(__file__).resolve().parents[1] / "docs"


def blocks_in(text):
    """Return the blocks of Python in a text that are not marked as not run."""
    found = re.findall(
        r"^\.\. code-block:: python\n((?:    :[^\n]*\n)*)\n((?:    [^\n]*\n|\n)+)",
        text + "\n",
        flags=re.MULTILINE,
    )
    return [dedent(code) for options, code in found if "not-run" not in options]


def blocks_of(page):
    return blocks_in((DOCS / page).read_text("utf-8"))


def other_libraries():
    """Give the first block of the page on other libraries with the blocks of each section."""
    text = (DOCS / "other_libraries.rst").read_text("utf-8")
    beginning, *parts = re.split(r"^(.+)\n-{3,}$", text, flags=re.MULTILINE)
    for title, section in zip(parts[::2], parts[1::2], strict=True):
        if blocks_in(section):
            yield pytest.param([*blocks_in(beginning), *blocks_in(section)], id=title)


# An index is a list of links.
TITLED = [
    path.relative_to(DOCS).as_posix()
    for folder in ("guide", "howto", "tutorials")
    for path in sorted((DOCS / folder).glob("*.rst"))
    if path.stem != "index"
]
PAGES = [page for page in ["quickstart.rst", *TITLED] if blocks_of(page)]
# What a page leaves at its default is made small here; what it sets stays as it is written.
SMALL = {"cell": "simple", "units": 4, "epochs": 1, "batch_size": 16}
DEFAULTS = {
    "RNNAutoencoder": SMALL,
    "RNNClassifier": {**SMALL, "bidirectional": False, "pooling": "last"},
    "RNNForecaster": {**SMALL, "baseline": "last"},
    "RNNLanguageModel": {**SMALL, "n_steps": 20},
    "RNNRegressor": {**SMALL, "baseline": None, "early_stopping": False},
    "RNNSeq2Seq": {**SMALL, "bidirectional": False, "embedding_dim": 4},
}


def given_in_the_guide():
    """Return the names that the guide's page on time takes as known."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2012-01-01", periods=960)
    columns = pd.MultiIndex.from_product([["Close", "Open"], ["MSFT", "IBM"]])
    weather = pd.DataFrame(rng.normal(size=(960, 2)), days, columns=["temp_max", "wind"])
    public = {name: getattr(skrnn, name) for name in skrnn.__all__}
    return public | {
        "Pipeline": Pipeline,
        "make_pipeline": make_pipeline,
        "prices": pd.DataFrame(rng.normal(size=(30, 4)), days[:30], columns=columns),
        "sklearn": sklearn,
        "today": weather[-1:],
        "weather": weather,
    }


GIVEN = {"guide/time.rst": given_in_the_guide}


def set_defaults(monkeypatch, function, values):
    """Give parameters of a function other defaults until the end of the test."""
    parameters = inspect.signature(function).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    defaults = tuple(values.get(p.name, p.default) for p in positional)
    monkeypatch.setattr(function, "__defaults__", defaults)
    for name in values.keys() & function.__kwdefaults__.keys():
        monkeypatch.setitem(function.__kwdefaults__, name, values[name])


def run(blocks, names):
    """Run blocks one after the other, if all that they import is installed."""
    code = "".join(blocks)
    imported = re.findall(r"^ *(?:import|from) (\w+)", code, re.MULTILINE)
    for package in {*imported, *re.findall(r'find_spec\("(\w+)"\)', code)}:
        if find_spec(package) is None:
            pytest.skip(f"needs {package}")
    with sklearn.config_context(), eager_keras():  # a page may change scikit-learn's settings
        for block in blocks:
            exec(compile(block, "a page", "exec"), names)
    plt.close("all")


@pytest.fixture
def small_defaults(monkeypatch, tmp_path):
    for name, params in DEFAULTS.items():
        set_defaults(monkeypatch, getattr(skrnn, name).__init__, params)
    monkeypatch.chdir(tmp_path)  # where a page writes its files


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("page", PAGES)
def test_blocks_run(page, small_defaults):
    run(blocks_of(page), GIVEN.get(page, dict)())


@pytest.mark.filterwarnings("ignore")  # other libraries' warnings are theirs
@pytest.mark.parametrize("blocks", list(other_libraries()))
def test_blocks_with_other_libraries_run(blocks, small_defaults):
    run(blocks, {})


@pytest.mark.parametrize("page", TITLED)
def test_every_page_shows_what_it_says(page):
    picture = re.search(r"^\.\. plot::", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    assert blocks_of(page) or picture, "a block that runs, or a picture"


def test_every_block_is_found():
    for page in ["quickstart.rst", *TITLED, "other_libraries.rst"]:
        text = (DOCS / page).read_text("utf-8")
        assert len(blocks_of(page)) + text.count(":class: not-run") == text.count("block:: python")
        assert not re.search(r"^(?!\.\. ).*::$", text, re.MULTILINE), "a block that no test runs"


# Pictures

SCRIPTS = sorted((DOCS / "guide").glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_pictures_of_the_guide_are_drawn_and_shown(path):
    runpy.run_path(str(path))
    assert plt.gcf().axes
    plt.close("all")
    pages = [page.read_text("utf-8") for page in (DOCS / "guide").glob("*.rst")]
    assert any(f".. plot:: guide/{path.name}" in page for page in pages)


def test_the_picture_of_early_stopping_is_true():
    drawn = runpy.run_path(str(DOCS / "guide" / "early_stopping.py"))
    plt.close("all")
    n_windows = len(drawn["last"])
    windows = Sequences.from_series(np.zeros((drawn["N_ROWS"], 1)), n_windows, drawn["WINDOW"])
    fraction = drawn["N_HELD_OUT"] / n_windows
    train, held_out = split_validation(windows, None, fraction=fraction, how="last", seed=0)
    assert sorted(held_out) == np.flatnonzero(drawn["held_out"]).tolist()
    left = ~drawn["held_out"] & ~drawn["purged"]
    assert sorted(train) == np.flatnonzero(left).tolist()


def test_the_picture_of_folds_is_true():
    drawn = runpy.run_path(str(DOCS / "guide" / "folds.py"))
    plt.close("all")
    # The window of the first test row of the last fold, which begins at row 20.
    assert drawn["first"].tolist() == [16, 17, 18, 19, 20]
