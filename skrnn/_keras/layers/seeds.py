"""Seeds for Keras layers that were given none."""

import contextlib
import random
import threading

from keras.src.random import seed_generator as _seed_generator

_lock = threading.RLock()


@contextlib.contextmanager
def seeded_layers(seed):
    """Derive the seeds of the layers that this thread makes inside from one number.

    A layer or initializer without a seed of its own draws one from Python's global generator. To
    seed that would reach all threads. So Keras is lent a generator for this one, and goes on with
    the global one in all others.
    """
    with _lock:
        asked = _seed_generator.python_random
        _seed_generator.python_random = _Generator(seed, asked)
        try:
            yield
        finally:
            _seed_generator.python_random = asked


class _Generator:
    """The part of the module `random` that Keras uses."""

    def __init__(self, seed, others):
        self._thread, self._own, self._others = threading.get_ident(), random.Random(seed), others

    def __getattr__(self, name):
        is_own = threading.get_ident() == self._thread
        return getattr(self._own if is_own else self._others, name)
