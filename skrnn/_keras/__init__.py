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
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from .._data.samples import TrainingData
from .._data.sequences import Sequences
from .._device import CPU
from .._spec import Spec, Training, Values
from .compiled import disk_cache
from .quiet_start import without_log_lines


def _refuse_without_tensorflow() -> None:
    """Import TensorFlow, or say what to do where it is missing."""
    try:
        with without_log_lines():
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

from .compiled import threads, training_run  # noqa: E402
from .compiled.predictor import Predictor, load  # noqa: E402
from .compiled.texts import log_likelihoods, next_probabilities, write  # noqa: E402
from .devices import choose_device, nearest_device, place_of, placed  # noqa: E402
from .engine import ClassLine, Engine, Line, Monitor, Scaling  # noqa: E402
from .exhausted import tells_of_memory  # noqa: E402
from .functional.architectures import architecture_of, loaded  # noqa: E402

__all__ = [
    "Engine",
    "Predictor",
    "attention",
    "build",
    "build_beside_class_line",
    "build_beside_line",
    "build_mean",
    "choose_device",
    "decode",
    "encode",
    "fit",
    "load",
    "log_likelihoods",
    "losses",
    "mapping_fits",
    "next_probabilities",
    "predict",
    "reconstruct",
    "roll_out",
    "search",
    "write",
]

# Fits at once, at most: with as many as cores, the last of five would leave one of two cores idle.
_FITS_A_CORE = 4

# Before any operation runs: TensorFlow makes its threads with the first one.
threads.limit_in_worker()


@tells_of_memory
def fit(
    engine: str,
    network: Spec,
    kind: Training,
    values: Values,
    data: TrainingData,
    monitor: Monitor,
    *,
    weights: Sequence[np.ndarray] | None,
    optimizer_state: Sequence[np.ndarray] | None = None,
    builder: Callable[..., Any] | None = None,
    callbacks: Sequence[Any] = (),
) -> list[np.ndarray]:
    """Train a network into the monitor; return the optimizer's state as a list of arrays.

    Parameters
    ----------
    engine : {"compiled", "keras"}
    network, kind, values, data, monitor, weights, optimizer_state : see `Engine.fit`
    builder : callable or None
        The function that makes the user's own model; for the engine "keras" alone.
    callbacks : sequence
        Those of Keras; for the engine "keras" alone.
    """
    with placed(place_of(kind.device)):
        return _engine(engine, kind.device, builder, callbacks).fit(
            network, kind, values, data, monitor, weights=weights, optimizer_state=optimizer_state
        )


def mapping_fits(
    engine: str, device: str, n_fits: int
) -> AbstractContextManager[Callable[..., Any]]:
    """Give a function like `map` whose calls of `fit` run at once, where the engine can."""
    n_threads = threads.n_threads()
    if engine != "compiled" or device != CPU or n_threads == 1:
        return threads.mapping(1)
    return threads.mapping(min(n_fits, _FITS_A_CORE * n_threads))


@tells_of_memory
def predict(
    engine: str,
    network: Spec,
    weights: Sequence[np.ndarray],
    sequences: Sequences,
    *,
    device: str,
    builder: Callable[..., Any] | None = None,
    check: dict[str, np.ndarray] | None = None,
) -> np.ndarray:
    """Return the raw outputs (a regression's value, a classifier's logits); see `Engine`.

    `device` is where the network was fitted: it predicts there, or on the CPU where that is
    missing. The functions below take it too. `builder` makes the user's own model, and `check` is
    what it gave for one sequence when it was fitted.
    """
    found = _engine(engine, device, builder, check=check)
    return found.predict(network, weights, sequences)


@tells_of_memory
def losses(
    network: Spec,
    weights: Sequence[np.ndarray],
    sequences: Sequences,
    targets: np.ndarray,
    loss: str | Callable[..., Any],
    *,
    device: str,
) -> np.ndarray:
    """Return the summed loss of each sample and the number of its terms: (n_samples, 2)."""
    return load(network, weights, device).losses(sequences, targets, loss)


@tells_of_memory
def attention(
    network: Spec,
    weights: Sequence[np.ndarray],
    sequences: Sequences,
    targets: np.ndarray | None = None,
    *,
    device: str,
) -> np.ndarray:
    """Return the attention to each step; the weights do not tell which engine they are of."""
    return load(network, weights, device).attention(sequences, targets)


@tells_of_memory
def search(
    network: Spec,
    weights: Sequence[np.ndarray],
    sequences: Sequences,
    beam_width: int,
    max_len: int,
    *,
    device: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sequences that a decoder finds, and their log-probabilities."""
    return load(network, weights, device).search(sequences, beam_width, max_len)


@tells_of_memory
def encode(
    network: Spec, weights: Sequence[np.ndarray], sequences: Sequences, *, device: str
) -> np.ndarray:
    """Return the latent vectors of sequences."""
    return load(network, weights, device).encode(sequences)


@tells_of_memory
def decode(
    network: Spec, weights: Sequence[np.ndarray], latent: np.ndarray, n_steps: int, *, device: str
) -> np.ndarray:
    """Return the sequences that an autoencoder writes for latent vectors."""
    return load(network, weights, device).decode(latent, n_steps)


@tells_of_memory
def reconstruct(
    network: Spec, weights: Sequence[np.ndarray], sequences: Sequences, *, device: str
) -> np.ndarray:
    """Return all steps of sequences in a row, as an autoencoder writes them."""
    return load(network, weights, device).reconstruct(sequences)


@tells_of_memory
def roll_out(
    network: Spec,
    weights: Sequence[np.ndarray],
    sequences: Sequences,
    known: np.ndarray,
    order: tuple[int, ...],
    feedback: tuple[np.ndarray, np.ndarray],
    *,
    device: str,
) -> np.ndarray:
    """Return what a network gives for the steps after sequences when it is fed its own outputs.

    Parameters
    ----------
    network, weights, sequences : see `Engine.predict`
    known : float32 ndarray of shape (n_samples, n_steps, n_known)
        Values of features at these steps, as the network sees them.
    order : tuple of int
        For each feature, the column that fills it: of outputs first, then of known values.
    feedback : pair of float32 ndarrays of shape (n_outputs,)
        The scale and the offset that make features of outputs.

    Returns
    -------
    float32 ndarray of shape (n_samples, n_steps, n_outputs)
    """
    return load(network, [*weights, *feedback], device).roll_out(sequences, known, order)


def build(
    network: Spec,
    weights: Sequence[np.ndarray],
    *,
    builder: Callable[..., Any] | None = None,
    **raw: Any,
) -> Any:
    """Return a Keras model with these weights that takes raw X and gives what `predict` does."""
    from .layers.stack_model import user_network

    if builder is not None:
        return user_network(network, builder, weights)
    return loaded(architecture_of(network).keras_model)(network, weights, **raw)


def build_mean(models: Sequence[Any]) -> Any:
    """Return a Keras model that gives the mean of what models give."""
    import keras

    if len(models) == 1:
        return models[0]
    inputs = [keras.Input(given.shape[1:], dtype=given.dtype) for given in models[0].inputs]
    if len(inputs) == 1:
        (inputs,) = inputs
    return keras.Model(inputs, keras.layers.Average()([model(inputs) for model in models]))


def build_beside_line(model: Any, line: Line, scaling: Scaling) -> Any:
    """Return a Keras model that adds a line to what a model gives for the same raw X."""
    from .layers.line_model import beside_line

    return beside_line(model, line, scaling)


def build_beside_class_line(model: Any, line: ClassLine, scaling: Scaling, activation: str) -> Any:
    """Return a Keras model of the mean probabilities of a model and a line for the same raw X."""
    from .layers.line_model import beside_class_line

    return beside_class_line(model, line, scaling, activation)


class _CompiledEngine:
    """The engine of compiled programs; a training says itself where it runs."""

    fit = staticmethod(training_run.fit)

    def __init__(self, device: str) -> None:
        self.device = device

    def predict(
        self, network: Spec, weights: Sequence[np.ndarray], sequences: Sequences
    ) -> np.ndarray:
        return load(network, weights, self.device).outputs(sequences)


def _engine(
    name: str,
    device: str,
    builder: Callable[..., Any] | None = None,
    callbacks: Sequence[Any] = (),
    check: dict[str, np.ndarray] | None = None,
) -> Engine:
    if name == "compiled":
        return _CompiledEngine(device)
    from .layers.portable_engine import PortableEngine

    return PortableEngine(nearest_device(device), builder, callbacks, check)
