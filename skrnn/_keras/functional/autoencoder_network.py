"""A recurrent autoencoder as pure functions: the encoder, the decoder, and both in a row.

The decoder writes the last step first: what the encoder has read last is what it remembers best.
Before a sequence's own last step nothing is written, so the padding of a batch changes nothing.
Absent steps within a sequence are written too, so that the steps around them keep their distance.

References
----------
Srivastava, Mansimov and Salakhutdinov, "Unsupervised learning of video representations using
LSTMs", 2015 (the input in reverse order). Vincent et al., "Extracting and composing robust features
with denoising autoencoders", 2008. Cho et al., "Learning phrase representations using RNN
encoder-decoder for statistical machine translation", 2014 (the vector fed at every step).
"""

import tensorflow as tf

from .batch import gives
from .cells import CELLS
from .layer import DropoutMasks, Steps, dense, layer_weights, masked_run, recurrent_layer
from .losses import element_loss


def losses(network, loss, weights, batch, seed, carry):
    """Return the losses of a batch at each step of its inputs; see `architectures`."""
    masks = DropoutMasks(seed)
    steps = _span(batch.present), batch.n_present
    noisy = batch._replace(inputs=_noisy(network, batch.inputs, seed))
    latent, weights = _encoded(network, weights, noisy, masks)
    found = _decoded(network, weights, latent, steps, masks)
    targets = tf.transpose(batch.inputs, [1, 0, 2])
    return element_loss(loss)(targets, found), tf.transpose(batch.present), carry


def outputs(network, weights, batch):
    """Return the sequences as the decoder writes them: (batch, n_steps, n_features)."""
    masks = DropoutMasks(None)
    latent, weights = _encoded(network, weights, batch, masks)
    return _decoded(network, weights, latent, (_span(batch.present), batch.n_present), masks)


def output_shape(network, shape):
    """Return the shape of the raw outputs of one sample."""
    return [shape.n_steps, network.n_features]


@gives(lambda network, shape: [(tf.float32, [network.latent_dim])])
def encode(network, weights, batch):
    """Return the latent vectors, in a tuple of one."""
    return (_encoded(network, weights, batch, DropoutMasks(None))[0],)


@gives(lambda network, shape: [(tf.float32, [shape.n_steps, network.n_features])])
def decode(network, weights, batch):
    """Return the sequences of latent vectors, in a tuple of one.

    The vector of a sequence is given as its input at each of the steps that are to be written.
    """
    of_layers = CELLS[network.cell].n_weights * len(network.units) * network.n_directions
    weights = weights[of_layers + 2 :]
    steps = batch.present, batch.n_present
    return (_decoded(network, iter(weights), batch.inputs[0], steps, DropoutMasks(None)),)


def _noisy(network, inputs, seed):
    """Return the inputs with noise on them in training."""
    if seed is None or network.noise == 0:
        return inputs
    # No dropout mask has the number 0.
    seed = tf.random.experimental.stateless_fold_in(seed, 0)
    return inputs + network.noise * tf.random.stateless_normal(inputs.shape, seed)


def _span(present):
    """Tell which steps lie not after the last present one: bool of shape (n_steps, batch)."""
    return tf.cumsum(tf.cast(present, tf.int32), reverse=True) > 0


def _encoded(network, weights, batch, masks):
    """Return the latent vectors, and an iterator over the weights that are left."""
    weights = iter(weights)
    hidden = batch.inputs
    steps = Steps(batch.present[:, :, None], batch.n_present, in_blocks=masks.seed is None)
    for layer in range(len(network.units)):
        is_last = layer == len(network.units) - 1
        hidden = recurrent_layer(network, weights, hidden, steps, masks, not is_last)
    return dense(hidden, next(weights), next(weights)), weights


def _decoded(network, weights, latent, steps, masks):
    """Return what the decoder writes at each step: (batch, n_steps, n_features)."""
    span, n_run = steps
    n_states = CELLS[network.cell].n_states
    starts = [
        tuple(tf.tanh(dense(latent, next(weights), next(weights))) for _ in range(n_states))
        for _ in network.decoder_units
    ]
    hidden = tf.tile(latent[None], [span.shape[0], 1, 1])
    steps = Steps(span[:, :, None], n_run, in_blocks=masks.seed is None)
    for start in starts:
        hidden = masked_run(
            network,
            layer_weights(network, weights),
            hidden,
            steps,
            masks,
            backward=True,
            start=start,
            want_steps=True,
        )
    return dense(tf.transpose(hidden, [1, 0, 2]), next(weights), next(weights))
