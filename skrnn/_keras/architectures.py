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
"""

from .._spec import EncoderDecoder, Network
from . import decoder, network

_MODULES = {Network: network, EncoderDecoder: decoder}


def architecture_of(spec):
    """Return the module that computes a network."""
    return _MODULES[type(spec)]
