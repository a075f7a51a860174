"""The registry of architectures: for each kind of network, all that the engines ask about it.

An engine knows no kind by name. It asks the entry of the network's spec, so a new architecture is a
subclass of `Spec`, the shapes of its weights (`skrnn._starting_weights`), the functions that
compute it, and one call of `register`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ... import _starting_weights
from ..._spec import Autoencoder, EncoderDecoder, LanguageModel, Network, Spec
from . import autoencoder_network as autoencoder
from . import beam, recurrent_stack, recursion
from . import encoder_decoder as decoder
from . import language_network as language


def _no(spec: Any) -> bool:
    return False


def _no_prediction(spec: Any, *args: Any) -> Any:
    raise TypeError(f"{type(spec).__name__} gives no outputs for a batch alone.")


def _nothing(spec: Any, batch_size: int) -> tuple[()]:
    return ()


def _one_length(spec: Any) -> int:
    return 0


@dataclass(frozen=True)
class Architecture:
    """The answers to what the engines ask about a kind of network.

    Parameters
    ----------
    losses : callable
        ``losses(spec, loss, weights, batch, seed, carry)``: in training, the loss of each sample,
        of each of its steps, or of their outputs; which of these count, a bool tensor, or None;
        and what the batch leaves to the next one.
    keras_model : str
        "module:function" of ``function(spec, weights, **raw)``, which builds the Keras model. It
        is a name so that no layer is imported before one is used; see `loaded`.
    outputs, output_shape : callable
        ``outputs(spec, weights, batch)``: the raw outputs of a batch, as in prediction.
        ``output_shape(spec, shape)``: the shape of these, without the batch. By default
        there is no prediction from a batch alone.
    validates_by_outputs : callable
        ``validates_by_outputs(spec)``: whether the loss of validation data is that of `outputs`;
        else it is that of `losses`.
    validation_loss : str or None
        "module:function" of ``function(spec, loss, weights, validation)``, for an architecture
        that finds its validation loss in a way of its own.
    initial_carry : callable
        ``initial_carry(spec, batch_size)``: what the first batch of an epoch finds, a nest of
        tensors.
    has_length_buckets : bool
        Whether its training is compiled for several numbers of steps, of which a batch takes the
        least that holds it.
    has_step_outputs : callable
        ``has_step_outputs(spec)``: whether there is an output, and a target, for each step of X.
    target_block : callable
        ``target_block(spec)``: targets of any lengths are padded to a multiple of so many steps;
        0 where all have one length.
    functions : mapping
        Other functions of batches by name, each marked with `skrnn._keras.functional.batch.gives`.
    weight_shapes, n_frozen : callable
        See `skrnn._starting_weights`.
    """

    losses: Callable[..., Any]
    keras_model: str
    outputs: Callable[..., Any] = _no_prediction
    output_shape: Callable[..., list[int]] = _no_prediction
    validates_by_outputs: Callable[[Any], bool] = _no
    validation_loss: str | None = None
    initial_carry: Callable[[Any, int], Any] = _nothing
    has_length_buckets: bool = False
    has_step_outputs: Callable[[Any], bool] = _no
    target_block: Callable[[Any], int] = _one_length
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    weight_shapes: Callable[[Any], list[tuple[str, tuple[int, ...]]]] = (
        _starting_weights.weight_shapes
    )
    n_frozen: Callable[[Any], int] = _starting_weights.n_frozen


_entries: dict[type[Spec], Architecture] = {}


def register(kind: type[Spec], architecture: Architecture) -> None:
    """Say how the networks of one class of specs are computed."""
    _entries[kind] = architecture


def architecture_of(spec: Spec) -> Architecture:
    """Return the entry of a network."""
    return _entries[type(spec)]


def loaded(name: str) -> Callable[..., Any]:
    """Return the function that "module:function" names, the module relative to `skrnn._keras`."""
    module, function = name.split(":")
    return getattr(import_module(module, __package__.rpartition(".")[0]), function)


register(
    Network,
    Architecture(
        losses=recurrent_stack.losses,
        outputs=recurrent_stack.outputs,
        output_shape=recurrent_stack.output_shape,
        keras_model=".layers.stack_model:build_stack",
        # Its program is compiled for predictions anyway.
        validates_by_outputs=lambda spec: True,
        has_length_buckets=True,
        has_step_outputs=lambda spec: spec.return_sequences,
        functions={"attention": recurrent_stack.attention, "roll_out": recursion.roll_out},
    ),
)
register(
    EncoderDecoder,
    Architecture(
        losses=decoder.losses,
        outputs=decoder.outputs,
        output_shape=decoder.output_shape,
        keras_model=".layers.decoder_model:build_decoder",
        # Numbers are compared with what it writes. For tokens, the probability of the true ones
        # says more than the written ones.
        validates_by_outputs=lambda spec: spec.target_embedding_dim is None,
        # No length buckets: a decoder takes too long to be compiled several times.
        target_block=decoder.target_block,
        functions={"attention": decoder.attention, "search": beam.search},
    ),
)
register(
    LanguageModel,
    Architecture(
        losses=language.losses,
        keras_model=".layers.stack_model:build_language",
        validation_loss=".compiled.texts:validation_loss",
        initial_carry=language.initial_carry,
    ),
)
register(
    Autoencoder,
    Architecture(
        losses=autoencoder.losses,
        outputs=autoencoder.outputs,
        output_shape=autoencoder.output_shape,
        keras_model=".layers.autoencoder_model:build_autoencoder",
        has_length_buckets=True,
        functions={"encode": autoencoder.encode, "decode": autoencoder.decode},
    ),
)
