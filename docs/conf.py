# Sphinx configuration; build with: python -m sphinx docs docs/_build/html

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import skrnn

project = "skrnn"
author = "skrnn developers"
copyright = "2026, skrnn developers"
version = release = skrnn.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
default_role = "py:obj"

autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

plot_basedir = str(Path(__file__).parent)
plot_html_show_formats = plot_html_show_source_link = False

intersphinx_timeout = 5
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "pandas": ("https://pandas.pydata.org/docs", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
}

sphinx_gallery_conf = {
    "examples_dirs": str(Path(__file__).parents[1] / "examples"),
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/weather_",
    "ignore_pattern": r"_data\.py$",
    "doc_module": ("skrnn",),
    "reference_url": {"skrnn": None},
}

html_theme = "pydata_sphinx_theme"
html_title = "skrnn"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
