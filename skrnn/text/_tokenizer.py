"""The transformer from texts to rows of token ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import wraps
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._callbacks import CallbackSupportMixin, fit_task
from .._compat import Interval, RealNotInt, StrOptions, fit_context
from .._documentation import DocumentationLink
from .._messages import shown
from .._tokens import PADDING, UNKNOWN
from .._warnings import warn
from ._analysis import TOKEN_PATTERN, UNKNOWN_TEXT, Analysis
from ._documents import as_documents
from ._token_array import tokens_of, with_vocabulary
from ._vocabulary import (
    MIN_DF,
    CountedTexts,
    Vocabulary,
    count_tokens,
    learn_vocabulary,
)

# Bytes of padded ids that are warned of, and that are refused, where at most one in ten of them is
# no padding.
_MUCH_MEMORY, _TOO_MUCH_MEMORY, _MUCH_PADDING = 2**29, 2**32, 10


class SequenceTokenizer(DocumentationLink, CallbackSupportMixin, TransformerMixin, BaseEstimator):
    r"""Texts as sequences of token ids.

    Each text becomes a row of int32 ids, one for each word or character, in their order: what
    `RNNClassifier` and `RNNRegressor` read with `embedding_dim`. Short texts are padded with 0 on
    the right, and long ones cut. Id 1 stands for every token that is not in the vocabulary; the
    tokens have the ids from 2 on, the most frequent first.

    Parameters
    ----------
    level : {"word", "char"}, default="word"
        The kind of a token: a word, as `token_pattern` finds it, or a character. At the level
        "char" every character counts, white space too.

    max_tokens : int or None, default=20000
        The number of ids at most, padding and the unknown token included: the
        ``max_tokens - 2`` most frequent tokens have an id of their own. None keeps all.

    max_len : int, float or None, default=None
        The number of steps, to which texts are padded or cut: a number; as a float in (0, 1] a
        quantile of the lengths seen in `fit` (0.95: one text in twenty is cut); or None for the
        longest. If a few long texts make the rows ten times as long as they need to be, a warning
        names the longest from 512 MiB of ids on, and an error from 4 GiB on.

    min_df : int or float, default=1
        In how many texts (int), or in which share of them (float), a token has to occur to be
        in the vocabulary.

    truncating : {"pre", "post"}, default="pre"
        The end at which a text that is too long is cut: "pre" cuts its head off and keeps the last
        steps, "post" cuts its tail off and keeps the first.

    lowercase : bool, default=True
        Whether upper and lower case are the same.

    token_pattern : str, default=r"\w+"
        Regular expression of a word. The default is scikit-learn's without its least length of two
        letters: "I", "a" and the 7 of "7/10" have their place in a sequence. With
        ``r"\w+|[^\w\s]"`` punctuation marks are tokens. No effect at the level "char".

    stop_words : {"english"}, list or None, default=None
        Words that are left out; the words around them close up. No effect at the level "char".

    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        How accents are removed, as in `sklearn.feature_extraction.text.CountVectorizer`.

    analyzer : callable or None, default=None
        A function from a text to its tokens, a list of str, that is used in place of all of the
        above. `level` then only says how `inverse_transform` joins them.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The id of each token, in the order of the ids, which begin at 2.

    n_tokens_ : int
        Number of ids, padding and the unknown token included: ids are less than this.

    max_len_ : int
        Number of steps of each row.

    See Also
    --------
    RNNClassifier : Reads the rows with `embedding_dim`.
    sklearn.feature_extraction.text.CountVectorizer : Counts tokens without their order.

    Notes
    -----
    A text is a str, bytes in UTF-8, or a list of str tokens, which are taken as they are. A
    missing text (None, NaN) and a number are errors that name the row.

    **A text without any token is one unknown token**: a row ``[1, 0, 0, ...]``. That is an empty
    text, or one of stop words alone. A row of padding alone would be a sequence without a step,
    which the networks refuse.

    Texts are read with scikit-learn's own functions, so that tokens are the same as in a
    `CountVectorizer` with the same `token_pattern`. Tokens equally frequent are ordered by the
    alphabet: the vocabulary does not depend on the order of the texts.

    In long reviews the last words say more than the first, so the head is truncated.

    Examples
    --------
    >>> from skrnn import SequenceTokenizer
    >>> texts = ["a good film", "a bad film, a very bad film"]
    >>> tokenizer = SequenceTokenizer().fit(texts)
    >>> tokenizer.vocabulary_
    {'a': 2, 'film': 3, 'bad': 4, 'good': 5, 'very': 6}
    >>> tokenizer.transform(["a very good film", "awful"])
    array([[2, 6, 5, 3, 0, 0, 0],
           [1, 0, 0, 0, 0, 0, 0]], dtype=int32)
    >>> tokenizer.inverse_transform([[2, 6, 5, 3, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]])
    ['a very good film', '[UNK]']

    Characters, four steps at most:

    >>> SequenceTokenizer("char", max_len=4, truncating="post").fit_transform(["aab", "ba aa"])
    array([[2, 2, 3, 0],
           [3, 2, 4, 2]], dtype=int32)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "level": [StrOptions({"word", "char"})],
        "max_tokens": [Interval(Integral, 3, None, closed="left"), None],
        "max_len": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            None,
        ],
        "min_df": MIN_DF,
        "truncating": [StrOptions({"pre", "post"})],
        "lowercase": ["boolean"],
        "token_pattern": [str],
        "stop_words": [StrOptions({"english"}), "array-like", set, frozenset, None],
        "strip_accents": [StrOptions({"ascii", "unicode"}), callable, None],
        "analyzer": [callable, None],
    }

    vocabulary_: dict[str, int]
    n_tokens_: int
    max_len_: int

    def __init__(
        self,
        level: str = "word",
        *,
        max_tokens: int | None = 20000,
        max_len: int | float | None = None,
        min_df: int | float = 1,
        truncating: str = "pre",
        lowercase: bool = True,
        token_pattern: str = TOKEN_PATTERN,
        stop_words: str | Collection[str] | None = None,
        strip_accents: str | Callable[[str], str] | None = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        self.level = level
        self.max_tokens = max_tokens
        self.max_len = max_len
        self.min_df = min_df
        self.truncating = truncating
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.stop_words = stop_words
        self.strip_accents = strip_accents
        self.analyzer = analyzer

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Learn the vocabulary and the number of steps.

        Parameters
        ----------
        X : iterable of n_texts texts
            A list, a 1-D array, a Series, or a table of one column. Each text is a str, bytes
            in UTF-8, or a list of tokens.
        y : None, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If X holds anything but texts, or no token at all, or if a few long texts make the
            padded rows take 4 GiB (see `max_len`).
        """
        self._learn(X, y)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Iterable[Any], y: Any = None) -> np.ndarray:
        """Learn the vocabulary and encode the same texts, which are read once.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`.
        y : None, default=None
            Ignored.

        Returns
        -------
        ids : ndarray of shape (n_texts, n_steps), int32
            As `transform` gives them.
        """
        texts = self._learn(X, y)
        return self._padded(texts.encode(self._vocabulary()))

    def transform(self, X: Iterable[Any]) -> np.ndarray:
        """Token ids of each text.

        Parameters
        ----------
        X : iterable of n_texts texts
            As in `fit`.

        Returns
        -------
        ids : ndarray of shape (n_texts, n_steps), int32
            ``n_steps`` is `max_len_`. 0 is padding, on the right alone, and 1 an unknown token.
            The array, or a pandas frame in its `attrs`, has the vocabulary, by which a network
            looks up given `embeddings`.
        """
        check_is_fitted(self)
        token_lists = self._analysis().tokenize(as_documents(X))
        return self._padded(self._vocabulary().encode(map(self._cut, token_lists)))

    def inverse_transform(self, X: Any) -> list[str]:
        """Texts of token ids.

        Parameters
        ----------
        X : array-like of shape (n_texts, n_steps), or list of array-like of int
            Token ids. Padding is left out.

        Returns
        -------
        texts : list of n_texts str
            The tokens with blanks between them (characters: without). An unknown token is
            "[UNK]" (characters: U+FFFD). Parts that `transform` dropped do not come back: upper
            case, punctuation, cut parts.
        """
        check_is_fitted(self)
        rows = X.to_numpy() if hasattr(X, "to_numpy") else X
        _refuse_no_rows(rows)
        analysis = self._analysis()
        token_lists = self._vocabulary().decode(rows, unknown=UNKNOWN_TEXT[self.level])
        return [analysis.join(tokens) for tokens in token_lists]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the steps: step0, step1, ...

        The tokens are in `vocabulary_`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored.

        Returns
        -------
        names : ndarray of str objects, of shape (n_steps,)
            One for each column of what `transform` returns.
        """
        check_is_fitted(self)
        return np.array([f"step{i}" for i in range(self.max_len_)], dtype=object)

    def _learn(self, X: Any, y: Any) -> CountedTexts:
        """Set what is fitted; return the texts as they were read."""
        analysis = self._analysis()
        with fit_task(self, X, y):
            analysis.check()
            texts = count_tokens(analysis.tokenize(as_documents(X)))
            vocabulary = learn_vocabulary(texts, max_tokens=self.max_tokens, min_df=self.min_df)
            lengths = np.array([len(places) for places in texts.places])
            max_len = _n_steps(self.max_len, lengths)
            if not isinstance(self.max_len, Integral):
                _check_memory(max_len, lengths, self.max_len)
            words = dict(vocabulary.ids)
            # At once: an interruption finds all of it, or nothing.
            self.__dict__.update(max_len_=max_len, n_tokens_=len(vocabulary), vocabulary_=words)
        return texts

    def _analysis(self) -> Analysis:
        return Analysis(
            self.level,
            self.lowercase,
            self.token_pattern,
            self.stop_words,
            self.strip_accents,
            self.analyzer,
        )

    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.vocabulary_)

    def _cut(self, sequence: Any) -> Any:
        if self.truncating == "pre":
            return sequence[-self.max_len_ :]
        return sequence[: self.max_len_]

    def _padded(self, sequences: Sequence[np.ndarray]) -> np.ndarray:
        ids = np.full((len(sequences), self.max_len_), PADDING, dtype=np.int32)
        for row, sequence in zip(ids, map(self._cut, sequences), strict=True):
            if len(sequence):
                row[: len(sequence)] = sequence
            else:
                row[0] = UNKNOWN
        return tokens_of(ids, self.vocabulary_, self._analysis().to_dict())

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []  # ids, whatever comes in
        return tags


def _known_to_frames(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose result knows its vocabulary also where it is a data frame."""

    @wraps(method)
    def with_known_vocabulary(self: SequenceTokenizer, X: Any, *args: Any, **kwargs: Any) -> Any:
        rows = method(self, X, *args, **kwargs)
        if hasattr(rows, "iloc") and hasattr(X, "iloc"):
            rows.index = X.index  # scikit-learn before 1.7 drops the index of a Series
        return with_vocabulary(rows, self.vocabulary_, self._analysis().to_dict())

    return with_known_vocabulary


# scikit-learn turns arrays into frames around the methods of a class, so this goes around that.
for _name in ("transform", "fit_transform"):
    setattr(SequenceTokenizer, _name, _known_to_frames(getattr(SequenceTokenizer, _name)))


def _n_steps(max_len: Any, lengths: np.ndarray) -> int:
    """Return the number of steps that `max_len` asks for; an empty text has one."""
    if isinstance(max_len, Integral):
        return int(max_len)
    share = 1.0 if max_len is None else max_len
    # The least length that is enough for this share of the texts.
    return max(1, int(np.quantile(lengths, share, method="inverted_cdf")))


def _check_memory(n_steps: int, lengths: np.ndarray, max_len: Any) -> None:
    """Warn of rows that are long for the sake of a few texts, and refuse what nobody can mean."""
    n_bytes = 4 * n_steps * len(lengths)
    if n_bytes < _MUCH_MEMORY or lengths.mean() * _MUCH_PADDING > n_steps:
        return
    usual = max(1, int(np.quantile(lengths, 0.99, method="inverted_cdf")))
    message = (
        f"max_len={max_len} pads all {len(lengths)} texts to {n_steps} steps: "
        f"{n_bytes / 2**30:.1f} GiB of ids, nearly all of them padding. The longest text, in row "
        f"{lengths.argmax()}, has {lengths.max()} tokens, 99 in 100 have {usual} at most. Set "
        f"max_len={usual}, or to another number or quantile."
    )
    if n_bytes >= _TOO_MUCH_MEMORY:
        raise ValueError(message)
    warn(message)


def _refuse_no_rows(X: Any) -> None:
    is_one = isinstance(X, str | bytes | dict) or getattr(X, "shape", (0,)) == ()
    if is_one or not isinstance(X, Iterable):
        raise ValueError(
            "Expected X as rows of token ids, of shape (n_texts, n_steps), or a list of them; "
            f"got {shown(X)}. Put a single row in a list: [row]."
        )
