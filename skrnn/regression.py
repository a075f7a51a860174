"""Regression from sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score

from ._baseline import train_with_baseline
from ._callbacks import with_callbacks
from ._compat import StrOptions
from ._data.inputs import per_step
from ._data.known_targets import score_of_known
from ._data.outages import predicted_only
from ._data.samples import TrainingData
from ._data.target_checks import check_weights, levels_of, weights_of_steps
from ._data.targets import NumberTargets
from ._data.task import Task
from ._estimator import COMPILED_OPTIMIZERS, BaseNetwork, Fit
from ._networks import decoder_of_numbers, recurrent_stack
from ._pretrained import Beginning, beginning_of
from ._refit import refits
from ._same_network import raise_other_network
from ._sequence_estimator import (
    SEQUENCE_CONSTRAINTS,
    SequenceReadout,
    check_sequence_params,
    read_out,
    read_samples,
    train_on_sequences,
    with_validation,
)


class RNNRegressor(RegressorMixin, SequenceReadout, BaseNetwork):
    """Recurrent network that predicts numbers from a sequence, or at each of its steps.

    Features and targets may be in any unit: both are standardized inside, on the training
    samples alone. Training stops early on a part of the samples that is held out; for windows of
    a time series that is the last part, and no training window reaches into it.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=32
        Units of the recurrent layer; a tuple has one entry for each stacked layer.
    bidirectional : bool or "auto", default="auto"
        Run each layer over the sequence in both directions. "auto": as the layers of `pretrained`
        do, else not.
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
        `attention_weights`). "auto" is "last".
    conv_filters : int or tuple of int, default=()
        Filters of convolutions (causal, ReLU) over the steps, before the recurrent layers. A tuple
        has one entry for each layer; () is none.
    conv_kernel_size : int, default=5
        Steps that a convolution sees at once, an output step's own and the steps before it. Absent
        steps count as zeros.
    conv_strides : int or tuple of int, default=1
        Steps that become one step for the next layer; a tuple has one entry for each convolution.
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
    decoder : {"dense", "rnn"}, default="dense"
        How a y of several steps, such as the next days, is read out. "dense": all at once, by the
        last layer. "rnn": by a decoder, recurrent layers like the encoder's, which start from its
        last states and write one step after the other. In `fit` it is fed the true values of the
        step before (teacher forcing), in `predict` its own. It is made by the compiled engine only,
        without `conv_filters`, `hidden_units`, `pooling` and `pretrained`.
    autoregressive : bool, default=True
        With ``decoder="rnn"``: feed each step the number of the step before. False: a step is told
        what is `known` of it alone, so that no error is handed on from step to step.
    baseline : {"auto", "linear"} or None, default="auto"
        The start of the networks. "linear": a ridge regression on the steps of X is fitted
        first, and the networks learn what is left of y. None: they learn y itself. "auto": the
        mean of both kinds, `n_networks` of each. Networks that are alone are left out where the
        line by itself is better on the held-out samples, and of sequences other than windows where
        these are too few to hold some out. For token ids: the mean of the networks and a ridge
        regression on counted tokens and pairs of neighbours (tf-idf weights), in the proportion
        that held-out samples show to be best. None for lists of sequences of numbers,
        `return_sequences`, ``decoder="rnn"``, `model`, `pretrained` on numbers, another `loss`, a
        constant target, and ``early_stopping=False``. For few sequences of numbers other than
        windows, cross-validation tells whether the line is left out, and by what share, from 0 to
        1, the outputs of networks are multiplied.
    loss : {"auto", "mse", "mae", "huber", "log_cosh", "quantile"} or callable, default="auto"
        Training minimizes it, in standardized units. "auto" is "mse". "quantile" is the pinball
        loss, the mean of the levels of `quantiles`. A callable takes targets and predictions as
        tensors of shape (batch[, n_steps], n_outputs) and returns the loss of each sample or step.
    quantiles : array-like of float, default=(0.1, 0.5, 0.9)
        With ``loss="quantile"``: the levels of the quantiles that one network predicts of each
        output, ascending, between 0 and 1. Quantiles cannot cross: each level is a positive step
        away from its neighbour. Not with ``decoder="rnn"`` or `model`.
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
        that reach into them are left out. "random": any. "auto": "last" for windows of a series,
        known from `LagWindows`, from shared memory or from the values that neighbours share,
        "random" for independent sequences. If series are too short to spare their last windows,
        "auto" holds out whole series, drawn at random. Sequences of one step are independent unless
        they come from `LagWindows`.
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
        are cores. Predictions are their means, which are better than the predictions of one (Hansen
        and Salamon, 1990); ``predict(X, return_std=True)`` gives their spread as well.
    standardize : bool or "auto", default="auto"
        Bring the features and the targets to mean 0 and standard deviation 1, as seen in the
        training samples, and give predictions back in the user's units. "auto" also treats two
        kinds of features apart. If the values of a feature span decades (its standard deviation is
        more than 10 times the median distance from its median), the network sees
        asinh((x - median) / distance), which is a logarithm far from the median (Burbidge, Magee
        and Robb, 1988). If a feature is constant, the network always sees this value: others would
        enter with weights that nothing has taught. A first `partial_fit` treats no feature apart;
        a fit that goes on treats features as the fit before. The network, and the line, are given
        some features of independent sequences a second time, at mean 0 and standard deviation 1
        within each sequence: features whose deviations in the sequences span decades (their root
        mean square is more than 10 times the median), or all, if a ridge regression on them has
        less than three quarters of the squared error of one on the features as they are, as with
        spectra (Barnes, Dhanoa and Lister, "Standard normal variate transformation", 1989; asked of
        arrays with at most 2000 numbers in a sequence, and from 20 samples on). Windows of a
        series, `return_sequences`, ``decoder="rnn"``, `model` and `pretrained` leave this out.
    model : callable or None, default=None
        A function ``model(input_shape, n_outputs)`` that builds a Keras model of your own, not
        compiled. It takes standardized float32 input of shape (batch, n_steps, n_features),
        zero at absent steps, and returns (batch[, n_steps], n_outputs). The parameters of the
        network above have no effect then.
    engine : {"auto", "compiled", "keras"}, default="auto"
        "compiled" trains in one compiled program for each epoch; "keras" with Keras' own
        `fit`. "auto" is "compiled" where that covers the parameters.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts. "auto": the first GPU that TensorFlow sees,
        else the CPU. "gpu" without a GPU is an error. The guide's page on engines says more.
    callbacks : list or None, default=None
        Keras callbacks, or functions that make one; they need the engine "keras". A callback is
        used itself, a function makes a new one for each fit. See `set_callbacks` for scikit-learn's
        callbacks.
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
    line_ : dict or None
        The ridge regression beside networks, on standardized steps, in the user's units of y:
        "n_steps", "coef" of shape (n_steps * n_seen, n_outputs) and "intercept", n_seen counting
        the features that are seen twice as two (``input_["within"]``); "mean" and "scale" of what
        it leaves. The first "n_alone" networks predict without it.
    network_share_ : float
        The share by which the outputs of networks were multiplied after cross-validation of few
        sequences, from 0 (the line, or the mean, predicts alone) to 1. Not set for token ids.
    token_line_ : dict or None
        The ridge regression on token ids: "terms", the numbers of tokens and of tokens in a row,
        their "idf", "coef" of shape (n_terms, n_outputs) and "intercept", in standardized units of
        y; "share", how much it counts in the mean, from 0 to 1.
    builder_ : callable or None
        The `model` of the fit.
    builder_check_ : dict of ndarray
        Its output for one sequence, by which another network is recognized. Only with `model`.
    engine_ : {"compiled", "keras", "compiled:gpu", "keras:gpu"}
        The engine that trained it, and the GPU where it was not the CPU.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        The mean and the scale of the features, after asinh if "auto" takes it. Not set for token
        ids.
    target_mean_, target_scale_ : ndarray of shape (n_outputs,)
        The mean and the scale of the targets.
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
    long-term memory problems", 2016. Convolutions before recurrent layers: Géron, "Hands-On Machine
    Learning with Scikit-Learn, Keras, and TensorFlow", O'Reilly 2022, chapter 15. Pretrained: Dai
    and Le, "Semi-supervised sequence learning", 2015. Quantiles: Koenker and Bassett, "Regression
    quantiles", 1978.

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
        **SEQUENCE_CONSTRAINTS,
        "loss": [StrOptions({"auto", "mse", "mae", "huber", "log_cosh", "quantile"}), callable],
        "quantiles": ["array-like"],
        "decoder": [StrOptions({"dense", "rnn"})],
        "autoregressive": ["boolean"],
        "baseline": [StrOptions({"auto", "linear"}), None],
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
        conv_filters: int | Sequence[int] = (),
        conv_kernel_size: int = 5,
        conv_strides: int | Sequence[int] = 1,
        hidden_units: int | Sequence[int] = (),
        embedding_dim: int | None = None,
        embeddings: Any = None,
        trainable_embeddings: bool = True,
        pretrained: Any = None,
        trainable_pretrained: bool = True,
        return_sequences: bool = False,
        decoder: str = "dense",
        autoregressive: bool = True,
        baseline: str | None = "auto",
        loss: str | Callable[..., Any] = "auto",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
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
        self.decoder = decoder
        self.autoregressive = autoregressive
        self.baseline = baseline
        self.loss = loss
        self.quantiles = quantiles
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
        self.model = model
        self.engine = engine
        self.device = device
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        # scikit-learn's yardstick for this tag is a table with one useful column in ten. Read as
        # a sequence, that is one step to pick out by its position alone: not what a recurrent
        # network is for, nor what few epochs teach it.
        tags.regressor_tags.poor_score = True
        return tags

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        known: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        known_val: Any = None,
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
            of shape (n_steps_i[, n_outputs]). A sample may have several outputs; without
            `return_sequences`, some may be missing, NaN: they have no loss, and the known ones
            count alike. Each sample has a known output, and each output a sample that knows it.
            The decoder is fed the mean where the value of the step before is missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.
        known : array-like of shape (n_samples, n_target_steps, n_known), default=None
            With ``decoder="rnn"``: numbers that are known ahead at each step of y, such as a
            holiday or a price. The decoder is fed the values of a step when it writes this step.
            They are standardized like X. Give `predict` and `score` the same columns.
        X_val, y_val, known_val : like X, y and `known`, default=None
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
            check=_check,
            checkpoint=checkpoint,
        ) as fit:
            given = beginning_of(fit)
            task, samples = read_samples(fit, _learn_targets, given, known)
            data = with_validation(fit, task, samples, X_val, y_val, known_val)
            again = refits(fit, data, X_val)
            train_with_baseline(fit, task, samples, data, partial(_train, given), again)
        return self

    @with_callbacks
    def partial_fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, *, known: Any = None
    ) -> Self:
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the standardization; later ones keep it. Nothing is held out.

        Parameters
        ----------
        X, y : see `fit`
            The samples.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.
        known : array-like of shape (n_samples, n_target_steps, n_known), default=None
            The values that are known ahead.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with Fit(self, X, y, sample_weight, goes_on=True, one_epoch=True, check=_check) as fit:
            given = beginning_of(fit)
            task, samples = read_samples(fit, _learn_targets, given, known)
            train_with_baseline(fit, task, samples, samples, partial(_train, given))
        return self

    def predict(self, X: Any, return_std: bool = False, *, known: Any = None) -> Any:
        """Predict.

        Parameters
        ----------
        X : array-like, or list of arrays
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).
        return_std : bool, default=False
            Return the spread of the networks as well, with ``n_networks=2`` or more.
        known : array-like of shape (n_samples, n_target_steps, n_known), default=None
            The values that are known ahead, if `fit` was given them. A prediction depends on the
            known values of its own step and of the steps before.

        Returns
        -------
        y : float64 ndarray, or list of ndarray
            Predictions in the shape of the y of `fit`: (n_samples,) or (n_samples, n_outputs);
            with ``decoder="rnn"`` (n_samples, n_target_steps[, n_outputs]);
            with `return_sequences` (n_samples, n_steps[, n_outputs]), NaN at absent steps; a list
            if X, or the X of `fit`, is a list. NaN for a sequence without any step. With
            ``loss="quantile"`` there is one more axis, the last one, of the levels:
            (n_samples[, n_outputs], n_levels).
        std : float64 ndarray, or list of ndarray
            The standard deviation of the networks' predictions, in the shape of y. Only with
            `return_std`. It says how far the networks agree, and is not the error to expect.

        Raises
        ------
        ValueError
            If `return_std` is set and there is one network alone, or if `known` is not of the form
            that `fit` was given.
        """
        outputs, sequences, task = self._outputs_of_each(X, known)
        found = [task.targets.predictions(task.targets.combined(outputs))]
        if return_std:
            found.append(_spread(task.targets, outputs))
        if task.targets.per_step:
            as_lists = task.inputs.gives_lists(X)
            found = [per_step(values, sequences, as_lists) for values in found]
        return tuple(found) if return_std else found[0]

    def score(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, *, known: Any = None
    ) -> float:
        """Return the coefficient of determination R² of the predictions, or D² of quantiles.

        Parameters
        ----------
        X : see `predict`
            Sequences.
        y : see `fit`
            Their true targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.
        known : array-like of shape (n_samples, n_target_steps, n_known), default=None
            The values that are known ahead.

        Returns
        -------
        score : float
            At most 1, the mean of the outputs. With `return_sequences`, over all present steps.
            Missing targets, NaN, do not count. With ``loss="quantile"`` it is the mean over the
            levels of `sklearn.metrics.d2_pinball_score`: 1 less the pinball loss, divided by
            the loss of the best constant.
        """
        outputs, sequences, task = self._raw_outputs(X, known)
        if not task.targets.per_step:
            outputs, sequences, y, sample_weight = predicted_only(
                outputs, sequences, y, sample_weight
            )
        true = task.targets.read(y, sequences)
        predicted = task.targets.in_user_units(outputs)
        if task.targets.per_step:
            weights = weights_of_steps(sample_weight, sequences)
            true = true.values[sequences.present_steps()]
            predicted = predicted[sequences.present_steps()]
        else:
            weights = check_weights(sample_weight, sequences)
            true = true.reshape(len(true), -1)
        quantiles = task.targets.quantiles
        if quantiles is None:
            return score_of_known(r2_score, true, predicted.reshape(true.shape), weights)
        return _score_of_quantiles(
            quantiles, true, predicted, None if sample_weight is None else weights
        )


def _score_of_quantiles(
    quantiles: Sequence[float],
    true: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None,
) -> float:
    """Return the mean D² of the levels, from quantiles (n_samples, n_outputs, n_levels)."""
    scores = [
        score_of_known(
            partial(d2_pinball_score, alpha=level), true, predicted[..., number], weights
        )
        for number, level in enumerate(quantiles)
    ]
    return float(np.mean(scores))


def _spread(targets: NumberTargets, outputs: list[np.ndarray]) -> np.ndarray:
    """Return the standard deviation of the predictions of several networks."""
    if len(outputs) == 1:
        raise ValueError(
            "Expected n_networks of 2 or more for return_std=True, got a fit of one network. Set "
            "n_networks=5, say, and fit again."
        )
    return np.std([targets.predictions(of_one) for of_one in outputs], axis=0)


def _check(params: Any) -> None:
    """Refuse parameters that do not go together."""
    check_sequence_params(params)
    if params.decoder == "rnn":
        _refuse_what_a_decoder_lacks(params)
    _levels(params)


def _levels(params: Any) -> tuple[float, ...] | None:
    """Return the levels of the quantiles to predict, or None; refuse what they do not go with."""
    if params.loss != "quantile":
        return None
    levels = levels_of(params.quantiles)
    if params.decoder == "rnn" or params.model is not None:
        got = "decoder='rnn'" if params.model is None else "a model"
        raise ValueError(
            f"Expected the last layer of a network of ours with loss='quantile', got {got}. Leave "
            "it out, or take another loss."
        )
    return tuple(levels.tolist())


def _learn_targets(params: Any, y: Any, sequences: Any) -> tuple[NumberTargets, Any]:
    """Return what y is, and its values."""
    return NumberTargets.learn(
        y,
        sequences,
        per_step=params.return_sequences,
        decodes=params.decoder == "rnn",
        quantiles=_levels(params),
    )


def _train(given: Beginning, fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
    """Train the network that the parameters ask for, for a task with its scales."""
    before, now = task.targets.quantiles, _levels(fit.params)
    if before != now:
        raise_other_network([f"quantiles: {before} -> {now}"])
    describe = recurrent_stack if fit.params.decoder == "dense" else decoder_of_numbers
    network = describe(fit.params, task, read_out(fit, data, classifies=False))
    train_on_sequences(fit, task, network, data, given)


def _refuse_what_a_decoder_lacks(params: Any) -> None:
    fixed = {
        "return_sequences": False,
        "pooling": "last",
        "pretrained": None,
        "conv_filters": (),
        "hidden_units": (),
        "model": None,
        "callbacks": None,
    }
    others = [
        k for k, value in fixed.items() if (getattr(params, k) or value) not in (value, "auto")
    ]
    if not params.trainable_embeddings:
        others.append("trainable_embeddings")
    if params.engine == "keras":
        others.append("engine")
    if params.optimizer not in COMPILED_OPTIMIZERS:
        others.append("optimizer")
    if others:
        listed = ", ".join(f"{k}={getattr(params, k)!r}" for k in others)
        raise ValueError(
            f"Expected a network that decoder='rnn' covers, got one with {listed}. Leave that "
            "out, or set decoder='dense'."
        )
