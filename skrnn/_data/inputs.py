"""How X is read: learnt in `fit`, used again by every prediction.

The forms that X may come in are decided once. A list of sequences that happen to be of one length
is a list of sequences still, if `fit` was given one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._plain import Plain
from .._tokens import UNKNOWN
from .bends import Bends
from .containers import holds_sequences, is_nested, listed
from .row_counts import RowCounts, counts_of_present
from .scaling import identity_scaling, mean_and_scale, standardized
from .sequences import Sequences
from .validation import (
    NEITHER,
    SAMPLES,
    TABLE,
    check_numbers,
    check_tokens,
    refuse_other_columns,
    refuse_other_width,
    vectors,
)
from .within import Within, features_to_see_within

KerasScaling = tuple[np.ndarray, np.ndarray, Bends, tuple[int, ...]]


class Inputs(Plain):
    """Base of the forms of X."""

    holds_tokens: bool
    # The number of token ids; None for numbers.
    n_tokens: int | None
    # The number of features of a step; of no meaning for tokens.
    n_features: int
    # The number of features that are known ahead.
    n_known = 0
    # The features that a network sees a second time, standardized within each sequence.
    within: tuple[int, ...] = ()

    @property
    def n_seen(self) -> int:
        """The number of features of a step as the network is given it."""
        return self.n_features + len(self.within)

    def read(self, estimator: Any, X: Any, *, reset: bool = False) -> Sequences:
        """Return X as sequences, in the user's units; `reset` learns names and widths."""
        raise NotImplementedError

    def learnt_from(self, sequences: Sequences, standardize: bool | str) -> Inputs:
        """Return the same with the scale of these sequences, or as it is if it has one.

        With "auto", features are bent as well where they need it.
        """
        return self

    def bent_as(self, sequences: Sequences) -> Inputs:
        """Return the same with the bends and the scale of other sequences, if these differ."""
        return self

    def in_network_units(self, sequences: Sequences) -> Sequences:
        """Return sequences as the network is given them."""
        raise NotImplementedError

    def of_line(self) -> Inputs:
        """Return the same as a line sees X: no feature is bent."""
        return self

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that tell a user about it."""
        return {}

    def keras_scaling(self) -> tuple[Any, ...] | None:
        """Return what brings X into the network's units.

        These are the scale and the offset of the features as the network sees them, the bends, and
        the features that are standardized within each sequence.
        """
        return None

    def gives_lists(self, X: Any) -> bool:
        """Tell whether what belongs to the steps of X is given as a list of arrays."""
        return False


@dataclass(frozen=True)
class NumberInputs(Inputs):
    """Sequences of numbers, or vectors: each is a sequence of one step.

    Parameters
    ----------
    is_list : bool
        X is a list of sequences and no table.
    are_vectors : bool, default=False
        A 2-D X has one vector a sample.
    has_feature_axis : bool, default=True
        A step of X is a vector of features and no plain number.
    n_columns : int or None, default=None
        The length of lists of numbers that were equally long in `fit`: a table of another width
        is no X then, though lists may have any length.
    mean, scale : tuple of float or None, default=None
        The scale of each feature; None before it is learnt.
    known_mean, known_scale : tuple of float or None, default=None
        The scale of each feature that is known ahead, if there are any.
    bends, known_bends : tuple of tuples
        The fields of the `Bends` of the features, and of those that are known ahead: the mean and
        the scale are of bent values.
    plain_mean, plain_scale : tuple of float or None, default=None
        The scale of each feature as it is, if some are bent.
    within : tuple of int, default=()
        The features that a network sees a second time, standardized within each sequence.
    """

    is_list: bool
    are_vectors: bool = False
    has_feature_axis: bool = True
    n_columns: int | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    known_mean: tuple[float, ...] | None = None
    known_scale: tuple[float, ...] | None = None
    bends: tuple[Any, ...] = ()
    known_bends: tuple[Any, ...] = ()
    plain_mean: tuple[float, ...] | None = None
    plain_scale: tuple[float, ...] | None = None
    within: tuple[int, ...] = ()

    holds_tokens = False
    n_tokens = None

    @classmethod
    def of(cls, X: Any, *, are_vectors: bool = False) -> NumberInputs:
        """Return the form of X."""
        is_list = not are_vectors and holds_sequences(X)
        has_axis = has_feature_axis(X)
        lengths = {len(x) for x in listed(X)} if is_list and not has_axis else ()
        return cls(is_list, are_vectors, has_axis, *(lengths if len(lengths) == 1 else ()))

    @property
    def n_features(self) -> int:  # type: ignore[override]
        """The number of features of a step."""
        return len(self.mean or ())

    @property
    def n_known(self) -> int:  # type: ignore[override]
        """The number of features that are known ahead."""
        return len(self.known_mean or ())

    @property
    def reads_2d(self) -> str:
        """The meaning of an X of two axes; see `skrnn._data.validation`."""
        if self.has_feature_axis or self.are_vectors:
            return NEITHER
        return SAMPLES if self.is_list else TABLE

    def read(self, estimator: Any, X: Any, *, reset: bool = False) -> Sequences:
        """Return X as sequences of rows of features."""
        if self.are_vectors:
            X = vectors(X)[:, None]
        elif not reset and self._is_probe(X):
            X = X[:, None]
        if self.n_columns is not None and not holds_sequences(X):
            refuse_other_columns(X, self.n_columns)
        return check_numbers(estimator, X, reads_2d=self.reads_2d, reset=reset)

    def learnt_from(self, sequences: Sequences, standardize: bool | str) -> NumberInputs:
        """Return the same with mean and scale of the features at the present steps."""
        if self.mean is not None:
            return self
        counts = counts_of_present(sequences)
        learnt = _scaling_of(sequences.values, counts, standardize)
        found = dict(zip(("mean", "scale", "bends"), learnt, strict=True))
        if Bends(*found["bends"]).bent:
            plain = _scaling_of(sequences.values, counts, True)
            found |= zip(("plain_mean", "plain_scale"), plain[:2], strict=True)
        if sequences.ahead is not None:
            rows = sequences.ahead.reshape(-1, sequences.ahead.shape[2])
            learnt = _scaling_of(rows, np.ones(len(rows)), standardize)
            found |= zip(("known_mean", "known_scale", "known_bends"), learnt, strict=True)
        return replace(self, **found)

    def bent_as(self, sequences: Sequences) -> NumberInputs:
        """Return the same with the bends and the scale of other sequences, if these differ."""
        anew = replace(self, mean=None, plain_mean=None, plain_scale=None)
        again = anew.learnt_from(sequences, "auto")
        differ = (again.bends, again.known_bends) != (self.bends, self.known_bends)
        return again if differ else self

    def scaled_as(self, other: NumberInputs) -> NumberInputs:
        """Return this form of X with the scale of another one."""
        own = ("is_list", "are_vectors", "has_feature_axis")
        return replace(other, **{name: getattr(self, name) for name in own})

    def of_line(self) -> NumberInputs:
        """Return the same as a line sees X: no feature is bent."""
        if self.plain_mean is None:
            return self
        fixed = self.bending.without_bent().fields()
        return replace(
            self, mean=self.plain_mean, scale=self.plain_scale, bends=fixed, plain_mean=None
        )

    @property
    def bending(self) -> Bends:
        """How features are bent before they are standardized."""
        return Bends(*self.bends)

    def in_network_units(self, sequences: Sequences) -> Sequences:
        """Return sequences of standardized float32."""
        refuse_other_width(sequences, self.n_features)
        again = None
        if self.within:
            sequences = sequences.apart()
            again = Within(sequences, list(self.within))
        scaled = standardized(sequences.values, *self._scaling(), self.bending.applied, again)
        return self._with_known_in_network_units(sequences.with_values(scaled))

    def _with_known_in_network_units(self, sequences: Sequences) -> Sequences:
        """Return sequences with standardized values ahead."""
        if sequences.ahead is None:
            return sequences
        mean, scale = np.array(self.known_mean), np.array(self.known_scale)
        seen = Bends(*self.known_bends).applied
        return replace(sequences, ahead=standardized(sequences.ahead, mean, scale, seen))

    def in_user_units(self, values: np.ndarray) -> np.ndarray:
        """Return what the network gives for features in their units, as float64."""
        mean, scale = self._scaling()
        return values.astype(np.float64) * scale + mean

    def attributes(self) -> dict[str, Any]:
        """Return the means and the scales."""
        mean, scale = self._scaling()
        return {"input_mean_": mean, "input_scale_": scale}

    def keras_scaling(self) -> KerasScaling:
        """Return what brings X into the network's units; see `Inputs`."""
        mean, scale = self._scaling()
        again = len(self.within)  # these have their scale already
        mean, scale = np.append(mean, np.zeros(again)), np.append(scale, np.ones(again))
        return 1 / scale, -mean / scale, self.bending, self.within

    def seen_within(self, sequences: Sequences, *, all_that_differ: bool) -> NumberInputs:
        """Return the same with the features that are seen within each sequence as well."""
        return replace(
            self, within=features_to_see_within(sequences, all_that_differ=all_that_differ)
        )

    def keras_scaling_of_known(self) -> KerasScaling:
        """Return the same for what is known ahead."""
        mean, scale = np.array(self.known_mean), np.array(self.known_scale)
        return 1 / scale, -mean / scale, Bends(*self.known_bends), ()

    def gives_lists(self, X: Any) -> bool:
        """Tell whether X, or that of `fit`, is a list of sequences."""
        return self.is_list or holds_sequences(X)

    def _is_probe(self, X: Any) -> bool:
        """Tell the row of zeros by which MAPIE finds out whether an estimator is fitted.

        It has one step, however it is read. Other rows are refused: they were meant as windows.
        """
        is_row = isinstance(X, np.ndarray) and X.shape == (1, self.n_features)
        return self.has_feature_axis and is_row and not np.any(X)

    def _scaling(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.mean), np.array(self.scale)


@dataclass(frozen=True)
class TokenInputs(Inputs):
    """Rows of token ids: 0 is padding, 1 the unknown token.

    Parameters
    ----------
    is_list : bool
        X is a list of sequences of ids and no table.
    n_tokens : int
        The number of ids that the network knows. Others are read as the unknown token.
    embedding_dim : int
        The length of the vectors that stand for them.
    cuts_padding : bool, default=False
        The padding at the end of a text is no step: targets are for the words alone.
    """

    is_list: bool
    n_tokens: int
    embedding_dim: int
    cuts_padding: bool = False

    holds_tokens = True
    n_features = 0

    def read(self, estimator: Any, X: Any, *, reset: bool = False) -> Sequences:
        """Return X as sequences of ids."""
        found = check_tokens(estimator, X, reset=reset)
        return found.trimmed() if self.cuts_padding else found

    def in_network_units(self, sequences: Sequences) -> Sequences:
        """Return sequences of known ids."""
        ids = sequences.values
        return sequences.with_values(np.where(ids < self.n_tokens, ids, UNKNOWN))

    def gives_lists(self, X: Any) -> bool:
        """Tell whether X, or that of `fit`, is a list, or its padding is cut."""
        return self.is_list or self.cuts_padding or holds_sequences(X)


def _scaling_of(
    rows: np.ndarray, counts: np.ndarray | RowCounts, standardize: bool | str
) -> tuple[Any, ...]:
    """Return mean and scale of each column, or those that change nothing, and the bends."""
    bends = Bends()
    if not standardize:
        scaling = identity_scaling(rows.shape[1])
    else:
        if standardize == "auto":
            bends = Bends.learn(rows, counts)
        scaling = mean_and_scale(rows, counts, bends.applied)
    return *(tuple(part.tolist()) for part in scaling), bends.fields()


def has_feature_axis(X: Any) -> bool:
    """Tell a sequence of steps with features from one of plain numbers."""
    if is_nested(X):
        return True
    X = listed(X)
    if isinstance(X, list | tuple):
        return len(X) > 0 and np.ndim(next(iter(X))) > 1
    return len(getattr(X, "shape", ())) > 2


def per_step(values: np.ndarray, sequences: Sequences, as_list: bool) -> Any:
    """Give values of all steps in a row the form of X: NaN where absent; see `by_sequence`."""
    present = sequences.present_steps()
    mask = present.reshape(-1, *[1] * (values.ndim - 1))
    return by_sequence(np.where(mask, values, np.nan), sequences, as_list)


def by_sequence(values: np.ndarray, sequences: Sequences, as_list: bool) -> Any:
    """Return values of all steps in a row as a list of arrays, or as (n_samples, n_steps, ...)."""
    if as_list:
        return np.split(values, np.cumsum(sequences.lengths)[:-1])
    return values.reshape(len(sequences), sequences.n_steps, *values.shape[1:])


def without_padding(values: np.ndarray, sequences: Sequences) -> list[np.ndarray]:
    """Return the values of the steps of each sequence, from (n_samples, n_steps, ...)."""
    return [v[:length] for v, length in zip(values, sequences.lengths, strict=True)]
