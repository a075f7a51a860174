"""A function of tensors as one XLA program."""

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from . import disk_cache


class XlaFunction:
    """A function of tensors, compiled once, for the shapes of its first call.

    Tracing is plain Python, without AutoGraph: every loop here is written as a loop of the graph.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = tf.function(function, jit_compile=True, autograph=False)
        self.lock = threading.Lock()
        self.traced: Any = None

    @property
    def is_traced(self) -> bool:
        """Whether it has been called before."""
        return self.traced is not None

    def __call__(self, *args: Any) -> Any:
        """Run the program."""
        with self.lock:
            if self.traced is None:
                self.traced = disk_cache.kept(self.function.get_concrete_function(*args))
        return self.traced(*args)
