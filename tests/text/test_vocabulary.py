"""The vocabulary beneath the tokenizer: reserved ids, and sequences of different lengths."""

import json

import numpy as np
import pytest

from skrnn import RNNLanguageModel, RNNSeq2Seq, SequenceTokenizer
from skrnn.text._reading import TextReading
from skrnn.text._vocabulary import Vocabulary, count_tokens, learn_vocabulary


@pytest.fixture
def texts():
    return [["b", "a", "b"], [], ["c", "b", "start"]]


def test_reserved_ids_come_before_the_tokens(texts):
    vocabulary = learn_vocabulary(count_tokens(texts), reserved=("start", "end"))
    assert vocabulary.reserved == {"start": 2, "end": 3}
    # The text that says "start" does not start anything.
    assert vocabulary.ids == {"b": 4, "a": 5, "c": 6, "start": 7}
    assert len(vocabulary) == 8
    start, end = vocabulary.reserved.values()
    encoded = vocabulary.encode([*texts, ["z"]], prefix=[start], suffix=[end])
    assert [ids.tolist() for ids in encoded] == [
        [2, 4, 5, 4, 3],
        [2, 3],
        [2, 6, 4, 7, 3],
        [2, 1, 3],
    ]
    assert {ids.dtype for ids in encoded} == {np.dtype("int32")}
    assert vocabulary.decode(encoded, unknown="?") == [*texts, ["?"]]


def test_reserved_ids_count_among_max_tokens(texts):
    counted = count_tokens(texts)
    vocabulary = learn_vocabulary(counted, max_tokens=6, reserved=("start", "end"))
    assert vocabulary.ids == {"b": 4, "a": 5}
    assert len(vocabulary) == 6
    with pytest.raises(ValueError, match=r"^Expected max_tokens of at least 5, got 4: the first 4"):
        learn_vocabulary(counted, max_tokens=4, reserved=("start", "end"))


def test_decode_until(texts):
    vocabulary = learn_vocabulary(count_tokens(texts), reserved=("end",))
    rows = np.array([[3, 4, 2, 3], [2, 3, 3, 3], [3, 0, 1, 4]])
    assert vocabulary.decode(rows, until=vocabulary.reserved["end"]) == [
        ["b", "a"],
        [],
        ["b", "[UNK]", "a"],
    ]


def test_counted_texts_encode_as_their_tokens(texts):
    counted = count_tokens(texts)
    vocabulary = learn_vocabulary(counted, max_tokens=4)
    again, looked_up = counted.encode(vocabulary), vocabulary.encode(texts)
    for left, right in zip(again, looked_up, strict=True):
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype


def test_the_order_of_the_dict_does_not_matter():
    vocabulary = Vocabulary({"a": 3, "b": 2})
    assert vocabulary.tokens == ["b", "a"]
    assert vocabulary.decode([[2, 3]]) == [["b", "a"]]


def test_texts_are_learnt_and_encoded_from_one_reading():
    """The same ids as by reading twice, the suffix and texts without tokens included."""
    texts = ["b a", "", "a c c"]
    reading, counted = TextReading.learn(
        texts,
        level="word",
        lowercase=True,
        token_pattern=r"\w+",
        max_tokens=None,
        min_df=1,
        reserved=("start", "end"),
    )
    assert reading.vocabulary == {"a": 4, "c": 5, "b": 6}
    assert TextReading.from_dict(json.loads(json.dumps(reading.to_dict()))) == reading
    for suffix in ((), (3,)):
        ids = counted.encode(reading.ids, suffix=suffix)
        assert [i.tolist() for i in ids] == [[6, 4, *suffix], list(suffix), [4, 5, 5, *suffix]]
        again = reading.ids.encode(reading.tokens(texts), suffix=suffix)
        assert [i.tolist() for i in again] == [i.tolist() for i in ids]


@pytest.mark.parametrize("kind", [SequenceTokenizer, RNNSeq2Seq, RNNLanguageModel])
def test_everything_that_reads_texts_takes_the_same_min_df(kind):
    """As scikit-learn's `CountVectorizer`: no text is no least number of texts."""
    for wrong in (0, -1, 1.5, "1"):
        with pytest.raises(ValueError, match="The 'min_df' parameter of"):
            kind(min_df=wrong).fit(["a b"], ["c"])
    for right in (1, 2, 0.0, 0.5, 1.0):
        kind(min_df=right)._validate_params()
