"""The site has a page for every public name, and no sentence of the documentation is twisted."""

import inspect
import re
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import skrnn

DOCS = Path(__file__).resolve().parents[1] / "docs"
PUBLIC = {name: getattr(skrnn, name) for name in skrnn.__all__ if callable(getattr(skrnn, name))}
LISTED = re.findall(r"^    ([A-Za-z_]\w*)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE)


def test_every_public_name_is_in_the_reference():
    assert set(PUBLIC) == set(LISTED)


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if hasattr(v, "fit")])
def test_the_link_of_the_display_is_the_page_of_the_reference(name):
    estimator = PUBLIC[name]()
    assert isinstance(estimator, BaseEstimator)
    # autosummary names a page after the module in `currentmodule` and the name in its list.
    assert estimator._get_doc_link().endswith(f"/generated/skrnn.{name}.html")


# Plain sentences: subject, verb, object


def texts():
    """Give each public docstring and each page, without code and titles, with its name."""
    for name, value in PUBLIC.items():
        yield name, inspect.getdoc(value) or ""
        for attribute, method in inspect.getmembers(value, inspect.isroutine):
            if not attribute.startswith("_") and method.__module__.startswith("skrnn"):
                yield f"{name}.{attribute}", inspect.getdoc(method) or ""
    folders = [DOCS, DOCS / "guide", DOCS / "howto", DOCS / "tutorials"]
    for path in [path for folder in folders for path in folder.glob("*.rst")]:
        text = path.read_text("utf-8")
        text = re.sub(r"^\.\. (code-block|plot)::.*\n(?:(?: +.*)?\n)*", "\n", text, flags=re.M)
        yield path.name, re.sub(r"^.+\n([=~-])\1{3,}$", "", text, flags=re.M)


def twisted(text):
    """Return the sentences that open with a clause or with a part of another noun."""
    # A word with a capital begins a sentence, also where it begins a line.
    found = re.findall(
        r"(?:^|[.!?:]\)?\s)\s*(?:- )?((?:What|Where|Of)\s[^.!?]*[.!?])", text, flags=re.MULTILINE
    )
    return [" ".join(sentence.split()) for sentence in found if not sentence.endswith("?")]


@pytest.mark.parametrize(("name", "text"), texts(), ids=lambda value: value[:40])
def test_no_sentence_opens_with_a_clause(name, text):
    assert not twisted(text), f"{name}: begin these with their subject"


def test_twisted_sentences_are_found():
    assert twisted("It is so. Where it ends, all\nends. What is it? No.") == [
        "Where it ends, all ends."
    ]
    assert twisted("x : int\n    Of the steps.") == ["Of the steps."]
    assert not twisted("The place where it ends. We ask: what is it?")
