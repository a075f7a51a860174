"""Which devices there are, and how a computation is put on one of them.

A device is "cpu" or "gpu" everywhere above; only here is it what TensorFlow calls it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from .._device import CPU, GPU


def gpus() -> list[str]:
    """Return the names by which TensorFlow knows the GPUs that it may use, the one to use first.

    XLA, which compiles the programs, has no GPUs but those of CUDA and ROCm.
    """
    if not tf.test.is_built_with_gpu_support():
        return []
    return [f"/GPU:{number}" for number, _ in enumerate(_visible())]


def _visible() -> list[Any]:
    found: list[Any] = tf.config.get_visible_devices(GPU.upper())
    return found


def choose_device(asked: str) -> str:
    """Return "cpu" or "gpu" for a parameter `device`; refuse "gpu" where there is none.

    Parameters
    ----------
    asked : {"auto", "cpu", "gpu"}

    Raises
    ------
    ValueError
        If a GPU is asked for that TensorFlow does not see.
    """
    if asked == CPU:
        return CPU
    if gpus():
        return GPU
    if asked == GPU:
        built = "with" if tf.test.is_built_with_cuda() else "without"
        seen = "one for which XLA does not compile" if _visible() else "the CPU alone"
        raise ValueError(
            f"Expected a GPU that TensorFlow sees for device='gpu', got TensorFlow "
            f"{tf.__version__}, built {built} CUDA, which sees {seen}. Nothing was trained. "
            "Set device='auto' or 'cpu' to train on the CPU. For a GPU, install "
            "tensorflow[and-cuda] and a driver, leave the GPU in CUDA_VISIBLE_DEVICES, and see "
            "that tf.config.list_physical_devices('GPU') names it."
        )
    return CPU


def nearest_device(fitted_on: str) -> str:
    """Return the device that predicts what was fitted on one: the same, or the CPU without it."""
    return GPU if fitted_on == GPU and gpus() else CPU


def place_of(device: str) -> str | None:
    """Return the name by which TensorFlow knows a device; None where it has the CPU alone."""
    found = gpus()
    if device == GPU and found:
        return found[0]
    return "/CPU:0" if found or _visible() else None


@contextlib.contextmanager
def placed(place: str | None) -> Iterator[None]:
    """Compute at a place; with None wherever TensorFlow does."""
    if place is None:
        yield
    else:
        with tf.device(place):
            yield


def moved(tensors: Any, device: str) -> Any:
    """Return tensors in the memory of a device, those of the CPU as they are."""
    if device == CPU:
        return tensors
    with placed(place_of(device)):
        return tf.nest.map_structure(tf.identity, tensors)
