"""Which network an estimator's parameters ask for: pure functions of them, of X and of y."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from ._data.task import Task
from ._spec import Autoencoder, EncoderDecoder, LanguageModel, Network


def recurrent_stack(estimator: Any, task: Task[Any, Any]) -> Network:
    """Return the stack of recurrent layers that an estimator's parameters ask for."""
    inputs = task.inputs
    return Network(
        **_layers(estimator),
        **_read_by(inputs, inputs.embedding_dim if inputs.holds_tokens else None),
        bidirectional=bool(estimator.bidirectional),
        hidden_units=as_widths(estimator.hidden_units, "hidden_units", least=0),
        return_sequences=bool(estimator.return_sequences),
        n_outputs=task.targets.n_outputs,
        pooling=estimator.pooling if estimator.model is None else "last",
        trainable_embeddings=bool(estimator.trainable_embeddings) or not inputs.holds_tokens,
    )


def decoder_of_numbers(estimator: Any, task: Task[Any, Any]) -> EncoderDecoder:
    """Return an encoder, and a decoder that writes the steps ahead."""
    inputs = task.inputs
    return EncoderDecoder(
        **_layers(estimator),
        **_read_by(inputs, inputs.embedding_dim if inputs.holds_tokens else None),
        bidirectional=bool(estimator.bidirectional),
        n_outputs=task.targets.n_outputs,
        n_target_steps=task.targets.n_target_steps,
    )


def decoder_of_tokens(estimator: Any, task: Task[Any, Any]) -> EncoderDecoder:
    """Return an encoder, and a decoder that writes tokens."""
    embedding_dim = int(estimator.embedding_dim)
    return EncoderDecoder(
        **_layers(estimator),
        **_read_by(task.inputs, embedding_dim if task.inputs.holds_tokens else None),
        bidirectional=bool(estimator.bidirectional),
        n_outputs=task.targets.n_outputs,
        target_embedding_dim=embedding_dim,
        attention=estimator.attention,
        scheduled_sampling=float(estimator.scheduled_sampling),
    )


def autoencoder(estimator: Any, task: Task[Any, Any]) -> Autoencoder:
    """Return the encoder, the latent vector and the decoder of an autoencoder."""
    return Autoencoder(
        **_layers(estimator),
        bidirectional=bool(estimator.bidirectional),
        n_features=task.inputs.n_features,
        latent_dim=int(estimator.latent_dim),
        noise=float(estimator.noise),
    )


def language_model(estimator: Any, task: Task[Any, Any]) -> LanguageModel:
    """Return the network of a language model."""
    return LanguageModel(
        **_layers(estimator),
        n_tokens=task.inputs.n_tokens,
        embedding_dim=int(estimator.embedding_dim),
    )


def _layers(estimator: Any) -> dict[str, Any]:
    """Return what all networks have: recurrent layers and their dropout."""
    return {
        "cell": estimator.cell,
        "units": as_widths(estimator.units, "units", least=1),
        "dropout": float(estimator.dropout),
        "recurrent_dropout": float(estimator.recurrent_dropout),
    }


def _read_by(inputs: Any, embedding_dim: int | None) -> dict[str, Any]:
    """Return what the first layer is given: numbers, or vectors of tokens."""
    return {
        "n_features": inputs.n_features,
        "n_tokens": inputs.n_tokens,
        "embedding_dim": embedding_dim,
    }


def as_widths(value: Any, name: str, least: int) -> tuple[int, ...]:
    """Return layer widths as a tuple of ints."""
    widths = (value,) if isinstance(value, Integral) else tuple(value)
    if len(widths) < least or any(not isinstance(w, Integral) or w < 1 for w in widths):
        raise ValueError(
            f"The {name!r} parameter of a network must be an int from 1 up, or a tuple of them "
            f"with one for each layer. Got {value!r} instead."
        )
    return tuple(int(w) for w in widths)
