"""The site has a page for every public name, and the display of an estimator links to it."""

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
