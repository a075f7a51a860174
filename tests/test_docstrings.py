"""Docstrings and signatures agree, for every public name."""

import ast
import doctest
import inspect
import math
import re

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from sklearn.base import BaseEstimator

import skrnn

PUBLIC = {name: getattr(skrnn, name) for name in skrnn.__all__ if callable(getattr(skrnn, name))}
CLASSES = {name: obj for name, obj in PUBLIC.items() if inspect.isclass(obj)}
ESTIMATORS = {name: obj for name, obj in CLASSES.items() if issubclass(obj, BaseEstimator)}

# Functions, constructors (documented in the class) and our own public methods: everything that a
# user calls with arguments. What scikit-learn or its decorators made is theirs to document.
CALLABLES = {
    **PUBLIC,
    **{
        f"{class_name}.{name}": method
        for class_name, cls in CLASSES.items()
        for name, method in inspect.getmembers(cls, callable)
        if not name.startswith("_")
        and (getattr(inspect.unwrap(method), "__module__", None) or "").startswith("skrnn")
    },
}


def parse(obj):
    if inspect.isclass(obj):
        return ClassDoc(obj, config={"show_class_members": False})
    return FunctionDoc(obj)


def signature_of(obj):
    parameters = list(inspect.signature(obj).parameters.values())
    return {p.name: p for p in parameters if p.name not in {"self", "cls"}}


def documented_parameters(obj):
    """Each parameter in the order of the docstring; ``a, b : int`` documents two."""
    sections = parse(obj)
    return {
        name.strip().lstrip("*"): entry
        for entry in [*sections["Parameters"], *sections["Other Parameters"]]
        for name in entry.name.split(",")
    }


def documented_default(entry):
    """The default that the type line states, or ``inspect.Parameter.empty``."""
    stated = re.search(r"\bdefault\s*[=:]\s*(.+?)\s*$", entry.type)
    if stated is None:
        return inspect.Parameter.empty
    text = stated.group(1).strip("`")
    if text.lower() in {"nan", "np.nan"}:
        return math.nan
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def same_default(documented, actual):
    if isinstance(actual, float) and math.isnan(actual):
        return isinstance(documented, float) and math.isnan(documented)
    return type(documented) is type(actual) and documented == actual


def test_there_is_something_to_check():
    networks = {"RNNRegressor", "RNNClassifier", "RNNAutoencoder", "RNNLanguageModel"}
    assert {"LagWindows", "SequenceTokenizer", *networks} <= set(ESTIMATORS)
    assert "series_to_supervised" in PUBLIC
    assert {"RNNRegressor.fit", "RNNClassifier.predict_proba"} <= set(CALLABLES)


@pytest.mark.parametrize("name", PUBLIC)
def test_sections(name):
    sections = parse(PUBLIC[name])
    assert sections["Summary"], "the first line says what it is"
    if signature_of(PUBLIC[name]):
        assert sections["Parameters"]
    if name not in CLASSES:
        assert sections["Returns"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_fitted_attributes_are_documented(name):
    attributes = parse(ESTIMATORS[name])["Attributes"]
    assert attributes
    for attribute in attributes:
        assert attribute.name.endswith("_"), f"{attribute.name} is not a fitted attribute"
        assert attribute.desc, f"{attribute.name} has no description"


@pytest.mark.parametrize("name", PUBLIC)
def test_there_is_an_example(name):
    assert "".join(parse(PUBLIC[name])["Examples"]).strip()
    tests = doctest.DocTestFinder(recurse=False).find(PUBLIC[name], name)
    assert any(test.examples for test in tests), "an example that can be run (>>>)"


@pytest.mark.parametrize("name", CALLABLES)
def test_every_parameter_is_documented_in_order(name):
    assert inspect.getdoc(CALLABLES[name]), "no docstring"
    assert list(documented_parameters(CALLABLES[name])) == list(signature_of(CALLABLES[name]))


@pytest.mark.parametrize("name", CALLABLES)
def test_documented_defaults_are_the_defaults(name):
    documented = documented_parameters(CALLABLES[name])
    for parameter in signature_of(CALLABLES[name]).values():
        if parameter.name not in documented:
            continue  # the test above says so
        stated = documented_default(documented[parameter.name])
        assert same_default(stated, parameter.default), (
            f"{parameter.name}: the docstring says {stated!r}, the signature {parameter.default!r}"
        )
        assert documented[parameter.name].desc, f"{parameter.name} has no description"
