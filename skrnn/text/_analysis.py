"""From a text to its tokens, with scikit-learn's own analyzers, and back to a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer

from .._warnings import warn
from ._documents import Document, check_tokens

# As in scikit-learn, but words of one letter count: they have their place in a sequence. The search
# is greedy, so that asking for word boundaries around it would change nothing but take longer.
TOKEN_PATTERN = r"\w+"

# The text between tokens, and the text in the place of an unknown token.
SEPARATOR = {"word": " ", "char": ""}
UNKNOWN_TEXT = {"word": "[UNK]", "char": "\N{REPLACEMENT CHARACTER}"}


@dataclass(frozen=True)
class Analysis:
    """How a text becomes tokens.

    Parameters
    ----------
    level : {"word", "char"}, default="word"
        Words as `token_pattern` finds them, or every character, white space included.
    lowercase : bool, default=True
    token_pattern : str, default=TOKEN_PATTERN
        For words alone.
    stop_words : "english", collection of str or None, default=None
        For words alone.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
    analyzer : callable or None, default=None
        From a text to its tokens, in place of all of the above; `level` is then how to join them.
    """

    level: str = "word"
    lowercase: bool = True
    token_pattern: str = TOKEN_PATTERN
    stop_words: Any = None
    strip_accents: Any = None
    analyzer: Callable[[str], Iterable[str]] | None = None

    def check(self) -> None:
        """Raise or warn, as scikit-learn does, of a pattern or stop words that cannot be meant."""
        if self.analyzer is None and self.level == "word":
            self._vectorizer().build_analyzer()
            return
        ignored = [] if self.stop_words is None else ["stop_words"]
        if self.token_pattern != TOKEN_PATTERN:
            ignored.append("token_pattern")
        if ignored:
            reason = "level='char'" if self.analyzer is None else "an analyzer of your own"
            warn(
                f"{' and '.join(ignored)} will not be used: with {reason} nothing is looked for "
                "in words. Leave them at their defaults."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return, in plain values, what has an effect, and None for what has none."""
        if self.analyzer is not None:
            return {"level": self.level, "analyzer": _plain(self.analyzer)}
        of_words = {"token_pattern": self.token_pattern, "stop_words": _plain(self.stop_words)}
        return {
            "level": self.level,
            "lowercase": self.lowercase,
            **(of_words if self.level == "word" else dict.fromkeys(of_words)),
            "strip_accents": _plain(self.strip_accents),
            "analyzer": None,
        }

    def tokenize(self, documents: Iterable[Document]) -> Iterator[Sequence[str]]:
        """Yield the tokens of each document; a list of tokens is taken as it is.

        Parameters
        ----------
        documents : iterable of str or list of str
            As `as_documents` returns them.
        """
        split = self._splitter()
        for document in documents:
            yield split(document) if isinstance(document, str) else document

    def join(self, tokens: Iterable[str]) -> str:
        """Return tokens as one text: words with blanks between them, characters without."""
        return SEPARATOR[self.level].join(tokens)

    def _splitter(self) -> Callable[[str], Sequence[str]]:
        if self.analyzer is not None:
            analyzer = self.analyzer
            return lambda text: check_tokens(list(analyzer(text)), "the tokens of analyzer")
        vectorizer = self._vectorizer()
        preprocess: Callable[[str], str] = vectorizer.build_preprocessor()
        if self.level == "char":
            # scikit-learn's characters are those of n-grams, with white space collapsed.
            return preprocess
        tokenize, stop_words = vectorizer.build_tokenizer(), vectorizer.get_stop_words()
        if stop_words is None:
            return lambda text: tokenize(preprocess(text))
        return lambda text: [t for t in tokenize(preprocess(text)) if t not in stop_words]

    def _vectorizer(self) -> CountVectorizer:
        return CountVectorizer(
            lowercase=self.lowercase,
            token_pattern=self.token_pattern,
            stop_words=self.stop_words,
            strip_accents=self.strip_accents,
        )


def _plain(value: Any) -> Any:
    """Return a text or None as it is, the name of a function, or a sorted list of words."""
    if value is None or isinstance(value, str):
        return value
    return getattr(value, "__qualname__", repr(value)) if callable(value) else sorted(value)
