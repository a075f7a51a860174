"""SequenceTokenizer: ids by hand, scikit-learn's counts, and the ways in and out."""

import copy
import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer

from skrnn import SequenceTokenizer

TEXTS = [
    "The cat sat on the mat.",
    "A dog, the dog of my sister, sat down!",
    "",
    "My cat likes my dog",
]


def ids_of(tokenizer, text):
    """The ids of one text, without padding."""
    row = tokenizer.transform([text])[0]
    return row[row > 0].tolist()


# By hand


def test_words_by_hand():
    tokenizer = SequenceTokenizer().fit(["b a b", "c b a", "d"])
    assert tokenizer.vocabulary_ == {"b": 2, "a": 3, "c": 4, "d": 5}
    assert (tokenizer.n_tokens_, tokenizer.max_len_) == (6, 3)
    ids = tokenizer.transform(["d b", "A e C", "c"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [[5, 2, 0], [3, 1, 4], [4, 0, 0]]


def test_characters_by_hand():
    tokenizer = SequenceTokenizer("char").fit(["a  b\n", "ba"])
    # Every character counts, white space as it is: blank, a and b twice each.
    assert tokenizer.vocabulary_ == {" ": 2, "a": 3, "b": 4, "\n": 5}
    assert tokenizer.transform(["b \t", "AB"]).tolist() == [[4, 2, 1, 0, 0], [3, 4, 0, 0, 0]]


def test_as_frequent_means_in_the_order_of_the_alphabet():
    texts = ["zebra ant", "bee zebra", "ant bee"]
    expected = {"ant": 2, "bee": 3, "zebra": 4}
    assert SequenceTokenizer().fit(texts).vocabulary_ == expected
    assert SequenceTokenizer().fit(texts[::-1]).vocabulary_ == expected


def test_max_tokens_counts_padding_and_unknown():
    tokenizer = SequenceTokenizer(max_tokens=4).fit(["a a a b b c"])
    assert tokenizer.vocabulary_ == {"a": 2, "b": 3}
    assert tokenizer.n_tokens_ == 4
    assert tokenizer.transform(["c b a"]).tolist() == [[1, 3, 2, 0, 0, 0]]
    assert SequenceTokenizer(max_tokens=None).fit(["a a a b b c"]).n_tokens_ == 5


@pytest.mark.parametrize(
    ("min_df", "kept"), [(1, "abcd"), (2, "ab"), (3, "a"), (0.0, "abcd"), (0.5, "ab"), (1.0, "a")]
)
def test_min_df_counts_texts(min_df, kept):
    tokenizer = SequenceTokenizer(min_df=min_df).fit(["a b c c c", "a d d", "a b"])
    assert sorted(tokenizer.vocabulary_) == list(kept)


@pytest.mark.parametrize(
    ("truncating", "row"), [("pre", [4, 5, 6]), ("post", [3, 2, 4])], ids=["head", "tail"]
)
def test_truncation(truncating, row):
    tokenizer = SequenceTokenizer(max_len=3, truncating=truncating)
    ids = tokenizer.fit_transform(["a b c d e", "b"])
    assert ids.tolist() == [row, [2, 0, 0]]
    # What is cut still counts in the vocabulary.
    assert list(tokenizer.vocabulary_) == ["b", "a", "c", "d", "e"]


@pytest.mark.parametrize(("max_len", "longest"), [(None, 300_000), (1.0, 300_000)])
def test_one_very_long_text_is_warned_of(max_len, longest):
    """A thousand texts, of which one would make the ids of all take 1.1 GiB."""
    texts = ["a b"] * 700 + ["a " * longest] + ["b"] * 299
    with pytest.warns(
        UserWarning,
        match=r"1000 texts to 300000 steps: 1\.1 GiB.*in row 700, has 300000 .*Set max_len=2,",
    ):
        tokenizer = SequenceTokenizer(max_len=max_len).fit(texts)
    assert tokenizer.max_len_ == longest
    for chosen in (2, 0.99):
        assert SequenceTokenizer(max_len=chosen).fit(texts).max_len_ == 2


def test_one_text_too_long_is_refused():
    texts = ["a b"] * 5000 + ["a " * 300_000]
    tokenizer = SequenceTokenizer()
    with pytest.raises(ValueError, match=r"5\.6 GiB.*in row 5000, has 300000 tokens"):
        tokenizer.fit_transform(texts)
    assert not hasattr(tokenizer, "vocabulary_")
    assert SequenceTokenizer(max_len=50).fit_transform(texts).shape == (5001, 50)


@pytest.mark.parametrize(
    ("max_len", "steps"),
    [(None, 10), (1.0, 10), (0.9, 9), (0.85, 9), (0.1, 1), (4, 4), (25, 25), (np.int64(4), 4)],
)
def test_max_len(max_len, steps):
    texts = [" ".join("w" * n) for n in range(1, 11)]  # 1, 2, ..., 10 words
    tokenizer = SequenceTokenizer(max_len=max_len)
    assert tokenizer.fit_transform(texts).shape == (10, steps)
    assert type(tokenizer.max_len_) is int
    assert tokenizer.max_len_ == steps
    # Longer than the longest of fit: cut as well.
    assert tokenizer.transform(["w " * 99]).shape == (1, steps)


def test_a_text_without_tokens_is_one_unknown_token():
    tokenizer = SequenceTokenizer(stop_words=["the"]).fit(["the cat", "", "the", "?!"])
    assert tokenizer.vocabulary_ == {"cat": 2}
    assert tokenizer.max_len_ == 1
    assert tokenizer.transform(["", "the", "?!", [], "cat"]).tolist() == [[1], [1], [1], [1], [2]]
    assert tokenizer.inverse_transform([[1], [2]]) == ["[UNK]", "cat"]


def test_fit_transform_is_fit_and_transform():
    for params in [{}, {"max_tokens": 5, "max_len": 3}, {"level": "char", "max_len": 0.5}]:
        tokenizer = SequenceTokenizer(**params)
        together = tokenizer.fit_transform(TEXTS)
        np.testing.assert_array_equal(together, clone(tokenizer).fit(TEXTS).transform(TEXTS))


# scikit-learn is the oracle


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"lowercase": False},
        {"strip_accents": "unicode"},
        {"strip_accents": "ascii", "lowercase": False},
        {"stop_words": "english"},
        {"stop_words": ["the", "and"], "token_pattern": r"(?u)\b\w\w+\b"},
        {"token_pattern": r"\w+|[^\w\s]"},
        {"token_pattern": r"(\w)\w*"},
        {"min_df": 2},
        {"min_df": 0.01, "lowercase": False},
    ],
    ids=str,
)
def test_counts_are_those_of_scikit_learn(reviews, params):
    tokenizer = SequenceTokenizer(max_tokens=None, **params)
    ids = tokenizer.fit_transform(reviews)
    vectorizer = CountVectorizer(**{"token_pattern": tokenizer.token_pattern, **params})
    counts = vectorizer.fit_transform(reviews).toarray()
    columns = vectorizer.vocabulary_
    assert set(tokenizer.vocabulary_) == set(columns)
    for token, i in tokenizer.vocabulary_.items():
        np.testing.assert_array_equal((ids == i).sum(axis=1), counts[:, columns[token]], token)
    totals = [counts[:, columns[token]].sum() for token in tokenizer.vocabulary_]
    assert totals == sorted(totals, reverse=True)
    assert list(tokenizer.vocabulary_.values()) == list(range(2, tokenizer.n_tokens_))


def test_the_most_frequent_are_those_of_scikit_learn(reviews):
    """max_features orders equally frequent tokens otherwise: compared are the totals."""
    tokenizer = SequenceTokenizer(max_tokens=8).fit(reviews)
    pattern = tokenizer.token_pattern
    vectorizer = CountVectorizer(max_features=6, token_pattern=pattern).fit(reviews)
    counter = CountVectorizer(token_pattern=pattern).fit(reviews)
    totals = counter.transform(reviews).toarray().sum(axis=0)
    ours, theirs = (
        sorted(totals[counter.vocabulary_[token]] for token in fitted.vocabulary_)
        for fitted in (tokenizer, vectorizer)
    )
    assert len(ours) == 6
    assert ours == theirs


def test_the_order_of_words_is_that_of_the_text(reviews):
    analyze = CountVectorizer(token_pattern=r"(?u)\b\w+\b").build_analyzer()
    tokenizer = SequenceTokenizer(max_tokens=None).fit(reviews)
    expected = [" ".join(analyze(text)) or "[UNK]" for text in reviews]
    assert tokenizer.inverse_transform(tokenizer.transform(reviews)) == expected


# Tokens of one's own


def test_lists_of_tokens_are_taken_as_they_are():
    texts = [["The", "end"], ("of", "The"), np.array(["new york", "end"]), []]
    tokenizer = SequenceTokenizer(stop_words="english").fit(texts)
    assert tokenizer.vocabulary_ == {"The": 2, "end": 3, "new york": 4, "of": 5}
    assert tokenizer.transform(texts).tolist() == [[2, 3], [5, 2], [4, 3], [1, 0]]
    assert type(next(iter(tokenizer.vocabulary_))) is str


def test_an_analyzer_of_ones_own():
    def pairs(text):
        return [text[i : i + 2] for i in range(0, len(text), 2)]

    words = SequenceTokenizer(analyzer=pairs)
    assert words.fit_transform(["ABab", "AB"]).tolist() == [[2, 3], [2, 0]]
    assert words.inverse_transform([[2, 3]]) == ["AB ab"]
    chars = SequenceTokenizer("char", analyzer=pairs).fit(["ABab", b"AB"])
    assert chars.inverse_transform([[2, 3]]) == ["ABab"]


def test_an_analyzer_that_gives_no_str():
    tokenizer = SequenceTokenizer(analyzer=lambda text: [len(text)])
    with pytest.raises(ValueError) as error:
        tokenizer.fit(["a", "b"])
    assert str(error.value) == (
        "Expected the tokens of analyzer to be str, got 1 (int). Convert them with str; token "
        "ids need no tokenizer, give them to the network."
    )


@pytest.mark.parametrize(
    ("params", "named"),
    [
        (
            {"level": "char", "stop_words": ["a"]},
            r"^stop_words will not be used: with level='char'",
        ),
        (
            {"analyzer": str.split, "stop_words": ["a"], "token_pattern": r"\w"},
            r"^stop_words and token_pattern will not be used: with an analyzer of your own",
        ),
    ],
)
def test_parameters_without_effect(params, named):
    with pytest.warns(UserWarning, match=named):
        SequenceTokenizer(**params).fit(["a b"])


# Containers


@pytest.mark.parametrize(
    "container",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: np.array(texts)[:, None],
        pd.Series,
        lambda texts: pd.Series(texts, index=[9, 8, 7], dtype=object),
        lambda texts: pd.Series(texts, dtype="category"),
        lambda texts: pd.DataFrame({"text": texts}),
        pl.Series,
        lambda texts: pl.DataFrame({"text": texts}),
        lambda texts: [text.encode() for text in texts],
        lambda texts: np.array([text.encode() for text in texts]),
        lambda texts: [np.str_(text) for text in texts],
        iter,
    ],
)
def test_containers(container):
    texts = ["grün ist", "ist grün ist", "blau"]
    expected = SequenceTokenizer().fit(texts)
    tokenizer = SequenceTokenizer().fit(container(texts))
    assert tokenizer.vocabulary_ == expected.vocabulary_ == {"ist": 2, "grün": 3, "blau": 4}
    assert {type(token) for token in tokenizer.vocabulary_} == {str}
    np.testing.assert_array_equal(
        tokenizer.transform(container(texts)), [[3, 2, 0], [2, 3, 2], [4, 0, 0]]
    )


def test_no_text_at_all():
    tokenizer = SequenceTokenizer(max_len=3).fit(["a"])
    assert tokenizer.transform([]).shape == (0, 3)
    assert tokenizer.inverse_transform(np.zeros((0, 3), int)) == []


MISSING = (
    "Expected every text to be a str, bytes or a list of tokens, got {} in row 1. A missing text "
    "is not an empty one: drop the row and its target, or put an empty text there (X.fillna(''))."
)
NO_TEXT = (
    "Expected every text to be a str, bytes or a list of tokens, got {} in row 1. Turn it into a "
    "text with str, or choose the column that holds texts."
)


@pytest.mark.parametrize("fitted", [False, True], ids=["fit", "transform"])
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            "one text",
            "Iterable over raw text documents expected, string object received. Put a single text "
            "in a list: [text].",
        ),
        (
            {"text": 1},
            "Expected X to be a list, array, Series or other ordered collection of texts, got "
            "dict. Put the texts in a list.",
        ),
        (
            7,
            "Expected X to be a list, array, Series or other ordered collection of texts, got "
            "int. Put the texts in a list.",
        ),
        (
            pd.DataFrame({"title": ["a"], "text": ["b"]}),
            "Expected texts in one dimension or in a table of one column, got DataFrame of shape "
            "(1, 2). Choose the column of the texts, for instance with X['text'] or a "
            "ColumnTransformer; give lists of tokens as a list.",
        ),
        (["a", None], MISSING.format("None")),
        (["a", np.nan], MISSING.format("nan")),
        (pd.Series(["a", None], dtype="string"), MISSING.format("<NA>")),
        (pl.Series(["a", None]), MISSING.format("None")),
        (["a", 5], NO_TEXT.format("5 (int)")),
        (["a", {"b"}], NO_TEXT.format("{'b'} (set)")),
        (
            [["a"], ["b", 5]],
            "Expected the tokens of text 1 to be str, got 5 (int). Convert them with str; token "
            "ids need no tokenizer, give them to the network.",
        ),
        (
            ["a", "ä".encode("latin-1")],
            "Expected bytes to be text in UTF-8, got others in row 1: 'utf-8' codec can't decode "
            "byte 0xe4 in position 0: unexpected end of data. Decode them before, for instance "
            "with text.decode('latin-1').",
        ),
    ],
)
def test_what_is_no_text(X, message, fitted):
    tokenizer = SequenceTokenizer()
    if fitted:
        tokenizer.fit(["a"])
    with pytest.raises(ValueError) as error:
        (tokenizer.transform if fitted else tokenizer.fit)(X)
    assert str(error.value) == message
    assert hasattr(tokenizer, "vocabulary_") is fitted


@pytest.mark.parametrize(
    ("params", "X", "message"),
    [
        (
            {},
            ["", "?"],
            "Expected texts with at least one token, got 2 without any: empty vocabulary; perhaps "
            "the documents only contain stop words. Check the column, token_pattern and "
            "stop_words.",
        ),
        (
            {"min_df": 3},
            ["a", "b"],
            "Expected some token to occur in at least 3 of the 2 texts (min_df), got none: no "
            "terms remain. Try a lower min_df.",
        ),
    ],
)
def test_no_vocabulary(params, X, message):
    with pytest.raises(ValueError) as error:
        SequenceTokenizer(**params).fit(X)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "params",
    [
        {"level": "sentence"},
        {"max_tokens": 2},
        {"max_len": 0},
        {"max_len": 1.5},
        {"max_len": 0.0},
        {"min_df": 0},
        {"min_df": 1.5},
        {"truncating": "head"},
        {"lowercase": None},
        {"token_pattern": None},
        {"stop_words": "german"},
        {"strip_accents": "latin"},
        {"analyzer": "word"},
    ],
    ids=str,
)
def test_parameters_out_of_range(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SequenceTokenizer must be"):
        SequenceTokenizer(**params).fit(["a"])


@pytest.mark.parametrize(
    ("ids", "seen"),
    [
        ([[2, 4]], "2 to 4 in row 0"),
        ([[2], [-1]], "-1 to -1 in row 1"),
        ([[2.0, 3.5]], r"float64 of shape \(2,\) in row 0"),
        ([2, 3], r"int64 of shape \(\) in row 0"),
    ],
)
def test_what_is_no_id(ids, seen):
    tokenizer = SequenceTokenizer().fit(["a b"])
    with pytest.raises(ValueError, match=f"^Expected .* integers from 0 to 3, got {seen}. Decode"):
        tokenizer.inverse_transform(ids)


def test_not_fitted():
    for method in ["transform", "inverse_transform"]:
        with pytest.raises(NotFittedError):
            getattr(SequenceTokenizer(), method)(["a"])
    with pytest.raises(NotFittedError):
        SequenceTokenizer().get_feature_names_out()


# What comes out


def test_frames_of_steps():
    texts = pd.Series(["a b", "b", "a b b"], index=[5, 6, 7])
    tokenizer = SequenceTokenizer().set_output(transform="pandas").fit(texts)
    assert tokenizer.get_feature_names_out().tolist() == ["step0", "step1", "step2"]
    expected = pd.DataFrame(
        {"step0": [3, 2, 3], "step1": [2, 0, 2], "step2": [0, 0, 2]}, index=[5, 6, 7], dtype="int32"
    )
    pd.testing.assert_frame_equal(tokenizer.transform(texts), expected)
    pd.testing.assert_frame_equal(tokenizer.fit_transform(texts), expected)
    assert tokenizer.inverse_transform(expected) == texts.tolist()


def test_a_column_of_a_table():
    frame = pd.DataFrame({"stars": [1.0, 5.0], "text": ["bad bad film", "good film"]})
    columns = make_column_transformer((SequenceTokenizer(), "text"), remainder="passthrough")
    assert columns.fit_transform(frame).tolist() == [[2, 2, 3, 1], [4, 3, 0, 5]]
    assert columns.get_feature_names_out().tolist() == [
        "sequencetokenizer__step0",
        "sequencetokenizer__step1",
        "sequencetokenizer__step2",
        "remainder__stars",
    ]


def test_inverse_transform_of_sequences_of_different_lengths():
    tokenizer = SequenceTokenizer().fit(["a b b"])
    assert tokenizer.inverse_transform([[2, 3], np.array([0, 1, 2]), []]) == ["b a", "[UNK] b", ""]
    chars = SequenceTokenizer("char").fit(["abb"])
    assert chars.inverse_transform([[2, 1, 3]]) == ["b\N{REPLACEMENT CHARACTER}a"]


# What is kept


def test_fitted_state_is_plain():
    tokenizer = SequenceTokenizer(max_tokens=6).fit(TEXTS)
    expected = tokenizer.transform(TEXTS)
    fitted = {name: value for name, value in vars(tokenizer).items() if name.endswith("_")}
    assert json.loads(json.dumps(fitted)) == fitted
    copies = [
        copy.deepcopy(tokenizer),
        pickle.loads(pickle.dumps(tokenizer)),
        skops.io.loads(
            skops.io.dumps(tokenizer), trusted=["skrnn.text._tokenizer.SequenceTokenizer"]
        ),
    ]
    for other in copies:
        np.testing.assert_array_equal(other.transform(TEXTS), expected)
        assert other.inverse_transform(expected) == tokenizer.inverse_transform(expected)
    assert not hasattr(clone(tokenizer), "vocabulary_")


def test_an_error_leaves_what_was_fitted():
    tokenizer = SequenceTokenizer().fit(TEXTS)
    before = copy.deepcopy(vars(tokenizer))
    with pytest.raises(ValueError, match="empty vocabulary"):
        tokenizer.fit([""])
    assert vars(tokenizer) == before
