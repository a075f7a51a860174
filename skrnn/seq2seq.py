"""From a sequence, a text or a vector to a sequence of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ._callbacks import with_callbacks
from ._cell_states import CellStates
from ._compat import Interval, StrOptions, check_sample_weight
from ._data.samples import TrainingData
from ._data.target_checks import refuse_missing_y, refuse_one_of_a_pair
from ._data.task import Task
from ._device import device_of
from ._estimator import AUTO, POSITIVE_INT, RATE, BaseNetwork, Fit
from ._networks import decoder_of_tokens
from ._plan import in_numbers
from ._spec import network_of
from ._starting_weights import initial_weights
from ._writing import as_texts, refuse_no_attention, shares_of_steps, written
from .text._pairs import read_pairs, samples_of_pairs
from .text._reading import padded
from .text._scores import METRICS
from .text._vocabulary import MIN_DF

# Words and punctuation marks: what is written back should have both.
TOKEN_PATTERN = r"(?u)\w+|[^\w\s]"


class RNNSeq2Seq(CellStates, BaseNetwork):
    r"""Encoder and decoder: reads a text, a sequence or a vector, and writes a sequence of tokens.

    Translation, spelling to pronunciation, captions of vectors. An encoder reads the input into
    the states of its recurrent layers; a decoder of as many layers starts from these and writes
    one token after the other, each with a look back at all steps of the input (attention). In `fit`
    it is fed the true outputs (teacher forcing), in `predict` its own.

    Parameters
    ----------
    level : {"word", "char"}, default="word"
        The kind of a token of a text, in X and in y.
    source_level, target_level : {"word", "char"} or None, default=None
        The level of X and the level of y, if they differ.
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=64
        Units of the encoder's recurrent layer, in each direction; a tuple has one entry for each
        stacked layer. The decoder has as many layers, as wide as both directions together.
    bidirectional : bool, default=True
        Let the encoder read in both directions.
    attention : {"dot", "additive"} or None, default="dot"
        How a step of the decoder chooses among the steps of the input: by the product of their
        states, divided by the root of their length, by a small network, or not at all.
    embedding_dim : int, default=64
        Length of the vectors that stand for tokens, of X and of y.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs that is dropped in training, the same at all
        steps of a sequence.
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped on its way from step to step; of the
        new value of each step for "mingru".
    scheduled_sampling : float, default=0.0
        Part of the true outputs that are replaced in training by what the decoder would have
        written there, so that it meets its own errors.
    max_tokens : int or None, default=20000
        The number of ids of each vocabulary at most; the most frequent tokens have one.
    min_df : int or float, default=1
        In how many texts (int), or in which share of them (float), a token has to occur to be in
        a vocabulary.
    lowercase : bool, default=False
        Whether upper and lower case are the same, in X and in y.
    token_pattern : str, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a word. The default takes punctuation marks as tokens.
    standardize : bool or "auto", default="auto"
        Bring the features of a numeric X to mean 0 and standard deviation 1, as seen in the
        training samples. "auto" treats features apart that span decades or are constant: see
        `RNNRegressor`.
    beam_width : int, default=1
        How many beginnings `predict` follows at once; 1 always takes the most probable next token
        (greedy search).
    length_penalty : float, default=0.0
        The log-probabilities of the found outputs are divided by
        ``((5 + length) / 6) ** length_penalty`` before the best is chosen, so that larger values
        favour longer ones.
    max_len : int or None, default=None
        The most tokens that `predict` writes; None: as many as the longest y of `fit` has.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        The optimizer.
    learning_rate : float, default=1e-3
        The optimizer's step size.
    clipnorm : float or None, default=1.0
        The gradient of each weight array is scaled down to this L2 norm. None: no clipping.
    epochs : int, default=50
        Passes over the training samples, at most.
    batch_size : int, default=64
        Samples in a training step.
    shuffle : bool, default=True
        Visit the samples in a new random order in each epoch.
    early_stopping : bool, default=True
        Hold out samples, stop when the loss on them has not improved for `n_iter_no_change`
        epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        The part of the samples that early stopping holds out.
    validation : {"auto", "last", "random"}, default="auto"
        Which samples are held out. "auto": the last ones where X are windows of a series, else
        random ones.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts. "auto": the first GPU that TensorFlow sees,
        else the CPU. "gpu" without a GPU is an error. The guide's page on engines says more.
    warm_start : bool, default=False
        Let `fit` continue from the fitted weights, with the vocabularies of the first fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the starting weights, the order of the samples, dropout and the validation split.
        An int gives the same result every time, to the bit; None draws a new one in every fit.
    verbose : int, default=0
        1 prints the losses of each epoch.

    Attributes
    ----------
    source_vocabulary_ : dict of str to int
        The id of each token of X; not set for a numeric X.
    target_vocabulary_ : dict of str to int
        The id of each token of y. 0 is padding, 1 unknown, 2 the start and 3 the end.
    max_len_ : int
        Tokens of the longest y in `fit`.
    history_ : dict of list
        The "loss" of each epoch and, where there is validation, its "val_loss": the cross-entropy
        of a token, in nats.
    n_iter_ : int
        The number of epochs run.
    best_epoch_ : int
        The epoch, counted from 1, whose weights are kept.
    weights_ : list of ndarray
        The weights: embedding and layers of the encoder, of the decoder, attention, output.
    optimizer_state_ : list of ndarray
        The optimizer's state after the last step, with which training can go on. Deleted, it is not
        in a pickle, and a training that goes on begins with a new optimizer.
    network_ : dict
        The architecture of the fitted network.
    input_ : dict
        How X is read: its form and its scale, in plain values.
    target_ : dict
        How y is read: its form and its scale or its classes, in plain values.
    engine_ : {"compiled", "compiled:gpu"}
        The engine that trained it, and the GPU where it was not the CPU.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        The mean and the scale of the features of a numeric X, after asinh if "auto" takes it.
    n_features_in_ : int
        The length of the last axis of a numeric X.

    See Also
    --------
    RNNRegressor : With ``decoder="rnn"``, from a sequence to a sequence of numbers.
    AttentionDisplay : Draws the attention.

    Notes
    -----
    X may be texts (str, bytes in UTF-8, or lists of tokens that are taken as they are), sequences
    of numbers as for `RNNRegressor` (a 3-D array, or a list of sequences of any lengths), or
    vectors: a 2-D array or frame is read as one vector a sample, that is as a sequence of a single
    step. y is texts or lists of tokens.

    An input without any token is read as one unknown token. An output may be empty.

    Words that are in no vocabulary are one unknown token, which `predict` never writes.

    References
    ----------
    Sutskever, Vinyals and Le, "Sequence to sequence learning with neural networks", 2014.
    Luong, Pham and Manning, "Effective approaches to attention-based neural machine translation",
    2015 ("dot", and the place of the attention after the recurrence). Bahdanau, Cho and Bengio,
    "Neural machine translation by jointly learning to align and translate", 2015 ("additive").
    Bengio et al., "Scheduled sampling for sequence prediction with recurrent neural networks",
    2015; in two passes as by Mihaylova and Martins, "Scheduled sampling for transformers", 2019.
    Wu et al., "Google's neural machine translation system", 2016 (the penalty for lengths).

    Examples
    --------
    Numbers to words:

    >>> import numpy as np
    >>> from skrnn import RNNSeq2Seq
    >>> words = "zero one two three four five six seven eight nine".split()
    >>> X = [f"{i:03}" for i in np.random.default_rng(0).permutation(1000)]
    >>> y = [" ".join(words[int(digit)] for digit in x) for x in X]
    >>> reader = RNNSeq2Seq(
    ...     source_level="char", units=16, embedding_dim=8, learning_rate=0.02, epochs=15,
    ...     random_state=0,
    ... )
    >>> bool(reader.fit(X[:800], y[:800]).score(X[800:], y[800:]) > 0.9)
    True
    >>> reader.predict(["120", "007"]).tolist()
    ['one two zero', 'zero zero seven']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        **in_numbers(BaseNetwork._parameter_constraints),
        "level": [StrOptions({"word", "char"})],
        "source_level": [StrOptions({"word", "char"}), None],
        "target_level": [StrOptions({"word", "char"}), None],
        "bidirectional": ["boolean"],
        "attention": [StrOptions({"dot", "additive"}), None],
        "embedding_dim": [POSITIVE_INT],
        "scheduled_sampling": [RATE],
        "max_tokens": [Interval(Integral, 5, None, closed="left"), None],
        "min_df": MIN_DF,
        "lowercase": ["boolean"],
        "token_pattern": [str],
        "standardize": ["boolean", AUTO],
        "beam_width": [POSITIVE_INT],
        "length_penalty": [Interval(Real, None, None, closed="neither")],
        "max_len": [POSITIVE_INT, None],
    }

    def __init__(
        self,
        level: str = "word",
        *,
        source_level: str | None = None,
        target_level: str | None = None,
        cell: str = "gru",
        units: int | Sequence[int] = 64,
        bidirectional: bool = True,
        attention: str | None = "dot",
        embedding_dim: int = 64,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        scheduled_sampling: float = 0.0,
        max_tokens: int | None = 20000,
        min_df: int | float = 1,
        lowercase: bool = False,
        token_pattern: str = TOKEN_PATTERN,
        standardize: bool | str = "auto",
        beam_width: int = 1,
        length_penalty: float = 0.0,
        max_len: int | None = None,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        clipnorm: float | None = 1.0,
        epochs: int = 50,
        batch_size: int = 64,
        shuffle: bool = True,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        validation: str = "auto",
        n_iter_no_change: int = 5,
        device: str = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.level = level
        self.source_level = source_level
        self.target_level = target_level
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.attention = attention
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.scheduled_sampling = scheduled_sampling
        self.max_tokens = max_tokens
        self.min_df = min_df
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.standardize = standardize
        self.beam_width = beam_width
        self.length_penalty = length_penalty
        self.max_len = max_len
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
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.target_tags.required = True
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
        """Learn the vocabularies and train the network.

        Parameters
        ----------
        X : list of str, list of token lists, or numeric sequences or vectors
            The inputs; see the notes of the class.
        y : list of n_samples str, or list of token lists
            The outputs.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.
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
            the file of another fit or is damaged. The estimator is then as it was before.
        """
        goes_on = self.warm_start
        with Fit(self, X, y, sample_weight, goes_on=goes_on, checkpoint=checkpoint) as fit:
            task, data = read_pairs(fit)
            refuse_one_of_a_pair(X_val, y_val)
            if X_val is None:
                data = fit.hold_out(task, data)
            else:
                data = data.take(slice(None), samples_of_pairs(self, task, X_val, y_val))
            self._train_on(fit, task, data)
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network for one epoch on these samples, from where it stands.

        The first call learns the vocabularies; later ones keep them. Nothing is held out.

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
        with Fit(self, X, y, sample_weight, goes_on=True, one_epoch=True) as fit:
            self._train_on(fit, *read_pairs(fit))
        return self

    def _train_on(self, fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
        """Train on samples in the user's units."""
        task = task.learnt_from(data, standardize=fit.standardize)
        network = decoder_of_tokens(fit.params, task)
        start = partial(initial_weights, network)
        fit.train(task, network, task.in_network_units(data).trimmed(), start=start)

    # Prediction

    def predict(self, X: Any, *, return_log_proba: bool = False) -> Any:
        """Write the most probable output of each input.

        Parameters
        ----------
        X : see `fit`
            Inputs in the form that `fit` was given, of any lengths.
        return_log_proba : bool, default=False
            Return the log-probability of each output too.

        Returns
        -------
        y : ndarray of shape (n_samples,), of str or list objects
            Texts, or lists of tokens if y was lists of tokens in `fit`. Words of a text are joined
            by blanks.
        log_p : float64 ndarray of shape (n_samples,)
            The natural logarithm of the probability of what was written, its end included. Only
            with `return_log_proba`.
        """
        ids, log_p, _ = written(self, X)
        y = as_texts(self._task().targets, ids)
        return (y, log_p) if return_log_proba else y

    def score_samples(self, X: Any, y: Any) -> np.ndarray:
        """Return the log-probability of given outputs.

        Parameters
        ----------
        X, y : see `fit`
            Inputs and outputs.

        Returns
        -------
        log_p : float64 ndarray of shape (n_samples,)
            The natural logarithm of the probability that the network gives to each y, its end
            included.
        """
        check_is_fitted(self)
        from . import _keras

        refuse_missing_y(type(self).__name__, y)
        task = self._task()
        data = task.in_network_units(samples_of_pairs(self, task, X, y))
        network, loss, ids = network_of(self.network_), task.targets.loss, data.targets
        given = data.sequences, ids, loss
        sums = _keras.losses(network, self.weights_, *given, device=device_of(self))
        return -sums[:, 0].astype(np.float64)

    def score(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        metric: str = "token_accuracy",
    ) -> float:
        """Return how near the predictions are to the true outputs.

        Parameters
        ----------
        X, y : see `fit`
            Inputs and their true outputs.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.
        metric : {"token_accuracy", "exact_match", "bleu", "chrf"}, default="token_accuracy"
            "token_accuracy" is one minus the token error rate: the insertions, deletions and
            substitutions that turn the predictions into the true outputs, over the true tokens.
            "exact_match" is the share of outputs without any error. "bleu" and "chrf" come from the
            package sacrebleu, divided by 100.

        Returns
        -------
        score : float
            1 at most. The token accuracy is negative where there are more errors than tokens.
        """
        if metric not in METRICS:
            raise ValueError(f"Expected metric to be one of {sorted(METRICS)}, got {metric!r}.")
        ids, _, _ = written(self, X)
        targets = self._task().targets
        predicted, true = targets.written(ids), targets.tokens(y)
        check_consistent_length(predicted, true)
        weights = check_sample_weight(sample_weight, np.empty((len(true), 1)), dtype=np.float64)
        return METRICS[metric](true, predicted, weights, targets.analysis.join)

    def attention_weights(self, X: Any, y: Any = None) -> list[np.ndarray]:
        """Return how much each token of the output looked at each step of the input.

        Parameters
        ----------
        X : see `fit`
            Inputs.
        y : see `fit`, default=None
            Outputs; None: those that `predict` writes.

        Returns
        -------
        shares : list of n_samples float64 ndarrays of shape (n_target_steps_i, n_steps_i)
            From 0 to 1. Rows are the tokens of the output and then its end; each sums to one.

        Raises
        ------
        ValueError
            If the network has no attention.
        """
        check_is_fitted(self)
        from . import _keras

        network = network_of(self.network_)
        refuse_no_attention(network)
        task = self._task()
        if y is None:
            ids, _, sequences = written(self, X)
            targets: Any = padded([i[: np.count_nonzero(i)] for i in ids])
        else:
            data = task.in_network_units(samples_of_pairs(self, task, X, y))
            sequences, targets = data.sequences, data.targets
        given = sequences, targets
        shares = _keras.attention(network, self.weights_, *given, device=device_of(self))
        return shares_of_steps(
            shares.astype(np.float64), task.targets.lengths(targets), sequences.lengths
        )

    def to_keras(self) -> Any:
        """Build a Keras model with the fitted weights, as it is in training.

        Returns
        -------
        keras.Model
            A new model of two inputs, X and the ids of y each one step late (2, the start,
            first), and one output, the logits of the ids of y: (n_samples, n_target_steps,
            n_tokens). X are token ids (n_samples, n_steps), or numbers in the user's units of
            shape (n_samples, n_steps, n_features), NaN for absent steps.
        """
        check_is_fitted(self)
        from . import _keras

        scaling = self._task().inputs.keras_scaling()
        return _keras.build(network_of(self.network_), self.weights_, input_scaling=scaling)
