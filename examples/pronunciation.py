"""
From spelling to pronunciation
==============================

How is *colonel* said, and how a name that is in no dictionary? An ``RNNSeq2Seq`` reads the letters
of an English word and writes its phonemes, after the CMU pronouncing dictionary. Letters and
phonemes do not pair off: *phoenix* has seven letters and six sounds. Encoder and decoder need no
such pairs, and the attention shows which letters each sound was read from.

A tenth of the words, chosen by a checksum of their spelling, is kept for the test and heard once.
As in the literature, stress is left out (39 phonemes remain), and where the dictionary has several
pronunciations of a word, the network learns the first and any of them counts as right. The word
error rate is the share of words with any error; the phoneme error rate counts the phonemes to be
put in, left out or exchanged, and divides by the number of phonemes that there should be.

Beside the network stands a plain answer: the pronunciation of the known word that looks most alike,
by the letters that stand together in both.

The fit takes some 25 minutes of processor time, which two cores share; ``--quick`` shows less, with
fewer words.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/pronunciation.png'

import time
import zlib

import matplotlib.pyplot as plt
import numpy as np
from _data import load_pronunciations, read_options, save_picture
from rapidfuzz.distance import Levenshtein
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from skrnn import AttentionDisplay, RNNSeq2Seq

out, quick = read_options(
    "Learn to pronounce English words.", quick="a twentieth of the words, a small network"
)

# %%
# The data
# --------
# The checksum puts a word into the same part in every run. Some words of the training part are held
# out to stop the training, and to choose the settings below.

pronunciations = load_pronunciations()


def part_of(word):
    """Return "train", "validation" or "test"."""
    number = zlib.crc32(word.encode()) % 500
    return "test" if number < 50 else "validation" if number < 60 else "train"


words = {part: [] for part in ("train", "validation", "test")}
for word in pronunciations:
    words[part_of(word)].append(word)
if quick:
    words = {part: some[::20] for part, some in words.items()}
print(", ".join(f"{part}: {len(some)} words" for part, some in words.items()))


def first(some):
    """Return the first pronunciation of each word, the one to learn."""
    return [list(pronunciations[word][0]) for word in some]


# %%
# The scores
# ----------


def error_rates(some, said):
    """Return the word error rate and the phoneme error rate, by the nearest pronunciation."""
    wrong, errors, phonemes = 0, 0, 0
    for word, output in zip(some, said, strict=True):
        least, length = min((Levenshtein.distance(output, p), len(p)) for p in pronunciations[word])
        wrong, errors, phonemes = wrong + (least > 0), errors + least, phonemes + length
    return wrong / len(some), errors / phonemes


# %%
# A plain answer
# --------------
# The most alike word is the nearest one by its runs of two to four letters, weighted by how rare
# they are (the beginning and the end of the word count as letters).

n_grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), dtype=np.float32)
known = NearestNeighbors(n_neighbors=1, metric="cosine").fit(n_grams.fit_transform(words["train"]))
nearest = known.kneighbors(n_grams.transform(words["test"]), return_distance=False)[:, 0]
said = {"most alike known word": first(words["train"][i] for i in nearest)}

# %%
# The network
# -----------
# Trained in three fits, each of which goes on from the one before with a lower learning rate.

STAGES = [(1e-2, 8), (2e-3, 2)] if quick else [(3e-3, 6), (1e-3, 3), (3e-4, 2)]

network = RNNSeq2Seq(
    source_level="char",
    units=32 if quick else 192,
    embedding_dim=64,
    dropout=0.0 if quick else 0.2,
    recurrent_dropout=0.0 if quick else 0.15,
    batch_size=32 if quick else 128,
    warm_start=True,
    random_state=0,
)
started, cpu = time.perf_counter(), time.process_time()
for learning_rate, epochs in STAGES:
    network.set_params(learning_rate=learning_rate, epochs=epochs)
    network.fit(
        words["train"],
        first(words["train"]),
        X_val=words["validation"],
        y_val=first(words["validation"]),
    )
    loss = min(network.history_["val_loss"])
    print(f"learning rate {learning_rate}: loss of held-out words {loss:.3f} per phoneme")
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
print(f"\nfit: {seconds / 60:.1f} minutes, {cpu / 60:.1f} minutes of processors")

# %%
# The test words
# --------------

for name, beam_width in {"network, greedy": 1, "network, beam of 5": 5}.items():
    said[name] = network.set_params(beam_width=beam_width).predict(words["test"])

print(f"\n{len(words['test'])} words   word error rate   phoneme error rate")
for name, outputs in said.items():
    of_words, of_phonemes = error_rates(words["test"], outputs)
    print(f"  {name:24}{of_words:8.1%}{of_phonemes:18.1%}")

print("\nword                said                                  in the dictionary")
for word, output in list(zip(words["test"], said["network, beam of 5"], strict=True))[
    :: len(words["test"]) // 12
]:
    print(f"{word:20}{' '.join(output):38}{' '.join(pronunciations[word][0])}")

# %%
# A picture
# ---------
# Four words of the test: each row is a phoneme, and shows the letters it was read from. The title
# holds what the plain answer says.
#
# .. image:: /_static/gallery/pronunciation.png
#     :alt: The picture that the example draws.

shown = ["eyesight", "ghostbusters", "bureaucrat", "asphyxiating"]
figure, panels = plt.subplots(1, len(shown), figsize=(4 * len(shown), 4.4), layout="constrained")
for axes, word in zip(panels, shown, strict=True):
    AttentionDisplay.from_estimator(network, word, ax=axes)
    plain = (
        said["most alike known word"][words["test"].index(word)] if word in words["test"] else []
    )
    axes.set_title(f"{word}\nmost alike: {' '.join(plain) or '-'}", loc="left", fontsize="medium")

save_picture(figure, out, "pronunciation")
