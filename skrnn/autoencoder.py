"""Latent vectors of sequences, and how unusual a sequence is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, OutlierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ._callbacks import with_callbacks
from ._cell_states import CellStates
from ._compat import Interval, StrOptions, check_sample_weight
from ._data.anomalies import anomaly_bound
from ._data.inputs import has_feature_axis, per_step
from ._data.latent import check_latent_vectors, refuse_no_number_of_steps, with_index_of
from ._data.outages import with_nan_for_outages, without_outages
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._data.task import Task, read_alone
from ._device import device_of
from ._encoding import OF_AN_OUTAGE, computed
from ._estimator import POSITIVE_INT, BaseNetwork, Fit
from ._networks import autoencoder
from ._plan import Usual
from ._spec import network_of
from ._starting_weights import initial_weights


class RNNAutoencoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, OutlierMixin, CellStates, BaseNetwork
):
    """Recurrent autoencoder: sequences to vectors and back, and how unusual a sequence is.

    An encoder reads a sequence into one latent vector, a decoder writes the sequence from it, last
    step first, and both learn to make the two alike. The vectors are features for any estimator.
    Sequences unlike the training sequences are written badly: their error tells anomalies.

    Parameters
    ----------
    latent_dim : int, default=8
        Length of the latent vector.
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=32
        Units of the encoder's recurrent layer, in each direction; a tuple has one entry for each
        stacked layer. The decoder's layers are as many and as wide, in the opposite order.
    bidirectional : bool, default=False
        Let the encoder read in both directions. The decoder writes in one.
    noise : float, default=0.0
        Standard deviation of the Gaussian noise that is added in training to what the encoder
        reads (the standardized features), while the decoder is to write the sequence without it.
    contamination : "auto" or float in (0, 0.5], default="auto"
        The part of the training samples that `predict` calls anomalies. "auto": those whose error
        is far beyond the others; see the notes.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs that is dropped in training, the same at all
        steps of a sequence.
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped on its way from step to step; of the
        new value of each step for "mingru".
    standardize : bool, default=True
        Bring the features to mean 0 and standard deviation 1, as seen in the training samples, and
        give sequences back in the user's units. Without it the errors of features in large units
        outweigh the others.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        The optimizer.
    learning_rate : float or "auto", default="auto"
        The optimizer's step size. The guide's page on training has a table of all that is "auto".
    learning_rate_schedule : {"auto", "constant", "cosine", "plateau"}, default="auto"
        How the learning rate changes with the updates. "cosine": it rises over the first
        twentieth of the planned updates and falls to a tenth along half a cosine. "plateau": it
        is multiplied by 0.3 where the loss on the held-out samples (or on all, where none are
        held out) has not improved for half of `n_iter_no_change` epochs (or 10).
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
        that reach into them are left out. "random": any. "auto": "last" for windows of a series
        (whole series at random where they are too short to spare their last windows), "random"
        for independent sequences, as those of one step are.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without improvement after which early stopping stops.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts. "auto": the first GPU that TensorFlow sees,
        else the CPU. "gpu" without a GPU is an error. The guide's page on engines says more.
    warm_start : bool, default=False
        Let `fit` continue from the fitted weights, with the scaling of the first fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the starting weights, the order of the samples, noise, dropout and a random
        validation split. An int gives the same result every time, to the bit; None draws a new
        one in every fit.
    verbose : int, default=0
        1 prints the losses of each epoch.

    Attributes
    ----------
    offset_ : float
        The bound that `decision_function` subtracts; a lower score of a sample is an anomaly.
    n_steps_ : int
        Steps of the longest sequence in `fit`.
    history_ : dict of list
        The "loss" of each epoch and, where there is validation, its "val_loss": the mean squared
        error of a standardized feature.
    n_iter_ : int
        The number of epochs run.
    best_epoch_ : int
        The epoch, counted from 1, whose weights are kept.
    batch_size_, epochs_, learning_rate_ : int, int and float
        The values of `batch_size`, `epochs` and `learning_rate`, "auto" resolved.
    n_updates_ : int
        The updates of the last `fit` or `partial_fit`.
    weights_ : list of ndarray
        The weights: layers of the encoder, latent vector, first states of the decoder, its layers,
        output.
    optimizer_state_ : list of ndarray
        The optimizer's state after the last step, with which training can go on. Deleted, it is not
        in a pickle, and a training that goes on begins with a new optimizer.
    network_ : dict
        The architecture of the fitted network.
    input_, target_ : dict
        How X is read, and what is predicted, in plain values.
    engine_ : {"compiled", "compiled:gpu"}
        The engine that trained it, and the GPU where it was not the CPU.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        The mean and the scale of the features.
    n_features_in_ : int
        The length of the last axis of X in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The column names of X, where it was a data frame.

    See Also
    --------
    LagWindows : Turns a time series into windows.
    sklearn.decomposition.PCA : The linear answer, for sequences of equal length.
    sklearn.ensemble.IsolationForest : Anomalies among rows of a table.

    Notes
    -----
    The latent vector is a linear map of the encoder's last state. Each layer of the decoder starts
    from a dense layer (tanh) of it, and the first one is fed it at every step. The decoder begins
    with the last step, which the encoder has read last. Absent steps are skipped by the encoder,
    passed by the decoder, and count in no error.

    ``contamination="auto"`` takes the logarithms of the training samples' errors and calls an
    anomaly what is more than 3.5 standard deviations above their median, the standard deviation
    estimated from the median absolute deviation, after Iglewicz and Hoaglin. Early stopping's
    samples are among them, so their scores are a little higher than the scores of new samples.

    References
    ----------
    Malhotra et al., "LSTM-based encoder-decoder for multi-sensor anomaly detection", 2016.
    Srivastava, Mansimov and Salakhutdinov, "Unsupervised learning of video representations using
    LSTMs", 2015 (last step first). Vincent et al., "Extracting and composing robust features with
    denoising autoencoders", 2008 (noise). Iglewicz and Hoaglin, "How to detect and handle
    outliers", 1993.

    Examples
    --------
    Waves of different heights and phases, and one that stands still for a while:

    >>> import numpy as np
    >>> from skrnn import RNNAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> start, height = rng.uniform(0, 6, (300, 1)), rng.uniform(1, 2, (300, 1))
    >>> X = height * np.sin(start + np.arange(20) / 2)
    >>> X[7, 5:15] = X[7, 5]
    >>> autoencoder = RNNAutoencoder(latent_dim=3, learning_rate=0.01, random_state=0).fit(X)
    >>> int(np.argmin(autoencoder.score_samples(X)))
    7
    >>> autoencoder.transform(X).shape
    (300, 3)
    """

    _usual = Usual(learning_rate=3e-3, batch_size=32, epochs=100, patience=10)

    _parameter_constraints: dict[str, list[Any]] = {
        **BaseNetwork._parameter_constraints,
        "latent_dim": [POSITIVE_INT],
        "bidirectional": ["boolean"],
        "noise": [Interval(Real, 0, None, closed="left")],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "standardize": ["boolean"],
    }

    def __init__(
        self,
        latent_dim: int = 8,
        *,
        cell: str = "gru",
        units: int | Sequence[int] = 32,
        bidirectional: bool = False,
        noise: float = 0.0,
        contamination: float | str = "auto",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        standardize: bool = True,
        optimizer: str = "adam",
        learning_rate: float | str = "auto",
        learning_rate_schedule: str = "auto",
        clipnorm: float | None = 1.0,
        epochs: int | str = "auto",
        batch_size: int | str = "auto",
        shuffle: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        validation: str = "auto",
        n_iter_no_change: int | str = "auto",
        device: str = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.latent_dim = latent_dim
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.noise = noise
        self.contamination = contamination
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.standardize = standardize
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
        self.n_iter_no_change = n_iter_no_change
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        checkpoint: Any = None,
    ) -> Self:
        """Train the network to write what it has read.

        Parameters
        ----------
        X : array-like, or list of arrays
            The sequences, in one of these forms:

            - array of shape (n_samples, n_steps, n_features), also a view of windows;
            - array or data frame of shape (n_samples, n_steps): one feature;
            - list of arrays of shape (n_steps_i, n_features): sequences of any lengths.

            A step that is NaN in all its features is absent: the network skips it.
        y : Ignored, default=None
            Here for scikit-learn's conventions.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.
        X_val : like X, default=None
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
            If a parameter or X is not as described, the training diverges, or `checkpoint` is the
            file of another fit or is damaged. The estimator is then as it was before.
        """
        goes_on = self.warm_start
        with Fit(self, X, None, sample_weight, goes_on=goes_on, checkpoint=checkpoint) as fit:
            task, data = read_alone(fit)
            if X_val is None:
                train_on = fit.hold_out(task, data)
            else:
                of_validation, _ = without_outages(task.inputs.read(self, X_val))
                held_out = task.samples_of(of_validation)
                train_on = data.take(slice(None), held_out)
            self._train_on(fit, task, train_on, data.sequences)
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the standardization; later ones keep it. Nothing is held out, and
        `offset_` is learnt anew from these samples.

        Parameters
        ----------
        X : see `fit`
            The samples.
        y : Ignored, default=None
            Here for scikit-learn's conventions.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss. Only their ratios matter.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with Fit(self, X, None, sample_weight, goes_on=True, one_epoch=True) as fit:
            task, data = read_alone(fit)
            self._train_on(fit, task, data, data.sequences)
        return self

    def _train_on(self, fit: Fit, task: Any, data: TrainingData, every: Sequences) -> None:
        """Train on samples in the user's units, and learn the bound for anomalies from all."""
        task = task.learnt_from(data, standardize=self.standardize)
        network = autoencoder(fit.params, task)
        n_steps = self.n_steps_ if fit.goes_on else every.n_steps

        def finish(fitted: RNNAutoencoder) -> dict[str, Any]:
            scores = fitted._scores(task, every)
            return {"n_steps_": n_steps, "offset_": anomaly_bound(scores, self.contamination)}

        start = partial(initial_weights, network)
        data = task.in_network_units(data).trimmed()
        fit.train(task, network, data, start=start, finish=finish)

    # Sequences to vectors and back

    def transform(self, X: Any) -> np.ndarray:
        """Return the latent vectors.

        Parameters
        ----------
        X : see `fit`
            Sequences in the form that `fit` was given, of any number of steps (but in a 2-D X).

        Returns
        -------
        Z : float64 ndarray of shape (n_samples, latent_dim)
            The latent vectors; a data frame, with the dates of windows, if `set_output` says so.
            NaN for a sequence without any step.
        """
        check_is_fitted(self)
        vectors, _ = computed(self, X, "encode", (self._n_features_out,))
        return with_index_of(X, vectors, self)

    def inverse_transform(
        self,
        Z: ArrayLike,
        n_steps: int | None = None,
    ) -> np.ndarray:
        """Return the sequences that the decoder writes for latent vectors.

        Parameters
        ----------
        Z : array-like of shape (n_samples, latent_dim)
            Latent vectors.
        n_steps : int or None, default=None
            The number of steps; None: as many as the longest sequence in `fit`.

        Returns
        -------
        X : float64 ndarray of shape (n_samples, n_steps, n_features)
            In the user's units; of shape (n_samples, n_steps) if the X of `fit` was 2-D.
        """
        check_is_fitted(self)
        from . import _keras

        n_steps = self.n_steps_ if n_steps is None else n_steps
        refuse_no_number_of_steps(n_steps, self.n_steps_)
        network = network_of(self.network_)
        vectors = check_latent_vectors(Z, network.latent_dim)
        inputs, device = self._task().inputs, device_of(self)
        decoded = _keras.decode(network, self.weights_, vectors, int(n_steps), device=device)
        written = inputs.in_user_units(decoded)
        return written if inputs.has_feature_axis else written[..., 0]

    def reconstruct(self, X: Any) -> np.ndarray | list[np.ndarray]:
        """Return the sequences as the decoder writes them from their latent vectors.

        Parameters
        ----------
        X : see `transform`
            Sequences.

        Returns
        -------
        X_written : float64 ndarray, or list of ndarray
            In the shape of X and its units, NaN at absent steps; a list if X, or the X of `fit`, is
            a list.
        """
        inputs = self._task().inputs
        width = (inputs.n_features,)
        written, sequences = computed(self, X, "reconstruct", width, per_step=True)
        written = inputs.in_user_units(written)
        written = written if has_feature_axis(X) else written[..., 0]
        return per_step(written, sequences, inputs.gives_lists(X))

    def to_keras(self) -> Any:
        """Build a Keras model with the fitted weights.

        It takes X in the user's units as a float array (n_samples, n_steps, n_features), NaN for
        absent steps, and has two outputs: the latent vectors (n_samples, latent_dim), and the
        reconstruction in the shape of X, where steps past a sequence's end mean nothing.

        Returns
        -------
        keras.Model
            A new model; training it leaves the estimator alone.
        """
        check_is_fitted(self)
        from . import _keras

        return _keras.build(
            network_of(self.network_),
            self.weights_,
            input_scaling=self._task().inputs.keras_scaling(),
            output_scaling=(self.input_scale_, self.input_mean_),
        )

    @property
    def _n_features_out(self) -> int:
        return self.network_["latent_dim"]

    # Anomalies

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how usual each sequence is: minus the mean squared error of its reconstruction.

        Parameters
        ----------
        X : see `transform`
            Sequences.

        Returns
        -------
        scores : float64 ndarray of shape (n_samples,)
            At most 0; lower is more unusual. The mean is over present steps and features, in
            standardized units.
        """
        check_is_fitted(self)
        task = self._task()
        found = task.inputs.read(self, X)
        return with_nan_for_outages(found, OF_AN_OUTAGE, partial(self._scores, task), ())

    def _scores(self, task: Task[Any, Any], sequences: Sequences) -> np.ndarray:
        """Return what `score_samples` does for sequences in the user's units."""
        from . import _keras

        network, targets = network_of(self.network_), task.targets.read(None, sequences)
        read = task.inputs.in_network_units(sequences)
        loss, device = task.targets.loss, device_of(self)
        sums = _keras.losses(network, self.weights_, read, targets, loss, device=device)
        total, n_terms = sums.astype(np.float64).T
        return -total / n_terms

    def decision_function(self, X: Any) -> np.ndarray:
        """Return how far the score of each sequence is above the bound for anomalies.

        Parameters
        ----------
        X : see `transform`
            Sequences.

        Returns
        -------
        decision : float64 ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``; negative for anomalies.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Tell which sequences are anomalies.

        Parameters
        ----------
        X : see `transform`
            Sequences.

        Returns
        -------
        is_inlier : int ndarray of shape (n_samples,)
            -1 for anomalies, and for sequences without any present step; 1 for the others.
        """
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean of `score_samples`, by which a search can choose without any y.

        Parameters
        ----------
        X : see `transform`
            Sequences.
        y : Ignored, default=None
            Here for scikit-learn's conventions.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            At most 0; higher is better.
        """
        scores = self.score_samples(X)
        weights = check_sample_weight(sample_weight, scores[:, None], dtype=np.float64)
        known = ~np.isnan(scores)
        return float(np.average(scores[known], weights=weights[known])) if known.any() else np.nan
