"""The engines: the only package that imports TensorFlow, Keras or scikeras.

Estimators reach it through the functions of `__all__`, imported inside functions. All take a spec
and arrays and give arrays back; no tensor leaves this package.

======================  =====================================================================
module                  job
======================  =====================================================================
``cells``               one step of each recurrent cell, and its gradient
``recurrence``          the loops over the steps of a batch, and back
``pooling``             read-outs over the steps, and the same as Keras layers
``batch``               what a program gathers of some samples
``network``             the whole stack as a pure function of its weights
``decoder``             encoder and decoder, the same way
``beam``                what a decoder writes by itself
``autoencoder``         encoder, latent vector and decoder, the same way
``architectures``       which of these computes which spec
``losses``              loss of each sample
``optimizers``          one update, as a pure function of weights and slots
``language``            what each token of a text says about the next one
``texts``               the programs that read texts piece by piece, and write them
``programs``            compiled programs; what is kept of them is in `skrnn._programs`
``disk_cache``          programs kept from one process to the next, if the user opts in
``threads``             how many threads a fit may use
``compiled``            the engine that runs them
``stack``               the same stack of Keras layers
``stack_decoder``       encoder and decoder of Keras layers
``stack_autoencoder``   encoder, latent vector and decoder of Keras layers
``portable``            the engine on Keras' own `fit`, through scikeras
======================  =====================================================================
"""

from typing import Any

from .._spec import Autoencoder, EncoderDecoder, LanguageModel, Network
from . import disk_cache

disk_cache.enable()  # TensorFlow reads its flags when it starts

from . import compiled, portable, threads  # noqa: E402
from .stack import build_language, build_stack, user_network  # noqa: E402
from .stack_autoencoder import build_autoencoder  # noqa: E402
from .stack_decoder import build_decoder  # noqa: E402
from .texts import log_likelihoods, next_probabilities, write  # noqa: E402

__all__ = [
    "attention",
    "build",
    "compiles",
    "decode",
    "encode",
    "fit",
    "log_likelihoods",
    "losses",
    "next_probabilities",
    "predict",
    "reconstruct",
    "search",
    "write",
]

# Before any operation runs: TensorFlow makes its threads with the first one.
threads.limit_in_worker()

_ENGINES = {"compiled": compiled, "keras": portable}
_BUILDERS: dict[type, Any] = {
    Network: build_stack,
    EncoderDecoder: build_decoder,
    LanguageModel: build_language,
    Autoencoder: build_autoencoder,
}


def compiles(training):
    """Tell whether the compiled engine knows this kind of training."""
    return training.optimizer in compiled.OPTIMIZERS


def fit(engine, *args, **kwargs):
    """Train a network into the monitor; return the optimizer's state as a list of arrays."""
    return _ENGINES[engine].fit(*args, **kwargs)


def predict(engine, *args, **kwargs):
    """Return the raw outputs (a regression's value, a classifier's logits) as an array."""
    return _ENGINES[engine].predict(*args, **kwargs)


def losses(*args):
    """Return the summed loss of each sample and the number of its terms."""
    return compiled.losses(*args)


def attention(*args):
    """Return the attention to each step; the weights do not tell which engine they are of."""
    return compiled.attention(*args)


def search(*args):
    """Return the sequences that a decoder finds, and their log-probabilities."""
    return compiled.search(*args)


def encode(*args):
    """Return the latent vectors of sequences."""
    return compiled.encode(*args)


def decode(*args):
    """Return the sequences that an autoencoder writes for latent vectors."""
    return compiled.decode(*args)


def reconstruct(*args):
    """Return sequences as an autoencoder writes them."""
    return compiled.reconstruct(*args)


def build(network, weights, *, builder=None, **raw):
    """Return a Keras model with these weights that takes raw X and gives what `predict` does."""
    if builder is not None:
        return user_network(network, builder, weights)
    return _BUILDERS[type(network)](network, weights, **raw)
