"""Classification of sequences, or of their steps."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_consistent_length, column_or_1d

from ._callbacks import with_callbacks
from ._compat import StrOptions
from ._data.validation import (
    check_labels,
    check_one_target_a_sample,
    check_steps,
    stack_steps,
    steps_of_each,
    weights_of_steps,
)
from ._sequence_estimator import BaseRNN


class RNNClassifier(ClassifierMixin, BaseRNN):
    """Recurrent network that predicts the class of a sequence, or of each of its steps.

    Two classes, several, or several labels at once (a binary indicator y); labels may be
    numbers or strings. Features may be in any unit: they are standardized inside, on the
    training samples alone. Training stops early on a part of the samples that is held out.

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
    loss : {"auto"} or callable, default="auto"
        What training minimizes. "auto" is the cross-entropy. A callable takes targets and logits
        as tensors and returns the loss of each sample or step; the targets are class numbers of
        shape (batch[, n_steps], 1), or 0 and 1 of shape (batch[, n_steps], n_labels).
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
        that reach into them are left out. "random": any, in the
        proportions of the classes. "auto":
        "last" for windows of a series, known from `LagWindows`, from shared memory or from the
        values that neighbours share, "random" for independent sequences. Where series are too
        short to spare their last windows, "auto" holds out whole series, drawn at random.
        Sequences of one step are independent unless they come from `LagWindows`.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    standardize : bool, default=True
        Bring the features to mean 0 and standard deviation 1, as seen in the training
        samples.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss; "balanced" makes them inversely proportional to
        the classes' frequencies in the samples of the first fit. With `return_sequences`, each
        present step has the weight of its class. Not for several labels at once.
    model : callable or None, default=None
        A function ``model(input_shape, n_outputs)`` that builds a Keras model of your own, not
        compiled. It takes standardized float32 input of shape (batch, n_steps, n_features),
        zero at absent steps, and returns logits of shape (batch[, n_steps], n_outputs): one
        for each class, or a single one for two classes. The parameters of the network above
        have no effect then.
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
    classes_ : ndarray of shape (n_classes,)
        The class labels; for a binary indicator y the numbers of its columns.
    history_ : dict of list
        The "loss" of each epoch and, where there is validation, its "val_loss".
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
    n_features_in_ : int
        The length of the last axis of X in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The column names of X, where it was a data frame.

    See Also
    --------
    RNNRegressor : Predicts numbers.
    LagWindows : Turns a time series into windows.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning", MIT Press 2016, chapter 10. Attention:
    Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and
    translate", 2015; Raffel and Ellis, "Feed-forward networks with attention can solve some
    long-term memory problems", 2016.

    Examples
    --------
    Rising and falling sequences of different lengths:

    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> steps = [rng.normal(size=(rng.integers(5, 9), 1)) for _ in range(200)]
    >>> y = rng.choice(["falls", "rises"], size=200)
    >>> signs = np.where(y == "rises", 1, -1)
    >>> X = [np.cumsum(s + sign, axis=0) for s, sign in zip(steps, signs)]
    >>> classifier = RNNClassifier(random_state=0).fit(X[:150], y[:150])
    >>> bool(classifier.score(X[150:], y[150:]) > 0.9)
    True
    """

    _parameter_constraints = {
        **BaseRNN._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
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
        class_weight=None,
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
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @with_callbacks
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the classes and the standardization; later ones keep them. Nothing
        is held out.

        Parameters
        ----------
        X, y : see `fit`
            The samples.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. Needed in the first call unless its y has them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight, classes=classes)

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        y : ndarray, or list of ndarray
            Labels of shape (n_samples,), or a binary indicator (n_samples, n_labels). With
            `return_sequences`, labels of shape (n_samples, n_steps), those at absent steps
            without meaning, and for sequences of different lengths a list.
        """
        probabilities = self.predict_proba(X)
        if isinstance(probabilities, list):
            return [self._most_probable(p) for p in probabilities]
        return self._most_probable(probabilities)

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        p : float64 ndarray, or list of ndarray
            Probabilities of shape (n_samples, n_classes), whose rows sum to one; for a binary
            indicator y, the probability of each label. With `return_sequences`, of shape
            (n_samples, n_steps, n_classes), NaN at absent steps, and for sequences of
            different lengths a list.
        """
        outputs, sequences = self._raw_outputs(X)
        logits = outputs.astype(np.float64)
        if self._is_multilabel:
            p = expit(logits)
        elif len(self.classes_) == 2:
            p = np.concatenate([expit(-logits), expit(logits)], axis=-1)
        else:
            p = softmax(logits, axis=-1)
        return self._per_step(p, sequences) if self._per_step_targets else p

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : see `predict_proba`
            Sequences.

        Returns
        -------
        log_p : float64 ndarray, or list of ndarray
            In the shape of `predict_proba`.
        """
        probabilities = self.predict_proba(X)
        if isinstance(probabilities, list):
            return [np.log(p) for p in probabilities]
        return np.log(probabilities)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of the predictions.

        Parameters
        ----------
        X : see `predict`
            Sequences.
        y : see `fit`
            Their true labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            From 0 to 1. With `return_sequences`, over all present steps.
        """
        predicted = self.predict(X)
        if not self._per_step_targets:
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        sequences = self._check_predict(X)
        present = sequences.present()
        weights = weights_of_steps(sample_weight, sequences)
        true = self._check_targets(y, sequences, reset=False)[..., 0]
        predicted = stack_steps([self._encode(p) for p in predicted], sequences)
        return accuracy_score(true[present], predicted[present], sample_weight=weights)

    def _most_probable(self, probabilities):
        if self._is_multilabel:
            return (probabilities > 0.5).astype(int)
        return self.classes_[probabilities.argmax(axis=-1)]

    def _check_targets(self, y, sequences, *, reset, classes=None):
        if self._per_step_targets:
            return self._check_step_labels(y, sequences, reset, classes)
        y = y.toarray() if hasattr(y, "toarray") else y
        check_one_target_a_sample(y)
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        is_multilabel = check_labels(y) == "multilabel-indicator"
        check_consistent_length(sequences.starts, y)
        if reset:
            self._is_multilabel = is_multilabel
            self._learn_classes(np.arange(y.shape[1]) if is_multilabel else y, classes)
        elif is_multilabel != self._is_multilabel or (
            is_multilabel and y.shape[1] != len(self.classes_)
        ):
            kinds = ("one label a sample", "a binary indicator")
            raise ValueError(
                f"Expected y to be {kinds[self._is_multilabel]} with classes_ = "
                f"{self.classes_.tolist()} as in the first fit, got {kinds[is_multilabel]} of "
                f"shape {y.shape}. Fit a new classifier for other targets."
            )
        return y.astype(np.float64) if is_multilabel else self._encode(y)[:, None]

    def _check_step_labels(self, y, sequences, reset, classes):
        steps = sequences.unpadded(sequences.present())
        labels = [_without_last_axis(part) for part in steps_of_each(y)]
        check_steps(labels, sequences)
        known = np.concatenate([part[s] for part, s in zip(labels, steps, strict=True)])
        check_labels(column_or_1d(known))
        if reset:
            self._is_multilabel = False
            self._learn_classes(known, classes)
        numbers = [np.zeros(len(part)) for part in labels]
        for number, part, s in zip(numbers, labels, steps, strict=True):
            number[s] = self._encode(part[s])
        return stack_steps(numbers, sequences)[..., None]

    def _learn_classes(self, labels, classes):
        try:
            self.classes_ = np.unique(labels if classes is None else classes)
        except TypeError as error:
            raise ValueError(
                f"Expected the labels in y to be all numbers or all strings, got a mixture "
                f"({error}). Turn them into strings."
            ) from error
        if len(self.classes_) < 2 and not self._is_multilabel:
            (only,) = self.classes_.tolist()
            raise ValueError(
                f"Expected y with at least 2 classes, got 1 class: {only!r}. Give samples of "
                "another class too."
            )

    def _encode(self, labels):
        """Return labels as class numbers."""
        known = np.isin(labels, self.classes_)
        if not known.all():
            raise ValueError(
                f"Expected y with labels among classes_ = {self.classes_.tolist()}, got "
                f"{np.unique(labels[~known]).tolist()} as well. Fit on samples of all classes, "
                "or name them all in the first call of partial_fit(..., classes=...)."
            )
        return np.searchsorted(self.classes_, labels).astype(np.float64)

    def _class_weights(self, targets, sample_weight, sequences, *, reset):
        if reset:
            self._class_weight: np.ndarray | None = None
        if self.class_weight is None:
            return sample_weight
        if self._is_multilabel:
            raise ValueError(
                f"Expected class_weight=None for a multilabel y, got {self.class_weight!r}. "
                "Weigh the samples with sample_weight, for example by "
                "sklearn.utils.class_weight.compute_sample_weight."
            )
        numbers = targets[..., 0].astype(int)
        if self._class_weight is None or self.class_weight != "balanced":
            counted = sequences.present() if self._per_step_targets else slice(None)
            self._class_weight = self._learn_class_weight(numbers[counted])
        if self._per_step_targets:
            sample_weight = sample_weight[:, None]
        return (sample_weight * self._class_weight[numbers]).astype(np.float32)

    def _learn_class_weight(self, numbers):
        """Return the weight of each class; "balanced" is by the samples of the first fit."""
        weights = np.ones(len(self.classes_))
        present = np.unique(numbers).astype(int)
        weights[present] = compute_class_weight(
            self.class_weight, classes=self.classes_[present], y=self.classes_[numbers.astype(int)]
        )
        if weights.min() < 0 or not weights[present].any():
            raise ValueError(
                "Expected class_weight without negative weights and not all zero, got "
                f"{self.class_weight!r}. Leave it out to weigh all classes alike."
            )
        return weights

    def _stratum(self, targets):
        return None if self._is_multilabel or self._per_step_targets else targets[:, 0]

    def _n_outputs(self):
        n_classes = len(self.classes_)
        return 1 if n_classes == 2 and not self._is_multilabel else n_classes

    def _loss_name(self):
        is_binary = self._is_multilabel or len(self.classes_) == 2
        return "binary_crossentropy" if is_binary else "categorical_crossentropy"

    def _output_layers(self):
        is_binary = self._loss_name() == "binary_crossentropy"
        return {"activation": "sigmoid" if is_binary else "softmax"}


def _without_last_axis(labels):
    """Return labels (n_steps,) for labels (n_steps, 1)."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
