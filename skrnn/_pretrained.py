"""Starts of a training that the user gives: vectors of tokens, or a fitted network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._cell_weights import CELL_WEIGHTS
from ._data.inputs import NumberInputs
from ._estimator import BaseNetwork, Fit
from ._networks import as_widths, chosen, filters_of
from ._spec import Autoencoder, LanguageModel, network_of
from ._tokens import PADDING, UNKNOWN
from .text._embeddings import given_table, looked_up
from .text._token_array import reading_of


@dataclass(frozen=True)
class Beginning:
    """The starting weights of a network that are not drawn at random.

    Parameters
    ----------
    table : ndarray of shape (n_tokens, embedding_dim) or None
        The vectors of tokens.
    layers : sequence of ndarray, default=()
        The weights of the recurrent layers.
    inputs : NumberInputs or None, default=None
        How X was scaled for these layers.
    """

    table: np.ndarray | None
    layers: Sequence[np.ndarray] = ()
    inputs: NumberInputs | None = None

    def weights(self, drawn: list[np.ndarray]) -> list[np.ndarray]:
        """Return the weights to start from, of a network whose first ones these are."""
        given = [*([] if self.table is None else [self.table]), *self.layers]
        return [*given, *drawn[len(given) :]]


def beginning_of(fit: Fit) -> Beginning:
    """Return what the user gives a fit to start from; a fit that goes on starts from its own."""
    params = fit.params
    if fit.goes_on or (params.embeddings is None and params.pretrained is None):
        return Beginning(None)
    if params.pretrained is not None:
        return _pretrained(params, fit.given.X)
    table = given_table(params.embeddings, fit.given.X, fit.seeds["embeddings"])
    if params.embedding_dim not in (None, table.shape[1]):
        raise ValueError(
            f"Expected embeddings of length embedding_dim={params.embedding_dim}, got "
            f"{table.shape[1]}. Leave embedding_dim out."
        )
    return Beginning(table)


def _pretrained(params: Any, X: Any) -> Beginning:
    """Return the embedding and the recurrent layers of a fitted network, which must be alike."""
    model = _fitted_model(params.pretrained)
    network = network_of(model.network_)
    embedding_dim = getattr(network, "embedding_dim", None)
    there = {
        "cell": network.cell,
        "units": network.units,
        "bidirectional": runs_both_ways(params.pretrained),
        "conv_filters": (),
        "embedding_dim": embedding_dim,
    }
    here = {
        "cell": params.cell,
        "units": as_widths(params.units, "units", least=1),
        "bidirectional": chosen(params.bidirectional, there["bidirectional"]),
        "conv_filters": filters_of(params, automatic=()),
        "embedding_dim": params.embedding_dim or embedding_dim,
    }
    _refuse_differences("the layers of pretrained", here, there, "Set these as there.")
    n_layers = len(network.units) * (1 + there["bidirectional"])
    n_weights = n_layers * CELL_WEIGHTS[network.cell].n_weights
    if embedding_dim is None:
        inputs = NumberInputs.from_dict(model.input_)
        return Beginning(None, _copies(model.weights_[:n_weights]), inputs)
    table = _rows_by_token(model.weights_[0], model.input_, X)
    return Beginning(table, _copies(model.weights_[1 : 1 + n_weights]))


def runs_both_ways(pretrained: Any) -> bool:
    """Tell whether the recurrent layers of a fitted network run in both directions."""
    return getattr(network_of(_fitted_model(pretrained).network_), "bidirectional", False)


def _copies(weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [w.copy() for w in weights]


def _fitted_model(pretrained: Any) -> Any:
    """Return the fitted network, the last step where it is in a pipeline."""
    model = pretrained[-1] if isinstance(pretrained, Pipeline) else pretrained
    if isinstance(model, BaseNetwork):
        check_is_fitted(model)
        if isinstance(network_of(model.network_), LanguageModel | Autoencoder):
            return model
    raise TypeError(
        "Expected pretrained to be a fitted RNNLanguageModel or RNNAutoencoder, or a Pipeline that "
        f"ends in one, got {type(model).__name__}."
    )


def _rows_by_token(rows: np.ndarray, read_as: dict[str, Any], X: Any) -> np.ndarray:
    """Return the table for the ids of X from a language model's, row by row for the same tokens.

    Tokens that the model does not know start as its unknown token, which it reads them as.
    """
    vocabulary = looked_up(X, "pretrained")
    here = reading_of(X)
    if here is not None:
        there = {name: read_as.get(name) for name in here}
        ways = "Set these of SequenceTokenizer as there, or fit pretrained anew."
        _refuse_differences("texts to be read as pretrained reads them", here, there, ways)
    known = read_as["vocabulary"]
    if not any(token in known for token in vocabulary):
        raise ValueError(
            "Expected X to hold tokens that pretrained knows, got none: of "
            f"{', '.join(map(repr, list(vocabulary)[:3]))} here, it knows "
            f"{', '.join(map(repr, list(known)[:3]))}. Fit pretrained on texts of the same kind."
        )
    ids = np.full(max(vocabulary.values()) + 1, UNKNOWN)
    ids[PADDING] = PADDING
    for token, i in vocabulary.items():
        ids[i] = known.get(token, UNKNOWN)
    return rows[ids]


def _refuse_differences(
    expected: str, here: dict[str, Any], there: dict[str, Any], what_to_do: str
) -> None:
    """Refuse values that are not those of the fitted network, and name them all."""
    different = [
        f"{name} is {here[name]!r} here and {there[name]!r} in pretrained"
        for name in here
        if here[name] != there[name]
    ]
    if different:
        raise ValueError(f"Expected {expected}, got others: {'; '.join(different)}. {what_to_do}")
