"""What holds for any texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skrnn import SequenceTokenizer

WORD = st.text(alphabet="abAß7é語-.\x00", min_size=1, max_size=4)
TOKEN_LISTS = st.lists(st.lists(WORD, max_size=6), min_size=1, max_size=8).filter(any)
TEXTS = st.lists(st.text(max_size=12), min_size=1, max_size=6).filter(any)
MAX_LEN = st.none() | st.integers(1, 9) | st.floats(0.05, 1)
settings.register_profile("text", deadline=None, max_examples=60, derandomize=True)
TEXT = settings.get_profile("text")


@TEXT
@given(TEXTS)
def test_characters_come_back(texts):
    tokenizer = SequenceTokenizer("char", max_tokens=None, lowercase=False)
    back = tokenizer.inverse_transform(tokenizer.fit_transform(texts))
    assert back == [text or "\N{REPLACEMENT CHARACTER}" for text in texts]


@TEXT
@given(TOKEN_LISTS)
def test_tokens_come_back(token_lists):
    tokenizer = SequenceTokenizer(max_tokens=None)
    back = tokenizer.inverse_transform(tokenizer.fit_transform(token_lists))
    assert back == [" ".join(tokens) or "[UNK]" for tokens in token_lists]


@TEXT
@given(TOKEN_LISTS, TOKEN_LISTS, MAX_LEN, st.integers(3, 9))
def test_padding_is_on_the_right_alone(seen, given_later, max_len, max_tokens):
    tokenizer = SequenceTokenizer(max_len=max_len, max_tokens=max_tokens).fit(seen)
    ids = tokenizer.transform(given_later)
    assert ids.shape == (len(given_later), tokenizer.max_len_)
    assert ids.dtype == np.int32
    lengths = [min(max(len(tokens), 1), tokenizer.max_len_) for tokens in given_later]
    np.testing.assert_array_equal(ids > 0, np.arange(tokenizer.max_len_) < np.c_[lengths])
    assert 0 <= ids.min() <= ids.max() < tokenizer.n_tokens_ <= max_tokens


@TEXT
@given(TOKEN_LISTS, st.integers(1, 6))
def test_what_is_cut(token_lists, max_len):
    head, tail = (
        SequenceTokenizer(max_len=max_len, truncating=where).fit_transform(token_lists)
        for where in ("pre", "post")
    )
    whole = SequenceTokenizer().fit_transform(token_lists)
    for row, tokens in enumerate(token_lists):
        present = whole[row, : max(len(tokens), 1)]
        assert head[row][head[row] > 0].tolist() == present[-max_len:].tolist()
        assert tail[row][tail[row] > 0].tolist() == present[:max_len].tolist()


@TEXT
@given(TOKEN_LISTS, st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(token_lists, random):
    shuffled = random.sample(token_lists, len(token_lists))
    one, other = SequenceTokenizer().fit(token_lists), SequenceTokenizer().fit(shuffled)
    assert list(one.vocabulary_.items()) == list(other.vocabulary_.items())
    assert one.max_len_ == other.max_len_


@TEXT
@given(TOKEN_LISTS)
def test_a_text_does_not_depend_on_its_companions(token_lists):
    tokenizer = SequenceTokenizer(max_tokens=5).fit(token_lists)
    together = tokenizer.transform(token_lists)
    alone = [tokenizer.transform([tokens])[0] for tokens in token_lists]
    np.testing.assert_array_equal(together, alone)


@TEXT
@given(TOKEN_LISTS, st.integers(1, 3))
def test_frequent_tokens_come_first(token_lists, min_df):
    everything = [token for tokens in token_lists for token in tokens]
    often = {t for t in everything if sum(t in tokens for tokens in token_lists) >= min_df}
    tokenizer = SequenceTokenizer(min_df=min_df)
    if not often:
        with pytest.raises(ValueError, match="no terms remain"):
            tokenizer.fit(token_lists)
        return
    tokens = list(tokenizer.fit(token_lists).vocabulary_)
    assert tokens == sorted(often, key=lambda token: (-everything.count(token), token))
