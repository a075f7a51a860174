"""The base of the network estimators: parameters to spec, data to arrays, arrays to attributes.

Nothing here knows a tensor. The engines are reached through `skrnn._keras`, imported where it is
used, so that TensorFlow starts with the first fit or prediction and not before.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ._callbacks import CallbackSupportMixin, EpochTasks, FittedOn, with_callbacks
from ._documentation import DocumentationLink
from ._embeddings import given_table
from ._scaling import identity_scaling, mean_and_scale, standardized
from ._spec import Network, Training, Values, initial_weights
from ._splitting import split_validation
from ._training import Monitor, TrainingData
from ._validation import check_sequences, check_weights

_POSITIVE_INT = Interval(Integral, 1, None, closed="left")
_RATE = Interval(Real, 0, 1, closed="left")
_OPTIMIZERS = {
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "nadam",
    "rmsprop",
    "sgd",
}


class BaseRNN(DocumentationLink, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a stack of recurrent layers.

    A subclass turns its targets into float arrays and raw outputs into predictions.
    """

    history_: dict[str, list[float]]
    n_iter_: int
    weights_: list[np.ndarray]

    _parameter_constraints: dict = {
        "cell": [StrOptions({"simple", "gru", "lstm"})],
        "units": [_POSITIVE_INT, tuple, list],
        "bidirectional": ["boolean"],
        "dropout": [_RATE],
        "recurrent_dropout": [_RATE],
        "pooling": [StrOptions({"last", "mean", "max", "attention"})],
        "hidden_units": [_POSITIVE_INT, tuple, list],
        "embedding_dim": [_POSITIVE_INT, None],
        "embeddings": ["array-like", HasMethods(["__getitem__", "__contains__"]), None],
        "trainable_embeddings": ["boolean"],
        "return_sequences": ["boolean"],
        "loss": [StrOptions({"auto"}), callable],
        "optimizer": [StrOptions(_OPTIMIZERS)],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "clipnorm": [Interval(Real, 0, None, closed="neither"), None],
        "epochs": [_POSITIVE_INT],
        "batch_size": [_POSITIVE_INT],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "validation": [StrOptions({"auto", "last", "random"})],
        "n_iter_no_change": [_POSITIVE_INT],
        "standardize": ["boolean"],
        "model": [callable, None],
        "engine": [StrOptions({"auto", "compiled", "keras"})],
        "callbacks": [list, tuple, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        cell="gru",
        units=32,
        *,
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        pooling="last",
        hidden_units=(),
        embedding_dim=None,
        embeddings=None,
        trainable_embeddings=True,
        return_sequences=False,
        loss="auto",
        optimizer="adam",
        learning_rate=1e-3,
        clipnorm=1.0,
        epochs=50,
        batch_size=32,
        shuffle=True,
        early_stopping=True,
        validation_fraction=0.1,
        validation="auto",
        n_iter_no_change=5,
        standardize=True,
        model=None,
        engine="auto",
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.pooling = pooling
        self.hidden_units = hidden_units
        self.embedding_dim = embedding_dim
        self.embeddings = embeddings
        self.trainable_embeddings = trainable_embeddings
        self.return_sequences = return_sequences
        self.loss = loss
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
        self.standardize = standardize
        self.model = model
        self.engine = engine
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True  # an absent step
        return tags

    # What a subclass adds: targets to floats, and what follows from them.

    def _check_targets(self, y, sequences, *, reset, classes=None):
        """Return y as floats of shape (n_samples[, n_steps], n_targets)."""
        raise NotImplementedError

    def _n_outputs(self):
        """Return the width of the network's output."""
        raise NotImplementedError

    def _loss_name(self):
        """Return the name of the loss that `loss="auto"` stands for."""
        raise NotImplementedError

    def _learn_target_scaling(self, targets):
        """Learn the scale of the targets where they have one."""

    def _scale_targets(self, targets):
        """Return the targets in the network's units."""
        return targets.astype(np.float32)

    def _class_weights(self, targets, sample_weight, *, reset):
        """Return the sample weights with those of the classes in them."""
        return sample_weight

    # Fitting

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Train the network.

        Parameters
        ----------
        X : array-like, or list of arrays
            The sequences, in one of these forms:

            - array of shape (n_samples, n_steps, n_features), also a view of windows;
            - array or data frame of shape (n_samples, n_steps): one feature;
            - list of arrays of shape (n_steps_i, n_features): sequences of any lengths;
            - with `embedding_dim` or `embeddings`, token ids of shape (n_samples, n_steps) or a
              list of sequences of ids; 0 is padding.

            A step that is NaN in all its features is absent: the network skips it.
        y : array-like, or list of arrays
            The targets, of shape (n_samples,) or (n_samples, n_outputs); with
            `return_sequences`, of shape (n_samples, n_steps[, n_outputs]) or a list of arrays
            of shape (n_steps_i[, n_outputs]).
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.
        X_val, y_val : like X and y, default=None
            What early stopping looks at. Without them it holds out `validation_fraction`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not as described, or the training diverges. The estimator
            is then as it was before.
        """
        with _unchanged_on_error(self):
            self._check_params()
            fitted_on = FittedOn(X, y, sample_weight)
            continued = self.warm_start and hasattr(self, "weights_")
            data = self._check_data(X, y, sample_weight, reset=not continued)
            seeds = self._seeds()
            data = self._with_validation(data, X_val, y_val, seeds["split"])
            self._train(data, fitted_on, seeds, continued=continued, epochs=self.epochs)
        return self

    @with_callbacks
    def partial_fit(self, X, y, sample_weight=None):
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the standardization; later ones keep it. Nothing is held out.

        Parameters
        ----------
        X, y : see `fit`
            The samples.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        with _unchanged_on_error(self):
            self._check_params()
            fitted_on = FittedOn(X, y, sample_weight)
            continued = hasattr(self, "weights_")
            data = self._check_data(X, y, sample_weight, reset=not continued, classes=classes)
            self._train(data, fitted_on, self._seeds(), continued=continued, epochs=1)
        return self

    def _check_params(self):
        self._validate_params()
        if self.model is not None and self._wants_tokens():
            name = "embeddings" if self.embedding_dim is None else "embedding_dim"
            got = f"{self.embedding_dim}" if name == "embedding_dim" else "some"
            raise ValueError(
                f"Expected {name}=None with model, got {got}. Leave model out: a model of your "
                "own takes numbers."
            )
        if self.return_sequences and self.pooling != "last" and self.model is None:
            raise ValueError(
                f"Expected pooling='last' with return_sequences=True, got {self.pooling!r}. Each "
                "step is read out by itself then: leave pooling out, or set "
                "return_sequences=False for one prediction a sequence."
            )
        wrong = [c for c in self.callbacks or () if not callable(c) and not hasattr(c, "set_model")]
        if wrong:
            raise ValueError(
                f"Expected callbacks to be Keras callbacks or functions that make one, got "
                f"{wrong[0]!r}. For scikit-learn's callbacks use set_callbacks."
            )

    def _wants_tokens(self):
        return self.embedding_dim is not None or self.embeddings is not None

    def _check_data(self, X, y, sample_weight, *, reset, classes=None):
        """Return X, y and weights, in the user's units; learn their shapes if `reset`."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if reset:
            # Set once: a parameter that is changed later must not change what was fitted.
            self._takes_tokens = self._wants_tokens()
            self._per_step_targets = self.return_sequences
        sequences = check_sequences(self, X, tokens=self._takes_tokens, reset=reset)
        targets = self._check_targets(y, sequences, reset=reset, classes=classes)
        weights = check_weights(sample_weight, sequences)
        weights = self._class_weights(targets, weights, reset=reset)
        data = TrainingData(sequences, targets, weights)
        # A sample of no weight is no sample: it would still count in the mean of a batch.
        return data if (weights > 0).all() else data.take(np.flatnonzero(weights))

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
            how=self.validation,
            seed=seed,
        )
        return data.take(train, data.take(validation) if len(validation) else None)

    def _stratum(self, targets):
        """Return the classes to stratify a random validation split by, or None."""
        return None

    def _train(self, data, fitted_on, seeds, *, continued, epochs):
        """Run the engine and set the fitted attributes."""
        from . import _keras

        table = None
        if not continued:
            table = self._given_table(fitted_on.X, seeds["embeddings"])
            self._learn_scaling(data)
            self._learn_tokens(data.sequences, table)
        data = self._scaled(data)
        network = self._network(data.sequences, continued)
        loss = self._loss_name() if self.loss == "auto" else self.loss
        training = Training(loss, self.optimizer, self.batch_size, self.clipnorm is not None)
        engine = self._choose_engine(_keras.compiles(training))
        n_before = self.n_iter_ if continued else 0
        tasks = EpochTasks(self, fitted_on, epochs, lambda w: self._fitted(network, engine, w))
        monitor = Monitor(
            patience=self.n_iter_no_change if self._stops_early(data) else None,
            verbose=self.verbose,
            epochs=epochs,
            on_epoch=tasks,
        )
        state = _keras.fit(
            engine,
            network,
            training,
            self._values(seeds, epochs, n_before),
            data,
            monitor,
            weights=self._starting_weights(network, seeds["weights"], continued, table),
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

    def _keras_extras(self, engine: str) -> dict[str, Any]:
        """Return what the engine "keras" alone takes."""
        if engine != "keras":
            return {}
        return {"builder": self.model, "callbacks": self.callbacks or ()}

    def _stops_early(self, data):
        return self.early_stopping and data.validation is not None

    def _earlier_state(self, engine, network):
        """Return the optimizer's state after the last fit; None after one of another kind."""
        kind = self._optimizer_kind(engine, network)
        return self.optimizer_state_ if self._optimizer == kind else None

    def _optimizer_kind(self, engine, network):
        return [engine, self.optimizer, network.n_frozen]

    def _starting_weights(self, network, seed, continued, table=None):
        """Return the weights to start from; None leaves them to the user's own model."""
        if continued:
            return self.weights_
        if self.model:
            return None
        weights = initial_weights(network, seed)
        return weights if table is None else [table, *weights[1:]]

    def _given_table(self, X, seed):
        """Return the vectors of tokens that training starts from, or None."""
        if self.embeddings is None:
            return None
        table = given_table(self.embeddings, X, seed)
        if self.embedding_dim not in (None, table.shape[1]):
            raise ValueError(
                f"Expected embeddings of length embedding_dim={self.embedding_dim}, got "
                f"{table.shape[1]}. Leave embedding_dim out."
            )
        return table

    def _learn_tokens(self, sequences, table):
        """Learn how many tokens there are, and the length of their vectors."""
        self._n_tokens = self._embedding_dim = None
        if not sequences.holds_tokens:
            return
        largest = int(sequences.values.max())
        if table is None:
            # Two at least: padding, and the unknown token that ids never seen are read as.
            self._n_tokens, self._embedding_dim = max(2, largest + 1), self.embedding_dim
            return
        self._n_tokens, self._embedding_dim = table.shape
        if largest >= self._n_tokens:
            raise ValueError(
                f"Expected token ids below {self._n_tokens}, the number of rows of embeddings; "
                f"got {largest} in X. Give a row for every id: row 0 is padding, row 1 the "
                "unknown token."
            )

    def _fitted(self, network, engine, weights):
        """Return the attributes that prediction needs."""
        return {
            "network_": asdict(network),
            "engine_": engine,
            "weights_": weights,
            "_builder": self.model,
        }

    def _learn_scaling(self, data):
        sequences = data.sequences
        if not sequences.holds_tokens:
            self.input_mean_, self.input_scale_ = self._input_scaling(sequences)
        counted = sequences.present() if self._per_step_targets else slice(None)
        self._learn_target_scaling(data.targets[counted])

    def _input_scaling(self, sequences):
        if self.standardize:
            counts = np.where(sequences.present_rows(), sequences.row_counts(), 0)
            return mean_and_scale(sequences.values, counts)
        return identity_scaling(sequences.values.shape[1])

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
            targets = self._scale_targets(validation.targets)
            validation = replace(validation, sequences=held_out, targets=targets)
        targets = self._scale_targets(data.targets)
        return replace(data, sequences=sequences, targets=targets, validation=validation)

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

    def _network(self, sequences, continued):
        """Return the spec of the network; refuse to continue another one."""
        network = Network(
            cell=self.cell,
            units=_as_widths(self.units, "units", least=1),
            bidirectional=self.bidirectional,
            dropout=float(self.dropout),
            recurrent_dropout=float(self.recurrent_dropout),
            hidden_units=_as_widths(self.hidden_units, "hidden_units", least=0),
            return_sequences=self.return_sequences,
            n_features=0 if sequences.holds_tokens else sequences.values.shape[1],
            n_outputs=self._n_outputs(),
            n_tokens=self._n_tokens,
            embedding_dim=self._embedding_dim,
            pooling=self.pooling if self.model is None else "last",
            trainable_embeddings=self.trainable_embeddings or self._n_tokens is None,
        )
        if continued:
            self._refuse_other(network)
        return network

    def _refuse_other(self, network):
        new, old = asdict(network), self.network_
        may_change = {"dropout", "recurrent_dropout", "trainable_embeddings"}
        changed = [
            f"{k}: {old[k]} -> {new[k]}" for k in new if new[k] != old[k] and k not in may_change
        ]
        if self.model is not self._builder:
            changed.append("model")
        if changed:
            listed = ", ".join(changed)
            raise ValueError(
                f"Expected the network of the earlier fit in order to continue it, got another "
                f"({listed}). Set these back, or fit anew with warm_start=False."
            )

    def _choose_engine(self, compiles):
        """Return "compiled" or "keras"; refuse "compiled" where it cannot be had."""
        reasons = []
        if self.model is not None:
            reasons.append("model is set")
        if self.callbacks:
            reasons.append("callbacks are set")
        if not compiles:
            reasons.append(f"optimizer={self.optimizer!r} has no compiled form")
        if self.engine == "compiled" and reasons:
            raise ValueError(
                f"Expected a training that engine='compiled' covers, got one that it does not: "
                f"{' and '.join(reasons)}. Use engine='auto' or 'keras'."
            )
        return "keras" if reasons or self.engine == "keras" else "compiled"

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

    # Prediction

    def _raw_outputs(self, X):
        """Return the network's raw outputs, and the sequences that they are for."""
        check_is_fitted(self)
        from . import _keras

        sequences = self._scale_sequences(self._check_predict(X))
        extra = {"builder": self._builder} if self.engine_ == "keras" else {}
        network = Network(**self.network_)
        return _keras.predict(self.engine_, network, self.weights_, sequences, **extra), sequences

    def _check_predict(self, X):
        return check_sequences(self, X, tokens=self._takes_tokens, reset=False)

    def _per_step(self, values, sequences):
        """Give values per step the form that X had: NaN where absent, a list where ragged."""
        values = np.where(aligned(sequences.present(), values.ndim), values, np.nan)
        return sequences.unpadded(values)

    def attention_weights(self, X):
        """Return how much each step counts in a prediction, with ``pooling="attention"``.

        Parameters
        ----------
        X : see `predict`
            Sequences.

        Returns
        -------
        shares : float64 ndarray of shape (n_samples, n_steps), or list of ndarray
            From 0 to 1; those of a sequence sum to one. Zero at absent steps, and for sequences
            of different lengths a list.

        Raises
        ------
        ValueError
            If the network was fitted with another `pooling`.
        """
        check_is_fitted(self)
        from . import _keras

        network = Network(**self.network_)
        if network.pooling != "attention":
            got = "model is set" if self._builder is not None else f"pooling={network.pooling!r}"
            raise ValueError(
                f"Expected a network fitted with pooling='attention', got one where {got}. Set "
                "pooling='attention' and fit again."
            )
        sequences = self._scale_sequences(self._check_predict(X))
        shares = _keras.attention(network, self.weights_, sequences).astype(np.float64)
        shares /= shares.sum(axis=1, keepdims=True)  # from float32 rounding to float64's
        return sequences.unpadded(shares)

    def to_keras(self):
        """Build a Keras model with the fitted weights.

        It takes X in the user's units as a float array (n_samples, n_steps, n_features), NaN for
        absent steps (or token ids), and gives predictions in the user's units, for a classifier
        the probabilities. A network made by `model` is given as it was built: it takes
        standardized inputs and gives raw outputs.

        Returns
        -------
        keras.Model
            A new model; training it leaves the estimator alone.
        """
        check_is_fitted(self)
        from . import _keras

        network = Network(**self.network_)
        if self._builder is not None:
            return _keras.build(network, self.weights_, builder=self._builder)
        scaling = None
        if network.n_tokens is None:
            scaling = (1 / self.input_scale_, -self.input_mean_ / self.input_scale_)
        return _keras.build(network, self.weights_, input_scaling=scaling, **self._output_layers())

    def _output_layers(self):
        """Return what turns raw outputs into predictions, for `to_keras`."""
        raise NotImplementedError


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


def _as_widths(value, name, least):
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
