"""Ten thousand words written by a decoder, beside one `model.predict` of Keras for every step.

Run ``python -m benchmarks.run --only decoding``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ._clock import repeated, seconds
from ._data import load_words
from ._process import in_fresh_process
from ._row import Goal, Row, ratio

N_WORDS = 10_000
# Large batches: the default of 32 would make Keras slower for all words at once.
KERAS_BATCH = 1024
# Ids that are no output: padding, the unknown token and the start. The next one is the end.
N_FORBIDDEN = 3
START, END = 2, 3


def decoding(quick: bool) -> Iterator[Row]:
    """Yield the row of the pronunciations of 10 000 words, written greedily."""
    run = in_fresh_process(time_decoding, n_single=10 if quick else 60)
    a_word = run["word by word"] / run["n_single"]
    peers = {"Keras, word by word": a_word * N_WORDS, "Keras, all at once": run["all at once"]}
    ours = float(np.median(run["skrnn"]))
    yield Row(
        name="decoding",
        what=f"{N_WORDS} words to phonemes, greedily, GRU of 2 x 64 units with attention",
        unit="s",
        ours=ours,
        peers=dict(peers),
        goals=(
            Goal(
                "Keras, word by word", ratio(peers["Keras, word by word"], ours), must=50, aim=500
            ),
        ),
        measured={"runs": run},
    )


def time_decoding(n_single: int) -> dict[str, Any]:
    """Return the seconds of all sides, which have the same weights and write the same.

    Keras has a model of the encoder and one of a single step of the decoder. For `n_single` words
    it is asked word by word, for all of them at once.
    """
    from skrnn import RNNSeq2Seq

    words, said = load_words(2 * N_WORDS)
    network = RNNSeq2Seq(
        source_level="char",
        units=64,
        embedding_dim=32,
        learning_rate=0.01,
        epochs=3,
        early_stopping=False,
        random_state=0,
    ).fit(words[N_WORDS:], said[N_WORDS:])
    words = words[:N_WORDS]
    first = seconds(lambda: network.predict(words))
    ours = repeated(lambda: network.predict(words), 3)

    ids = _ids(words, network.source_vocabulary_)
    write = _keras_writer(network)
    names = {number: token for token, number in network.target_vocabulary_.items()}
    single = [ids[i : i + 1, : len(words[i])] for i in range(n_single)]
    write(single[0])  # what is traced once is traced before the clock starts
    write(ids[:KERAS_BATCH])
    alone: list[np.ndarray] = []
    word_by_word = seconds(lambda: alone.extend(write(one)[0] for one in single))
    at_once: list[np.ndarray] = []
    all_at_once = seconds(lambda: at_once.extend(write(ids)))

    written = network.predict(words).tolist()
    same = np.mean([_tokens(w, names) == o for w, o in zip(at_once, written, strict=True)])
    same_alone = np.mean(
        [_tokens(w, names) == o for w, o in zip(alone, written[:n_single], strict=True)]
    )
    # A choice between two tokens that are equal but for rounding may fall either way.
    if same < 0.999 or same_alone < 1:
        raise RuntimeError(f"The sides write other words: {same:.4f} and {same_alone:.4f} are same")
    return {
        "first": first,
        "skrnn": ours,
        "word by word": word_by_word,
        "n_single": n_single,
        "all at once": all_at_once,
        "same": float(same),
        "tokens": float(np.mean([len(o) for o in written])),
    }


def _keras_writer(network: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return the greedy search that one writes by hand: a call of `predict` for every step."""
    import keras

    encoder, step = _keras_models(network.to_keras())
    most = network.max_len_ + 1

    def write(ids: np.ndarray) -> np.ndarray:
        keys, state = encoder.predict(ids, batch_size=KERAS_BATCH, verbose=0)
        token = np.full((len(ids), 1), START, dtype=np.int32)
        ended = np.zeros(len(ids), dtype=bool)
        written = np.zeros((len(ids), most), dtype=np.int32)
        for at in range(most):
            inputs = [token, state, keys, ids != 0]
            logits, state = step.predict(inputs, batch_size=KERAS_BATCH, verbose=0)
            token = logits[:, :, N_FORBIDDEN:].argmax(axis=2).astype(np.int32) + N_FORBIDDEN
            written[:, at] = np.where(ended, 0, token[:, 0])
            ended |= token[:, 0] == END
            if ended.all():
                break
        # If an output does not end, ours lacks the last token, which was the place of the end.
        return written[:, : network.max_len_]

    assert keras.backend.backend() == "tensorflow"
    return write


def _keras_models(model: Any) -> tuple[Any, Any]:
    """Return the encoder, and a single step of the decoder, made of the model's own layers."""
    import keras

    def of_type(kind: type) -> list[Any]:
        return [layer for layer in model.layers if isinstance(layer, kind)]

    ids = model.inputs[0]
    (read,) = of_type(keras.layers.Bidirectional)
    (decoder,) = of_type(keras.layers.GRU)
    (scale,) = of_type(keras.layers.Rescaling)
    (attention,) = of_type(keras.layers.Attention)
    combination, output = of_type(keras.layers.Dense)
    _, embedding = of_type(keras.layers.Embedding)

    keys = model.get_layer(attention.name).input[1]
    encoder = keras.Model(ids, [keys, keras.layers.Concatenate()(read.output[1:])])

    width = decoder.units
    token = keras.Input((1,), dtype="int32")
    state = keras.Input((width,))
    all_keys = keras.Input((None, width))
    present = keras.Input((None,), dtype="bool")
    hidden, new_state = decoder(embedding(token), initial_state=state)
    context = attention([scale(hidden), all_keys], mask=[None, present])
    logits = output(combination(keras.layers.Concatenate()([context, hidden])))
    return encoder, keras.Model([token, state, all_keys, present], [logits, new_state])


def _ids(words: list[str], vocabulary: dict[str, int]) -> np.ndarray:
    ids = np.zeros((len(words), max(map(len, words))), dtype=np.int32)
    for row, word in zip(ids, words, strict=True):
        row[: len(word)] = [vocabulary.get(letter, 1) for letter in word]
    return ids


def _tokens(written: np.ndarray, names: dict[int, str]) -> list[str]:
    return [names[i] for i in written.tolist() if i > END]
