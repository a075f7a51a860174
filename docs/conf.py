# Sphinx configuration; build with: python -m sphinx -W docs docs/_build/html

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

from site_tools import methods_of_classes, warn_of_faults

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
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "py:obj"

autosummary_generate = True
autosummary_context = {"methods_of_classes": methods_of_classes(skrnn)}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# The docstrings say what each parameter may be, in words; hints would fill the signature.
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

plot_basedir = str(Path(__file__).parent)
plot_html_show_formats = plot_html_show_source_link = False

# Links to other projects need the network; a build without it must not fail.
if "READTHEDOCS" in os.environ:
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

sphinx_gallery_conf = {
    "examples_dirs": str(Path(__file__).parents[1] / "examples"),
    "gallery_dirs": "auto_examples",
    # These are run, with --quick: their data come with the docs extra, and they take seconds.
    "filename_pattern": r"/(course_\w+|weather_forecast|weather_classes|colour_names)\.py$",
    "ignore_pattern": r"(^|/)_[a-z]+\.py$",
    "within_subsection_order": "FileNameSortKey",
    "parallel": 2,
    "reset_argv": "site_tools.quick_option",
    "reset_modules": ("matplotlib", "seaborn", "site_tools.warn_without_paths"),
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skrnn",),
    "reference_url": {"skrnn": None},
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skrnn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# These pages have no neighbours to navigate to.
html_sidebars = {"install": [], "quickstart": []}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "secondary_sidebar_items": ["page-toc"],
}


def setup(app):
    """Let Sphinx check what it has built."""
    app.connect("build-finished", warn_of_faults)
