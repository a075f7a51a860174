"""
Course 2: short-term memory
===========================

How long does a recurrent cell remember? Here is a test of nothing else. A sequence has a hundred
steps. Each step shows one of eight symbols. One step is marked, k steps before the end, and after
the last step the question is: which symbol was marked? Guessing is right one time in eight.

The network has to keep three bits for k steps, and to ignore the symbols that come after.

**The answer that the numbers gave.** The simple cell is lost beyond a few steps: it is right in one
case in four for the last five steps and guesses from about ten steps on. GRU and LSTM are right at
every distance up to a hundred. A convolution in front of the simple cell, which leaves it 25 steps
in place of 100, does not help: what it lacks is not fewer steps but a gate, which can close.

Two reasons meet. Each step back multiplies the gradient by a matrix and by the slope of tanh, so
little is left of it: a weight of 0.9 to the power of 50 is 0.005, and in the trained simple cell a
thousandth is left after a hundred steps. And a simple cell writes every symbol into its state; it
cannot choose to keep what it has.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from _data import read_options, save_picture

from skrnn import RNNClassifier

out, quick = read_options("How long cells remember.", quick="half of the sequences, few epochs")

# %%
# The task
# --------

N_STEPS, N_SYMBOLS = 100, 8


def sequences(n_samples, seed):
    """Return sequences, the marked symbol of each, and how many steps back it was."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(N_SYMBOLS, size=(n_samples, N_STEPS))
    steps_back = rng.integers(N_STEPS, size=n_samples)
    marked = np.arange(n_samples), N_STEPS - 1 - steps_back
    X = np.zeros((n_samples, N_STEPS, N_SYMBOLS + 1))
    np.put_along_axis(X, symbols[..., None], 1.0, axis=2)
    X[*marked, -1] = 1.0
    return (X - X.mean(axis=(0, 1))) / X.std(axis=(0, 1)), symbols[marked], steps_back


X_train, y_train, _ = sequences(2000 if quick else 4000, seed=0)
X_test, y_test, steps_back = sequences(3000, seed=1)

# %%
# The networks
# ------------
# The same parameters for all: 32 units, and the state after the last step is read.

cells = {
    "simple": {"cell": "simple"},
    "simple behind a convolution": {
        "cell": "simple",
        "conv_filters": 16,
        "conv_kernel_size": 4,
        "conv_strides": 4,
    },
    "GRU": {"cell": "gru"},
    "LSTM": {"cell": "lstm"},
}
networks, right = {}, {}
edges = np.array([0, 5, 10, 20, 40, 60, 80, 100])
print("share right, by how many steps back the marked symbol was")
print(" " * 28 + "".join(f"{a:4}-{b - 1:<3}" for a, b in pairwise(edges)))
for name, params in cells.items():
    networks[name] = RNNClassifier(
        bidirectional=False,
        pooling="last",
        standardize=False,
        learning_rate=5e-3,
        early_stopping=False,
        epochs=10 if quick else 20,
        random_state=0,
        **params,
    ).fit(X_train, y_train)
    hits = networks[name].predict(X_test) == y_test
    bins = np.digitize(steps_back, edges) - 1
    right[name] = [hits[bins == i].mean() for i in range(len(edges) - 1)]
    print(f"  {name:28}" + "".join(f"{share:<8.2f}" for share in right[name]))

# %%
# The gradient that is left
# -------------------------
# By the chain rule, the derivative of the last state by the state k steps before is a product of k
# matrices, one for each step: the recurrent weights, times the slope of tanh. Its size is computed
# here for the trained simple cell, over ten test sequences.

kernel, recurrent, bias = networks["simple"].to_keras().get_weights()[:3]


def gradient_left(x):
    """Return the norm of the derivative of the last state by the state k steps before it."""
    state, slopes = np.zeros(len(bias)), []
    for step in x:
        state = np.tanh(step @ kernel + state @ recurrent + bias)
        slopes.append(1 - state**2)
    product, norms = np.eye(len(bias)), []
    for slope in slopes[::-1]:
        norms.append(np.linalg.norm(product, 2))
        product = product @ (recurrent * slope).T
    return norms


measured = np.mean([gradient_left(x) for x in X_test[:10]], axis=0)

# %%
# A picture
# ---------

figure, (above, below) = plt.subplots(2, 1, figsize=(9, 7.5), layout="constrained")
middle = [f"{a} to {b - 1}" for a, b in pairwise(edges)]
looks = {
    "simple": ("o-", "#c8443c"),
    "simple behind a convolution": ("s--", "#e0a458"),
    "GRU": ("^-", "#3b8ea5"),
    "LSTM": ("v:", "#7b6ca8"),
}
for name, (style, color) in looks.items():
    above.plot(middle, right[name], style, color=color, label=name, ms=8)
above.axhline(1 / N_SYMBOLS, color="0.5", ls=":", lw=1)
above.annotate("guessing", (5.4, 1 / N_SYMBOLS + 0.02), color="0.4")
above.set(xlabel="steps since the marked symbol", ylabel="share right", ylim=(0, 1.05))
above.set_title("Which symbol was marked?", loc="left")
above.legend(frameon=False, loc="center right")
k = np.arange(N_STEPS)
for weight in (0.99, 0.9, 0.7):
    below.plot(k, weight**k, color="0.6", lw=1)
    at = min(60, int(np.log(2e-8) / np.log(weight)))
    below.annotate(f"{weight} to the power of k", (at, weight**at), color="0.4", fontsize="small")
below.plot(k, measured, color="#c8443c", lw=2, label="simple cell, trained")
below.set(yscale="log", ylim=(1e-8, 10), xlabel="steps back (k)", ylabel="gradient that is left")
below.set_title("What is left of the gradient after k steps", loc="left")
below.legend(frameon=False, loc="lower left")
for axes in (above, below):
    axes.spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "course_2_memory", dpi=120)
