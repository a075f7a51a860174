"""A function in a fresh interpreter, with its own memory and with nothing compiled or cached."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_MIB = 2**20

# The variable that names the folder of programs compiled before.
COMPILE_CACHE = "SKRNN_COMPILE_CACHE"


def in_fresh_process(
    function: Callable[..., Any],
    *,
    one_core: bool = False,
    environment: dict[str, str] | None = None,
    **arguments: Any,
) -> Any:
    """Call a function in an interpreter of its own and return what it returns.

    Parameters
    ----------
    function : callable
        A function at the top of a module of this package.
    one_core : bool, default=False
        Bind the process to one core before anything is imported.
    environment : dict of str or None, default=None
        Environment variables that are added. Programs that the user keeps on disk are hidden.
    **arguments
        Passed to the function; they, and what it returns, travel as JSON.

    Returns
    -------
    object
        The value that the function returned.

    Raises
    ------
    RuntimeError
        If the process fails; with what it wrote to standard error.
    """
    call = {
        "module": _module_name(function),
        "function": function.__name__,
        "one_core": one_core,
        "arguments": arguments,
    }
    inherited = {name: value for name, value in os.environ.items() if name != COMPILE_CACHE}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._process", json.dumps(call)],
        capture_output=True,
        text=True,
        env={"TF_CPP_MIN_LOG_LEVEL": "3", **inherited, **(environment or {})},
        cwd=_ROOT,
    )
    if done.returncode:
        raise RuntimeError(f"{function.__name__}({arguments}) failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def resident_memory() -> float:
    """Return the memory that this process holds now, in MiB."""
    import psutil

    return psutil.Process().memory_info().rss / _MIB


def peak_memory() -> float:
    """Return the most memory that this process has held so far, in MiB.

    A process begins with the peak of the one that started it, which is why those that start
    others here load neither TensorFlow nor PyTorch.
    """
    import resource  # Unix alone has it

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB


def _module_name(function: Callable[..., Any]) -> str:
    """Return the name that a function's module is imported by, also if it is run with -m."""
    if function.__module__ != "__main__":
        return function.__module__
    spec = sys.modules["__main__"].__spec__
    assert spec is not None, "run benchmarks as modules: python -m benchmarks.run"
    return spec.name


def _bind_to_one_core() -> None:
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit("This system cannot bind a process to a core (os.sched_setaffinity).")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _main() -> None:
    call = json.loads(sys.argv[1])
    if call["one_core"]:
        _bind_to_one_core()
    function = getattr(importlib.import_module(call["module"]), call["function"])
    print("\n" + json.dumps(function(**call["arguments"])))


if __name__ == "__main__":
    _main()
