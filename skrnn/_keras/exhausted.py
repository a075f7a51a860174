"""Memory that does not suffice: the same error from NumPy and from TensorFlow, in words."""

import functools

import tensorflow as tf

_IN_FIT = "Lower batch_size or units, or give shorter sequences"
_IN_PREDICTIONS = "Give shorter sequences, or fit a network with fewer units"


def tells_of_memory(function):
    """Return a function whose want of memory is a `MemoryError` that says what to try."""

    @functools.wraps(function)
    def told(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except tf.errors.ResourceExhaustedError as error:
            fits, got = function.__name__ == "fit", error.message.strip().partition("\n")[0]
            raise MemoryError(
                f"Expected memory enough to {'fit' if fits else 'predict'}, got {got!r} from "
                f"TensorFlow. {_IN_FIT if fits else _IN_PREDICTIONS}; the guide's page on cost "
                "tells what takes memory."
            ) from error

    return told
