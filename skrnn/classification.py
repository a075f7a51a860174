"""Classification of sequences, or of their steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from ._baseline import train_with_baseline
from ._callbacks import with_callbacks
from ._compat import StrOptions
from ._data.classes import ClassTargets
from ._data.inputs import by_sequence, per_step
from ._data.label_checks import refuse_other_classes
from ._data.samples import TrainingData
from ._data.target_checks import weights_of_steps
from ._data.task import Task
from ._estimator import AUTO, BaseNetwork, Fit
from ._networks import recurrent_stack
from ._pretrained import Beginning, beginning_of
from ._refit import refits
from ._sequence_estimator import (
    SEQUENCE_CONSTRAINTS,
    SequenceReadout,
    check_sequence_params,
    read_out,
    read_samples,
    train_on_sequences,
    with_validation,
)


class RNNClassifier(ClassifierMixin, SequenceReadout, BaseNetwork):
    """Recurrent network that predicts the class of a sequence, or of each of its steps.

    Two classes, several, or several labels at once (a binary indicator y); labels may be
    numbers or strings. Features may be in any unit: they are standardized inside, on the
    training samples alone. Training stops early on a part of the samples that is held out.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=32
        Units of the recurrent layer; a tuple has one entry for each stacked layer.
    bidirectional : bool or "auto", default="auto"
        Run each layer over the sequence in both directions. "auto": for independent sequences of
        numbers without `return_sequences`; as the layers of `pretrained` do, if there are any.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs that is dropped in training, the same at all steps of
        a sequence. For embedded tokens, whole channels are dropped (Keras' SpatialDropout1D).
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped on its way from step to step; of the
        new value of each step for "mingru".
    pooling : {"auto", "last", "mean", "max", "attention"}, default="auto"
        How the last recurrent layer is read out of a sequence: by its state after the last step
        (of each direction, if `bidirectional`), or the mean, the maximum or a weighted mean of
        its states over the present steps, with weights that are learnt (see
        `attention_weights`). "auto" is "max" for independent sequences of numbers, and "last" for
        those of one length of 50 steps at most, windows of a series, texts and `return_sequences`.
    conv_filters : int, tuple of int or "auto", default="auto"
        Filters of convolutions (causal, ReLU) over the steps, before the recurrent layers. A tuple
        has one entry for each layer; () is none. "auto" is one convolution of 32 filters for
        independent sequences of numbers of which one has more than 50 steps, two from 101 steps on,
        and none for others, with `return_sequences`, `pretrained`, `model`, and where `pooling` is
        set.
    conv_kernel_size : int, default=5
        Steps that a convolution sees at once, an output step's own and the steps before it. Absent
        steps count as zeros.
    conv_strides : int, tuple of int or "auto", default="auto"
        Steps that become one step for the next layer; a tuple has one entry for each convolution.
        "auto" is 2 where `conv_filters` is "auto", and 1 otherwise.
        They are counted back from the last present step of a sequence, and what becomes of them is
        present if any of them is. Not with `return_sequences`.
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
    pretrained : RNNLanguageModel, RNNAutoencoder, Pipeline or None, default=None
        A fitted network, alone or last in a pipeline, from whose embedding and recurrent layers
        training starts. `cell`, `units` and `bidirectional` must be as there; numbers are scaled
        as there, and ids must come from a `SequenceTokenizer` that reads texts as it does.
        `embedding_dim` may be left out. Clones share it.
    trainable_pretrained : bool, default=True
        Whether training changes what is `pretrained`. It may be set anew like
        `trainable_embeddings`.
    return_sequences : bool, default=False
        Predict at every step, not once for each sequence. The prediction at a step depends on
        the steps up to it only, unless `bidirectional`.
    baseline : {"auto"} or None, default="auto"
        The model that predicts beside the networks. "auto": for numbers in an array, a ridge
        regression on the same steps, whose probabilities are averaged with those of the networks;
        for token ids, a logistic regression on counted tokens and pairs of neighbours (tf-idf
        weights), whose log-odds are averaged with the log-odds of the networks. Samples that are
        not trained on tell how much each counts: the held-out ones, or those of a
        cross-validation. They also tell how sure the networks of numbers may be (see
        `network_share_`). None: the networks alone, as trained. It is so too for
        `return_sequences`, `model`, another `loss`, ``early_stopping=False``, `partial_fit`,
        few windows of a series, `callbacks` where nothing is held out, and fewer than 20 samples to
        judge by. See the guide's page on training.
    loss : {"auto"} or callable, default="auto"
        Training minimizes it. "auto" is the cross-entropy. A callable takes targets and logits
        as tensors and returns the loss of each sample or step; the targets are class numbers of
        shape (batch[, n_steps], 1), or 0 and 1 of shape (batch[, n_steps], n_labels).
    optimizer : str, default="adam"
        The name of a Keras optimizer. "adam", "adamw", "rmsprop" and "sgd" are compiled.
    learning_rate : float or "auto", default="auto"
        The optimizer's step size. The guide's page on training has a table of all that is "auto".
    learning_rate_schedule : {"auto", "constant", "cosine", "plateau"}, default="auto"
        How the learning rate changes with the updates. "cosine": it rises over the first
        twentieth of the planned updates and falls to a tenth along half a cosine. "plateau": it
        is multiplied by 0.3 where the loss on the held-out samples (or on all, where none are
        held out) has not improved for half of `n_iter_no_change` epochs (or 10).
    weight_averaging : float or None, default=None
        Keep a moving average of the weights, of which each update leaves this part, such as
        0.99. The average is what is validated and fitted. None: the weights themselves.
    clipnorm : float or None, default=1.0
        The gradient of each weight array is scaled down to this L2 norm. None: no clipping.
    epochs : int or "auto", default="auto"
        Passes over the training samples, at most.
    batch_size : int or "auto", default="auto"
        Samples in a training step.
    shuffle : bool, default=True
        Visit the samples in a new random order in each epoch.
    early_stopping : bool or "auto", default="auto"
        Hold out samples, stop when the loss on them has not improved for `n_iter_no_change`
        epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        The part of the samples that early stopping holds out.
    validation : {"auto", "last", "random"}, default="auto"
        Which samples are held out. "last": the last windows of each series, and training windows
        that reach into them are left out. "random": any, in the proportions of the classes. "auto":
        "last" for windows of a series, known from `LagWindows`, from shared memory or from the
        values that neighbours share, "random" for independent sequences. If series are too short to
        spare their last windows, "auto" holds out whole series, drawn at random. Sequences of one
        step are independent unless they come from `LagWindows`.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without improvement after which early stopping stops.
    refit : bool or "auto", default="auto"
        After early stopping, train the same networks again on all samples, the held-out ones among
        them, for as many epochs as were best (the median of several networks). The newest rows of a
        series are then learnt from, and not only judged by. "auto": True for windows of a series
        with ``early_stopping="auto"``, False for other sequences and with `X_val`, a schedule,
        `callbacks`, `model`, or a fit that goes on. `history_` is of the first training.
    n_networks : int, default=1
        Networks that are trained from other seeds on the same samples, several at once where there
        are cores. Probabilities are their means, which are more often right than the probabilities
        of one (Hansen and Salamon, 1990).
    standardize : bool or "auto", default="auto"
        Bring the features to mean 0 and standard deviation 1, as seen in the training
        samples. "auto" treats features apart whose values span decades or are constant, see
        `RNNRegressor`. It also gives independent sequences to the network, and to the line, with
        each feature a second time, at mean 0 and standard deviation 1 within the sequence (Ulyanov,
        Vedaldi and Lempitsky, "Instance normalization", 2016): classes are mostly told apart by
        shapes. Features that are standardized within each sequence beforehand are not repeated, nor
        are those of windows of a series, with `return_sequences`, `model` or `pretrained`, or after
        a first `partial_fit`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss; "balanced" makes them inversely proportional to
        the classes' frequencies in the samples of the first fit. Only their ratios matter. With
        `return_sequences`, each present step has the weight of its class. Not for several labels
        at once.
    model : callable or None, default=None
        A function ``model(input_shape, n_outputs)`` that builds a Keras model of your own, not
        compiled. It takes standardized float32 input of shape (batch, n_steps, n_features),
        zero at absent steps, and returns logits of shape (batch[, n_steps], n_outputs): one
        for each class, or a single one for two classes. The parameters of the network above
        have no effect then.
    engine : {"auto", "compiled", "keras"}, default="auto"
        "compiled" trains in one compiled program for each epoch; "keras" with Keras' own
        `fit`. "auto" is "compiled" where that covers the parameters.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts. "auto": the first GPU that TensorFlow sees,
        else the CPU. "gpu" without a GPU is an error. The guide's page on engines says more.
    callbacks : list or None, default=None
        Keras callbacks, used themselves, or functions that make one for each fit; they need the
        engine "keras". See `set_callbacks` for scikit-learn's callbacks.
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
    best_epoch_ : int or ndarray of shape (n_networks,)
        The epoch, counted from 1, whose weights are kept; with several networks one epoch for each.
    batch_size_, epochs_, learning_rate_ : int, int and float
        The values of `batch_size`, `epochs` and `learning_rate`, "auto" resolved.
    n_updates_ : int
        The updates of the last `fit` or `partial_fit`, of the network that made most.
    weights_ : list of ndarray
        The weights, in the order of Keras' `get_weights`; several networks follow one another.
    n_networks_ : int
        The number of networks.
    optimizer_state_ : list of ndarray
        The optimizer's state after the last step, with which training can go on. Deleted, it is not
        in a pickle, and a training that goes on begins with a new optimizer.
    network_ : dict
        The architecture of the fitted network.
    input_ : dict
        How X is read: its form and its scale, in plain values.
    target_ : dict
        How y is read: its form and its scale or its classes, in plain values.
    network_share_ : float
        The factor, from 0 (the shares of the classes, by weight) to 1 (as trained), of what the
        logits of networks say beyond the logits of these shares. Not set for token ids.
    line_ : dict or None
        The ridge regression on numbers: "n_steps", "coef" of shape (n_steps * n_seen, n_outputs)
        and "intercept", which give logits from standardized steps, n_seen counting the features
        that are seen twice as two (``input_["within"]``); "share", how much its
        probabilities count in the mean, from 0 to 1. It says nothing of a sequence that has another
        number of steps from the first to the last present one.
    token_line_ : dict or None
        The logistic regression on token ids: "terms", the numbers of tokens and of tokens in a row,
        their "idf", "coef" of shape (n_terms, n_outputs) and "intercept"; "share", how much it
        counts in the mean, from 0 to 1.
    builder_ : callable or None
        The `model` of the fit.
    builder_check_ : dict of ndarray
        Its output for one sequence, by which another network is recognized. Only with `model`.
    engine_ : {"compiled", "keras", "compiled:gpu", "keras:gpu"}
        The engine that trained it, and the GPU where it was not the CPU.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        The mean and the scale of the features, after asinh if "auto" takes it. Not set for token
        ids.
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
    long-term memory problems", 2016. Convolutions before recurrent layers: Géron, "Hands-On Machine
    Learning with Scikit-Learn, Keras, and TensorFlow", O'Reilly 2022, chapter 15. Pretrained: Dai
    and Le, "Semi-supervised sequence learning", 2015. The factor of logits: Guo, Pleiss, Sun and
    Weinberger, "On calibration of modern neural networks", 2017. The mean of probabilities: Stone,
    "The opinion pool", 1961; its proportion: Breiman, "Stacked regressions", 1996.

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
        **SEQUENCE_CONSTRAINTS,
        "baseline": [AUTO, None],
        "conv_filters": [*SEQUENCE_CONSTRAINTS["conv_filters"], AUTO],
        "conv_strides": [*SEQUENCE_CONSTRAINTS["conv_strides"], AUTO],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        cell: str = "gru",
        units: int | Sequence[int] = 32,
        *,
        bidirectional: bool | str = "auto",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        pooling: str = "auto",
        conv_filters: int | Sequence[int] | str = "auto",
        conv_kernel_size: int = 5,
        conv_strides: int | Sequence[int] | str = "auto",
        hidden_units: int | Sequence[int] = (),
        embedding_dim: int | None = None,
        embeddings: Any = None,
        trainable_embeddings: bool = True,
        pretrained: Any = None,
        trainable_pretrained: bool = True,
        return_sequences: bool = False,
        baseline: str | None = "auto",
        loss: str | Callable[..., Any] = "auto",
        optimizer: str = "adam",
        learning_rate: float | str = "auto",
        learning_rate_schedule: str = "auto",
        weight_averaging: float | None = None,
        clipnorm: float | None = 1.0,
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        shuffle: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        validation: str = "auto",
        n_iter_no_change: int | str = "auto",
        refit: bool | str = "auto",
        n_networks: int = 1,
        standardize: bool | str = "auto",
        class_weight: dict[Any, float] | str | None = None,
        model: Callable[..., Any] | None = None,
        engine: str = "auto",
        device: str = "auto",
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.pooling = pooling
        self.conv_filters = conv_filters
        self.conv_kernel_size = conv_kernel_size
        self.conv_strides = conv_strides
        self.hidden_units = hidden_units
        self.embedding_dim = embedding_dim
        self.embeddings = embeddings
        self.trainable_embeddings = trainable_embeddings
        self.pretrained = pretrained
        self.trainable_pretrained = trainable_pretrained
        self.return_sequences = return_sequences
        self.baseline = baseline
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_averaging = weight_averaging
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
        self.n_iter_no_change = n_iter_no_change
        self.refit = refit
        self.n_networks = n_networks
        self.standardize = standardize
        self.class_weight = class_weight
        self.model = model
        self.engine = engine
        self.device = device
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        checkpoint: Any = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like, or list of arrays
            The sequences, in one of these forms:

            - array of shape (n_samples, n_steps, n_features), also a view of windows;
            - array or data frame of shape (n_samples, n_steps): one feature;
            - list of arrays of shape (n_steps_i, n_features), or of lists of numbers: sequences
              of any lengths;
            - nested frame, whose cells hold the steps of one feature of a sequence;
            - with `embedding_dim` or `embeddings`, token ids of shape (n_samples, n_steps) or a
              list of sequences of ids; 0 is padding.

            A step that is NaN in all its features is absent: the network skips it. A sequence
            without any other step is left out.
        y : array-like, or list of arrays
            The targets, of shape (n_samples,) or (n_samples, n_outputs); with
            `return_sequences`, of shape (n_samples, n_steps[, n_outputs]) or a list of arrays
            of shape (n_steps_i[, n_outputs]).
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.
        X_val, y_val : like X and y, default=None
            The samples of early stopping. Without them it holds out `validation_fraction`.
        checkpoint : path or None, default=None
            A file in which the fit keeps how far it is, after an epoch and for at most a twentieth
            of the time. A run that was killed and is started again by the same call goes on from
            there, to the same bits as without a break. The file is removed when the fit ends. In a
            folder, which the fits of a search can share, each has a file of its own, which stays.
            The guide's page on training tells what makes a call the same.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not as described, the training diverges, or `checkpoint` is
            the file of another fit, is damaged, or is given with the engine "keras". The estimator
            is then as it was before.
        OSError
            If X is a large array in a file, and the folder for temporary files has no room for it
            in the network's units. The estimator is then as it was before.
        """
        with Fit(
            self,
            X,
            y,
            sample_weight,
            goes_on=self.warm_start,
            check=check_sequence_params,
            checkpoint=checkpoint,
        ) as fit:
            given = beginning_of(fit)
            task, samples = read_samples(fit, _learn_targets, given)
            data = with_validation(fit, task, samples, X_val, y_val)
            again = refits(fit, data, X_val)
            train_with_baseline(fit, task, samples, data, partial(_train, given), again)
        return self

    @with_callbacks
    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the classes and the standardization; later ones keep them. Nothing
        is held out.

        Parameters
        ----------
        X, y : see `fit`
            The samples.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. Needed in the first call unless its y has them all;
            later calls may repeat them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        learn_targets = partial(_learn_targets, classes=classes)
        with Fit(
            self, X, y, sample_weight, goes_on=True, one_epoch=True, check=check_sequence_params
        ) as fit:
            if fit.goes_on:
                refuse_other_classes(classes, self.classes_)
            given = beginning_of(fit)
            task, samples = read_samples(fit, learn_targets, given)
            train_with_baseline(fit, task, samples, samples, partial(_train, given))
        return self

    def predict(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        y : ndarray, or list of ndarray
            Labels of shape (n_samples,), or a binary indicator (n_samples, n_labels) of the two
            values that y had in `fit`. For a sequence without any step, the most frequent. With
            `return_sequences`, labels of shape (n_samples, n_steps); the labels at absent steps
            mean nothing. A list if X, or the X of `fit`, is a list.
        """
        outputs, sequences, task = self._raw_outputs(X)
        labels = task.targets.most_probable(outputs)
        if not task.targets.per_step:
            return labels
        labels = np.where(sequences.present_steps(), labels, self.classes_[0])
        return by_sequence(labels, sequences, task.inputs.gives_lists(X))

    def predict_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        p : float64 ndarray, or list of ndarray
            Probabilities of shape (n_samples, n_classes), whose rows sum to one; for a binary
            indicator y, the probability of each label. For a sequence without any step, the
            shares of the classes in the first fit. With `return_sequences`, of shape
            (n_samples, n_steps, n_classes), NaN at absent steps; a list if X, or the X of `fit`, is
            a list.
        """
        outputs, sequences, task = self._raw_outputs(X)
        p = task.targets.probabilities(outputs)
        if not task.targets.per_step:
            return p
        return per_step(p, sequences, task.inputs.gives_lists(X))

    def predict_log_proba(self, X: Any) -> np.ndarray | list[np.ndarray]:
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
        outputs, sequences, task = self._raw_outputs(X)
        log_p = task.targets.log_probabilities(outputs)
        if not task.targets.per_step:
            return log_p
        return per_step(log_p, sequences, task.inputs.gives_lists(X))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
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
        outputs, sequences, task = self._raw_outputs(X)
        predicted = task.targets.most_probable(outputs)
        if not task.targets.per_step:
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        weights = weights_of_steps(sample_weight, sequences)
        true = task.targets.read(y, sequences).values[sequences.present_steps(), 0]
        found = task.targets.encode(predicted[sequences.present_steps()])
        return accuracy_score(true, found, sample_weight=weights)


def _train(given: Beginning, fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
    """Train the network that the parameters ask for, for a task with its scales."""
    network = recurrent_stack(fit.params, task, read_out(fit, data, classifies=True))
    train_on_sequences(fit, task, network, data, given)


def _learn_targets(
    params: Any, y: Any, sequences: Any, classes: Any = None
) -> tuple[ClassTargets, Any]:
    """Return what y is, and its values."""
    return ClassTargets.learn(y, sequences, per_step=params.return_sequences, classes=classes)
