"""The compiled programs that this process keeps, and the public door to them.

It is here rather than in the engine so that counting the programs does not start TensorFlow.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

_MAX_PROGRAMS = 128
_lock = threading.Lock()


@functools.lru_cache(maxsize=_MAX_PROGRAMS)
def _program(build: Callable[..., Any], *key: Any) -> Any:
    return build(*key)


def program(build: Callable[..., Any], *key: Any) -> Any:
    """Return what `build` makes of the key, the same object every time while it is kept."""
    with _lock:  # or two threads that miss at once would compile the same program twice
        return _program(build, *key)


class CacheInfo(NamedTuple):
    """The counts that `cache_info` returns."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


def cache_info() -> CacheInfo:
    """Tell how often a compiled program was there already, and how many are kept.

    A network is trained by one program and predicts by another. Fits of the same architecture,
    kind of training and shape of the data share them: every fold and candidate of a search that
    differs in learning rate, seed or rows alone. The counts are of this process; workers have
    their own.

    Returns
    -------
    info : named tuple
        ``hits`` and ``misses`` count the requests since the last `clear_cache` that were served
        by a program kept, or made one; ``currsize`` programs are kept of ``maxsize`` at most,
        after which the one not used for longest is dropped.

    See Also
    --------
    clear_cache : Drops the programs.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNRegressor, cache_info, clear_cache
    >>> X = np.random.default_rng(0).normal(size=(60, 6, 2))
    >>> clear_cache()
    >>> cache_info()
    CacheInfo(hits=0, misses=0, maxsize=128, currsize=0)
    >>> for learning_rate in (0.001, 0.01):
    ...     network = RNNRegressor(
    ...         units=4, epochs=2, learning_rate=learning_rate, early_stopping=False
    ...     ).fit(X, X[:, -1, 0])
    >>> cache_info()
    CacheInfo(hits=2, misses=2, maxsize=128, currsize=2)
    """
    with _lock:
        info = _program.cache_info()
    return CacheInfo(info.hits, info.misses, _MAX_PROGRAMS, info.currsize)


def clear_cache() -> None:
    """Drop all compiled programs of this process and set the counts to zero.

    Fitted estimators go on working: what they need is compiled again, with the same results. Not
    all memory comes back. TensorFlow keeps the machine code of every program it has compiled until
    the process ends, and has no way to let go of it; what is freed is the description that the
    code was made from. To compile very many architectures in bounded memory, fit them in worker
    processes.

    Returns
    -------
    None

    See Also
    --------
    cache_info : Counts the programs.

    Examples
    --------
    >>> from skrnn import cache_info, clear_cache
    >>> clear_cache()
    >>> cache_info().currsize
    0
    """
    with _lock:
        _program.cache_clear()
