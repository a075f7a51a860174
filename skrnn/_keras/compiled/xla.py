"""A function of tensors as one XLA program."""

import functools
import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..devices import CPU, place_of, placed
from . import disk_cache


class XlaFunction:
    """A function of tensors, compiled once, for the shapes of its first call and one device.

    Tracing is plain Python, without AutoGraph: every loop here is written as a loop of the graph.
    """

    def __init__(self, function: Callable[..., Any], device: str) -> None:
        self.function = tf.function(function, jit_compile=True, autograph=False)
        self.device, self.place = device, place_of(device)
        self.lock = threading.Lock()
        self.traced: Any = None

    @property
    def is_traced(self) -> bool:
        """Whether it has been called before."""
        return self.traced is not None

    def __call__(self, *args: Any) -> Any:
        """Run the program."""
        # Here, not around the fit: the device is that of a thread, and programs run in several.
        with placed(self.place):
            with self.lock:
                if self.traced is None:
                    self.traced = self._kept(self.function.get_concrete_function(*args))
            return self.traced(*args)

    def _kept(self, traced: Any) -> Any:
        return disk_cache.kept(traced) if self.device == CPU else traced


def compiled_on(device: str) -> Callable[[Callable[..., Any]], XlaFunction]:
    """Return a decorator that makes a function of tensors a program for a device."""
    return functools.partial(XlaFunction, device=device)
