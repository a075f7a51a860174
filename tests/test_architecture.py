"""The layers stand: estimator above, engine below, TensorFlow only in ``skrnn/_keras/``.

The first half reads the source, the second runs fresh interpreters.
"""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "skrnn"

TENSOR_LIBRARIES = {"tensorflow", "keras", "scikeras"}

# What the engine may know of the package above it: the description of a network, the containers
# that its sequences come in and their memory, and the place that keeps its programs.
ENGINE_MAY_IMPORT = {
    "skrnn._data.memory",
    "skrnn._data.sequences",
    "skrnn._programs",
    "skrnn._spec",
    "skrnn._starting_weights",
    "skrnn._warnings",
}

# Everything below the estimators, and so ignorant of them.
FOUNDATIONS = {
    "skrnn._data",
    "skrnn._programs",
    "skrnn._spec",
    "skrnn._starting_weights",
    "skrnn._warnings",
    "skrnn.text",
    "skrnn.windows",
}
ESTIMATORS = {
    "skrnn._estimator",
    "skrnn._sequence_estimator",
    "skrnn.autoencoder",
    "skrnn.classification",
    "skrnn.display",
    "skrnn.forecasting",
    "skrnn.language",
    "skrnn.regression",
    "skrnn.seq2seq",
}

# Adding a file to the top of the repository is a decision: write it here.
TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
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

SOURCES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(tree, path):
    """Every (module, line, inside a function?) that a source file imports, at any depth.

    Relative imports are resolved. ``from a import b`` counts as ``a.b``, because b may be a module,
    and ``import_module("a")`` with a constant counts too.
    """
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]

    def visit(node, in_function):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, in_function
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno, in_function
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in {"import_module", "__import__"}:
                name = str(node.args[0].value)
                yield (
                    ".".join([*package, name.lstrip(".")]) if name.startswith(".") else name,
                    node.lineno,
                    in_function,
                )
        in_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, in_function)

    return list(visit(tree, False))


def imports_of(path):
    return imported_modules(ast.parse(path.read_text(encoding="utf-8")), path)


def belongs_to(module, packages):
    return any(module == name or module.startswith(name + ".") for name in packages)


def in_engine(path):
    return PACKAGE / "_keras" in path.parents


def run_in_fresh_interpreter(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_reader_of_imports_sees_every_form():
    source = textwrap.dedent("""
        import keras.layers as kl
        from . import _spec
        from .._keras import fit
        class A:
            def f(self):
                from tensorflow import nn
                return __import__("scikeras")
        """)
    found = imported_modules(ast.parse(source), PACKAGE / "windows" / "_lag.py")
    assert found == [
        ("keras.layers", 2, False),
        ("skrnn.windows._spec", 3, False),
        ("skrnn._keras.fit", 4, False),
        ("tensorflow.nn", 7, True),
        ("scikeras", 8, True),
    ]


@pytest.mark.parametrize("path", [p for p in SOURCES if not in_engine(p)], ids=module_name)
def test_only_the_engine_imports_tensor_libraries(path):
    guilty = [(m, line) for m, line, _ in imports_of(path) if belongs_to(m, TENSOR_LIBRARIES)]
    assert not guilty, f"{path}: move this to skrnn/_keras/: {guilty}"


@pytest.mark.parametrize("path", [p for p in SOURCES if not in_engine(p)], ids=module_name)
def test_the_engine_is_imported_inside_functions_only(path):
    guilty = [
        (m, line)
        for m, line, in_function in imports_of(path)
        if belongs_to(m, {"skrnn._keras"}) and not in_function
    ]
    assert not guilty, f"{path}: import this where it is used, inside the function: {guilty}"


@pytest.mark.parametrize("path", [p for p in SOURCES if in_engine(p)], ids=module_name)
def test_the_engine_does_not_import_upward(path):
    allowed = {"skrnn._keras", *ENGINE_MAY_IMPORT}
    guilty = [
        (m, line)
        for m, line, _ in imports_of(path)
        if belongs_to(m, {"skrnn"}) and not belongs_to(m, allowed)
    ]
    assert not guilty, f"{path}: the engine may know {sorted(ENGINE_MAY_IMPORT)} only: {guilty}"


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if belongs_to(module_name(p), FOUNDATIONS)], ids=module_name
)
def test_foundations_do_not_import_estimators(path):
    guilty = [(m, line) for m, line, _ in imports_of(path) if belongs_to(m, ESTIMATORS)]
    assert not guilty, f"{path}: this lies below the estimators: {guilty}"


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


def test_estimators_without_fit_cost_no_tensorflow():
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
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)


def test_the_tokenizer_costs_no_tensorflow():
    run_in_fresh_interpreter("""
        import pickle, sys
        import skrnn
        tokenizer = skrnn.SequenceTokenizer().fit(["a b"])
        assert pickle.loads(pickle.dumps(tokenizer)).transform(["b"]).tolist() == [[3, 0]]
        assert tokenizer.inverse_transform([[3, 0]]) == ["b"]
        loaded = {"tensorflow", "keras", "scikeras"} & set(sys.modules)
        assert not loaded, loaded
        """)


def test_unknown_public_name():
    message = run_in_fresh_interpreter("""
        import skrnn
        try:
            skrnn.RNNRegresor
        except AttributeError as error:
            print(error)
        """)
    assert "RNNRegresor" in message


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
