"""The base of everything that trains a network: parameters to spec, arrays to attributes.

Nothing here knows a tensor. The engines are reached through `skrnn._keras`, imported where it is
used, so that TensorFlow starts with the first fit or prediction and not before.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ._callbacks import CallbackSupportMixin, EpochTasks, FittedOn
from ._cell_weights import CELL_WEIGHTS
from ._compat import Interval, StrOptions
from ._data.scaling import identity_scaling, mean_and_scale, standardized
from ._data.sequences import Sequences
from ._data.splitting import split_validation
from ._documentation import DocumentationLink
from ._spec import Training, Values, describe
from ._starting_weights import initial_weights, n_frozen
from ._training import Monitor

POSITIVE_INT = Interval(Integral, 1, None, closed="left")
RATE = Interval(Real, 0, 1, closed="left")
COMPILED_OPTIMIZERS = {"adam", "adamw", "rmsprop", "sgd"}
# What a continued training may have otherwise than the fit before.
_MAY_CHANGE = {
    "dropout",
    "noise",
    "recurrent_dropout",
    "scheduled_sampling",
    "trainable_embeddings",
}


class BaseNetwork(DocumentationLink, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a network.

    A subclass has a public `fit` that calls `_fit`, checks what it is given (`_check_data`),
    describes its network (`_network`), and turns what the engine gives into predictions.
    """

    history_: dict[str, list[float]]
    n_iter_: int
    weights_: list[np.ndarray]

    _parameter_constraints: dict = {
        "cell": [StrOptions(set(CELL_WEIGHTS))],
        "units": [POSITIVE_INT, tuple, list],
        "dropout": [RATE],
        "recurrent_dropout": [RATE],
        "optimizer": [StrOptions(COMPILED_OPTIMIZERS)],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "clipnorm": [Interval(Real, 0, None, closed="neither"), None],
        "epochs": [POSITIVE_INT],
        "batch_size": [POSITIVE_INT],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "validation": [StrOptions({"auto", "last", "random"})],
        "n_iter_no_change": [POSITIVE_INT],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        cell,
        units,
        *,
        dropout,
        recurrent_dropout,
        optimizer,
        learning_rate,
        clipnorm,
        epochs,
        batch_size,
        shuffle,
        early_stopping,
        validation_fraction,
        validation,
        n_iter_no_change,
        warm_start,
        random_state,
        verbose,
    ):
        self.cell = cell
        self.units = units
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True  # an absent step
        return tags

    # What a subclass adds

    def _check_data(self, X, y, sample_weight, *, reset):
        """Return `TrainingData` in the user's units; learn their shapes if `reset`."""
        raise NotImplementedError

    def _network(self, data):
        """Return the spec of the network, for data in its units."""
        raise NotImplementedError

    def _loss_name(self):
        """Return the name of the loss of this kind of network."""
        raise NotImplementedError

    def _learn_scaling(self, data):
        """Learn the scales of what has one."""

    def _scale_targets(self, targets):
        """Return the targets in the network's units."""
        return targets.astype(np.float32, copy=False)

    def _validation_kind(self):
        """Return which samples are held out, as `split_validation` takes it."""
        return self.validation

    def _stratum(self, targets):
        """Return the classes to stratify a random validation split by, or None."""
        return None

    # Fitting

    def _fit(self, X, y, sample_weight, X_val=None, y_val=None):
        with _unchanged_on_error(self):
            self._check_params()
            fitted_on = FittedOn(X, y, sample_weight)
            continued = self.warm_start and hasattr(self, "weights_")
            data = self._check_data(X, y, sample_weight, reset=not continued)
            seeds = self._seeds()
            data = self._with_validation(data, X_val, y_val, seeds["split"])
            self._train(data, fitted_on, seeds, continued=continued, epochs=self.epochs)
        return self

    def _partial_fit(self, X, y, sample_weight, **learned):
        with _unchanged_on_error(self):
            self._check_params()
            fitted_on = FittedOn(X, y, sample_weight)
            continued = hasattr(self, "weights_")
            data = self._check_data(X, y, sample_weight, reset=not continued, **learned)
            self._train(data, fitted_on, self._seeds(), continued=continued, epochs=1)
        return self

    def _check_params(self):
        self._validate_params()

    def _with_validation(self, data, X_val, y_val, seed):
        """Return the samples to train on, with those that early stopping looks at."""
        if (X_val is None) != (y_val is None):
            given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
            raise ValueError(f"Expected X_val and y_val together, got {given} without {missing}.")
        if X_val is not None:
            return data.take(slice(None), self._check_data(X_val, y_val, None, reset=False))
        if not self.early_stopping:
            return data
        train, validation = split_validation(
            data.sequences,
            self._stratum(data.targets),
            fraction=self.validation_fraction,
            how=self._validation_kind(),
            seed=seed,
        )
        return data.take(train, data.take(validation) if len(validation) else None)

    def _train(self, data, fitted_on, seeds, *, continued, epochs):
        """Run the engine and set the fitted attributes."""
        from . import _keras

        given = None if continued else self._learn(data, fitted_on.X, seeds)
        data = self._scaled(data)
        network = self._network(data)
        if continued:
            self._refuse_other(network)
        if self._may_trim(network):
            data = data.trimmed()
        batch_size = data.batch_size or self.batch_size
        training = Training(
            self._training_loss(), self.optimizer, batch_size, self.clipnorm is not None
        )
        engine = self._choose_engine(_keras.compiles(training))
        n_before = self.n_iter_ if continued else 0
        tasks = EpochTasks(self, fitted_on, epochs, lambda w: self._fitted(network, engine, w))
        monitor = Monitor(
            patience=self.n_iter_no_change if self._stops_early(data) else None,
            verbose=self.verbose,
            epochs=epochs,
            on_epoch=tasks,
        )
        weights = self.weights_ if continued else self._start(network, seeds["weights"], given)
        state = _keras.fit(
            engine,
            network,
            training,
            self._values(seeds, epochs, n_before),
            data,
            monitor,
            weights=weights,
            optimizer_state=self._earlier_state(engine, network) if continued else None,
            **self._keras_extras(engine),
        )
        history = self.history_ if continued else {}
        for name, value in self._fitted(network, engine, monitor.weights).items():
            setattr(self, name, value)
        self.optimizer_state_, self._optimizer = state, self._optimizer_kind(engine, network)
        self.history_ = _joined(history, n_before, monitor.history, monitor.n_epochs)
        self.n_iter_ = n_before + monitor.n_epochs
        self.best_epoch_ = n_before + monitor.best_epoch
        tasks.end_fit()

    def _learn(self, data, X, seeds):
        """Learn what the first fit decides; return what `_start` needs of it."""
        self._learn_scaling(data)

    def _start(self, network, seed, given):
        """Return the weights to start from."""
        return initial_weights(network, seed)

    def _training_loss(self):
        return self._loss_name()

    def _choose_engine(self, compiles):
        """Return the engine to train with; `compiles` tells whether the compiled one can."""
        return "compiled"

    def _keras_extras(self, engine: str) -> dict[str, Any]:
        """Return what the engine "keras" alone takes."""
        return {}

    def _values(self, seeds, epochs, n_before):
        return Values(
            learning_rate=float(self.learning_rate),
            clipnorm=self.clipnorm,
            epochs=epochs,
            shuffle=self.shuffle,
            order_seed=seeds["order"],
            dropout_seed=seeds["dropout"],
            first_epoch=n_before,
        )

    def _stops_early(self, data):
        return self.early_stopping and data.validation is not None

    def _earlier_state(self, engine, network):
        """Return the optimizer's state after the last fit; None after one of another kind."""
        kind = self._optimizer_kind(engine, network)
        return self.optimizer_state_ if self._optimizer == kind else None

    def _optimizer_kind(self, engine, network):
        return [engine, self.optimizer, n_frozen(network)]

    def _fitted(self, network, engine, weights):
        """Return the attributes that prediction needs."""
        return {"network_": describe(network), "engine_": engine, "weights_": weights}

    def _may_trim(self, network):
        """Tell whether the network may be spared the absent steps at the ends of sequences."""
        return True

    def _scaled(self, data):
        """Return the data in the network's units."""
        sequences = self._scale_sequences(data.sequences)
        validation = data.validation
        if validation is not None:
            if validation.sequences.values is data.sequences.values:
                # The held-out samples lie in the same table of rows, which is scaled once.
                held_out = validation.sequences.with_values(sequences.values)
            else:
                held_out = self._scale_sequences(validation.sequences)
            targets = self._in_units_of_network(validation.targets)
            validation = replace(validation, sequences=held_out, targets=targets)
        targets = self._in_units_of_network(data.targets)
        return replace(data, sequences=sequences, targets=targets, validation=validation)

    def _in_units_of_network(self, targets):
        if isinstance(targets, Sequences):
            return targets.with_values(self._scale_targets(targets.values))
        return self._scale_targets(targets)

    def _scale_sequences(self, sequences):
        if sequences.holds_tokens:
            ids = sequences.values
            return sequences.with_values(np.where(ids < self._n_tokens, ids, 1))
        if sequences.values.shape[1] != len(self.input_mean_):
            raise ValueError(
                f"Expected X with {len(self.input_mean_)} features at each step, as in the first "
                f"fit, got {sequences.values.shape[1]}. A 2-D X has one feature at each step; "
                "give X of shape (n_samples, n_steps, n_features) for more."
            )
        values = standardized(sequences.values, self.input_mean_, self.input_scale_)
        return sequences.with_values(values)

    def _keras_scaling(self, network):
        """Return the scale and the offset that bring a numeric X into the network's units."""
        if network.n_tokens is not None:
            return None
        return 1 / self.input_scale_, -self.input_mean_ / self.input_scale_

    def _refuse_other(self, network):
        """Refuse to continue the training of another network than the fitted one."""
        changed = self._changes(describe(network), self.network_)
        if changed:
            listed = ", ".join(changed)
            raise ValueError(
                f"Expected the network of the earlier fit in order to continue it, got another "
                f"({listed}). Set these back, or fit anew with warm_start=False."
            )

    def _changes(self, new, old):
        """List what differs between two descriptions and may not, in words."""
        names = new if new["kind"] == old["kind"] else ["kind"]
        return [
            f"{k}: {old[k]} -> {new[k]}" for k in names if new[k] != old[k] and k not in _MAY_CHANGE
        ]

    def _seeds(self):
        """Return the seed of each random choice of a fit, by name."""
        names = ("weights", "order", "dropout", "split", "embeddings")
        state = np.random.SeedSequence(self._entropy()).generate_state(len(names)) >> 1
        return dict(zip(names, map(int, state), strict=True))

    def _entropy(self):
        """Return the number that all seeds derive from."""
        if self.random_state is None:
            return np.random.SeedSequence().entropy
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def input_scaling(sequences, standardize):
    """Return the mean and the scale of the features at the present steps."""
    if not standardize:
        return identity_scaling(sequences.values.shape[1])
    counts = np.where(sequences.present_rows(), sequences.row_counts(), 0)
    return mean_and_scale(sequences.values, counts)


@contextmanager
def _unchanged_on_error(estimator):
    """Leave the estimator as it was if the block fails or is interrupted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        for name in ("_callback_fit_ctx", "_skl_callbacks_to_teardown"):
            # scikit-learn's decorator around fit tidies these up itself.
            if name in vars(estimator):
                before[name] = vars(estimator)[name]
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _joined(old, n_old, new, n_new):
    """Return two histories one after the other, NaN where one lacks a loss that the other has."""
    missing = float("nan")
    return {
        name: old.get(name, [missing] * n_old) + new.get(name, [missing] * n_new)
        for name in {**old, **new}
    }


def as_widths(value, name, least):
    """Return layer widths as a tuple of ints."""
    widths = (value,) if isinstance(value, Integral) else tuple(value)
    if len(widths) < least or any(not isinstance(w, Integral) or w < 1 for w in widths):
        raise ValueError(
            f"The {name!r} parameter of a network must be an int from 1 up, or a tuple of them "
            f"with one for each layer. Got {value!r} instead."
        )
    return tuple(int(w) for w in widths)


def aligned(mask, ndim):
    """Return a mask with axes of length 1 appended, up to `ndim` axes."""
    return mask.reshape(mask.shape + (1,) * (ndim - mask.ndim))
