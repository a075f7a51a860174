"""
Names for colours: vector to sequence
=====================================

What would one call a colour that has no name yet? An ``RNNSeq2Seq`` is given a single vector, a
colour, and writes a name letter by letter: "pale lilac", or words that no list has.

30 000 names that paint makers and others have thought of are the data, and mostly they are
whims: nobody could guess "beef patties". What can be asked of a name is that it fits the
colour. So two things are measured on names held out:

- how surprising their letters are, in bits for each, beside a model of letters that knows
  the four letters before but not the colour;
- where the true name has one of the eleven basic colour words in it (Berlin and Kay, "Basic color
  terms", 1969), how often it is the one of the eleven to which the network gives the highest
  probability. Beside it stand the word in the name of the nearest known colour with such a word,
  and the most frequent word.

The network comes near both plain answers and beats neither: 27 000 names, most of whose words occur
once, are few letters to learn spelling from, and the colour says little about a whim. What no
plain answer can do is to write a name for any colour, though the most probable one is mostly a dull
one ("green green"). The fit takes five minutes of one core's time.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from _data import OUTPUT, load_colour_names
from matplotlib.colors import rgb_to_hsv
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skrnn import RNNSeq2Seq

parser = argparse.ArgumentParser(description="Write names for colours.")
parser.add_argument("--out", type=Path, default=OUTPUT, help="folder for pictures")
parser.add_argument("--quick", action="store_true", help="a small network, few epochs")
arguments = parser.parse_args()
out, quick = arguments.out, arguments.quick

# %%
# The data
# --------
# A colour is given as red, green and blue, and once more as hue, saturation and brightness. The hue
# is an angle, so it goes in as a point of the circle, the nearer to the middle the paler.

colours = load_colour_names()
names = np.array(colours.index)
rgb = colours.to_numpy() / 255


def as_vectors(rgb):
    """Return colours as vectors: (n_samples, 3) to (n_samples, 7)."""
    hue, saturation, brightness = rgb_to_hsv(rgb).T
    angle = 2 * np.pi * hue
    circle = saturation * np.cos(angle), saturation * np.sin(angle)
    return np.column_stack([rgb, *circle, saturation, brightness])


X_train, X_test, names_train, names_test = train_test_split(
    rgb, names, test_size=0.1, random_state=0
)
print(f"{len(names_train)} names to learn from, {len(names_test)} held out")

# %%
# The network
# -----------

network = RNNSeq2Seq(
    target_level="char",
    units=48 if quick else 192,
    embedding_dim=32,
    bidirectional=False,
    attention=None,
    dropout=0.0 if quick else 0.3,
    learning_rate=4e-3 if quick else 2e-3,
    batch_size=128 if quick else 64,
    epochs=3 if quick else 30,
    n_iter_no_change=2,
    beam_width=4,
    random_state=0,
).fit(as_vectors(X_train), list(names_train))

# %%
# How surprising the letters are
# ------------------------------
# The plain model counts which letter follows which four; where those are rare it trusts the
# three, two or one before them (Witten and Bell, "The zero-frequency problem", 1991). Both models
# are asked for the end of the name too.

ORDER = 4


def counted(names):
    """Return how often each letter follows each of the runs of 0 to 4 letters before it."""
    following = defaultdict(Counter)
    for name in names:
        padded = "^" * ORDER + name + "$"
        for at in range(ORDER, len(padded)):
            for length in range(ORDER + 1):
                following[padded[at - length : at]][padded[at]] += 1
    return following


def bits(names, following):
    """Return the bits of all letters of some names, by the counts."""
    n_letters = len(following[""])
    total = 0.0
    for name in names:
        padded = "^" * ORDER + name + "$"
        for at in range(ORDER, len(padded)):
            probability = 1 / (n_letters + 1)
            for length in range(ORDER + 1):
                after = following.get(padded[at - length : at])
                if after:
                    probability = (after[padded[at]] + len(after) * probability) / (
                        after.total() + len(after)
                    )
            total -= np.log2(probability)
    return total


n_letters = sum(len(name) + 1 for name in names_test)
by_counts = bits(names_test, counted(names_train)) / n_letters
by_network = network.score_samples(as_vectors(X_test), list(names_test)).sum()
by_network /= -np.log(2) * n_letters
print("\nbits for each letter of the names held out")
print(f"  the four letters before   {by_counts:.3f}")
print(f"  network                   {by_network:.3f}")

# %%
# Which of the eleven colour words fits
# -------------------------------------

BASIC = "black white red yellow green blue brown purple pink orange grey".split()


def basic_words(names):
    """Return the basic word of each name, "" where it has none or several."""
    found = [set(name.replace("gray", "grey").split()).intersection(BASIC) for name in names]
    return np.array([some.pop() if len(some) == 1 else "" for some in found])


word_train, word_test = basic_words(names_train), basic_words(names_test)
asked = word_test != ""
vectors, true = as_vectors(X_test[asked]), word_test[asked]
log_p = np.stack([network.score_samples(vectors, [word] * len(vectors)) for word in BASIC], axis=1)
named = word_train != ""
nearest = KNeighborsClassifier(n_neighbors=1).fit(X_train[named], word_train[named])
frequent = Counter(word_train[named]).most_common(1)[0][0]
words = {
    "most frequent word": np.full(len(true), frequent),
    "nearest known colour": nearest.predict(X_test[asked]),
    "network": np.array(BASIC)[log_p.argmax(axis=1)],
}
print(f"\n{len(true)} names with one basic word   right")
for name, word in words.items():
    print(f"  {name:26}{np.mean(word == true):8.1%}")

# %%
# New names
# ---------

written = network.predict(as_vectors(X_test))
print(f"\n{np.mean(np.isin(written, names_train)):.0%} of the written names are known ones")

# %%
# A picture
# ---------
# Colours held out, under each the name that the network writes, and the true one in grey.

shown = np.random.default_rng(4).choice(len(X_test), 28, replace=False)
figure, panels = plt.subplots(4, 7, figsize=(13, 7), layout="constrained")
for axes, number in zip(panels.flat, shown, strict=True):
    axes.set_facecolor(X_test[number])
    axes.set(xticks=[], yticks=[], box_aspect=0.5)
    axes.set_title(names_test[number], fontsize=8, color="0.5")
    axes.set_xlabel(written[number], fontsize=10)
figure.suptitle("Below: the name that the network writes. Above: the true one.", x=0.01, ha="left")

out.mkdir(parents=True, exist_ok=True)
figure.savefig(out / "colour_names.png", dpi=150)
print(f"\npicture: {out / 'colour_names.png'}")
