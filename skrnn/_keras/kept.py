"""A memory of engines for fitted weights: found again by the arrays, gone when they are."""

import threading
import weakref
from collections import OrderedDict
from typing import Any


class KeptByArrays:
    """A bounded mapping from lists of arrays to whatever was made of them.

    The very arrays are the key, not what stands in them, so two fits never share an entry. The
    mapping does not keep them alive, and an entry goes with the first of its arrays; what is kept
    must not refer to them.
    """

    def __init__(self, maxsize):
        self._maxsize = maxsize
        self._lock = threading.RLock()
        self._entries: OrderedDict[tuple, tuple[list, Any]] = OrderedDict()

    def get(self, arrays, key, make):
        """Return what is kept for these arrays and a key beside them, or else what `make` gives."""
        name = key, *map(id, arrays)
        with self._lock:
            if name in self._entries:
                self._entries.move_to_end(name)
                return self._entries[name][1]
        return self.put(arrays, key, make())

    def put(self, arrays, key, value):
        """Keep a value for these arrays and a key beside them; return it."""
        name = key, *map(id, arrays)
        with self._lock:
            # An id is given to another array only after this one's end has been told.
            ends = [weakref.ref(a, lambda _: self._entries.pop(name, None)) for a in arrays]
            self._entries[name] = ends, value
            while len(self._entries) > self._maxsize:
                self._entries.popitem(last=False)
        return value
