"""`save` and `load`: one file of data, judged before anything is built from it."""

import copy
import io
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skrnn
from benchmarks.fuzz_archive import Watch, archive_of, forged, judged, members_of, mutants
from benchmarks.fuzz_archive import saved_again as members_saved_again

from .common import assert_same_bits, sequences, small_regressor
from .data.make_format_1 import TEXTS, table
from .forecast import common as forecasts
from .test_architecture import run_in_fresh_interpreter

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("format_1_*.skrnn"))


def with_an_attribute(value):
    estimator = skrnn.LagWindows()
    estimator.note_ = value
    return estimator


def there_and_back(estimator, tmp_path, **options):
    skrnn.save(estimator, tmp_path / "estimator.skrnn", **options)
    return skrnn.load(tmp_path / "estimator.skrnn")


@pytest.fixture
def windows():
    return skrnn.LagWindows(3).fit(table())


@pytest.fixture
def original(windows, tmp_path):
    """The bytes of a file that is there."""
    skrnn.save(windows, tmp_path / "there.skrnn")
    return (tmp_path / "there.skrnn").read_bytes()


# What comes back


def same(a, b):
    """Whether values are equal, of the same types down to the last."""
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, np.random.RandomState):
        return a.randint(2**31) == b.randint(2**31)
    if isinstance(a, dict):
        return type(a) is type(b) and same(list(a.items()), list(b.items()))
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


@pytest.mark.parametrize(
    "estimator",
    [
        skrnn.RNNClassifier(
            "lstm",
            units=(np.int64(4), 3),
            class_weight={0: 1.5, "b": 2, None: 0.1, True: 3, ("a", 1): 1e-300},
            random_state=np.random.RandomState(3),
            dropout=np.float32(0.25),
        ),
        skrnn.RNNRegressor(embeddings={"a": np.zeros(2), "\ud800é": np.ones(2)}, hidden_units=[3]),
        skrnn.RNNRegressor(embeddings=np.asfortranarray(np.arange(6.0).reshape(3, 2))),
        skrnn.SequenceTokenizer(stop_words=frozenset({"the", "a"}), max_len=0.9),
        skrnn.LagFeatures(np.array([0, 7])),
        skrnn.LagFeatures((1, 2), fill=-np.inf).set_params(fill=np.nan),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_parameters_keep_their_types(estimator, tmp_path):
    loaded = there_and_back(estimator, tmp_path)
    assert type(loaded) is type(estimator)
    before, after = estimator.get_params(deep=False), loaded.get_params(deep=False)
    assert [name for name in before if not same(before[name], after[name])] == []


@pytest.mark.parametrize("panel", [False, True])
def test_what_a_lag_transformer_learnt(panel, tmp_path):
    frame = table()
    if panel:
        frame = pd.concat({"u": frame, 2: frame * 2, pd.NaT.__class__.__name__: frame})
    lags = skrnn.LagFeatures([0, 1, 2]).set_output(transform="pandas").fit(frame[:30])
    loaded = there_and_back(lags, tmp_path)
    pd.testing.assert_frame_equal(loaded.transform(frame[30:]), lags.transform(frame[30:]))
    assert same(loaded.feature_names_in_, lags.feature_names_in_)
    assert loaded.update(frame[30:]).context_[0]["clock"] == lags.context_[0]["clock"]


DAYS = pd.date_range("2024-03-30", periods=4, name="day")


@pytest.mark.parametrize(
    "labels",
    [
        DAYS,
        DAYS.as_unit("s"),
        DAYS.tz_localize("Europe/Berlin"),
        DAYS.tz_localize("UTC"),
        DAYS.tz_localize("+02:00"),
        DAYS.to_period("M"),
        DAYS - DAYS[1],
        pd.RangeIndex(3, 9, 2),
        pd.Index([3, 1], name="a"),
        pd.Index(["a", "b"]),
        pd.Index(["a", 1, None]),
        pd.MultiIndex.from_product([["u", "v"], DAYS], names=["series", "day"]),
        DAYS[1],
        DAYS.tz_localize("Europe/Berlin")[1],
        DAYS[1].date(),
        DAYS[1].to_pydatetime(),
    ],
    ids=str,
)
def test_labels(labels, tmp_path):
    loaded = there_and_back(with_an_attribute([labels]), tmp_path).note_[0]
    assert type(loaded) is type(labels)
    if isinstance(labels, pd.Index):
        pd.testing.assert_index_equal(loaded, labels, exact=True)
        assert loaded.dtype == labels.dtype
    else:
        assert loaded == labels
        assert getattr(loaded, "tzinfo", None) == getattr(labels, "tzinfo", None)


@pytest.mark.parametrize("kind", ["table", "panel"])
def test_a_forecaster(kind, tmp_path):
    """Also after an update, with the rows and the errors that it remembers."""
    data = forecasts.table() if kind == "table" else forecasts.panel()
    is_late = data.index.get_level_values(-1) >= forecasts.table().index[forecasts.N_TRAIN]
    known = {"holidays": [DAYS[0].date(), DAYS[1]], "calendar": ["day_of_week"]}
    forecaster = forecasts.small(**(known if kind == "table" else {})).fit(data[~is_late])
    loaded = there_and_back(forecaster, tmp_path)
    for one in (forecaster, loaded):
        one.update(data[is_late])
    again = there_and_back(loaded, tmp_path, training=False)
    for one in (loaded, again):
        pd.testing.assert_frame_equal(one.forecast(coverage=0.8), forecaster.forecast(coverage=0.8))
        assert_same_bits(one.predict(data), forecaster.predict(data))
    assert not hasattr(again.regressor_, "optimizer_state_")


def test_columns_of_lags(tmp_path):
    frame = pd.DataFrame({"lag_1": [3.0], "x": [7.0], "lag_2": [2.0]})
    lags = skrnn.LagsToSequences().fit(frame)
    loaded = there_and_back(lags, tmp_path)
    assert_same_bits(loaded.transform(frame), lags.transform(frame))
    lags.columns_[0, 0] = 3
    with pytest.raises(ValueError, match="columns_ below n_features_in_ = 3"):
        skrnn.save(lags, tmp_path / "estimator.skrnn")


def test_steps_of_scikit_learn(tmp_path):
    frame = table()
    frame.iloc[3, 1] = np.nan
    columns = ColumnTransformer(
        [("fill", SimpleImputer(), ["b"]), ("log", FunctionTransformer(np.log1p), slice(0, 1))],
        remainder="drop",
    )
    pipeline = Pipeline(
        [
            ("columns", columns.set_output(transform="pandas")),
            ("past", FeatureUnion([("lags", skrnn.LagFeatures(3, fill="edge")), ("no", "drop")])),
            ("best", SelectKBest(f_regression, k=2)),
            ("ridge", Ridge()),
        ]
    ).fit(frame[:30].abs(), frame["a"][:30])
    both = VotingRegressor([("one", pipeline), ("two", pipeline)]).fit(
        frame[:30].abs(), frame["a"][:30]
    )
    for estimator in (pipeline, both):
        loaded = there_and_back(estimator, tmp_path)
        assert_same_bits(loaded.predict(frame[30:].abs()), estimator.predict(frame[30:].abs()))
    assert loaded.named_estimators_.one.named_steps.past.transformer_list[0][0] == "lags"


def test_a_pipeline_with_a_network(tmp_path):
    frame = table()
    pipeline = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), skrnn.LagWindows(6), small_regressor()),
        func=np.arcsinh,
        inverse_func=np.sinh,
    ).fit(frame, frame["b"])
    loaded = there_and_back(FrozenEstimator(pipeline), tmp_path)
    assert_same_bits(loaded.predict(frame), pipeline.predict(frame))


def test_training_goes_on_from_where_it_was(tmp_path):
    X, y = sequences()
    network = small_regressor().fit(X, y)
    with_optimizer = there_and_back(network, tmp_path)
    size = (tmp_path / "estimator.skrnn").stat().st_size
    without = there_and_back(network, tmp_path, training=False)
    n_bytes = sum(w.nbytes for w in network.weights_)
    assert (tmp_path / "estimator.skrnn").stat().st_size < size - 2 * n_bytes  # Adam's two slots
    assert_same_bits(without.predict(X), network.predict(X))
    del (fresh := copy.deepcopy(network)).optimizer_state_
    assert_same_bits(without.partial_fit(X, y).weights_, fresh.partial_fit(X, y).weights_)
    assert_same_bits(with_optimizer.partial_fit(X, y).weights_, network.partial_fit(X, y).weights_)


def test_the_same_estimator_makes_the_same_file(original, windows, tmp_path):
    skrnn.save(skrnn.load(tmp_path / "there.skrnn"), tmp_path / "again.skrnn")
    assert (tmp_path / "again.skrnn").read_bytes() == original


def test_files_of_format_1():
    """They were made by the first version that could; their predictions are kept beside them."""
    expected = json.loads((DATA / "format_1.json").read_text())
    frame = table()
    network = skrnn.load(DATA / "format_1_windows.skrnn")
    np.testing.assert_allclose(network.predict(frame[30:]), expected["windows"], rtol=1e-4)
    assert network[-1].partial_fit(network[:-1].transform(frame), frame["a"]).n_iter_ == 4
    texts = skrnn.load(DATA / "format_1_texts.skrnn")
    np.testing.assert_allclose(texts.predict_proba(TEXTS), expected["texts"], rtol=1e-4)
    forecaster = skrnn.load(DATA / "format_1_forecaster.skrnn")
    found = forecaster.forecast(coverage=0.8)
    np.testing.assert_allclose(found, expected["forecaster"], rtol=1e-4)
    assert found.index[0] == frame.index[-1] + pd.Timedelta(days=1)


# What can be trusted


def test_every_public_estimator_can_be_saved():
    """A new one needs a line in `skrnn.persistence._registry`."""
    public = [getattr(skrnn, name) for name in skrnn.__all__]
    estimators = {c for c in public if isinstance(c, type) and issubclass(c, BaseEstimator)}
    names = {f"{cls.__module__}.{cls.__name__}" for cls in estimators}
    assert names == set(skrnn.trusted_types())
    for cls in estimators:
        asked = skops.io.get_untrusted_types(data=skops.io.dumps(cls()))
        assert set(asked) <= names


def test_loading_needs_neither_tensorflow_nor_skops():
    message = run_in_fresh_interpreter(f"""
        import sys
        sys.modules["skops"] = None
        import skrnn
        network = skrnn.load({str(DATA / "format_1_texts.skrnn")!r})
        assert network[-1].n_iter_ == 3
        assert not {{"tensorflow", "keras", "pickle5"}} & set(sys.modules)
        try:
            skrnn.load({str(DATA / "format_1_windows.skrnn")!r})
        except ModuleNotFoundError as error:
            print(error)
        """)
    assert message.startswith("Expected skops, by which scikit-learn's own steps are saved and")
    assert "Run pip install 'skrnn[save]'" in message


# What is refused by `save`


class Scaler(BaseEstimator):
    """A step of the user's own."""


class MyRegressor(skrnn.RNNRegressor):
    """A class that no file may name."""


def build(input_shape, n_outputs):
    """A network of the user's own."""


itself: list = []
itself.append(itself)

NOT_SAVED = {
    "RNNRegressor.model: build, which is code": skrnn.RNNRegressor(model=build),
    r"RNNRegressor.loss: .*<lambda>, which is code": skrnn.RNNRegressor(loss=lambda a, b: a - b),
    r"RNNRegressor.callbacks\[0\]: print, which": skrnn.RNNRegressor(callbacks=[print]),
    "SequenceTokenizer.analyzer: str.split, which": skrnn.SequenceTokenizer(analyzer=str.split),
    r"Pipeline.steps\[1\]\[1\].model: build": make_pipeline(
        "passthrough", skrnn.RNNRegressor(model=build)
    ),
    r"Pipeline.steps\[0\]\[1\]: tests.test_saving.<lambda>": make_pipeline(
        FunctionTransformer(lambda x: x)
    ),
    r"Pipeline.steps\[0\]\[1\]: an object of tests.test_saving.Scaler": make_pipeline(Scaler()),
    "MyRegressor: an object of tests.test_saving.MyRegressor": MyRegressor(),
    "RandomForestRegressor: sklearn.tree._tree.Tree, which a file could forge": (
        RandomForestRegressor(1).fit([[0.0], [1.0]], [0, 1])
    ),
    "a CalibratedClassifierCV around an estimator of skrnn": CalibratedClassifierCV(
        skrnn.RNNClassifier()
    ),
    "a GridSearchCV around an estimator of skrnn": GridSearchCV(skrnn.RNNRegressor(), {}),
    r"LagWindows.note_\[0\].* \.\.\.: more than 100 containers": with_an_attribute(itself),
    r"LagWindows.note_\['a'\]: an object of pandas.*DataFrame": with_an_attribute({"a": table()}),
    "LagWindows.note_ .of dtype .*: an object of numpy.ndarray": with_an_attribute(
        np.zeros(1, [("a", float)])
    ),
    "The 'window' parameter of LagWindows must be": skrnn.LagWindows(0),
    "an estimator of skrnn or scikit-learn, got dict": {"a": 1},
}


@pytest.mark.parametrize("message", NOT_SAVED)
def test_what_is_no_data_is_refused_by_name(message, tmp_path):
    with pytest.raises(ValueError, match=message):
        skrnn.save(NOT_SAVED[message], tmp_path / "estimator.skrnn")
    assert list(tmp_path.iterdir()) == []


def test_what_was_changed_by_hand_is_refused(windows, tmp_path):
    windows.context_[0]["rows"] = windows.context_[0]["rows"][:, :1]
    with pytest.raises(ValueError, match=r"context_ of the shapes .*Save an estimator as fit leav"):
        skrnn.save(windows, tmp_path / "estimator.skrnn")


def test_all_places_are_named_at_once(tmp_path):
    network = skrnn.RNNRegressor(model=build, callbacks=[print])
    with pytest.raises(
        ValueError, match=r"callbacks\[0\].*; .*model.*keep the estimator with pick"
    ):
        skrnn.save(network, tmp_path / "estimator.skrnn")


# What is refused by `load`


def edited(path, change):
    """The bytes of a file whose state was changed, with checksums that agree."""
    members = members_of(path.read_bytes())
    state = json.loads(members["state.json"])
    arrays = {int(n[7:-4]): d for n, d in members.items() if n.startswith("arrays/")}
    state = change(state, arrays) or state
    new = {f"arrays/{number}.npy": data for number, data in arrays.items()}
    kept = {n: d for n, d in members.items() if not n.startswith("arrays/")}
    return forged({**kept, **new, "state.json": json.dumps(state).encode()})


def network_of(state):
    return state["params"]["steps"][-1]["tuple"][1]


def fitted_of(state):
    return network_of(state)["fitted"]


def array_with(values):
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()


def put(container, key, value):
    container[key] = value


EDITS = {
    "manifest names, got others: .'sklearn.pipeline.Pipeline', 'x'": lambda s, a: put(
        s, "object", "x"
    ),
    "manifest names, got others: .'os.system', 'skrnn.RNNRegressor'": lambda s, a: put(
        network_of(s), "object", "os.system"
    ),
    "parameters of skrnn.RNNRegressor, got .'evil'": lambda s, a: put(
        network_of(s)["params"], "evil", 1
    ),
    "fitted attributes of skrnn.RNNRegressor, got .'predict'": lambda s, a: put(
        fitted_of(s), "predict", 1
    ),
    "fitted attributes of .* got .'__class__'": lambda s, a: put(fitted_of(s), "__class__", 1),
    "The 'cell' parameter of RNNRegressor": lambda s, a: put(network_of(s)["params"], "cell", "x"),
    "an entry .'call'": lambda s, a: put(fitted_of(s), "n_iter_", {"call": "os.system"}),
    "an elementwise function of NumPy, got 'load'": lambda s, a: put(
        fitted_of(s), "n_iter_", {"ufunc": "load"}
    ),
    "weights_ of the shapes": lambda s, a: fitted_of(s)["weights_"].reverse(),
    "a Network in network_, got units": lambda s, a: put(
        fitted_of(s)["network_"]["dict"], "units", {"tuple": ["3"]}
    ),
    "n_features=2, as NumberInputs says, got one of n_features=5": lambda s, a: put(
        fitted_of(s)["network_"]["dict"], "n_features", 5
    ),
    "the description of a Spec in network_, got ValueError": lambda s, a: put(
        fitted_of(s)["network_"]["dict"], "kind", "NumberInputs"
    ),
    "engine_ to be one of .*'keras:gpu'., got 'os.system'": lambda s, a: put(
        fitted_of(s), "engine_", "os.system"
    ),
    "n_networks_ from 1 on, got 0": lambda s, a: put(fitted_of(s), "n_networks_", 0),
    "line_ of the shapes": lambda s, a: put(fitted_of(s)["line_"]["dict"], "n_steps", 3),
    "optimizer_state_ of the shapes": lambda s, a: fitted_of(s)["optimizer_state_"].insert(
        0, fitted_of(s)["optimizer_state_"].pop()
    ),
    "input_mean_ = array": lambda s, a: put(
        fitted_of(s)["input_"]["dict"], "mean", {"tuple": [1.0, 2.0]}
    ),
    "bends of 2 features, got": lambda s, a: put(
        fitted_of(s)["input_"]["dict"],
        "bends",
        {"tuple": [{"tuple": part} for part in ([2], [0.0], [1.0], [], [])]},
    ),
    "every array to be part of something, got 1": lambda s, a: put(
        a, len(a), array_with(np.ones(1))
    ),
    "each array once, by its number, got the number 0": lambda s, a: put(
        fitted_of(s), "note_", [{"array": 0}, {"array": 0}]
    ),
    "at most 100 containers in each other, got more": lambda s, a: put(
        fitted_of(s), "note_", json.loads("[" * 300 + "]" * 300)
    ),
    "a pickled array": lambda s, a: put(a, 0, array_with(np.array([print, None]))),
    "the header b": lambda s, a: put(a, 0, array_with(np.zeros(1, [("a", int)]))),
    "values of 8 bytes in arrays/0.npy": lambda s, a: put(a, 0, a[0][:-1]),
    "3 values of 8 bytes .* got 8 bytes": lambda s, a: put(
        a, 0, array_with(np.ones(1)).replace(b"(1,), }", b"(3,), }")
    ),
    "Unicode in arrays/0.npy": lambda s, a: put(
        a, 0, array_with(np.array(["a"])).replace(b"a\0\0\0", b"\xff" * 4)
    ),
    "True and False in arrays/0.npy": lambda s, a: put(
        a, 0, array_with(np.array([True]))[:-1] + b"\2"
    ),
    "the state of a RandomState": lambda s, a: put(
        network_of(s)["params"],
        "random_state",
        {"random_state": {"dict": {"state": {"dict": {"pos": 10**6, "key": []}}}}},
    ),
    "data in sklearn.preprocessing._data.StandardScaler, got 'MethodNode'": lambda s, a: put(
        step_of(s)["content"], "__loader__", "MethodNode"
    ),
    "types that are trusted in .*StandardScaler, got 'os.system'": lambda s, a: put(
        step_of(s)["content"]["content"],
        "copy",
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
    ),
    "types that are trusted in .*, got 'sklearn.tree._tree.Tree'": lambda s, a: put(
        step_of(s)["content"]["content"],
        "copy",
        {"__class__": "Tree", "__module__": "sklearn.tree._tree", "__loader__": "ObjectNode"},
    ),
    "parts that point at each other": lambda s, a: put(step_of(s)["content"], "__id__", 1),
    "skops' protocol from 2 on, got 0": lambda s, a: put(step_of(s), "protocol", 0),
    "manifest names, got others: .'builtins.dict', 'sklearn.pre": lambda s, a: step_of(s).update(
        __module__="builtins", __class__="dict"
    ),
    "each array of .*StandardScaler once": lambda s, a: put(
        step_of(s)["content"]["content"]["var_"], "file", "../0.npy"
    ),
}


def step_of(state):
    return state["params"]["steps"][0]["tuple"][1]["step"]


@pytest.mark.parametrize("message", EDITS)
def test_a_forged_state_is_refused(message, tmp_path, monkeypatch):
    """The message tells what was found, and nothing at all has been built."""
    path = tmp_path / "forged.skrnn"
    path.write_bytes(edited(DATA / "format_1_windows.skrnn", EDITS[message]))

    def fail(*_):
        raise AssertionError("built")

    for cls in (skrnn.LagWindows, skrnn.RNNRegressor, Pipeline):
        monkeypatch.setattr(cls, "__setstate__", fail)
    with pytest.raises(ValueError, match=message) as refused:
        skrnn.load(path)
    assert str(refused.value).startswith(f"{path}: Expected ") or "parameter" in message


def test_other_classes_than_the_manifest_names(original, tmp_path):
    members = members_of(original)
    for names, match in [
        (["skrnn.LagFeatures"], r"got others: \['skrnn.LagFeatures', 'skrnn.LagWindows'\]"),
        (["os.system"], r"that a file may hold, got \['os.system'\]"),
    ]:
        (tmp_path / "a").write_bytes(forged(members, {"classes": names}))
        with pytest.raises(ValueError, match=match):
            skrnn.load(tmp_path / "a")


def test_the_format_of_a_later_version(original, tmp_path):
    later = {"format": 2, "versions": {"skrnn": "9.0"}, "members": 3}
    (tmp_path / "a").write_bytes(forged(members_of(original), later))
    with pytest.raises(ValueError, match=r"one of format 2, saved by skrnn '9.0'. This is skrnn"):
        skrnn.load(tmp_path / "a")
    for number in (0, True, "1", None, 1.0):
        (tmp_path / "a").write_bytes(forged(members_of(original), {"format": number}))
        with pytest.raises(ValueError, match="with the number of its format"):
            skrnn.load(tmp_path / "a")


def bomb():
    members = [("manifest.json", b"{}"), ("state.json", b"0" * 10**7)]
    return archive_of(members, zipfile.ZIP_DEFLATED)


def with_member(name, data=b"x"):
    return lambda original: forged({**members_of(original), name: data})


ARCHIVES = {
    r"begins with b'\\x80\\x04": lambda original: b"\x80\x04pickled",
    "got an empty one": lambda original: b"",
    "a zip archive, got one that cannot be read": lambda original: original[:-30],
    "one manifest.json, got 0 among .'schema.json'": lambda original: skops.io.dumps(Ridge()),
    "a manifest.json of at most": lambda original: bomb(),
    "that are not compressed, got state.json, .* bytes that would become": lambda original: (
        swelling(original)
    ),
    r"names of members in the form of this format, got '\.\./\.\./x'": with_member("../../x"),
    "names of members .* got '/etc/x'": with_member("/etc/x"),
    "names of members .* got 'arrays/00.npy'": with_member("arrays/00.npy"),
    "every member once, got state.json again": lambda original: archive_of(
        [*members_of(original).items(), ("state.json", b"{}")]
    ),
    "got others: .'arrays/9.npy'": lambda original: archive_of(
        [*members_of(original).items(), ("arrays/9.npy", b"")]
    ),
    "arrays numbered from 0 on": with_member("arrays/9.npy"),
    "a member that has changed since": lambda original: archive_of(
        [(n, d.replace(b"edge", b"mask")) for n, d in members_of(original).items()]
    ),
    "JSON in state.json, got something else .*occurs twice": with_member(
        "state.json", b'{"tuple": [], "tuple": []}'
    ),
    "JSON in state.json, .*NaN is no number": with_member("state.json", b"[NaN]"),
    "JSON in state.json, .*RecursionError": with_member("state.json", b"[" * 10**6),
    "an estimator, got 3|every array": with_member("state.json", b"3"),
}


def swelling(original):
    """A file whose state is a million times the same byte, compressed."""
    buffer = io.BytesIO()
    members = members_of(original)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("state.json", b"0" * 10**6, zipfile.ZIP_DEFLATED)
        for name in set(members) - {"state.json"}:
            archive.writestr(name, members[name])
    return buffer.getvalue()


@pytest.mark.parametrize("message", ARCHIVES)
def test_another_archive_is_refused(message, original, tmp_path):
    skrnn.save(skrnn.LagWindows(2, fill="edge"), tmp_path / "a")
    base = (tmp_path / "a").read_bytes() if "changed" in message else original
    (tmp_path / "a").write_bytes(ARCHIVES[message](base))
    with pytest.raises(ValueError, match=message):
        skrnn.load(tmp_path / "a")


def test_a_member_inside_of_another(original, tmp_path):
    """Two entries of the table of contents that share bytes make a small file a large one."""
    members = members_of(original)
    names = sorted(members)
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        for name in names:
            archive.writestr(name, members[name])
        archive.filelist[1].header_offset = archive.filelist[0].header_offset + 1
    with pytest.raises(ValueError, match="inside of another"):
        skrnn.load(tmp_path / "a")


def test_mutations(tmp_path):
    """``python -m benchmarks.fuzz_archive`` judges as many as one likes."""
    watch, path, verdicts = Watch(), tmp_path / "mutant.skrnn", []
    for number, file in enumerate(FILES):
        path.write_bytes(file.read_bytes())
        expected = members_saved_again(path)
        for mutant, is_damaged in mutants(file.read_bytes(), number, 150):
            verdicts.append(judged(mutant, expected if is_damaged else None, path, watch))
    assert [v for v in verdicts if v.startswith("fault")] == []
    assert {"refused", "loaded"} <= set(verdicts)


# Faults


def test_a_missing_file_and_folder(windows, tmp_path):
    with pytest.raises(FileNotFoundError):
        skrnn.load(tmp_path / "no")
    with pytest.raises(FileNotFoundError):
        skrnn.save(windows, tmp_path / "no" / "estimator.skrnn")


def test_a_full_disk_leaves_the_old_file(original, tmp_path):
    large = skrnn.RNNRegressor(embeddings=np.zeros((1000, 100)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            skrnn.save(large, tmp_path / "there.skrnn")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "there.skrnn").read_bytes() == original
    assert [path.name for path in tmp_path.iterdir()] == ["there.skrnn"]


def test_a_killed_process_leaves_the_old_file(original, tmp_path):
    code = """if True:
        import sys, numpy, skrnn
        large = skrnn.LagWindows()
        large.note_ = numpy.zeros((20000, 100))
        print("ready", flush=True)
        while True:
            skrnn.save(large, sys.argv[1])
        """
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "there.skrnn")], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert type(skrnn.load(tmp_path / "there.skrnn")) is skrnn.LagWindows


def test_modes_and_links(windows, tmp_path):
    target, link = tmp_path / "target.skrnn", tmp_path / "link.skrnn"
    skrnn.save(windows, target)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    target.chmod(0o640)
    link.symlink_to(target.name)
    skrnn.save(skrnn.LagWindows(5), link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert skrnn.load(target).window == 5
