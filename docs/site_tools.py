"""What the pages of this site are built with: the names of methods, and options of the gallery."""

import inspect
import warnings
from pathlib import Path
from types import ModuleType


def methods_of_classes(module: ModuleType) -> dict[str, list[str]]:
    """Return, by the full name of each public class, the methods that this project defines.

    The methods of scikit-learn's base classes are left out: scikit-learn documents them.
    """
    public = {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
    return {
        full_name: [
            name
            for name, method in inspect.getmembers(value, callable)
            if not name.startswith("_") and _home_of(method).startswith(module.__name__)
        ]
        for full_name, value in public.items()
        if inspect.isclass(value)
    }


def quick_option(gallery_conf: dict, script_vars: dict) -> list[str]:
    """Return the command line of the examples that the gallery runs."""
    return ["--quick"]


def warn_without_paths(gallery_conf: dict, script: str) -> None:
    """Let warnings name a file without its folder: no page shows a path of this machine."""

    def briefly(message, category, filename, lineno, line=None):
        return f"{Path(filename).name}:{lineno}: {category.__name__}: {message}\n"

    warnings.formatwarning = briefly


def _home_of(method) -> str:
    return getattr(inspect.unwrap(method), "__module__", None) or ""
