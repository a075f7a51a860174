"""Facts read from the source of the package: imports, circles, lengths, names."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

TENSOR_LIBRARIES = {"tensorflow", "keras", "scikeras"}


class Import(NamedTuple):
    """One imported name: ``from a import b`` is ``a.b``, because b may be a module.

    `at_start` tells whether it is imported with the module itself, not when a function is called
    nor by a type checker alone.
    """

    name: str
    line: int
    at_start: bool


@dataclass(frozen=True)
class Module:
    """A source file under its dotted name."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The source, parsed."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> list[Import]:
        """Everything that is imported, at any depth."""
        parts = self.name.split(".")
        package = parts if self.path.name == "__init__.py" else parts[:-1]
        return list(_imports(self.tree, package, at_start=True))

    def imports_any(self, packages: Iterable[str]) -> list[Import]:
        """Return what is imported of some packages."""
        return [found for found in self.imports if belongs_to(found.name, packages)]


def read_package(folder: Path) -> dict[str, Module]:
    """Return the modules of a package by their names."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


def belongs_to(name: str, packages: Iterable[str]) -> bool:
    """Tell whether a name is one of some packages, or lies in one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def arrows(modules: dict[str, Module], *, at_start: bool) -> dict[str, set[str]]:
    """Return the modules of the package that each of them imports, at the start or ever.

    Who imports ``a.b`` imports ``a`` too, unless it lies in ``a`` itself.
    """
    drawn = {}
    for module in modules.values():
        names = [found.name for found in module.imports if found.at_start or not at_start]
        homes = {home for name in names for home in _homes(name, modules)}
        drawn[module.name] = {h for h in homes if not belongs_to(module.name, [h])}
    return drawn


def reached(start: str, drawn: dict[str, set[str]]) -> set[str]:
    """Return the modules that one imports, and that those import, and so on."""
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = drawn[ahead.pop()] - found
        found |= new
        ahead.extend(new)
    return found


def circles(drawn: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that reach each other."""
    far = {name: reached(name, drawn) for name in drawn}
    groups = {
        tuple(sorted(other for other in far[name] if name in far[other]))
        for name in drawn
        if name in far[name]
    }
    return [list(group) for group in sorted(groups)]


def long_functions(modules: dict[str, Module], limit: int) -> list[tuple[str, int]]:
    """Return the functions with more code lines than the limit, constructors aside."""
    found = []
    for module in modules.values():
        lines = code_lines(module.text, module.tree)
        for name, node in _functions(module.tree, module.name):
            n_lines = sum(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
            if n_lines > limit and node.name != "__init__":
                found.append((name, n_lines))
    return found


def long_files(modules: dict[str, Module], limit: int) -> list[tuple[str, int]]:
    """Return the files with more lines than the limit, docstrings of classes left out."""
    lengths = [
        (module.name, len(module.text.splitlines()) - _class_docstring_lines(module.tree))
        for module in modules.values()
    ]
    return [(name, length) for name, length in lengths if length > limit]


def _class_docstring_lines(tree: ast.Module) -> int:
    """Return how many lines the docstrings of classes take: the reference of their parameters."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    docstrings = [c.body[0] for c in classes if ast.get_docstring(c) is not None]
    return sum((d.end_lineno or 0) - d.lineno + 1 for d in docstrings)


def code_lines(text: str, tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that are neither blank, nor comment, nor docstring."""
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.difference_update(range(first.lineno, (first.end_lineno or 0) + 1))
    return lines


def classes(module: Module) -> list[ast.ClassDef]:
    """Return the classes that a module defines."""
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]


def _homes(name: str, modules: dict[str, Module]) -> list[str]:
    """Return the modules that an imported name is, or lies in."""
    parts = name.split(".")
    names = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return [name for name in names if name in modules]


def _functions(
    node: ast.AST, name: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{name}.{child.name}"
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inner, child
        yield from _functions(child, inner)


def _imports(node: ast.AST, package: list[str], *, at_start: bool) -> Iterator[Import]:
    for name in _imported_names(node, package):
        yield Import(name, getattr(node, "lineno", 0), at_start)
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    for child in ast.iter_child_nodes(node):
        yield from _imports(
            child, package, at_start=at_start and not is_function and not is_for_types
        )


def _imported_names(node: ast.AST, package: list[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        start = ".".join([*base, *([node.module] if node.module else [])])
        return [f"{start}.{alias.name}" for alias in node.names]
    return _imported_by_call(node, package) if isinstance(node, ast.Call) else []


def _imported_by_call(call: ast.Call, package: list[str]) -> list[str]:
    """Return what ``import_module("a")`` with a constant imports."""
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if called not in {"import_module", "__import__"} or not call.args:
        return []
    if not isinstance(call.args[0], ast.Constant):
        return []
    name = str(call.args[0].value)
    return [".".join([*package, name.lstrip(".")]) if name.startswith(".") else name]
