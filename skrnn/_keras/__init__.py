"""The engines: the only package that imports TensorFlow, Keras or scikeras.

Estimators reach it through `fit`, `predict` and `build`, imported inside functions. All three
take a spec and arrays and give arrays back; no tensor leaves this package.

======================  =====================================================================
module                  job
======================  =====================================================================
``cells``               one step of each recurrent cell, and the loop over the steps
``network``             the whole stack as a pure function of its weights
``losses``              loss of each sample
``optimizers``          one update, as a pure function of weights and slots
``programs``            compiled programs and their cache
``compiled``            the engine that runs them
``stack``               the same stack of Keras layers
``portable``            the engine on Keras' own `fit`, through scikeras
======================  =====================================================================
"""

from . import compiled, portable
from .programs import cache_clear, cache_info
from .stack import build_stack, user_network

__all__ = ["build", "cache_clear", "cache_info", "compiles", "fit", "predict"]

_ENGINES = {"compiled": compiled, "keras": portable}


def compiles(training):
    """Tell whether the compiled engine knows this kind of training."""
    return training.optimizer in compiled.OPTIMIZERS


def fit(engine, *args, **kwargs):
    """Train a network into the monitor; return the optimizer's state as a list of arrays."""
    return _ENGINES[engine].fit(*args, **kwargs)


def predict(engine, *args, **kwargs):
    """Return the raw outputs (a regression's value, a classifier's logits) as an array."""
    return _ENGINES[engine].predict(*args, **kwargs)


def build(network, weights, *, builder=None, **raw):
    """Return a Keras model with these weights that takes raw X and gives what `predict` does."""
    if builder is not None:
        return user_network(network, builder, weights)
    return build_stack(network, weights, **raw)
