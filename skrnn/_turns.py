"""One fit of an estimator at a time, whatever the number of threads."""

from __future__ import annotations

import threading
import weakref
from typing import Any

_guard = threading.Lock()
# By the identity of the estimator, for as long as somebody fits it or waits to.
_turns: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def turn_of(estimator: Any) -> Any:
    """Return the lock that a fit of an estimator holds; to be kept with the estimator."""
    with _guard:
        turn = _turns.get(id(estimator))
        if turn is None:
            turn = _turns[id(estimator)] = threading.RLock()
        return turn
