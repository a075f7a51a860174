"""
Names for colours: vector to sequence
=====================================

What would people call a colour that has no name yet? An ``RNNSeq2Seq`` reads one vector, a colour,
and writes its name word by word: "light purple", "dark blue green".

The data are the 949 names of the xkcd colour survey, which come with matplotlib. Two hundred
thousand people named colours on their screens (Munroe, "Color survey results", 2010). Many names
are whims that nobody could guess ("baby poop"), but most have words that fit the colour. Two things
are measured on names that the network has not seen:

- the overlap of the words: of the words in the written and in the true name, the share that is in
  both (the F score of the two sets of words);
- where the true name has exactly one of the eleven basic colour words (Berlin and Kay, "Basic color
  terms", 1969), how often the written name has it too.

Beside the network stand four plain answers: the most frequent word, the name of the nearest known
colour, the most typical name among the fifteen nearest, and the basic word that most of them have.
Every colour is held out once, in five folds.

The network learns the words from 760 names. Its names overlap with 34 % of the true words, the
nearest colour's with 27 %; the basic word is right in 84 %, against 67 %. The two answers that ask
fifteen neighbours are as good or better (34 % and 37 %; 93 % and 92 %): with so few names, looking
up is hard to beat.
"""

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from _data import load_colour_names, read_options, save_picture
from matplotlib.colors import rgb_to_hsv
from sklearn.model_selection import KFold
from sklearn.neighbors import NearestNeighbors

from skrnn import RNNSeq2Seq

out, quick = read_options("Write names for colours.", quick="one fold of five, few epochs")

# %%
# The data
# --------
# A colour is red, green and blue, and once more hue, saturation and brightness. The hue is an
# angle, so it goes in as a point of the circle, the nearer to the middle the paler.

colours = load_colour_names()
names, rgb = np.array(colours.index), colours.to_numpy()


def as_vectors(rgb):
    """Return colours as vectors: (n_samples, 3) to (n_samples, 7)."""
    hue, saturation, brightness = rgb_to_hsv(rgb).T
    angle = 2 * np.pi * hue
    circle = saturation * np.cos(angle), saturation * np.sin(angle)
    return np.column_stack([rgb, *circle, saturation, brightness])


X = as_vectors(rgb)
print(f"{len(names)} names of {len({word for name in names for word in name.split()})} words")

# %%
# The scores
# ----------

BASIC = "black white red yellow green blue brown purple pink orange grey".split()


def basic_word(name):
    """Return the basic colour word of a name, or "" where it has none or several."""
    found = set(name.split()).intersection(BASIC)
    return found.pop() if len(found) == 1 else ""


def overlap(written, true):
    """Return the F score of two sets of words."""
    written, true = set(written.split()), set(true.split())
    return 2 * len(written & true) / (len(written) + len(true))


# %%
# Plain answers
# -------------


def most_typical(names):
    """Return the name that shares most words with the others."""
    return max(names, key=lambda name: sum(overlap(name, other) for other in names))


def plain_answers(train, test):
    """Return names for the test colours by each plain answer."""
    near = NearestNeighbors(n_neighbors=15).fit(X[train])
    near = [names[train][row] for row in near.kneighbors(X[test], return_distance=False)]
    frequent = Counter(filter(None, map(basic_word, names[train]))).most_common(1)[0][0]
    votes = [Counter(filter(None, map(basic_word, some))).most_common(1) for some in near]
    return {
        "most frequent word": [frequent] * len(near),
        "nearest known colour": [some[0] for some in near],
        "most typical of 15": [most_typical(some) for some in near],
        "basic word of 15": [vote[0][0] if vote else frequent for vote in votes],
    }


# %%
# The network
# -----------
# The decoder starts from the colour. Early stopping holds out a tenth of the training names.

network = RNNSeq2Seq(
    units=64,
    embedding_dim=32,
    bidirectional=False,
    attention=None,
    learning_rate=3e-3,
    epochs=15 if quick else 60,
    n_iter_no_change=10,
    beam_width=4,
    random_state=0,
)

written = {}
held_out = []
for train, test in list(KFold(5, shuffle=True, random_state=0).split(X))[: 1 if quick else None]:
    network.fit(X[train], list(names[train]))
    for answer, some in plain_answers(train, test).items():
        written.setdefault(answer, []).extend(some)
    written.setdefault("network", []).extend(network.predict(X[test]))
    held_out.extend(test)
true = names[held_out]

# %%
# The held-out names
# ------------------

basic = np.array([basic_word(name) for name in true])
asked = basic != ""
words_right, basic_right = {}, {}
print(f"\n{len(true)} names held out, {asked.sum()} with one basic word")
print("                          overlap of words   basic word right")
for answer, some in written.items():
    words_right[answer] = np.mean([overlap(w, t) for w, t in zip(some, true, strict=True)])
    hits = [word in name.split() for word, name in zip(basic, some, strict=True)]
    basic_right[answer] = np.mean(np.array(hits)[asked])
    print(f"  {answer:24}{words_right[answer]:12.1%}{basic_right[answer]:18.1%}")

# %%
# A picture
# ---------
# Colours that were held out. Under each stands the name that the network writes, above it the true
# name and the most typical name among the fifteen nearest known colours.

shown = np.random.default_rng(4).choice(len(true), 24, replace=False)
figure, panels = plt.subplots(4, 6, figsize=(13, 8), layout="constrained")
for axes, number in zip(panels.flat, shown, strict=True):
    axes.set_facecolor(rgb[held_out[number]])
    axes.set(xticks=[], yticks=[], box_aspect=0.5)
    typical = written["most typical of 15"][number]
    axes.set_title(f"true: {true[number]}\n15 nearest: {typical}", fontsize=8, color="0.4")
    axes.set_xlabel(written["network"][number], fontsize=11)
figure.suptitle(
    f"Below: the network's name (overlap {words_right['network']:.0%}). Above: the true name, and "
    f"the most typical of the 15 nearest ({words_right['most typical of 15']:.0%}).",
    x=0.01,
    ha="left",
)
save_picture(figure, out, "colour_names")
