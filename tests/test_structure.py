"""The house rules that can be counted; ``python -m benchmarks.structure`` prints all counts."""

from collections import defaultdict
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

import skrnn
from benchmarks import structure
from benchmarks._source import arrows, circles, classes, long_files, long_functions, read_package

from .common import sequences, small_regressor

ROOT = Path(__file__).resolve().parents[1]
MODULES = read_package(ROOT / "skrnn")
ESTIMATORS = [
    cls
    for cls in (getattr(skrnn, name) for name in skrnn.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]


def test_a_fit_is_followed_in_few_steps():
    counts = structure.count_fit(small_regressor(), *sequences())
    assert 0 < counts.entries <= 20
    assert counts.changes <= 8


@pytest.mark.parametrize("cls", ESTIMATORS, ids=lambda cls: cls.__name__)
def test_classes_are_not_deep(cls):
    assert structure.depth(cls) <= 3


def test_functions_and_files_are_short():
    assert not long_functions(MODULES, structure.MAX_CODE_LINES), "divide these"
    assert not long_files(MODULES, structure.MAX_FILE_LINES), "divide these"


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"skrnn._compat"}))
def test_private_names_of_scikit_learn_are_in_one_place(name):
    found = [i for i in MODULES[name].imports_any({"sklearn"}) if "._" in i.name]
    assert not found, f"import these from skrnn/_compat.py: {found}"


def test_no_two_modules_have_one_name():
    homes = defaultdict(list)
    for name, module in MODULES.items():
        if module.path.name != "__init__.py":
            homes[name.rpartition(".")[2].lstrip("_")].append(name)
    shared = [names for names in homes.values() if len(names) > 1]
    assert not shared, f"give each a word that tells what it does: {shared}"


def test_no_module_has_the_name_of_a_class():
    modules = {name.rpartition(".")[2] for name in MODULES}
    named = {cls.name for module in MODULES.values() for cls in classes(module)}
    assert not modules & named


# The counts themselves, by hand


def a_package(tmp_path, **sources):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    return read_package(folder)


def test_circles_are_found(tmp_path):
    modules = a_package(
        tmp_path,
        a="from .b import x",
        b="def f():\n    from . import c",
        c="import pack.a",
        d="from .a import f",
    )
    assert circles(arrows(modules, at_start=False)) == [["pack.a", "pack.b", "pack.c"]]
    assert not circles(arrows(modules, at_start=True))


def test_code_lines_are_counted(tmp_path):
    source = '''
class A:
    def __init__(self):
        a = 1
        b = 2
        c = 3

    def f(self):
        """Several

        lines."""
        # a comment

        return (
            1
        )
'''
    modules = a_package(tmp_path, a=source)
    assert long_functions(modules, 3) == [("pack.a.A.f", 4)]
    assert not long_functions(modules, 4)


def test_entries_are_counted():
    class Estimator(BaseEstimator):
        def fit(self, X, y=None):
            self.get_params()
            self._private = self.fitted_ = len(X)
            return self

    counts = structure.count_fit(Estimator(), [1, 2])
    assert counts.entries == 1  # get_params; this class is neither skrnn's nor scikit-learn's
    assert counts.our_entries == counts.methods == counts.changes == 0
    assert counts.private == ["_private"]
    assert counts.depth == 2


def test_changes_are_counted():
    assert structure.changes("aabba") == 2
    assert structure.changes("") == 0


def test_deep_classes_are_seen():
    class A(BaseEstimator):
        pass

    class B(A):
        pass

    class Mixin:
        pass

    class C(Mixin, B):
        pass

    assert structure.depth(C) == 4
