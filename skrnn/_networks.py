"""Which network the parameters ask for: pure functions of them, of X and of y."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

from ._data.task import Task
from ._messages import shown
from ._spec import Autoencoder, EncoderDecoder, LanguageModel, Network


class ReadOut(NamedTuple):
    """The meaning of "auto": how a sequence is run over, and what is read from it."""

    bidirectional: bool
    pooling: str = "last"
    conv_filters: tuple[int, ...] = ()
    conv_strides: tuple[int, ...] = ()


# Forecasts from windows, and answers at every step, look back from the end. A question about a
# whole sequence looks at all its steps, in both directions; the last states remember all of a short
# one, and where in it something was.
FROM_THE_END = ReadOut(bidirectional=False, pooling="last")
OF_A_SHORT_SEQUENCE = ReadOut(bidirectional=True, pooling="last")
OF_ALL_STEPS = ReadOut(bidirectional=True, pooling="max")
# Each convolution makes one step of two: a long sequence is read in less time, and better.
OF_A_LONG_SEQUENCE = OF_ALL_STEPS._replace(conv_filters=(32,), conv_strides=(2,))
OF_A_VERY_LONG_SEQUENCE = OF_ALL_STEPS._replace(conv_filters=(32, 32), conv_strides=(2, 2))
# Steps of a short sequence, at most. Those of other lengths have no places in common.
_SHORT = 50


def of_whole_sequences(n_steps: int, *, varies: bool) -> ReadOut:
    """Return what is read of whole sequences of so many steps."""
    if n_steps > _SHORT:
        return OF_A_VERY_LONG_SEQUENCE if n_steps > 2 * _SHORT else OF_A_LONG_SEQUENCE
    return OF_ALL_STEPS if varies else OF_A_SHORT_SEQUENCE


def recurrent_stack(params: Any, task: Task[Any, Any], automatic: ReadOut) -> Network:
    """Return the stack of recurrent layers that the parameters ask for."""
    inputs = task.inputs
    trains_given = params.pretrained is None or bool(params.trainable_pretrained)
    trains_vectors = trains_given and bool(params.trainable_embeddings)
    return Network(
        **_layers(params),
        **_read_by(inputs, inputs.embedding_dim if inputs.holds_tokens else None),
        bidirectional=chosen(params.bidirectional, automatic.bidirectional),
        **_convolutions(params, automatic),
        hidden_units=as_widths(params.hidden_units, "hidden_units", least=0),
        return_sequences=bool(params.return_sequences),
        n_outputs=task.targets.n_numbers,
        n_levels=task.targets.quantiles and len(task.targets.quantiles),
        pooling=_pooling(params, automatic.pooling),
        trainable_embeddings=trains_vectors or not inputs.holds_tokens,
        trainable_recurrent=trains_given,
    )


def decoder_of_numbers(params: Any, task: Task[Any, Any], automatic: ReadOut) -> EncoderDecoder:
    """Return an encoder, and a decoder that writes the steps ahead."""
    inputs = task.inputs
    return EncoderDecoder(
        **_layers(params),
        **_read_by(inputs, inputs.embedding_dim if inputs.holds_tokens else None),
        bidirectional=chosen(params.bidirectional, automatic.bidirectional),
        n_outputs=task.targets.n_outputs,
        n_target_steps=task.targets.n_target_steps,
        n_known=task.inputs.n_known,
        autoregressive=bool(params.autoregressive),
    )


def decoder_of_tokens(params: Any, task: Task[Any, Any]) -> EncoderDecoder:
    """Return an encoder, and a decoder that writes tokens."""
    embedding_dim = int(params.embedding_dim)
    return EncoderDecoder(
        **_layers(params),
        **_read_by(task.inputs, embedding_dim if task.inputs.holds_tokens else None),
        bidirectional=bool(params.bidirectional),
        n_outputs=task.targets.n_outputs,
        target_embedding_dim=embedding_dim,
        attention=params.attention,
        scheduled_sampling=float(params.scheduled_sampling),
    )


def autoencoder(params: Any, task: Task[Any, Any]) -> Autoencoder:
    """Return the encoder, the latent vector and the decoder of an autoencoder."""
    return Autoencoder(
        **_layers(params),
        bidirectional=bool(params.bidirectional),
        n_features=task.inputs.n_features,
        latent_dim=int(params.latent_dim),
        noise=float(params.noise),
    )


def language_model(params: Any, task: Task[Any, Any]) -> LanguageModel:
    """Return the network of a language model."""
    return LanguageModel(
        **_layers(params),
        n_tokens=task.inputs.n_tokens,
        embedding_dim=int(params.embedding_dim),
    )


def _pooling(params: Any, automatic: str) -> str:
    if params.model is not None or params.return_sequences:
        return "last"
    return automatic if params.pooling == "auto" else params.pooling


def chosen(value: Any, automatic: bool) -> bool:
    """Return a parameter that may be "auto"."""
    return automatic if isinstance(value, str) else bool(value)


def _layers(params: Any) -> dict[str, Any]:
    """Return what all networks have: recurrent layers and their dropout."""
    return {
        "cell": params.cell,
        "units": as_widths(params.units, "units", least=1),
        "dropout": float(params.dropout),
        "recurrent_dropout": float(params.recurrent_dropout),
    }


def _read_by(inputs: Any, embedding_dim: int | None) -> dict[str, Any]:
    """Return what the first layer is given: numbers, or vectors of tokens."""
    return {
        "n_features": inputs.n_seen,
        "n_tokens": inputs.n_tokens,
        "embedding_dim": embedding_dim,
    }


def _convolutions(params: Any, automatic: ReadOut) -> dict[str, Any]:
    """Return what the layers before the recurrent ones are, in one form where there are none."""
    filters, strides = filters_of(params, automatic.conv_filters), params.conv_strides
    if not filters or params.model is not None:
        return {}
    if isinstance(strides, str):  # "auto"
        strides = automatic.conv_strides if isinstance(params.conv_filters, str) else 1
    return {
        "conv_filters": filters,
        "conv_kernel_size": int(params.conv_kernel_size),
        "conv_strides": _strides(strides, len(filters)),
    }


def filters_of(params: Any, automatic: tuple[int, ...]) -> tuple[int, ...]:
    """Return the filters of each convolution; () is none."""
    if isinstance(params.conv_filters, str):  # "auto"
        return automatic
    return as_widths(params.conv_filters, "conv_filters", least=0)


def _strides(value: Any, n_layers: int) -> tuple[int, ...]:
    """Return the stride of each convolution."""
    strides = as_widths(value, "conv_strides", least=1)
    if isinstance(value, Integral):
        return strides * n_layers
    if len(strides) != n_layers:
        raise ValueError(
            f"Expected conv_strides to be an int, or a tuple with one entry for each of the "
            f"{n_layers} layers of conv_filters, got {shown(value)}. Make both of one length."
        )
    return strides


def as_widths(value: Any, name: str, least: int) -> tuple[int, ...]:
    """Return layer widths as a tuple of ints."""
    widths = (value,) if isinstance(value, Integral) else tuple(value)
    if len(widths) < least or any(not isinstance(w, Integral) or w < 1 for w in widths):
        raise ValueError(
            f"The {name!r} parameter of a network must be an int from 1 up, or a tuple of them "
            f"with one for each layer. Got {shown(value)} instead."
        )
    return tuple(int(w) for w in widths)
