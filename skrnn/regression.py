"""Regression from sequences."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_array, check_consistent_length

from ._compat import StrOptions
from ._data.scaling import identity_scaling, mean_and_scale, standardized
from ._data.validation import check_one_target_a_sample, stack_steps, weights_of_steps
from ._estimator import COMPILED_OPTIMIZERS, aligned
from ._sequence_estimator import BaseRNN
from ._spec import EncoderDecoder


class RNNRegressor(RegressorMixin, BaseRNN):
    """Recurrent network that predicts numbers from a sequence, or at each of its steps.

    Features and targets may be in any unit: both are standardized inside, on the training
    samples alone. Training stops early on a part of the samples that is held out; for windows of
    a time series that is the last part, and no training window reaches into it.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=32
        Units of the recurrent layer; a tuple has one entry for each stacked layer.
    bidirectional : bool, default=False
        Run each layer over the sequence in both directions.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs that is dropped in training, the same at all
        steps of a sequence. Of embedded tokens, whole channels are dropped (Keras'
        SpatialDropout1D).
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped on its way from step to step.
    pooling : {"last", "mean", "max", "attention"}, default="last"
        What of the last recurrent layer is read out of a sequence: its state after the last step
        (of each direction, if `bidirectional`), or the mean, the maximum or a weighted mean of
        its states over the present steps, with weights that are learnt (see
        `attention_weights`).
    hidden_units : int or tuple of int, default=()
        Units of dense layers (ReLU) between the recurrent layers and the output.
    embedding_dim : int or None, default=None
        If set, X holds token ids (0 is padding, 1 the unknown token) and each is replaced by a
        trained vector of this length.
    embeddings : array-like of shape (n_tokens, embedding_dim), mapping or None, default=None
        Vectors of the tokens to start from: one row for each id (row 0, the padding, is never
        read), or a mapping from tokens to vectors, for an X that comes from `SequenceTokenizer`
        in a pipeline. Tokens that the mapping lacks start at random, with the spread of the
        others. `embedding_dim` may be left out. Clones share them: leave them as they are.
    trainable_embeddings : bool, default=True
        Whether training changes the vectors of the tokens. With ``warm_start=True`` it may be
        set anew before the next fit.
    return_sequences : bool, default=False
        Predict at every step, not once for each sequence. The prediction at a step depends on
        the steps up to it only, unless `bidirectional`.
    decoder : {"dense", "rnn"}, default="dense"
        How a y of several steps, such as the next days, is read out. "dense": all at once, by the
        last layer. "rnn": by a decoder, recurrent layers like those of the encoder that start from
        their last states and write one step after the other. In `fit` it is fed the true values
        of the step before (teacher forcing), in `predict` its own. It is made by the compiled
        engine only, without `hidden_units` and `pooling`.
    loss : {"auto", "mse", "mae", "huber", "log_cosh"} or callable, default="auto"
        What training minimizes, in standardized units. "auto" is "mse". A callable takes
        targets and predictions as tensors of shape (batch[, n_steps], n_outputs) and returns
        the loss of each sample or step.
    optimizer : str, default="adam"
        The name of a Keras optimizer. "adam", "adamw", "rmsprop" and "sgd" are compiled.
    learning_rate : float, default=1e-3
        The optimizer's step size.
    clipnorm : float or None, default=1.0
        The gradient of each weight array is scaled down to this L2 norm. None: no clipping.
    epochs : int, default=50
        Passes over the training samples, at most.
    batch_size : int, default=32
        Samples in a training step.
    shuffle : bool, default=True
        Visit the samples in a new random order in each epoch.
    early_stopping : bool, default=True
        Hold out samples, stop when the loss on them has not improved for `n_iter_no_change`
        epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        The part of the samples that early stopping holds out.
    validation : {"auto", "last", "random"}, default="auto"
        Which samples are held out. "last": the last windows of each series, and training windows
        that reach into them are left out. "random": any. "auto":
        "last" for windows of a series, known from `LagWindows`, from shared memory or from the
        values that neighbours share, "random" for independent sequences. Where series are too
        short to spare their last windows, "auto" holds out whole series, drawn at random.
        Sequences of one step are independent unless they come from `LagWindows`.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    standardize : bool, default=True
        Bring the features and the targets to mean 0 and standard deviation 1, as seen in the
        training samples, and give predictions back in the user's units.
    model : callable or None, default=None
        A function ``model(input_shape, n_outputs)`` that builds a Keras model of your own, not
        compiled. It takes standardized float32 input of shape (batch, n_steps, n_features),
        zero at absent steps, and returns (batch[, n_steps], n_outputs). The parameters of the
        network above have no effect then.
    engine : {"auto", "compiled", "keras"}, default="auto"
        "compiled" trains in one compiled program for each epoch; "keras" with Keras' own
        `fit`. "auto" is "compiled" where that covers the parameters.
    callbacks : list or None, default=None
        Keras callbacks, or functions that make one; they need the engine "keras". See
        `set_callbacks` for those of scikit-learn.
    warm_start : bool, default=False
        Let `fit` continue from the fitted weights, with the scaling of the first fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the starting weights, the order of the samples, dropout and a random
        validation split. An int gives the same result every time, to the bit; None draws a
        new one in every fit.
    verbose : int, default=0
        1 prints the losses of each epoch.

    Attributes
    ----------
    history_ : dict of list
        The "loss" of each epoch and, where there is validation, its "val_loss", in
        standardized units.
    n_iter_ : int
        The number of epochs run.
    best_epoch_ : int
        The epoch, counted from 1, whose weights are kept.
    weights_ : list of ndarray
        The weights, in the order of Keras' `get_weights`.
    optimizer_state_ : list of ndarray
        The optimizer's state after the last step, with which training can go on.
    network_ : dict
        The architecture of the fitted network.
    engine_ : {"compiled", "keras"}
        The engine that trained it.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        What the features were standardized with. Not set for token ids.
    target_mean_, target_scale_ : ndarray of shape (n_outputs,)
        What the targets were standardized with.
    n_features_in_ : int
        The length of the last axis of X in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The column names of X, where it was a data frame.

    See Also
    --------
    RNNClassifier : Predicts classes.
    LagWindows : Turns a time series into windows.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016, chapter 10. Attention:
    Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and
    translate", 2015; Raffel and Ellis, "Feed-forward networks with attention can solve some
    long-term memory problems", 2016.

    Examples
    --------
    Tomorrow's value of a noisy wave, from the last 12 days:

    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from skrnn import LagWindows, RNNRegressor, series_to_supervised
    >>> rng = np.random.default_rng(0)
    >>> days = np.arange(400)
    >>> wave = 20 + 5 * np.sin(days / 4) + rng.normal(scale=0.3, size=400)
    >>> X, y = series_to_supervised(wave)
    >>> forecaster = make_pipeline(LagWindows(12), RNNRegressor(random_state=0))
    >>> bool(forecaster.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.9)
    True
    """

    _parameter_constraints = {
        **BaseRNN._parameter_constraints,
        "loss": [StrOptions({"auto", "mse", "mae", "huber", "log_cosh"}), callable],
        "decoder": [StrOptions({"dense", "rnn"})],
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
        decoder="dense",
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
            bidirectional=bidirectional,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            pooling=pooling,
            hidden_units=hidden_units,
            embedding_dim=embedding_dim,
            embeddings=embeddings,
            trainable_embeddings=trainable_embeddings,
            return_sequences=return_sequences,
            loss=loss,
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
            standardize=standardize,
            model=model,
            engine=engine,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.decoder = decoder

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        # scikit-learn's yardstick for this tag is a table with one useful column in ten. Read as
        # a sequence, that is one step to pick out by its position alone: not what a recurrent
        # network is for, nor what few epochs teach it.
        tags.regressor_tags.poor_score = True
        return tags

    def predict(self, X):
        """Predict.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        y : float64 ndarray, or list of ndarray
            Predictions in the shape of the y of `fit`: (n_samples,) or (n_samples, n_outputs);
            with ``decoder="rnn"`` (n_samples, n_target_steps[, n_outputs]);
            with `return_sequences` (n_samples, n_steps[, n_outputs]), NaN at absent steps, and
            for sequences of different lengths a list.
        """
        outputs, sequences = self._raw_outputs(X)
        y = outputs.astype(np.float64) * self.target_scale_ + self.target_mean_
        if not self._has_output_axis:
            y = y[..., 0]
        return self._per_step(y, sequences) if self._per_step_targets else y

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination R² of the predictions.

        Parameters
        ----------
        X : see `predict`
            Sequences.
        y : see `fit`
            Their true targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            At most 1. With `return_sequences`, over all present steps.
        """
        predicted = self.predict(X)
        if not self._per_step_targets:
            y, predicted = (np.reshape(v, (len(v), -1)) for v in (y, predicted))
            return r2_score(y, predicted, sample_weight=sample_weight)
        sequences = self._check_predict(X)
        present = sequences.present()
        weights = weights_of_steps(sample_weight, sequences)
        true = self._check_targets(y, sequences, reset=False)
        predicted = stack_steps(predicted, sequences).reshape(true.shape)
        return r2_score(true[present], predicted[present], sample_weight=weights)

    def _check_params(self):
        super()._check_params()
        if self.decoder == "dense":
            return
        fixed = {
            "return_sequences": False,
            "pooling": "last",
            "hidden_units": (),
            "model": None,
            "callbacks": None,
        }
        others = [k for k, value in fixed.items() if (getattr(self, k) or value) != value]
        if not self.trainable_embeddings:
            others.append("trainable_embeddings")
        if self.engine == "keras":
            others.append("engine")
        if self.optimizer not in COMPILED_OPTIMIZERS:
            others.append("optimizer")
        if others:
            listed = ", ".join(f"{k}={getattr(self, k)!r}" for k in others)
            raise ValueError(
                f"Expected a network that decoder='rnn' covers, got one with {listed}. Leave that "
                "out, or set decoder='dense'."
            )

    def _check_targets(self, y, sequences, *, reset, classes=None):
        if reset:
            self._decodes = self.decoder == "rnn"
        if self._per_step_targets:
            targets = stack_steps(y, sequences)
            targets = np.where(aligned(sequences.present(), targets.ndim), targets, 0.0)
        else:
            check_one_target_a_sample(y)
            targets = y
        targets = check_array(
            targets, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="y"
        )
        check_consistent_length(sequences.starts, targets)
        n_axes = 2 if self._per_step_targets or self._decodes else 1
        if self._decodes and targets.ndim == 1:
            raise ValueError(
                "Expected y of several steps, of shape (n_samples, n_target_steps[, n_outputs]), "
                f"because decoder='rnn'; got shape {targets.shape}. Give y with a column for each "
                "step ahead, or set decoder='dense'."
            )
        if targets.ndim not in (n_axes, n_axes + 1):
            raise ValueError(
                f"Expected y of shape {('(n_samples,)', '(n_samples, n_steps)')[n_axes - 1]}, or "
                f"with one more axis for several outputs; got shape {targets.shape}. Reshape it, "
                "or set return_sequences=True for targets at every step."
            )
        has_output_axis = targets.ndim > n_axes
        targets = targets if has_output_axis else targets[..., None]
        n_target_steps = targets.shape[1] if self._decodes else None
        if reset:
            self._has_output_axis, self._n_targets = has_output_axis, targets.shape[-1]
            self._n_target_steps = n_target_steps
        elif (targets.shape[-1], n_target_steps) != (self._n_targets, self._n_target_steps):
            form = "{} outputs at {} steps" if self._decodes else "{} outputs"
            raise ValueError(
                f"Expected y with {form.format(self._n_targets, self._n_target_steps)} as in the "
                f"first fit, got {form.format(targets.shape[-1], n_target_steps)}. Fit a new "
                "estimator for other targets."
            )
        return targets

    def _target_lengths(self, targets):
        return np.full(len(targets), targets.shape[1]) if self._decodes else None

    def _network(self, data):
        network = super()._network(data)
        if self.decoder == "dense":
            return network
        return EncoderDecoder(
            cell=network.cell,
            units=network.units,
            bidirectional=network.bidirectional,
            dropout=network.dropout,
            recurrent_dropout=network.recurrent_dropout,
            n_features=network.n_features,
            n_outputs=network.n_outputs,
            n_tokens=network.n_tokens,
            embedding_dim=network.embedding_dim,
            n_target_steps=self._n_target_steps,
        )

    def _n_outputs(self):
        return self._n_targets

    def _loss_name(self):
        return "mse"

    def _learn_target_scaling(self, targets):
        targets = targets.reshape(-1, targets.shape[-1])
        self.target_mean_, self.target_scale_ = (
            mean_and_scale(targets, np.ones(len(targets)))
            if self.standardize
            else identity_scaling(targets.shape[-1])
        )

    def _scale_targets(self, targets):
        return standardized(targets, self.target_mean_, self.target_scale_)

    def _output_layers(self):
        return {"output_scaling": (self.target_scale_, self.target_mean_)}
