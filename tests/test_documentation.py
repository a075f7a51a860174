"""The site has a page for every public name, and no sentence of the documentation is twisted."""

import ast
import importlib
import inspect
import re
from itertools import groupby
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import skrnn

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PUBLIC = {name: getattr(skrnn, name) for name in skrnn.__all__ if callable(getattr(skrnn, name))}
LISTED = re.findall(r"^    ([A-Za-z_]\w*)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE)


@pytest.fixture
def site_tools(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("site_tools")


def test_every_public_name_is_in_the_reference():
    assert set(PUBLIC) == set(LISTED)


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if hasattr(v, "fit")])
def test_the_link_of_the_display_is_the_page_of_the_reference(name, site_tools):
    estimator = PUBLIC[name]()
    assert isinstance(estimator, BaseEstimator)
    # autosummary names a page after the module in `currentmodule` and the name in its list.
    assert estimator._get_doc_link() == f"{site_tools.HOME}generated/skrnn.{name}.html"


# The built site


def test_links_that_lead_nowhere_are_found(site_tools, tmp_path):
    (tmp_path / "guide").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="guide/cells.html#top"></a> <a href="https://example.org"></a>'
        f'<a href="{site_tools.HOME}guide/cells.html"></a> <img src="none.png">'
    )
    (tmp_path / "guide" / "cells.html").write_text(
        '<p id="top"></p> <a href="../index.html"></a> <a href="#top"></a> <a href="#end"></a>'
        f'<a href="{site_tools.HOME}gone.html"></a>'
    )
    addresses = [site_tools.HOME, site_tools.HOME + "old.html", "https://example.org/no.html"]
    assert site_tools.broken_links(tmp_path, addresses) == [
        "guide/cells.html: #end leads nowhere",
        f"guide/cells.html: {site_tools.HOME}gone.html leads nowhere",
        "index.html: none.png leads nowhere",
        f"pyproject.toml: {site_tools.HOME}old.html leads nowhere",
    ]


def test_pages_with_a_path_of_the_machine_are_found(site_tools, tmp_path):
    (tmp_path / "index.html").write_text("read from /home/somebody/skrnn/a.csv")
    assert site_tools.pages_that_hold(tmp_path, ["/home/somebody", "/opt"]) == [
        "index.html: holds /home/somebody, a path of this machine"
    ]


def test_the_addresses_of_the_project_are_pages_of_the_site(site_tools):
    for address in site_tools.project_urls():
        assert address.startswith(site_tools.HOME)
        page = address.removeprefix(site_tools.HOME).removesuffix(".html") or "index"
        assert (DOCS / f"{page}.rst").exists()


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
        yield path.name, without_titles(text)


def without_titles(text):
    return re.sub(r"^.+\n([=~-])\1{3,}$", "", text, flags=re.M)


def twisted(text):
    """Return the sentences that open with a clause or with a part of another noun."""
    # A word with a capital begins a sentence, also where it begins a line.
    found = re.findall(
        r"(?:^|[.!?:]\)?\s)\s*(?:- )?((?:What|Where|Of)\s[^.!?]*[.!?])", text, flags=re.MULTILINE
    )
    return [" ".join(sentence.split()) for sentence in found if not sentence.endswith("?")]


@pytest.mark.parametrize(("name", "text"), list(texts()), ids=lambda value: value[:40])
def test_no_sentence_opens_with_a_clause(name, text):
    assert not twisted(text), f"{name}: begin these with their subject"


def private_texts(source):
    """Give each docstring of a module, and each comment with the lines that go on with it."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented):
            yield ast.get_docstring(node) or ""
    lines = [line.strip() for line in source.splitlines()]
    for is_comment, group in groupby(lines, key=lambda line: line.startswith("#")):
        if is_comment:
            yield "\n".join(line.lstrip("#: ") for line in group)


@pytest.mark.parametrize("folder", ["skrnn", "examples", "benchmarks"])
def test_no_sentence_of_the_source_opens_with_a_clause(folder):
    found = [
        f"{path.relative_to(ROOT)}: {sentence}"
        for path in (ROOT / folder).rglob("*.py")
        for text in private_texts(path.read_text("utf-8"))
        for sentence in twisted(without_titles(text))
    ]
    assert not found, "begin these with their subject"


def test_twisted_sentences_are_found():
    assert twisted("It is so. Where it ends, all\nends. What is it? No.") == [
        "Where it ends, all ends."
    ]
    assert twisted("x : int\n    Of the steps.") == ["Of the steps."]
    assert not twisted("The place where it ends. We ask: what is it?")
    source = 'def f():\n    """Return x. Of y."""\n    # Where it ends,\n    # all ends.\n'
    assert [s for text in private_texts(source) for s in twisted(text)] == [
        "Of y.",
        "Where it ends, all ends.",
    ]
