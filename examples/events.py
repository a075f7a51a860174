"""
When does the walk begin and end? A box in one dimension
========================================================

A sensor on somebody's lower back, half a minute of its signal, and in it one bout of walking:
when does it begin, and when does it end? An ``RNNRegressor`` with two targets answers with two
numbers, the box around the event. A box is judged by intersection over union: the time that is
in both boxes, the found and the true one, by the time that is in either. It is 1 for the same
box and 0 for two that do not touch.

Three plain answers stand beside it: the mean box of the training windows; all steps that are
livelier than a threshold, from the first to the last; and the longest run of such steps.

There are three people, and each in turn is the one that no network has seen. The network beats the
mean box, but it has seen too few walks to beat a threshold: eleven bouts of three people are
what there is, and people walk, stand and turn in their own ways. The recordings come
with the package ``mobgap``: measured in the project Mobilise-D, the bouts as a second system of
sensors on the feet saw them. Its wheel leaves them out, so they are read from its source
distribution, which this command fetches::

    python -m pip download --no-deps --no-binary mobgap --dest examples/data mobgap
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/events.png'

import matplotlib.pyplot as plt
import numpy as np
from _data import load_walks, read_options, save_picture

from skrnn import RNNRegressor

out, quick = read_options("Find the begin and the end of a walk.", quick="few windows, one seed")

RATE = 5  # steps a second that the network sees
SECONDS = 30  # length of a window
EDGE = 0.4  # at least so many seconds of a window before a walk and after it

# %%
# The windows
# -----------
# A recording has few bouts, but a window can be laid around one in many ways: the network must
# not learn where a bout lies in the recording, only what it looks like. Windows are drawn at
# random so that each holds one whole bout and nothing of its neighbours.


def liveliness(measured):
    """Return how much the acceleration changes within each fifth of a second.

    The logarithm of the standard deviation of its size: whoever wears the sensor askew gives the
    same numbers. Shape (n_steps, 1).
    """
    n_inside = 100 // RATE
    size = np.linalg.norm(measured[:, :3], axis=1)
    inside = size[: len(size) // n_inside * n_inside].reshape(-1, n_inside)
    return np.log(inside.std(axis=1, keepdims=True) + 1e-3)


def windows_around_bouts(walks, n_each, rng):
    """Return windows (n_samples, n_steps, 1), their boxes (n_samples, 2), and their bouts."""
    X, boxes, numbers = [], [], []
    n_steps = SECONDS * RATE
    for _, measured, bouts in walks:
        lively = liveliness(measured)
        free_from = [0, *bouts[:-1, 1]]
        free_until = [*bouts[1:, 0], len(lively) / RATE]
        for (start, end), earliest, latest in zip(bouts, free_from, free_until, strict=True):
            first = max(earliest, end + EDGE - SECONDS)
            last = min(start - EDGE, latest - SECONDS)
            for begin in rng.uniform(first, last, n_each) if last > first else ():
                step = min(int(np.ceil(begin * RATE)), len(lively) - n_steps)
                X.append(lively[step : step + n_steps])
                boxes.append([start - step / RATE, end - step / RATE])
                numbers.append((start, end))
    return np.array(X), np.array(boxes), np.unique(numbers, axis=0, return_inverse=True)[1]


def overlap(found, true):
    """Return the intersection over union of boxes, (n_samples,)."""
    shared = np.minimum(found[:, 1], true[:, 1]) - np.maximum(found[:, 0], true[:, 0])
    shared = shared.clip(0)
    lengths = (found[:, 1] - found[:, 0]).clip(0) + true[:, 1] - true[:, 0]
    return shared / (lengths - shared)


walks = load_walks()
people = sorted({person for person, _, _ in walks})
rng = np.random.default_rng(0)
windows = {
    person: windows_around_bouts([w for w in walks if w[0] == person], 10 if quick else 60, rng)
    for person in people
}
for person, (X, _, bouts) in windows.items():
    print(f"{person}: {len(X)} windows around {len(np.unique(bouts))} bouts")

# %%
# The network
# -----------
# Read in both directions, each step knows whether the walk has begun and whether it is over; the
# mean over the steps then tells which part of the window lies before it and which after it.


def build_network(seed):
    """Return the network from windows to boxes."""
    return RNNRegressor(
        bidirectional=True,
        pooling="mean",
        learning_rate=3e-3,
        early_stopping=False,
        epochs=30,
        random_state=seed,
    )


# %%
# Plain answers
# -------------
# The threshold is the one of forty that does best on the training windows.


def box_of_lively_steps(X, threshold, longest_run):
    """Return the box around the steps of each window that are livelier than a threshold."""
    boxes = np.zeros((len(X), 2))
    for box, lively in zip(boxes, X[..., 0] > threshold, strict=True):
        edges = np.flatnonzero(np.diff([0, *lively, 0]))
        runs = edges.reshape(-1, 2)
        if len(runs):
            longest = runs[np.argmax(runs[:, 1] - runs[:, 0])]
            box[:] = longest if longest_run else (runs[0, 0], runs[-1, 1])
    return boxes / RATE


def threshold_answer(X_train, y_train, X_test, longest_run):
    """Return the boxes of the test windows with the best threshold of the training windows."""
    thresholds = np.quantile(X_train[..., 0], np.linspace(0.02, 0.98, 40))
    scores = [
        overlap(box_of_lively_steps(X_train, t, longest_run), y_train).mean() for t in thresholds
    ]
    return box_of_lively_steps(X_test, thresholds[np.argmax(scores)], longest_run)


# %%
# The one who was not seen
# ------------------------
# Each bout counts the same, however many windows are around it.

answers = ["mean box", "lively steps", "longest lively run", "network"]
table = {answer: [] for answer in answers}
shown = {}
for person in people:
    X_test, y_test, bouts = windows[person]
    X_train, y_train = (
        np.concatenate([windows[other][part] for other in people if other != person])
        for part in (0, 1)
    )
    networks = [build_network(seed).fit(X_train, y_train) for seed in range(1 if quick else 3)]
    found = {
        "mean box": [np.tile(y_train.mean(axis=0), (len(y_test), 1))],
        "lively steps": [threshold_answer(X_train, y_train, X_test, False)],
        "longest lively run": [threshold_answer(X_train, y_train, X_test, True)],
        "network": [network.predict(X_test) for network in networks],
    }
    for answer, runs in found.items():
        by_window = np.mean([overlap(boxes, y_test) for boxes in runs], axis=0)
        by_bout = [by_window[bouts == bout].mean() for bout in np.unique(bouts)]
        table[answer].append(np.mean(by_bout))
    shown[person] = X_test, y_test, found

print(f"\nintersection over union    mean   {'   '.join(people)}")
for answer, by_person in table.items():
    each = "   ".join(f"{score:6.3f}" for score in by_person)
    print(f"  {answer:22}{np.mean(by_person):7.3f}   {each}")

# %%
# A picture
# ---------
# Three windows of each person, drawn at random: how lively the sensor was, the true box in gray,
# the network's in red, and in blue the box of the best plain answer, the longest lively run.
#
# .. image:: /_static/gallery/events.png
#     :alt: What the example draws.

rng = np.random.default_rng(1)
figure, panels = plt.subplots(
    3, len(people), figsize=(13, 6.5), sharex=True, sharey=True, layout="constrained"
)
seconds = np.arange(SECONDS * RATE) / RATE
for column, (person, (X, y, found)) in zip(panels.T, shown.items(), strict=True):
    of_person = {answer: scores[people.index(person)] for answer, scores in table.items()}
    column[0].set_title(
        f"{person}: network {of_person['network']:.2f}, "
        f"threshold {of_person['longest lively run']:.2f}",
        loc="left",
        fontsize="medium",
    )
    for axes, i in zip(column, rng.choice(len(X), 3, replace=False), strict=True):
        axes.plot(seconds, X[i, :, 0], color="#1f2933", lw=0.9)
        axes.axvspan(*y[i], color="#9aa5b1", alpha=0.35, label="true")
        for answer, color, height in [
            ("network", "#c8443c", 0.12),
            ("longest lively run", "#3b8ea5", 0.05),
        ]:
            axes.plot(
                found[answer][0][i],
                [height] * 2,
                color=color,
                lw=4,
                solid_capstyle="butt",
                label=answer,
                transform=axes.get_xaxis_transform(),  # a share of the panel's height
            )
        axes.set_ylim(-7.5, 0)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
panels[1, 0].set_ylabel("change of acceleration within 0.2 s (logarithm)")
handles, labels = panels[0, 0].get_legend_handles_labels()
figure.legend(handles, labels, frameon=False, loc="upper right", ncols=3)
figure.suptitle(
    "When does the walk begin and end? Each person unseen in training", x=0.01, ha="left"
)

save_picture(figure, out, "events", dpi=120)
