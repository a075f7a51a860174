"""From a sequence, a text or a vector to a sequence of tokens."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ._callbacks import with_callbacks
from ._compat import Interval, StrOptions, check_sample_weight
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._data.validation import check_sequences, check_weights
from ._estimator import POSITIVE_INT, RATE, BaseNetwork, as_widths, input_scaling
from ._spec import END, RESERVED, EncoderDecoder, network_of
from .text._analysis import Analysis
from .text._documents import as_documents
from .text._readers import TextReader, holds_texts
from .text._scores import METRICS
from .text._vocabulary import MIN_DF, Vocabulary

# Words and punctuation marks: what is written back should have both.
TOKEN_PATTERN = r"(?u)\w+|[^\w\s]"


class RNNSeq2Seq(BaseNetwork):
    r"""Encoder and decoder: reads a text, a sequence or a vector, and writes a sequence of tokens.

    Translation, spelling to pronunciation, captions of vectors. An encoder reads the input into
    the states of its recurrent layers; a decoder of as many layers starts from these and writes
    one token after the other, each with a look back at all steps of the input (attention). In `fit`
    it is fed the true outputs (teacher forcing), in `predict` its own.

    Parameters
    ----------
    level : {"word", "char"}, default="word"
        What a token of a text is, in X and in y.
    source_level, target_level : {"word", "char"} or None, default=None
        The level of X and that of y, where they differ.
    cell : {"simple", "gru", "lstm"}, default="gru"
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
        Part of each recurrent layer's state that is dropped on its way from step to step.
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
    standardize : bool, default=True
        Bring the features of a numeric X to mean 0 and standard deviation 1, as seen in the
        training samples.
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
        The optimizer's state after the last step, with which training can go on.
    network_ : dict
        The architecture of the fitted network.
    engine_ : str
        Always "compiled".
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        What the features of a numeric X were standardized with.
    n_features_in_ : int
        The length of the last axis of a numeric X.

    See Also
    --------
    RNNRegressor : With ``decoder="rnn"``, from a sequence to a sequence of numbers.
    AttentionDisplay : Draws the attention.

    Notes
    -----
    X may be texts (str, bytes in UTF-8, or lists of tokens that are taken as they are), sequences
    of numbers as for `RNNRegressor` (a 3-D array, or a list of 2-D arrays of any lengths), or
    vectors: a 2-D array is read as one vector a sample, that is as a sequence of a single step. y
    is texts or lists of tokens.

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

    _parameter_constraints: dict = {
        **BaseNetwork._parameter_constraints,
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
        "standardize": ["boolean"],
        "beam_width": [POSITIVE_INT],
        "length_penalty": [Interval(Real, None, None, closed="neither")],
        "max_len": [POSITIVE_INT, None],
    }

    def __init__(
        self,
        level="word",
        *,
        source_level=None,
        target_level=None,
        cell="gru",
        units=64,
        bidirectional=True,
        attention="dot",
        embedding_dim=64,
        dropout=0.0,
        recurrent_dropout=0.0,
        scheduled_sampling=0.0,
        max_tokens=20000,
        min_df=1,
        lowercase=False,
        token_pattern=TOKEN_PATTERN,
        standardize=True,
        beam_width=1,
        length_penalty=0.0,
        max_len=None,
        optimizer="adam",
        learning_rate=1e-3,
        clipnorm=1.0,
        epochs=50,
        batch_size=64,
        shuffle=True,
        early_stopping=True,
        validation_fraction=0.1,
        validation="auto",
        n_iter_no_change=5,
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
        self.level = level
        self.source_level = source_level
        self.target_level = target_level
        self.bidirectional = bidirectional
        self.attention = attention
        self.embedding_dim = embedding_dim
        self.scheduled_sampling = scheduled_sampling
        self.max_tokens = max_tokens
        self.min_df = min_df
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.standardize = standardize
        self.beam_width = beam_width
        self.length_penalty = length_penalty
        self.max_len = max_len

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.target_tags.required = True
        return tags

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
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
        return self._partial_fit(X, y, sample_weight)

    # What training is told

    def _check_data(self, X, y, sample_weight, *, reset):
        if y is None:
            raise ValueError("RNNSeq2Seq requires y to be passed, but the target y is None.")
        if reset:
            # Kept: a parameter that is changed later must not change how texts are read.
            self._readings = {
                "source": self._reading(self.source_level),
                "target": self._reading(self.target_level),
            }
        sequences = self._check_source(X, reset=reset)
        ids, is_text = self._check_target(y, reset=reset)
        check_consistent_length(sequences.starts, ids)
        if reset:
            self._writes_text, self.max_len_ = is_text, max(max(map(len, ids)) - 1, 1)
        lengths = np.array([len(i) for i in ids])
        weights = check_weights(sample_weight, sequences)
        return TrainingData(sequences, _padded(ids), weights, None, lengths).weighted()

    def _check_source(self, X, *, reset):
        """Return X as sequences of ids or numbers."""
        is_text = holds_texts(X)
        if reset:
            self._reads_text = is_text
            for name in ("source_vocabulary_", "n_features_in_", "input_mean_", "input_scale_"):
                self.__dict__.pop(name, None)
            self._reads_vectors = not is_text and _are_vectors(X)
            if is_text:
                reader = TextReader.learn(
                    self._analysis("source"),
                    X,
                    max_tokens=self.max_tokens,
                    min_df=self.min_df,
                )
                self.source_vocabulary_ = dict(reader.vocabulary.ids)
        elif is_text != self._reads_text:
            kinds = ("numbers", "texts")
            raise ValueError(
                f"Expected X to be {kinds[self._reads_text]} as in fit, got {kinds[is_text]}. Give "
                "X in the form that fit was given."
            )
        if is_text:
            return Sequences.from_ragged(self._source_reader().encode(X))
        steps = np.asarray(X)[:, None] if _are_vectors(X) else X
        return check_sequences(self, steps, tokens=False, reset=reset)

    def _check_target(self, y, *, reset):
        """Return the ids of each y with the end, and whether y are texts, not token lists."""
        if not holds_texts(y):
            raise ValueError(
                f"Expected y to be texts or lists of tokens (str), got {type(y).__name__} "
                "of something else. Turn numbers into texts with str; to predict numbers use "
                "RNNRegressor."
            )
        if reset:
            reader = TextReader.learn(
                self._analysis("target"),
                y,
                max_tokens=self.max_tokens,
                min_df=self.min_df,
                reserved=RESERVED,
            )
            self.target_vocabulary_ = dict(reader.vocabulary.ids)
        reader = self._target_reader()
        documents = as_documents(y)
        ids = reader.vocabulary.encode(reader.analysis.tokenize(documents), suffix=(END,))
        return ids, isinstance(documents[0], str)

    def _reading(self, level):
        """Return how the texts of one side are read."""
        level = self.level if level is None else level
        words = {"token_pattern": self.token_pattern} if level == "word" else {}
        return {"level": level, "lowercase": self.lowercase, **words}

    def _analysis(self, side):
        return Analysis(**self._readings[side])

    def _validation_kind(self):
        if self.validation == "auto" and self._reads_vectors:
            return "random"  # one step each, which would be taken for windows of one step
        return self.validation

    def _source_reader(self):
        return TextReader(self._analysis("source"), Vocabulary(self.source_vocabulary_))

    def _target_reader(self):
        vocabulary = Vocabulary(self.target_vocabulary_, RESERVED)
        return TextReader(self._analysis("target"), vocabulary)

    def _learn_scaling(self, data):
        if data.sequences.holds_tokens:
            self._n_tokens = len(self._source_reader().vocabulary)
        else:
            self.input_mean_, self.input_scale_ = input_scaling(data.sequences, self.standardize)

    def _network(self, data):
        holds_tokens = data.sequences.holds_tokens
        return EncoderDecoder(
            cell=self.cell,
            units=as_widths(self.units, "units", least=1),
            bidirectional=self.bidirectional,
            dropout=float(self.dropout),
            recurrent_dropout=float(self.recurrent_dropout),
            n_features=0 if holds_tokens else self.n_features_in_,
            n_outputs=len(self._target_reader().vocabulary),
            n_tokens=self._n_tokens if holds_tokens else None,
            embedding_dim=self.embedding_dim if holds_tokens else None,
            target_embedding_dim=self.embedding_dim,
            attention=self.attention,
            scheduled_sampling=float(self.scheduled_sampling),
        )

    def _loss_name(self):
        return "categorical_crossentropy"

    # Prediction

    def predict(self, X, *, return_log_proba=False):
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
            Texts, or lists of tokens where y was such in `fit`. Words of a text are joined by
            blanks.
        log_p : float64 ndarray of shape (n_samples,)
            The natural logarithm of the probability of what was written, its end included. Only
            with `return_log_proba`.
        """
        tokens, log_p = self._written(X)
        join = self._target_reader().analysis.join
        y = _objects([join(t) for t in tokens] if self._writes_text else tokens)
        return (y, log_p) if return_log_proba else y

    def score_samples(self, X, y):
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

        data = self._scaled(self._check_data(X, y, None, reset=False))
        network = network_of(self.network_)
        sums = _keras.losses(
            network, self.weights_, data.sequences, data.targets, "categorical_crossentropy"
        )
        return -sums[:, 0].astype(np.float64)

    def score(self, X, y, sample_weight=None, *, metric="token_accuracy"):
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
            "exact_match" is the share of outputs without any error. "bleu" and "chrf" are those of
            the package sacrebleu, divided by 100.

        Returns
        -------
        score : float
            1 at most. The token accuracy is negative where there are more errors than tokens.
        """
        if metric not in METRICS:
            raise ValueError(f"Expected metric to be one of {sorted(METRICS)}, got {metric!r}.")
        predicted, _ = self._written(X)
        reader = self._target_reader()
        true = reader.tokens(y)
        check_consistent_length(predicted, true)
        weights = check_sample_weight(sample_weight, np.empty((len(true), 1)), dtype=np.float64)
        return METRICS[metric](true, predicted, weights, reader.analysis.join)

    def attention_weights(self, X, y=None):
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
            From 0 to 1; each row, one for a token of the output and the last for the end, sums to
            one.

        Raises
        ------
        ValueError
            If the network has no attention.
        """
        check_is_fitted(self)
        from . import _keras

        network = network_of(self.network_)
        if network.attention is None:
            raise ValueError(
                "Expected a network with attention, got one fitted with attention=None. Set "
                "attention='dot' or 'additive' and fit again."
            )
        data = self._scaled(
            self._check_data(X, self._written(X)[0] if y is None else y, None, reset=False)
        )
        shares = _keras.attention(network, self.weights_, data.sequences, data.targets)
        shares = shares.astype(np.float64)
        return [
            s[:n, :m] / s[:n, :m].sum(axis=1, keepdims=True)  # from float32's rounding
            for s, n, m in zip(shares, data.target_lengths, data.sequences.lengths, strict=True)
        ]

    def _step_names(self, x, y):
        """Return names for the steps of an input, None for numbers, and of an output."""
        source = list(self._source_reader().tokens([x])[0]) if self._reads_text else None
        return source, [*self._target_reader().tokens([y])[0], "(end)"]

    def _written(self, X):
        """Return the tokens that are written for each input, and their log-probability."""
        check_is_fitted(self)
        from . import _keras

        sequences = self._scale_sequences(self._check_source(X, reset=False))
        max_len = self.max_len_ if self.max_len is None else self.max_len
        found, log_p = _keras.search(
            network_of(self.network_),
            self.weights_,
            sequences,
            self.beam_width,
            max_len + 1,  # the end
        )
        length = (found != 0).sum(axis=2)
        best = np.argmax(log_p / ((5 + length) / 6) ** self.length_penalty, axis=1)
        chosen = np.arange(len(found)), best
        tokens = self._target_reader().decode(found[chosen], until=END)
        return tokens, log_p[chosen].astype(np.float64)

    def to_keras(self):
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

        network = network_of(self.network_)
        scaling = self._keras_scaling(network)
        return _keras.build(network, self.weights_, input_scaling=scaling)


def _are_vectors(X):
    """Tell a table, one vector a sample, from sequences."""
    if isinstance(X, (list, tuple)):
        return len(X) > 0 and np.ndim(X[0]) == 1 and len({np.size(x) for x in X}) == 1
    return getattr(X, "ndim", None) == 2


def _padded(sequences):
    """Return ids of any number as one array: (n_samples, n_target_steps, 1), float32."""
    padded = np.zeros((len(sequences), max(map(len, sequences)), 1), dtype=np.float32)
    for row, ids in zip(padded, sequences, strict=True):
        row[: len(ids), 0] = ids
    return padded


def _objects(items):
    """Return a list as a 1-D array, also one of lists of equal lengths."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array
