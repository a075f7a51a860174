"""The attribute `engine_`: the engine and the device that ran a fit."""

from typing import Any

CPU, GPU = "cpu", "gpu"
# All that `engine_` may be.
ENGINES = ("compiled", "keras", "compiled:gpu", "keras:gpu")


def engine_on(engine: str, device: str) -> str:
    """Return `engine_` for an engine on a device; the CPU is not mentioned."""
    return engine if device == CPU else f"{engine}:{device}"


def engine_name(fitted: str) -> str:
    """Return the engine alone, "compiled" or "keras", of what `engine_` is."""
    return fitted.partition(":")[0]


def device_of(estimator: Any) -> str:
    """Return the device, "cpu" or "gpu", that a fitted estimator was trained on."""
    return estimator.engine_.partition(":")[2] or CPU
