"""The engines: the only package that imports TensorFlow, Keras or scikeras.

Estimators reach it through the functions of `__all__`, imported inside functions. All take a spec
and arrays and give arrays back; no tensor leaves this package.

==============  =================================================================================
sub-package     job
==============  =================================================================================
``functional``  networks as pure functions: cells, recurrences, architectures, losses, optimizers
``compiled``    the engine that runs them in XLA programs, and what keeps these
``layers``      the same networks of Keras layers, and the portable engine on Keras' own `fit`
==============  =================================================================================
"""

import platform

from .compiled import disk_cache


def _refuse_without_tensorflow():
    """Import TensorFlow, or say what to do where it is missing."""
    try:
        import tensorflow  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise ModuleNotFoundError(
            "Expected TensorFlow, which trains and runs the networks, got a Python "
            f"{platform.python_version()} without it. Run pip install tensorflow; where that finds "
            "nothing, take a version of Python that TensorFlow is published for.",
            name=error.name,
        ) from error


disk_cache.enable()  # TensorFlow reads its flags when it starts
_refuse_without_tensorflow()

from .compiled import engine as compiled  # noqa: E402
from .compiled import threads  # noqa: E402
from .compiled.texts import log_likelihoods, next_probabilities, write  # noqa: E402
from .functional.architectures import architecture_of, loaded  # noqa: E402

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


def _engine(name):
    if name == "compiled":
        return compiled
    from .layers import portable_engine

    return portable_engine


def compiles(training):
    """Tell whether the compiled engine knows this kind of training."""
    return training.optimizer in compiled.OPTIMIZERS


def fit(engine, *args, **kwargs):
    """Train a network into the monitor; return the optimizer's state as a list of arrays."""
    return _engine(engine).fit(*args, **kwargs)


def predict(engine, *args, **kwargs):
    """Return the raw outputs (a regression's value, a classifier's logits) as an array."""
    return _engine(engine).predict(*args, **kwargs)


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
    from .layers.stack_model import user_network

    if builder is not None:
        return user_network(network, builder, weights)
    return loaded(architecture_of(network).keras_model)(network, weights, **raw)
