"""An encoder and a decoder as pure functions: the decoder is taught, or writes by itself.

In training the decoder is fed the targets, one step late (teacher forcing), so that all its steps
are known before the first one is computed. In prediction it is fed what it wrote, in a loop of the
graph. The first step is fed the token `START`, or zeros. Beside these numbers each step is fed what
is known of it ahead. A decoder that is not autoregressive is fed zeros in place of numbers.

References
----------
Encoder and decoder: Sutskever, Vinyals and Le, "Sequence to sequence learning with neural
networks", 2014; Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014.
Attention after the recurrence, and the dot product as its score: Luong, Pham and Manning,
"Effective approaches to attention-based neural machine translation", 2015, the product divided as
by Vaswani et al., "Attention is all you need", 2017. The additive score: Bahdanau, Cho and Bengio,
"Neural machine translation by jointly learning to align and translate", 2015. Scheduled sampling
in two passes: Mihaylova and Martins, "Scheduled sampling for transformers", 2019.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from ..._spec import KnownOnly
from ..._tokens import PADDING, START
from .batch import gives
from .forbidden_tokens import NEVER
from .layer import (
    DropoutMasks,
    Steps,
    dense,
    layer_weights,
    masked_run,
    recurrent_layer,
    step_of_layers,
)
from .losses import compared, zero_where_missing
from .recurrent_stack import embedded

# Steps of taught tokens in one read-out.
_BLOCK = 8


def target_block(network):
    """Return the number of steps that targets are padded to a multiple of: those of a read-out."""
    return _BLOCK if network.n_target_steps is None else 0


class _Weights(NamedTuple):
    """The decoder's weights by what they are for."""

    embedding: Any
    layers: list[tuple[Any, ...]]
    score: list[Any]
    combination: list[Any]
    output: list[Any]


class Source(NamedTuple):
    """The arrays that the encoder leaves to the decoder.

    Parameters
    ----------
    keys : tensor of shape (batch, n_steps, units) or None
        The states after each step, if there is attention.
    present : bool tensor of shape (batch, n_steps)
    states : tuple of tuples of tensors of shape (batch, units)
        The last state of each layer.
    """

    keys: tf.Tensor | None
    present: tf.Tensor
    states: tuple[tuple[tf.Tensor, ...], ...]


def losses(network, loss, weights, batch, seed, carry):
    """Return the losses of a batch at each step of its targets; see `architectures`."""
    fed = batch
    if isinstance(loss, KnownOnly):
        fed = batch._replace(targets=zero_where_missing(batch.targets))
    taught = _taught(network, weights, fed, seed)
    return *compared(loss, batch.targets, taught.outputs, taught.present), carry


def outputs(network, weights, batch):
    """Return the numbers that the decoder writes: (batch, n_target_steps, n_outputs)."""
    n_samples = batch.inputs.shape[1]
    if not network.autoregressive:  # so that no step has to wait for the one before it
        nothing = tf.zeros([n_samples, network.n_target_steps, network.n_outputs])
        return _taught(network, weights, batch._replace(targets=nothing), None).outputs
    source, weights = encoded(network, weights, batch, DropoutMasks(None))
    ahead = _ahead_by_step(batch)

    def write(step, number, states, written):
        fed = number if ahead is None else tf.concat([number, ahead[step]], axis=1)
        number, states = decoder_step(network, weights, fed, source._replace(states=states))
        return step + 1, number, states, written.write(step, number)

    written = tf.TensorArray(
        tf.float32, network.n_target_steps, element_shape=[n_samples, network.n_outputs]
    )
    loop = (0, tf.zeros([n_samples, network.n_outputs]), source.states, written)
    written = tf.while_loop(lambda step, *_: step < network.n_target_steps, write, loop)[-1]
    return tf.transpose(written.stack(), [1, 0, 2])


def output_shape(network, shape):
    """Return the shape of the raw outputs of one sample."""
    return [network.n_target_steps, network.n_outputs]


@gives(lambda network, shape: [(tf.float32, [shape.targets[0], shape.n_steps])])
def attention(network, weights, batch):
    """Return how much each step of the targets looks at each step of the input, in a tuple."""
    masks = DropoutMasks(None)
    source, weights = encoded(network, weights, batch, masks)
    targets, present = _targets_by_step(network, batch.targets)
    hidden = _taught_states(network, weights, _one_late(network, targets), present, source, masks)
    return (_read_out(network, weights, tf.transpose(hidden, [1, 0, 2]), source)[1],)


class _Taught(NamedTuple):
    """The results of a decoder that is fed its targets."""

    outputs: tf.Tensor
    present: tf.Tensor


def _taught(network, weights, batch, seed):
    masks = DropoutMasks(seed)
    source, weights = encoded(network, weights, batch, masks)
    targets, present = _targets_by_step(network, batch.targets)

    ahead = _ahead_by_step(batch)

    def outputs_if_fed(fed):
        fed = _one_late(network, fed)
        if ahead is not None:
            fed = tf.concat([fed, ahead], axis=2)
        hidden = _taught_states(network, weights, fed, present, source, masks)
        if network.target_embedding_dim is None:
            return _read_out(network, weights, tf.transpose(hidden, [1, 0, 2]), source)[0]
        return _read_out_blocks(network, weights, hidden, source, _n_present(present))

    outputs = outputs_if_fed(targets)
    if seed is not None and network.scheduled_sampling:
        outputs = outputs_if_fed(_sampled(network, targets, outputs, masks))
    return _Taught(outputs, tf.transpose(present))


def _targets_by_step(network, targets):
    """Return targets with the steps first, tokens without the last axis, and which are there."""
    targets = tf.transpose(targets, [1, 0, 2])
    if network.target_embedding_dim is None:
        return targets, tf.ones(targets.shape[:2], tf.bool)
    tokens = tf.cast(targets[:, :, 0], tf.int32)
    return tokens, tokens != PADDING


def _ahead_by_step(batch):
    """Return what is known ahead, (n_target_steps, batch, n_known), or None."""
    return None if batch.ahead is None else tf.transpose(batch.ahead, [1, 0, 2])


def _one_late(network, targets):
    """Return what the decoder is fed: the target of the step before, or zeros."""
    if not network.autoregressive:
        return tf.zeros_like(targets)
    first = tf.zeros_like(targets[:1])
    if network.target_embedding_dim is not None:
        first += START
    return tf.concat([first, targets[:-1]], axis=0)


def _sampled(network, targets, outputs, masks):
    """Return targets, some of them replaced by what the decoder would have written."""
    written = tf.stop_gradient(tf.transpose(outputs, [1, 0, 2]))
    if network.target_embedding_dim is not None:
        written = tf.argmax(written, axis=2, output_type=tf.int32)
    kept = masks.draw(network.scheduled_sampling, targets.shape[:2]) > 0
    return tf.where(kept if targets.shape.rank == 2 else kept[:, :, None], targets, written)


def encoded(network, weights, batch, masks):
    """Return a `Source`, and the weights of the decoder."""
    weights = iter(weights)
    hidden = embedded(network, weights, batch.inputs)
    steps = Steps(batch.present[:, :, None], batch.n_present)
    states = []
    for layer in range(len(network.units)):
        want_steps = layer < len(network.units) - 1 or network.attention is not None
        hidden, state = recurrent_layer(
            network, weights, hidden, steps, masks, want_steps, want_state=True
        )
        states.append(state)
    keys = None if network.attention is None else tf.transpose(hidden, [1, 0, 2])
    return Source(keys, tf.transpose(batch.present), tuple(states)), _by_purpose(network, weights)


def _by_purpose(network, weights):
    def take(number):
        return [next(weights) for _ in range(number)]

    return _Weights(
        embedding=None if network.target_embedding_dim is None else next(weights),
        layers=[layer_weights(network, weights) for _ in network.units],
        score=take(3 if network.attention == "additive" else 0),
        combination=take(2 if network.attention is not None else 0),
        output=take(2),
    )


def _taught_states(network, weights, fed, present, source, masks):
    """Return the states of the last layer over known inputs: (n_target_steps, batch, units)."""
    hidden = _entering(weights, fed)
    n_present = None if network.target_embedding_dim is None else _n_present(present)
    steps = Steps(present[:, :, None], n_present)
    for layer, state in zip(weights.layers, source.states, strict=True):
        hidden = masked_run(network, layer, hidden, steps, masks, start=state, want_steps=True)
    return hidden


def _n_present(present):
    """Return how many steps the longest targets of a batch have."""
    return tf.reduce_max(tf.reduce_sum(tf.cast(present, tf.int32), axis=0))


def decoder_step(network, weights, fed, source):
    """Run the decoder for one step; return raw outputs (batch, n_outputs) and its states.

    `fed` are tokens of shape (batch,) or numbers (batch, n_outputs + n_known); the states in
    `source` are the decoder's own after the step before.
    """
    fed = _entering(weights, fed)
    hidden, states = step_of_layers(network, weights.layers, fed, source.states)
    outputs, _ = _read_out(network, weights, hidden[:, None], source)
    return outputs[:, 0], states


def _entering(weights, fed):
    return fed if weights.embedding is None else tf.gather(weights.embedding, fed)


def _read_out(network, weights, hidden, source):
    """Return raw outputs and attention from states of shape (batch, n_target_steps, units)."""
    shares = None
    if network.attention is not None:
        shares = _shares(weights.score, hidden, source)
        context = tf.matmul(shares, source.keys)
        hidden = tf.tanh(dense(tf.concat([context, hidden], axis=-1), *weights.combination))
    return dense(hidden, *weights.output), shares


def _read_out_blocks(network, weights, hidden, source, n_present):
    """Return the raw outputs (batch, n_target_steps, n_outputs), block by block of the steps.

    Nothing is computed for the steps that pad the targets, and their outputs are zero. For
    the gradient a block is computed once more: to keep what it needs would take longer.
    """
    keys = [] if source.keys is None else [source.keys]
    parts = keys, weights.score, weights.combination, weights.output
    n_steps, n_samples = hidden.shape[:2]
    n_blocks = -(-n_present // _BLOCK)

    def read_out(block, arrays):
        keys, *by_purpose = tf.nest.pack_sequence_as(parts, arrays)
        own = weights._replace(
            **dict(zip(("score", "combination", "output"), by_purpose, strict=True))
        )
        watched = source._replace(keys=keys[0] if keys else None)
        raw, _ = _read_out(network, own, tf.transpose(block, [1, 0, 2]), watched)
        return tf.transpose(raw, [1, 0, 2])

    def split(array):
        return tf.reshape(array, [-1, _BLOCK, *array.shape[1:]])

    def stack_of_blocks(width):
        shape = [_BLOCK, n_samples, width]
        return tf.TensorArray(tf.float32, n_steps // _BLOCK, element_shape=shape)

    def joined(stack):
        blocks = stack.stack()
        return tf.reshape(blocks, [n_steps, n_samples, blocks.shape[-1]])

    def loop(step, *init):
        return tf.while_loop(lambda at, *_: at < n_blocks, step, (0, *init))[1:]

    @tf.custom_gradient
    def run(hidden, *arrays):
        blocks = split(hidden)

        def step(at, out):
            return at + 1, out.write(at, read_out(blocks[at], arrays))

        (out,) = loop(step, stack_of_blocks(network.n_outputs))

        def gradient(d_out):
            d_blocks = split(d_out)

            def step_back(at, d_hidden, d_arrays):
                block = blocks[at]
                with tf.GradientTape() as tape:
                    tape.watch([block, *arrays])
                    raw = read_out(block, arrays)
                d_block, *found = tape.gradient(raw, [block, *arrays], d_blocks[at])
                d_arrays = [d + f for d, f in zip(d_arrays, found, strict=True)]
                return at + 1, d_hidden.write(at, d_block), d_arrays

            zeros = [tf.zeros_like(a) for a in arrays]
            d_hidden, d_arrays = loop(step_back, stack_of_blocks(hidden.shape[2]), zeros)
            return joined(d_hidden), *d_arrays

        return joined(out), gradient

    return tf.transpose(run(hidden, *tf.nest.flatten(parts)), [1, 0, 2])


def _shares(score, queries, source):
    """Return how much each query looks at each present key: (batch, n_queries, n_keys)."""
    if score:
        of_query, of_key, scale = score
        queries = _product(queries, of_query)[:, :, None]
        both = tf.tanh(queries + _product(source.keys, of_key)[:, None])
        scores = tf.reduce_sum(both * scale, axis=-1)
    else:
        scores = tf.matmul(queries, source.keys, transpose_b=True) / queries.shape[-1] ** 0.5
    return tf.nn.softmax(tf.where(source.present[:, None], scores, NEVER))


def _product(values, kernel):
    return dense(values, kernel, 0.0)
