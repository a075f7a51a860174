"""A language model: how probable a text is, and texts that are probable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._callbacks import with_callbacks
from ._compat import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from ._data.samples import TrainingData
from ._data.task import Task
from ._device import device_of
from ._estimator import POSITIVE_INT, BaseNetwork, Fit
from ._networks import language_model
from ._plan import in_numbers
from ._random import one_seed
from ._spec import network_of
from ._starting_weights import initial_weights
from ._tokens import END, PADDING, RESERVED
from .text._documents import as_documents, texts_given
from .text._reading import ModelledTexts, NextTokens, text_params
from .text._streams import as_data, pieces, split, stream_count
from .text._vocabulary import MIN_DF

# Words, also with an apostrophe inside, and punctuation marks: a text that is written has both.
TOKEN_PATTERN = r"(?u)\w+(?:'\w+)*|[^\w\s]"
_SAMPLE_CONSTRAINTS = {
    "max_len": [POSITIVE_INT],
    "temperature": [Interval(Real, 0, None, closed="left")],
    "top_k": [POSITIVE_INT, None],
    "top_p": [Interval(Real, 0, 1, closed="right"), None],
    "n_samples": [POSITIVE_INT, None],
    "random_state": ["random_state"],
}


class RNNLanguageModel(BaseNetwork):
    r"""Language model: learns texts token by token, tells how probable a text is, and writes.

    A recurrent network reads a text and gives, after each token, the probability of every next one.
    It is trained on contiguous text: the texts follow one another in parallel streams, the state
    after one piece of a stream is the state before the next, and errors flow back through the
    `n_steps` steps of a piece (truncated backpropagation through time).

    Parameters
    ----------
    level : {"char", "word"}, default="char"
        The kind of a token: a character, white space included, or a word of `token_pattern`.
    cell : {"simple", "gru", "lstm", "mingru"}, default="gru"
        The recurrent cell.
    units : int or tuple of int, default=256
        Units of the recurrent layer; a tuple has one entry for each stacked layer.
    embedding_dim : int, default=64
        Length of the vectors that stand for tokens.
    n_steps : int, default=64
        Steps that an error flows back through, and tokens that each stream moves on by in a
        training step. The network may remember older tokens: the state is carried on.
    dropout : float, default=0.0
        Part of each recurrent layer's inputs, and of the last one's outputs, that is dropped in
        training, the same at all steps of a piece.
    recurrent_dropout : float, default=0.0
        Part of each recurrent layer's state that is dropped on its way from step to step; of the
        new value of each step for "mingru".
    max_tokens : int or None, default=20000
        The number of ids at most: of padding, the unknown token, start, end and the most frequent
        tokens. None keeps all tokens.
    min_df : int or float, default=1
        In how many texts (int), or in which share of them (float), a token has to occur to be in
        the vocabulary.
    lowercase : bool, default=False
        Whether upper and lower case are the same. A model that is to write needs both.
    token_pattern : str, default=r"(?u)\w+(?:'\w+)*|[^\w\s]"
        Regular expression of a word, of no effect at the level "char". The default takes
        punctuation marks as tokens.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        The optimizer.
    learning_rate : float, default=2e-3
        The optimizer's step size.
    clipnorm : float or None, default=1.0
        The gradient of each weight array is scaled down to this L2 norm. None: no clipping.
    epochs : int, default=50
        Passes over the texts, at most.
    batch_size : int, default=32
        Streams that the texts are divided into, at most. Short texts make fewer streams, so that an
        epoch has 8 training steps or more.
    early_stopping : bool, default=True
        Hold out a part of the texts, stop when the loss on it has not improved for
        `n_iter_no_change` epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        The part that early stopping holds out.
    validation : {"auto", "last", "random"}, default="auto"
        The texts that are held out: the last part of all text, or texts drawn at random. "auto":
        random ones where there are 100 texts or more.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    device : {"auto", "cpu", "gpu"}, default="auto"
        The device that trains and predicts. "auto": the first GPU that TensorFlow sees,
        else the CPU. "gpu" without a GPU is an error. The guide's page on engines says more.
    warm_start : bool, default=False
        Let `fit` continue from the fitted weights, with the vocabulary of the first fit.
    random_state : int, RandomState instance or None, default=None
        Seed of the starting weights, dropout and the validation split. An int gives the same result
        every time, to the bit; None draws a new one in every fit.
    verbose : int, default=0
        1 prints the losses of each epoch.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The id of each token, the most frequent first, from 4 on: 0 is padding, 1 the unknown
        token, 2 the start and 3 the end of a text.
    n_tokens_ : int
        The number of ids.
    history_ : dict of list
        The "loss" of each epoch and, where there is validation, its "val_loss": the cross-entropy
        of a token, in nats.
    n_iter_ : int
        The number of epochs run.
    best_epoch_ : int
        The epoch, counted from 1, whose weights are kept.
    weights_ : list of ndarray
        The weights: embedding, recurrent layers, output.
    optimizer_state_ : list of ndarray
        The optimizer's state after the last step, with which training can go on. Deleted, it is not
        in a pickle, and a training that goes on begins with a new optimizer.
    network_ : dict
        The architecture of the fitted network.
    input_, target_ : dict
        How X is read, and what is predicted, in plain values.
    engine_ : {"compiled", "compiled:gpu"}
        The engine that trained it, and the GPU where it was not the CPU.

    See Also
    --------
    SequenceTokenizer : Texts to token ids, for the other networks.
    RNNSeq2Seq : Writes texts that answer to an input.

    Notes
    -----
    The probability of a text is the product of the probabilities of its tokens and of its end, each
    given all tokens before it. ``score(X)`` is the mean of their logarithms. The perplexity of a
    token is ``exp(-score)``. The bits per token, at the level "char" bits per character, are
    ``-score / log(2)``.

    X may be texts (str, bytes in UTF-8) or lists of tokens, which are taken as they are. One long
    text is a list of one. Texts are learned in the order in which they come and the state is
    carried from one text into the next, so leave related ones together; to be scored, each is read
    by itself from a state of zeros.

    A token outside the vocabulary is the unknown token. It has a probability like any other, small
    if there was none to learn from (`max_tokens` and `min_df` make some), and is never written.

    References
    ----------
    Mikolov et al., "Recurrent neural network based language model", Interspeech 2010. Werbos,
    "Backpropagation through time: what it does and how to do it", 1990; truncated: Williams and
    Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
    trajectories", 1990. Zaremba, Sutskever and Vinyals, "Recurrent neural network regularization",
    2014 (where dropout is applied). Holtzman et al., "The curious case of neural text
    degeneration", 2020 (`top_p`).

    Examples
    --------
    >>> from skrnn import RNNLanguageModel
    >>> week = "monday, tuesday, wednesday, thursday, friday, saturday, sunday"
    >>> model = RNNLanguageModel(
    ...     units=32, embedding_dim=8, learning_rate=0.01, epochs=30, random_state=0
    ... )
    >>> model.fit([week] * 100).sample("monday, ", temperature=0)
    'monday, tuesday, wednesday, thursday, friday, saturday, sunday'
    >>> model.perplexity([week]) < 1.1 < model.perplexity(["sunday, friday, monday"])
    True
    """

    # The order of a text is kept.
    shuffle = False

    _parameter_constraints: dict[str, list[Any]] = {
        **{
            k: v
            for k, v in in_numbers(BaseNetwork._parameter_constraints).items()
            if k != "shuffle"
        },
        "level": [StrOptions({"char", "word"})],
        "embedding_dim": [POSITIVE_INT],
        "n_steps": [POSITIVE_INT],
        "max_tokens": [Interval(Integral, 5, None, closed="left"), None],
        "min_df": MIN_DF,
        "lowercase": ["boolean"],
        "token_pattern": [str],
    }

    def __init__(
        self,
        level: str = "char",
        *,
        cell: str = "gru",
        units: int | Sequence[int] = 256,
        embedding_dim: int = 64,
        n_steps: int = 64,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        max_tokens: int | None = 20000,
        min_df: int | float = 1,
        lowercase: bool = False,
        token_pattern: str = TOKEN_PATTERN,
        optimizer: str = "adam",
        learning_rate: float = 2e-3,
        clipnorm: float | None = 1.0,
        epochs: int = 50,
        batch_size: int = 32,
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
        self.cell = cell
        self.units = units
        self.embedding_dim = embedding_dim
        self.n_steps = n_steps
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.max_tokens = max_tokens
        self.min_df = min_df
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.clipnorm = clipnorm
        self.epochs = epochs
        self.batch_size = batch_size
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
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = False
        return tags

    @with_callbacks
    def fit(self, X: Any, y: Any = None, *, X_val: Any = None, checkpoint: Any = None) -> Self:
        """Learn the vocabulary and train the network.

        Parameters
        ----------
        X : iterable of n_texts texts
            A list, a 1-D array, a Series, or a table of one column. Each text is a str, bytes in
            UTF-8, or a list of str tokens.
        y : None, default=None
            Ignored.
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
        with Fit(self, X, None, None, goes_on=self.warm_start, checkpoint=checkpoint) as fit:
            task, data = self._read(fit)
            if X_val is not None:
                held_out = task.inputs.in_a_row(texts_given(X_val))
                data = as_data(data.sequences, held_out)
            elif self.early_stopping:
                data = split(fit.params, data.sequences, fit.seeds["split"])
            self._train_on(fit, task, data)
        return self

    @with_callbacks
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Train the network for one epoch on these texts, from where it stands.

        The first call learns the vocabulary; later ones keep it. Nothing is held out.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`.
        y : None, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with Fit(self, X, None, None, goes_on=True, one_epoch=True) as fit:
            self._train_on(fit, *self._read(fit))
        return self

    def _read(self, fit: Fit) -> tuple[Task[Any, Any], TrainingData]:
        """Return how texts are read, and the texts, each as a sequence of ids."""
        documents = texts_given(fit.given.X)
        if fit.goes_on:
            task = fit.task()
            return task, as_data(task.inputs.in_a_row(documents))
        inputs, counted = ModelledTexts.learn(
            documents, reserved=RESERVED, **text_params(fit.params, self.level)
        )
        return Task(inputs, NextTokens()), as_data(inputs.counted_in_a_row(counted))

    def _train_on(self, fit: Fit, task: Task[Any, Any], data: TrainingData) -> None:
        """Train on texts in the pieces that the network reads."""
        n_streams = stream_count(data.sequences, self.batch_size, self.n_steps)
        read = pieces(data.sequences, n_streams, self.n_steps)
        data = replace(data, sequences=read, sample_weight=np.ones(len(read), np.float32))
        data = replace(data, batch_size=n_streams)
        network = language_model(fit.params, task)
        start = partial(initial_weights, network)
        fit.train(task, network, data, start=start)

    # How probable a text is

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the log-likelihood of each text.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`, of any lengths.

        Returns
        -------
        log_likelihood : float64 ndarray of shape (n_texts,)
            The natural logarithm of the probability of each text and its end.
        """
        return self._log_likelihoods(X)[0]

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean log-likelihood of a token, of all texts together.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`.
        y : None, default=None
            Ignored.

        Returns
        -------
        score : float
            In nats, the end of each text counted as a token. ``-score / log(2)`` are bits per
            token.
        """
        log_likelihood, n_tokens = self._log_likelihoods(X)
        return float(log_likelihood.sum() / n_tokens.sum())

    def perplexity(self, X: Any) -> float:
        """Return the perplexity of texts.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`.

        Returns
        -------
        perplexity : float
            ``exp(-score(X))``: among how many equally probable tokens it would be as hard to
            predict the next one.
        """
        return float(np.exp(-self.score(X)))

    def _log_likelihoods(self, X: Any) -> Any:
        """Return the log-likelihood of each text, and how many tokens it has with its end."""
        check_is_fitted(self)
        from . import _keras

        texts = self._task().inputs.given(texts_given(X), last=END)
        given = network_of(self.network_), self.weights_, texts
        return _keras.log_likelihoods(*given, device=device_of(self))

    def next_token_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each token to come next.

        Parameters
        ----------
        X : iterable of n_texts texts
            Beginnings of texts; an empty one asks for the first token.

        Returns
        -------
        proba : float64 ndarray of shape (n_texts, n_tokens)
            The columns are ids as in `vocabulary_`, 1 the unknown token and 3 the end of the text.
            Each row sums to one.
        """
        check_is_fitted(self)
        from . import _keras

        texts = self._task().inputs.given(texts_given(X), last=PADDING)
        given = network_of(self.network_), self.weights_, texts
        proba = _keras.next_probabilities(*given, device=device_of(self))
        proba = proba.astype(np.float64)
        return proba / proba.sum(axis=1, keepdims=True)

    # Texts that are probable

    def sample(
        self,
        prompt: str | Sequence[str] = "",
        max_len: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        n_samples: int | None = None,
        random_state: Any = None,
    ) -> Any:
        """Write a text, token by token, each drawn by its probability.

        Parameters
        ----------
        prompt : str or list of str, default=""
            The beginning of the text. A list holds tokens.
        max_len : int, default=200
            Tokens to write after the prompt, at most: the text may end by itself before.
        temperature : float, default=1.0
            Logarithms of probabilities are divided by it. Below 1 the text becomes more like the
            usual; 0 always takes the most probable token.
        top_k : int or None, default=None
            The number of most probable tokens to draw among.
        top_p : float or None, default=None
            Draw among as many most probable tokens as have this probability together.
        n_samples : int or None, default=None
            The number of texts. None: one, as a str and not in a list.
        random_state : int, RandomState instance or None, default=None
            Seed of the draw. An int gives the same text every time, None another one.

        Returns
        -------
        text : str, or list of n_samples str
            The prompt and what follows it, words joined by blanks.

        Raises
        ------
        ValueError
            If an argument is not as described.
        """
        check_is_fitted(self)
        given = dict(
            max_len=max_len,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            n_samples=n_samples,
            random_state=random_state,
        )
        validate_parameter_constraints(_SAMPLE_CONSTRAINTS, given, caller_name="sample")
        from . import _keras

        (beginning,) = as_documents([prompt])
        inputs = self._task().inputs
        written = _keras.write(
            network_of(self.network_),
            self.weights_,
            inputs.given([beginning], last=PADDING),
            1 if n_samples is None else int(n_samples),
            n_tokens=int(max_len),
            temperature=float(temperature),
            top_k=None if top_k is None else min(int(top_k), self.n_tokens_),
            top_p=top_p,
            seed=one_seed(random_state),
            device=device_of(self),
        )
        join = inputs.analysis.join
        start = [beginning] if isinstance(beginning, str) else beginning
        texts = [
            join([*filter(None, start), *tokens])
            for tokens in inputs.ids.decode(written, until=END)
        ]
        return texts[0] if n_samples is None else texts

    def to_keras(self) -> Any:
        """Build a Keras model with the fitted weights.

        Returns
        -------
        keras.Model
            A new model from ids (n_texts, n_steps), 3 (the end of the text before) first and 0
            after the end of a text, to the logits of the next id: (n_texts, n_steps, n_tokens).
        """
        check_is_fitted(self)
        from . import _keras

        return _keras.build(network_of(self.network_), self.weights_)
