"""The base of the networks that predict from sequences, for a sequence or for its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._callbacks import with_callbacks
from ._compat import HasMethods, StrOptions
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._data.validation import check_sequences, check_weights, is_padding_left_out
from ._estimator import POSITIVE_INT, BaseNetwork, aligned, as_widths, input_scaling
from ._spec import Network, network_of
from ._starting_weights import initial_weights
from .text._embeddings import check_n_tokens, clone_sharing_embeddings, given_table

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


class BaseRNN(BaseNetwork):
    """Base of the estimators that train a stack of recurrent layers.

    A subclass turns its targets into float arrays and raw outputs into predictions.
    """

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
        "bidirectional": ["boolean"],
        "pooling": [StrOptions({"last", "mean", "max", "attention"})],
        "hidden_units": [POSITIVE_INT, tuple, list],
        "embedding_dim": [POSITIVE_INT, None],
        "embeddings": ["array-like", HasMethods(["__getitem__", "__contains__"]), None],
        "trainable_embeddings": ["boolean"],
        "return_sequences": ["boolean"],
        "loss": [StrOptions({"auto"}), callable],
        "optimizer": [StrOptions(_OPTIMIZERS)],
        "standardize": ["boolean"],
        "model": [callable, None],
        "engine": [StrOptions({"auto", "compiled", "keras"})],
        "callbacks": [list, tuple, None],
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
        super().__init__(
            cell,
            units,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            optimizer=optimizer,
            learning_rate=learning_rate,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            validation=validation,
            n_iter_no_change=n_iter_no_change,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.hidden_units = hidden_units
        self.embedding_dim = embedding_dim
        self.embeddings = embeddings
        self.trainable_embeddings = trainable_embeddings
        self.return_sequences = return_sequences
        self.loss = loss
        self.standardize = standardize
        self.model = model
        self.engine = engine
        self.callbacks = callbacks

    # What a subclass adds: targets to floats, and what follows from them.

    def _target_lengths(self, targets):
        """Return how many steps the targets of each sample have, if not those of the sequence."""
        return None

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

    def _class_weights(self, targets, sample_weight, sequences, *, reset):
        """Return the weights of samples, or of their steps, with those of the classes in them."""
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
        return self._fit(X, y, sample_weight, X_val, y_val)

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

    def _check_params(self):
        super()._check_params()
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

    def __sklearn_clone__(self):
        return clone_sharing_embeddings(self)

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
        if reset:
            self._cuts_padding = self._per_step_targets and is_padding_left_out(y, sequences)
        if self._cuts_padding:
            sequences = sequences.trimmed()
        targets = self._check_targets(y, sequences, reset=reset, classes=classes)
        weights = check_weights(sample_weight, sequences)
        weights = self._class_weights(targets, weights, sequences, reset=reset)
        lengths, step_weight = self._target_lengths(targets), None
        if self._per_step_targets:
            if weights.ndim == 2:
                weights, step_weight = np.ones(len(weights), np.float32), weights.ravel()
            targets = replace(Sequences.from_dense(targets), lengths=sequences.lengths)
        data = TrainingData(
            sequences, targets, weights, target_lengths=lengths, step_weight=step_weight
        )
        return data.weighted()

    def _learn(self, data, X, seeds):
        table = self._given_table(X, seeds["embeddings"])
        self._learn_scaling(data)
        self._learn_tokens(data.sequences, table)
        return table

    def _start(self, network, seed, given):
        """Return the weights to start from; None leaves them to the user's own model."""
        if self.model:
            return None
        weights = initial_weights(network, seed)
        return weights if given is None else [given, *weights[1:]]

    def _training_loss(self):
        return self._loss_name() if self.loss == "auto" else self.loss

    def _keras_extras(self, engine: str) -> dict[str, Any]:
        """Return what the engine "keras" alone takes."""
        if engine != "keras":
            return {}
        return {"builder": self.model, "callbacks": self.callbacks or ()}

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
        if table is None:
            self._n_tokens = check_n_tokens(sequences.values, self.embedding_dim)
            self._embedding_dim = self.embedding_dim
            return
        self._n_tokens, self._embedding_dim = table.shape
        largest = int(sequences.values.max())
        if largest >= self._n_tokens:
            raise ValueError(
                f"Expected token ids below {self._n_tokens}, the number of rows of embeddings; "
                f"got {largest} in X. Give a row for every id: row 0 is padding, row 1 the "
                "unknown token."
            )

    def _fitted(self, network, engine, weights):
        return {**super()._fitted(network, engine, weights), "_builder": self.model}

    def _learn_scaling(self, data):
        sequences = data.sequences
        if not sequences.holds_tokens:
            self.input_mean_, self.input_scale_ = input_scaling(sequences, self.standardize)
        targets = data.targets
        if self._per_step_targets:
            targets = targets.values[targets.step_rows()[sequences.present_steps()]]
        self._learn_target_scaling(targets)

    def _network(self, data):
        sequences = data.sequences
        return Network(
            cell=self.cell,
            units=as_widths(self.units, "units", least=1),
            bidirectional=self.bidirectional,
            dropout=float(self.dropout),
            recurrent_dropout=float(self.recurrent_dropout),
            hidden_units=as_widths(self.hidden_units, "hidden_units", least=0),
            return_sequences=self.return_sequences,
            n_features=0 if sequences.holds_tokens else sequences.values.shape[1],
            n_outputs=self._n_outputs(),
            n_tokens=self._n_tokens,
            embedding_dim=self._embedding_dim,
            pooling=self.pooling if self.model is None else "last",
            trainable_embeddings=self.trainable_embeddings or self._n_tokens is None,
        )

    def _may_trim(self, network):
        # A model of the user's own is given X as it is.
        return self.model is None and not self.return_sequences

    def _changes(self, new, old):
        other_model = ["model"] if self.model is not self._builder else []
        return super()._changes(new, old) + other_model

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

    # Prediction

    def _raw_outputs(self, X):
        """Return the network's raw outputs, and the sequences that they are for."""
        check_is_fitted(self)
        from . import _keras

        sequences = self._scale_sequences(self._check_predict(X))
        extra = {"builder": self._builder} if self.engine_ == "keras" else {}
        network = network_of(self.network_)
        per_step = isinstance(network, Network) and network.return_sequences
        is_whole = self._builder is not None or per_step
        read = sequences if is_whole else sequences.trimmed()
        return _keras.predict(self.engine_, network, self.weights_, read, **extra), sequences

    def _check_predict(self, X):
        sequences = check_sequences(self, X, tokens=self._takes_tokens, reset=False)
        return sequences.trimmed() if self._cuts_padding else sequences

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

        network = network_of(self.network_)
        pooling = network.pooling if isinstance(network, Network) else "last"
        if pooling != "attention":
            got = "model is set" if self._builder is not None else f"pooling={pooling!r}"
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

        network = network_of(self.network_)
        if self._builder is not None:
            return _keras.build(network, self.weights_, builder=self._builder)
        return _keras.build(
            network,
            self.weights_,
            input_scaling=self._keras_scaling(network),
            **self._output_layers(),
        )

    def _output_layers(self):
        """Return what turns raw outputs into predictions, for `to_keras`."""
        raise NotImplementedError
