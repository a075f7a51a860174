"""Arrays that an engine can use without a copy, in memory or in a file."""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

# XLA's machine code expects arguments with this alignment, and TensorFlow's allocator gives it.
_ALIGNMENT = 64
# Values from which on an array is not padded: then what is made of one in a file stays in a file.
LARGE = 2**22
# Bytes that are written at once.
_BUFFER = 2**20


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return an array of zeros whose memory begins at a multiple of 64 bytes."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + _ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


def is_aligned(array: np.ndarray) -> bool:
    """Tell whether an array's memory begins at a multiple of 64 bytes."""
    return array.ctypes.data % _ALIGNMENT == 0


def stays_in_file(values: np.ndarray) -> bool:
    """Tell whether values are many and lie in a mapped file, so that memory may not hold them."""
    return values.size >= LARGE and _mapping_of(values) is not None


def filled(parts: Iterable[np.ndarray], shape: tuple[int, ...], like: np.ndarray) -> np.ndarray:
    """Return a float32 array that parts of it fill, one after the other.

    Parameters
    ----------
    parts : iterable of ndarray
    shape : tuple of int
    like : ndarray
        The array stays in a file if these values do.
    """
    if stays_in_file(like):
        return _filled_file(parts, shape)
    out, first = aligned_zeros(shape, np.float32), 0
    for part in parts:
        out[first : first + len(part)] = part
        first += len(part)
    return out


def expect_any_order(values: np.ndarray) -> None:
    """Tell the system, if values lie in a file, that their rows are read in no order.

    It reads what lies around a row otherwise: 32 times as much from a disk, for rows of a page.
    """
    mapping = _mapping_of(values)
    if mapping is not None and hasattr(mmap, "MADV_RANDOM"):
        mapping.madvise(mmap.MADV_RANDOM)


def _mapping_of(array: Any) -> mmap.mmap | None:
    """Return the mapped file that an array lies in, if it lies in one."""
    # Not by `np.memmap`: copies of one are of this class too, and are in memory.
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "base", None)
    return array


def _filled_file(parts: Iterable[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Return the array in a file that has no name, or loses it with the last use of the array."""
    n_bytes = math.prod(shape) * np.dtype(np.float32).itemsize
    folder = "the folder of temporary files"
    try:
        folder = tempfile.gettempdir()
        if shutil.disk_usage(folder).free < n_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(prefix="skrnn-", buffering=_BUFFER) as file:
            # Written, not mapped and filled: a full disk is an error then, and not a dead process.
            for part in parts:
                file.write(np.ascontiguousarray(part, np.float32).data)
            file.flush()
            return np.memmap(file, np.float32, mode="r+", shape=shape)
    except OSError as error:
        raise OSError(
            error.errno,
            f"Expected room for {n_bytes / 2**20:.0f} MiB in {folder}, where an X that lies in a "
            f"file is kept in the network's units, got {error.strerror!r}. Make room, set the "
            "environment variable TMPDIR to a folder on a larger disk before Python starts, or "
            "give X in parts to partial_fit.",
        ) from error
