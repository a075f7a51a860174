"""Arrays as the tensors that programs take, padded to a shape."""

from typing import Any

import numpy as np
import tensorflow as tf

from ..._data.memory import aligned_zeros, is_aligned
from ..._data.samples import TrainingData
from ..._data.sequences import Sequences
from .shapes import Shape


def tensor(array: np.ndarray) -> tf.Tensor:
    """Return a tensor that shares the array's memory, or has a copy where it must.

    `tf.constant` copies, takes twice the memory meanwhile, and ten times as long for a small array.
    """
    if not can_be_shared(array):
        array = aligned_copy(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def can_be_shared(array: np.ndarray) -> bool:
    """Tell whether a tensor can be had that has its values in an array's memory."""
    flags = array.flags
    return is_aligned(array) and bool(flags.c_contiguous and flags.writeable)


def aligned_copy(array: np.ndarray) -> np.ndarray:
    """Return a copy whose memory a tensor can share."""
    copy = aligned_zeros(array.shape, array.dtype)
    copy[...] = array
    return copy


def padded(array: np.ndarray, capacity: int) -> tf.Tensor:
    """Return a tensor of an array with zeros after it, up to a capacity."""
    if len(array) == capacity:
        return tensor(array)
    longer = aligned_zeros((capacity, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return tensor(longer)


def sequence_tensors(sequences: Sequences, shape: Shape) -> dict[str, tf.Tensor]:
    """Return tensors of the rows of sequences, and of where each one lies in them."""
    dtype = np.int32 if sequences.holds_tokens else np.float32
    spans = aligned_zeros((shape.n_samples, 2), np.int32)
    spans[: len(sequences), 0] = sequences.starts
    spans[: len(sequences), 1] = sequences.lengths
    known = {}
    if sequences.ahead is not None:
        known["ahead"] = padded(sequences.ahead, shape.n_samples)
    return {
        **known,
        "values": padded(sequences.values.astype(dtype, copy=False), shape.n_rows),
        "spans": tensor(spans),
        "sizes": tensor(np.array([len(sequences), sequences.dilation], np.int32)),
    }


def target_tensor(targets: np.ndarray, shape: Shape) -> tf.Tensor:
    """Return a tensor of the targets of samples, padded where they are of any lengths."""
    missing = shape.targets[0] - targets.shape[1]
    if targets.ndim == 3 and missing:
        targets = np.pad(targets, ((0, 0), (0, missing), (0, 0)))
    return padded(targets, shape.n_samples)


def training_tensors(data: TrainingData, shape: Shape) -> dict[str, Any]:
    """Return tensors of sequences, of what the outputs are compared with, and of weights."""
    tensors = sequence_tensors(data.sequences, shape)
    if isinstance(data.targets, Sequences):
        starts = data.targets.starts.astype(np.int32)
        tensors["targets"] = padded(data.targets.values, shape.n_target_rows)
        tensors["target_starts"] = padded(starts, shape.n_samples)
    elif data.targets is not None:
        tensors["targets"] = target_tensor(data.targets, shape)
    if data.step_weight is not None:
        tensors["step_weight"] = padded(data.step_weight, shape.n_target_rows)
    else:
        tensors["sample_weight"] = padded(data.sample_weight, shape.n_samples)
    return tensors
