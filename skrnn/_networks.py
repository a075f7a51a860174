"""Which network an estimator's parameters ask for: pure functions of them, of X and of y."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from ._data.task import Task
from ._spec import Autoencoder, EncoderDecoder, LanguageModel, Network


def recurrent_stack(estimator: Any, task: Task[Any, Any]) -> Network:
    """Return the stack of recurrent layers that an estimator's parameters ask for."""
    inputs, is_own = task.inputs, estimator.model is None
    return Network(
        cell=estimator.cell,
        units=as_widths(estimator.units, "units", least=1),
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        recurrent_dropout=float(estimator.recurrent_dropout),
        hidden_units=as_widths(estimator.hidden_units, "hidden_units", least=0),
        return_sequences=bool(estimator.return_sequences),
        n_features=inputs.n_features,
        n_outputs=task.targets.n_outputs,
        n_tokens=inputs.n_tokens,
        embedding_dim=inputs.embedding_dim if inputs.holds_tokens else None,
        pooling=estimator.pooling if is_own else "last",
        trainable_embeddings=bool(estimator.trainable_embeddings) or not inputs.holds_tokens,
    )


def decoder_of_numbers(estimator: Any, task: Task[Any, Any]) -> EncoderDecoder:
    """Return an encoder like the stack, and a decoder that writes the steps ahead."""
    stack = recurrent_stack(estimator, task)
    return EncoderDecoder(
        cell=stack.cell,
        units=stack.units,
        bidirectional=stack.bidirectional,
        dropout=stack.dropout,
        recurrent_dropout=stack.recurrent_dropout,
        n_features=stack.n_features,
        n_outputs=stack.n_outputs,
        n_tokens=stack.n_tokens,
        embedding_dim=stack.embedding_dim,
        n_target_steps=task.targets.n_target_steps,
    )


def decoder_of_tokens(estimator: Any, task: Task[Any, Any]) -> EncoderDecoder:
    """Return an encoder, and a decoder that writes tokens."""
    holds_tokens = task.inputs.holds_tokens
    embedding_dim = int(estimator.embedding_dim)
    return EncoderDecoder(
        cell=estimator.cell,
        units=as_widths(estimator.units, "units", least=1),
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        recurrent_dropout=float(estimator.recurrent_dropout),
        n_features=task.inputs.n_features,
        n_outputs=task.targets.n_outputs,
        n_tokens=task.inputs.n_tokens,
        embedding_dim=embedding_dim if holds_tokens else None,
        target_embedding_dim=embedding_dim,
        attention=estimator.attention,
        scheduled_sampling=float(estimator.scheduled_sampling),
    )


def autoencoder(estimator: Any, task: Task[Any, Any]) -> Autoencoder:
    """Return the encoder, the latent vector and the decoder of an autoencoder."""
    return Autoencoder(
        cell=estimator.cell,
        units=as_widths(estimator.units, "units", least=1),
        bidirectional=bool(estimator.bidirectional),
        dropout=float(estimator.dropout),
        recurrent_dropout=float(estimator.recurrent_dropout),
        n_features=task.inputs.n_features,
        latent_dim=int(estimator.latent_dim),
        noise=float(estimator.noise),
    )


def language_model(estimator: Any, task: Task[Any, Any]) -> LanguageModel:
    """Return the network of a language model."""
    return LanguageModel(
        cell=estimator.cell,
        units=as_widths(estimator.units, "units", least=1),
        dropout=float(estimator.dropout),
        recurrent_dropout=float(estimator.recurrent_dropout),
        n_tokens=task.inputs.n_tokens,
        embedding_dim=int(estimator.embedding_dim),
    )


def as_widths(value: Any, name: str, least: int) -> tuple[int, ...]:
    """Return layer widths as a tuple of ints."""
    widths = (value,) if isinstance(value, Integral) else tuple(value)
    if len(widths) < least or any(not isinstance(w, Integral) or w < 1 for w in widths):
        raise ValueError(
            f"The {name!r} parameter of a network must be an int from 1 up, or a tuple of them "
            f"with one for each layer. Got {value!r} instead."
        )
    return tuple(int(w) for w in widths)
