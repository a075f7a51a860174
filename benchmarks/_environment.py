"""The conditions of a figure: processor, cores, versions, and the peers that are installed."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = [
    "skrnn",
    "tensorflow",
    "keras",
    "scikeras",
    "torch",
    "skorch",
    "scikit-learn",
    "numpy",
    "pandas",
]


def describe_environment() -> dict[str, Any]:
    """Return machine and versions, without any name that identifies the machine."""
    return {
        "cpu": _cpu_name(),
        "cores": n_cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def n_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_installed(module: str) -> bool:
    """Tell whether a module can be imported, without importing it."""
    return find_spec(module) is not None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _cpu_name() -> str:
    """Return the processor's own name where Linux tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
