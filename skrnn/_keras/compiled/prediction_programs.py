"""The programs that apply a function of batches to all samples of a table."""

import tensorflow as tf

from ..._programs import program
from ..functional.architectures import architecture_of
from ..functional.batch import gives
from .batches import gather_batch
from .shapes import PREDICT_BATCH
from .xla import compiled_on


def map_program(function, network, shape, device, *options):
    """Return the compiled function that applies a function of batches to all samples of a table.

    Parameters
    ----------
    function : callable
        ``function(network, weights, batch, *options)`` returns a tuple of tensors whose first axis
        is the batch; `skrnn._keras.functional.batch.gives` tells what they are.
    network : Spec
    shape : Shape
    device : {"cpu", "gpu"}
    *options
        The arguments of the function beside a batch.
    """
    return program(_build_map, function, network, shape, device, *options)


def _build_map(function, network, shape, device, *options):
    n_batches = shape.n_samples // PREDICT_BATCH

    @compiled_on(device)
    def predict(weights, data):
        """Return the results for all samples; those of padded samples mean nothing."""

        def run_batch(batch, results):
            samples = batch * PREDICT_BATCH + tf.range(PREDICT_BATCH)
            found = function(network, weights, gather_batch(data, samples, shape), *options)
            return batch + 1, [r.write(batch, f) for r, f in zip(results, found, strict=True)]

        results = [
            tf.TensorArray(dtype, n_batches, element_shape=[PREDICT_BATCH, *rest])
            for dtype, rest in function.result(network, shape, *options)
        ]
        n_run = (data["sizes"][0] + PREDICT_BATCH - 1) // PREDICT_BATCH
        _, results = tf.while_loop(lambda batch, _: batch < n_run, run_batch, (0, results))
        stacks = [result.stack() for result in results]
        return [tf.reshape(s, [shape.n_samples, *s.shape[2:]]) for s in stacks]

    return predict


@gives(lambda network, shape: [(tf.float32, architecture_of(network).output_shape(network, shape))])
def outputs(network, weights, batch):
    """Return the raw outputs of a batch, in a tuple of one."""
    return (architecture_of(network).outputs(network, weights, batch),)


@gives(lambda network, shape, loss: [(tf.float32, [2])])
def summed_losses(network, weights, batch, loss):
    """Return the summed losses of each sample, and how many they are, in a tuple of one.

    Steps are added up one by one: no bit depends then on how many steps other samples have.
    """
    losses, present, _ = architecture_of(network).losses(network, loss, weights, batch, None, ())
    counted = tf.ones_like(losses) if present is None else tf.cast(present, tf.float32)
    sums = tf.stack([losses * counted, counted], axis=1)
    if losses.shape.rank == 1:
        return (sums,)
    by_step = tf.transpose(sums, [2, 0, 1])

    def step(at, total):
        return at + 1, total + by_step[at]

    loop = (0, tf.zeros_like(by_step[0]))
    return (tf.while_loop(lambda at, _: at < by_step.shape[0], step, loop)[1],)
