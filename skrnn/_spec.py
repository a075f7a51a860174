"""A network and its training as frozen values: all that an engine knows about a fit.

A `Spec` and a `Training` describe structure, so they key the cache of compiled programs.
`Values` holds what may differ between two runs of one program.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._plain import Plain
from ._schedule import CONSTANT, Schedule

_BATCHES_A_POOL = 50


class Spec(Plain):
    """Base of what describes a network: a frozen dataclass of plain values.

    A new kind is a subclass, in any module. `skrnn._starting_weights.weight_shapes` and
    `skrnn._keras.functional.architectures.register` say what it is made of and how it is computed.
    """

    @property
    def stride(self):
        """Steps of the input that one step of the recurrent layers stands for."""
        return 1


@dataclass(frozen=True)
class Network(Spec):
    """A stack of recurrent layers and its read-out.

    `n_tokens` is the number of token ids, padding included, and None for numeric input. `pooling`
    tells how the states of the last recurrent layer become one vector, unless `return_sequences`.
    The convolutions before the recurrent layers have one entry each in `conv_filters` and
    `conv_strides`. With `n_levels` the outputs are quantiles of so many levels of each target, side
    by side, and `n_outputs` counts all of them.
    """

    cell: str
    units: tuple[int, ...]
    bidirectional: bool
    dropout: float
    recurrent_dropout: float
    hidden_units: tuple[int, ...]
    return_sequences: bool
    n_features: int
    n_outputs: int
    n_tokens: int | None = None
    embedding_dim: int | None = None
    pooling: str = "last"
    trainable_embeddings: bool = True
    conv_filters: tuple[int, ...] = ()
    conv_kernel_size: int = 0
    conv_strides: tuple[int, ...] = ()
    trainable_recurrent: bool = True
    n_levels: int | None = None

    @property
    def stride(self):
        """Steps of the input that one step of the recurrent layers stands for."""
        return math.prod(self.conv_strides)

    @property
    def reads_steps(self):
        """Whether the states after every step are read, not those after the last alone."""
        return self.return_sequences or self.pooling != "last"

    @property
    def n_directions(self):
        """Passes over the sequence in each layer."""
        return 2 if self.bidirectional else 1


@dataclass(frozen=True)
class EncoderDecoder(Spec):
    """A network that reads a sequence and writes another one, step by step.

    The decoder has a layer for each of the encoder's, which starts from that one's last state; both
    directions together where the encoder has two. It predicts tokens if `target_embedding_dim` is
    set, and `n_outputs` is their number then; else `n_outputs` numbers at each of `n_target_steps`
    steps, from `n_known` values of the step and, if it is `autoregressive`, from the step before.
    """

    cell: str
    units: tuple[int, ...]
    bidirectional: bool
    dropout: float
    recurrent_dropout: float
    n_features: int
    n_outputs: int
    n_tokens: int | None = None
    embedding_dim: int | None = None
    n_target_steps: int | None = None
    target_embedding_dim: int | None = None
    attention: str | None = None
    scheduled_sampling: float = 0.0
    n_known: int = 0
    autoregressive: bool = True

    @property
    def n_directions(self):
        """Passes of the encoder over the sequence in each layer."""
        return 2 if self.bidirectional else 1

    @property
    def decoder_units(self):
        """Units of each layer of the decoder."""
        return tuple(units * self.n_directions for units in self.units)


@dataclass(frozen=True)
class LanguageModel(Spec):
    """A network that predicts, after each token of a text, the next one.

    `n_tokens` is the number of token ids, of padding and the reserved ones too.
    """

    cell: str
    units: tuple[int, ...]
    dropout: float
    recurrent_dropout: float
    n_tokens: int
    embedding_dim: int


@dataclass(frozen=True)
class Autoencoder(Spec):
    """A network that reads a sequence into one vector and writes the sequence from it.

    The last state of the encoder becomes the latent vector. The layers of the decoder mirror those
    of the encoder. The latent vector makes the state that each of them starts from, and is fed to
    the first one at every step.
    """

    cell: str
    units: tuple[int, ...]
    bidirectional: bool
    dropout: float
    recurrent_dropout: float
    n_features: int
    latent_dim: int
    noise: float = 0.0

    @property
    def n_directions(self):
        """Passes of the encoder over the sequence in each layer."""
        return 2 if self.bidirectional else 1

    @property
    def decoder_units(self):
        """Units of each layer of the decoder."""
        return self.units[::-1]


def network_of(description: dict[str, Any]) -> Any:
    """Return the network that `to_dict` was called on, also after a trip through JSON."""
    return Spec.from_dict(description)


@dataclass(frozen=True)
class KnownOnly:
    """A loss in which missing targets, which are NaN, do not count.

    Each output of a sample has a loss of its own, and all that are known count alike.
    """

    loss: str


@dataclass(frozen=True)
class Training:
    """The structure of a training step.

    `averages` tells whether a moving average of the weights is kept, which is what is fitted then.
    `device`, "cpu" or "gpu", is where it is trained.
    """

    loss: str | Callable | KnownOnly
    optimizer: str
    batch_size: int
    clips: bool
    averages: bool = False
    device: str = "cpu"


@dataclass(frozen=True)
class Values:
    """The values that a training run may change without a new program.

    `averaging` is the part of the average that an update leaves, where weights are averaged.
    `levels` are those of the loss "quantile".
    """

    learning_rate: float
    clipnorm: float | None
    epochs: int
    shuffle: bool
    order_seed: int
    dropout_seed: int
    first_epoch: int = 0
    schedule: Schedule = CONSTANT
    averaging: float = 0.0
    levels: tuple[float, ...] = ()

    def order(self, epoch, lengths, batch_size):
        """Return the order in which an epoch visits the samples.

        It depends on the seed and the epoch alone, so that both engines, and a fit that is
        continued later, visit the samples alike. Samples of different lengths are drawn at random
        into pools, and like lengths of a pool come in one batch, because a batch takes as long as
        its longest sample.
        """
        n_samples = len(lengths)
        if not self.shuffle:
            return np.arange(n_samples)
        rng = np.random.default_rng([self.order_seed, epoch])
        order = rng.permutation(n_samples)
        if lengths.min() == lengths.max():
            return order
        pool = batch_size * _BATCHES_A_POOL
        order = order[np.lexsort([lengths[order], np.arange(n_samples) // pool])]
        batches = np.split(order, range(batch_size, n_samples, batch_size))
        # The last one may be short, so it stays the last.
        return np.concatenate(
            [*(batches[i] for i in rng.permutation(len(batches) - 1)), batches[-1]]
        )
