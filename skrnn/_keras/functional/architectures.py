"""Which module computes which kind of network.

Each has these functions of a spec:

``losses(network, loss, weights, batch, seed, carry)``
    The loss of each sample or of each of its steps, in training; which of the steps count, a bool
    tensor, or None; and what the batch leaves to the next one.
``outputs(network, weights, batch)``
    The raw outputs of a batch, as in prediction.
``output_shape(network, shape)``
    The shape of these without the batch.

``validates_by_outputs(network)``
    Whether the loss of validation data is that of `outputs`.

One may have ``initial_carry(network, batch_size)``: what the first batch of an epoch finds. A
network without it carries nothing from a batch to the next.
"""

from ..._spec import Autoencoder, EncoderDecoder, LanguageModel, Network
from . import autoencoder_network as autoencoder
from . import encoder_decoder as decoder
from . import language_network as language
from . import recurrent_stack as network

_MODULES = {
    Network: network,
    EncoderDecoder: decoder,
    LanguageModel: language,
    Autoencoder: autoencoder,
}


def architecture_of(spec):
    """Return the module that computes a network."""
    return _MODULES[type(spec)]


def initial_carry(spec, batch_size):
    """Return what the first batch of an epoch finds: a nest of tensors, often empty."""
    first = getattr(architecture_of(spec), "initial_carry", None)
    return () if first is None else first(spec, batch_size)
