"""Arrays that an engine can use without a copy."""

import math

import numpy as np
from numpy.typing import DTypeLike

# XLA's machine code expects arguments with this alignment, and TensorFlow's allocator gives it.
_ALIGNMENT = 64


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return an array of zeros whose memory begins at a multiple of 64 bytes."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + _ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


def is_aligned(array: np.ndarray) -> bool:
    """Tell whether an array's memory begins at a multiple of 64 bytes."""
    return array.ctypes.data % _ALIGNMENT == 0
