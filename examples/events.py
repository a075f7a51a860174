"""
Where is it in the signal? A box in one dimension
=================================================

A sensor on somebody's lower back, half a minute of its signal, and in it one bout of walking:
when does it begin, and when does it end? The answer is a box in one dimension. An object in a
photograph has a box of four numbers around it; an event in a signal has one of two.

A box is judged by intersection over union: the time that is in both boxes, the found and the true
one, divided by the time that is in either. It is 1 for the same box and 0 for two that do not
touch. A box of the right length that comes a third of its length late has one half.

There are three people. Each in turn is the one that no network has seen, and everything that is
chosen, is chosen on the two others. The recordings come with the package ``mobgap``: measured in
the project Mobilise-D, with the bouts as a second system of sensors on the feet saw them. Its wheel
leaves them out, so they are read from its source distribution, which this command fetches::

    python -m pip download --no-deps --no-binary mobgap --dest examples/data mobgap
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/events.png'

import matplotlib.pyplot as plt
import numpy as np
from _data import load_walks, read_options, save_picture
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor

out, quick = read_options(
    "Find the begin and the end of a walk.", quick="few windows, one seed, no dropout chosen"
)

RATE = 5  # steps a second that the network sees
SECONDS = 30  # length of a window
N_STEPS = RATE * SECONDS
EDGE = 0.4  # at least so many seconds of a window before a walk and after it
SEEDS = range(1 if quick else 5)

# %%
# The data
# --------
# A sensor that measures a hundred times a second gives 3000 steps for half a minute: too many for
# a recurrent network to remember over. The sensor is livelier in walking than in standing, and five
# numbers a second are enough to show it. (A convolution with strides would shorten a signal as
# well, but then there is no prediction for each step.)


def liveliness(measured):
    """Return how much the acceleration changes within each fifth of a second.

    The logarithm of the standard deviation of its size: whoever wears the sensor askew gives the
    same numbers. Shape (n_steps, 1).
    """
    n_inside = 100 // RATE
    size = np.linalg.norm(measured[:, :3], axis=1)
    inside = size[: len(size) // n_inside * n_inside].reshape(-1, n_inside)
    return np.log(inside.std(axis=1, keepdims=True) + 1e-3)


def tags_of(n_steps, boxes):
    """Return 1 for the steps whose middle is in one of the boxes, else 0, (n_steps,)."""
    middle = (np.arange(n_steps) + 0.5) / RATE
    return np.any([(start <= middle) & (middle < end) for start, end in boxes], axis=0).astype(int)


recordings = [
    (person, liveliness(measured), bouts)
    for person, measured, bouts in load_walks()
    if len(measured) >= 100 * SECONDS
]
people = sorted({person for person, _, _ in recordings})

# %%
# Boxes are asked for in windows of half a minute. A window can be laid around a bout in many ways:
# they are drawn at random so that each holds one whole bout and nothing of its neighbours.


def windows_around_bouts(person, n_each, rng):
    """Return windows (n_samples, n_steps, 1), their boxes (n_samples, 2), and their bouts."""
    X, boxes, numbers = [], [], []
    for lively, bouts in (r[1:] for r in recordings if r[0] == person):
        free_from = [0, *bouts[:-1, 1]]
        free_until = [*bouts[1:, 0], len(lively) / RATE]
        for (start, end), earliest, latest in zip(bouts, free_from, free_until, strict=True):
            first = max(earliest, end + EDGE - SECONDS)
            last = min(start - EDGE, latest - SECONDS)
            for begin in rng.uniform(first, last, n_each) if last > first else ():
                step = min(int(np.ceil(begin * RATE)), len(lively) - N_STEPS)
                X.append(lively[step : step + N_STEPS])
                boxes.append([start - step / RATE, end - step / RATE])
                numbers.append((start, end))
    return np.array(X), np.array(boxes), np.unique(numbers, axis=0, return_inverse=True)[1]


def overlap(found, true):
    """Return the intersection over union of boxes, (n_samples,)."""
    shared = np.minimum(found[:, 1], true[:, 1]) - np.maximum(found[:, 0], true[:, 0])
    shared = shared.clip(0)
    lengths = (found[:, 1] - found[:, 0]).clip(0) + true[:, 1] - true[:, 0]
    return shared / (lengths - shared)


rng = np.random.default_rng(0)
windows = {person: windows_around_bouts(person, 10 if quick else 60, rng) for person in people}
for person, (X, _, bouts) in windows.items():
    print(f"{person}: {len(X)} windows around {len(np.unique(bouts))} bouts")


def mean_overlap(boxes, person):
    """Return the overlap with the boxes of a person, each bout counting the same."""
    _, true, bouts = windows[person]
    by_window = overlap(boxes, true)
    return np.mean([by_window[bouts == bout].mean() for bout in np.unique(bouts)])


# %%
# Two numbers, or a tag for each step?
# ------------------------------------
# The plain way is a regression with two targets, begin and end. It is hard to learn. The network
# must count how many steps lie before the walk, and a window shifted by one step has other targets,
# though all that is in it is the same. A dozen bouts are too few to learn how to count from.
#
# The other way asks an easy question many times: is this step part of a walk? A window of 150
# steps has 150 answers to learn from, and what a walk looks like does not change when it comes
# later. ``return_sequences=True`` gives a prediction for each step. The network is taught on pieces
# of the recordings, wherever they begin: a piece may hold two bouts, or none, or a half.


def pieces(some_people, rng):
    """Return random pieces of recordings (n_samples, n_steps, 1) and their tags, 0 or 1."""
    X, y = [], []
    for _, lively, bouts in (r for r in recordings if r[0] in some_people):
        tags = tags_of(len(lively), bouts)
        n_pieces = int(0.6 * len(lively) / RATE)
        for begin in rng.integers(0, len(lively) - N_STEPS + 1, n_pieces):
            X.append(lively[begin : begin + N_STEPS])
            y.append(tags[begin : begin + N_STEPS])
    return np.array(X), np.array(y)


# %%
# From tags to a box
# ------------------
# Tags flicker: a person who turns around is hardly lively for a second, and the tags there say
# "no walk". The longest run of "walk" would be half of the walk. The probabilities know better.
# The log-odds of a step, log p / (1 - p), are above 0 if it is more likely part of a walk than not,
# and say how much more. A box with all log-odds added up is the most probable one, if steps are
# taken to be independent: a short dip costs little, a long rest costs much. So the box asked for is
# the run of steps with the largest sum.
#
# The largest sum takes one pass. The sum from step i to step j is the sum of all steps up to j,
# less the sum of all steps before i. So for each end j, the best begin is where the sum so far was
# smallest (Kadane's algorithm; Bentley, "Programming pearls", Communications of the ACM, 1984).


def best_box(log_odds):
    """Return the boxes (n_samples, 2) in seconds with the largest sum of (n_samples, n_steps)."""
    so_far = np.pad(np.cumsum(log_odds, axis=1), ((0, 0), (1, 0)))
    gain = so_far - np.minimum.accumulate(so_far, axis=1)
    ends = gain.argmax(axis=1)
    begins = [sums[: end + 1].argmin() for sums, end in zip(so_far, ends, strict=True)]
    return np.column_stack([begins, ends]) / RATE


# %%
# The network
# -----------
# The tagger reads in both directions: each step knows what comes before it and what comes after
# it. Six minutes of two people are little to learn from, so a part of the state is dropped in
# training on its way from step to step (``recurrent_dropout``). The inputs are not dropped: there
# is one, and nothing would be left.
#
# Each answer here is a function of its setting, of the people to learn from, and of a seed. It
# returns the boxes of the windows X.


def network(recurrent_dropout, others, seed, X):
    """Return the boxes that a tagger of steps finds; the setting is its dropout."""
    tagger = RNNClassifier(
        units=16,
        return_sequences=True,
        bidirectional=True,
        recurrent_dropout=recurrent_dropout,
        learning_rate=3e-3,
        epochs=20,
        random_state=seed,
    ).fit(*pieces(others, np.random.default_rng(seed)))
    log_p = tagger.predict_log_proba(X)
    return best_box(log_p[..., 1] - log_p[..., 0])


def network_of_two_numbers(_, others, seed, X):
    """Return the boxes that a regression with two targets gives."""
    X_train, y_train = (np.concatenate([windows[o][part] for o in others]) for part in (0, 1))
    regressor = RNNRegressor(
        bidirectional=True,
        pooling="mean",
        learning_rate=3e-3,
        early_stopping=False,
        epochs=30,
        random_state=seed,
    )
    return regressor.fit(X_train, y_train).predict(X)


# %%
# Plain answers
# -------------
# The mean box of the training windows. All steps above a level of liveliness: the longest run of
# them, or the run with the largest sum of what they are above it. And a logistic regression on a
# step and its neighbours, which is taught on the same pieces as the network and whose log-odds are
# made a box in the same way. It tells what the network has beyond them.


def mean_box(_, others, __, X):
    """Return the mean of the training boxes, for each window."""
    return np.tile(np.concatenate([windows[o][1] for o in others]).mean(axis=0), (len(X), 1))


def longest_run(level, _, __, X):
    """Return the longest run of steps that are livelier than a level."""
    boxes = np.zeros((len(X), 2))
    for box, lively in zip(boxes, X[..., 0] > level, strict=True):
        runs = np.flatnonzero(np.diff([0, *lively, 0])).reshape(-1, 2)
        if len(runs):
            box[:] = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return boxes / RATE


def largest_sum(level, _, __, X):
    """Return the run of steps with the largest sum of liveliness above a level."""
    return best_box(X[..., 0] - level)


def with_neighbours(X, seconds):
    """Return the steps of each window, and those before and after, (n_samples, n_steps, n)."""
    n = int(seconds * RATE)
    padded = np.pad(X[..., 0], ((0, 0), (n, n)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * n + 1, axis=1)


def logistic_regression(setting, others, seed, X):
    """Return the boxes of a linear tagger; the setting is how far it sees, and its C."""
    seconds, C = setting
    X_train, y_train = pieces(others, np.random.default_rng(seed))
    steps = with_neighbours(X_train, seconds).reshape(y_train.size, -1)
    tagger = make_pipeline(StandardScaler(), LogisticRegression(C=C))
    tagger.fit(steps, y_train.ravel())
    seen = with_neighbours(X, seconds)
    log_odds = tagger.decision_function(seen.reshape(-1, seen.shape[2]))
    return best_box(log_odds.reshape(seen.shape[:2]))


# %%
# The one who was not seen
# ------------------------
# A setting is chosen on the two others alone: fitted on one of them, judged on the other, and the
# other way round. Then the answer learns from both, and is judged on the one who was not seen.
# Three people are few: answers that are closer than the scores of one answer for two people can
# change places with a fourth.


def chosen(answer, settings, others):
    """Return the setting that does best where each of the others is judged by the rest of them."""

    def score(setting):
        return np.mean(
            [
                mean_overlap(answer(setting, [o for o in others if o != person], 0, X), person)
                for person, X in ((person, windows[person][0]) for person in others)
            ]
        )

    return max(settings, key=score) if len(settings) > 1 else settings[0]


levels = np.linspace(-5.5, -1.5, 41)
answers = {  # with its settings, and whether it depends on a seed
    "mean box": (mean_box, [None], False),
    "longest run above a level": (longest_run, levels, False),
    "largest sum above a level": (largest_sum, levels, False),
    "logistic regression": (
        logistic_regression,
        [(seconds, C) for seconds in (1, 2, 3) for C in (0.001, 0.1)],
        False,
    ),
    "network, two numbers": (network_of_two_numbers, [None], True),
    "network, tags": (network, [0.3] if quick else [0.0, 0.3], True),
}
table, found, settings_of = {}, {}, {}
for name, (answer, settings, is_random) in answers.items():
    for person in people:
        others = [other for other in people if other != person]
        setting = settings_of[name, person] = chosen(answer, settings, others)
        found[name, person] = [
            answer(setting, others, seed, windows[person][0])
            for seed in (SEEDS if is_random else [0])
        ]
    table[name] = np.array([[mean_overlap(b, p) for b in found[name, p]] for p in people])

print(f"\nintersection over union          mean   {'   '.join(people)}")
for name, scores in table.items():
    each = "   ".join(f"{score:6.3f}" for score in scores.mean(axis=1))
    spread = f"   between seeds {scores.mean(axis=0).std():.3f}" if scores.shape[1] > 1 else ""
    print(f"  {name:28}{scores.mean():7.3f}   {each}{spread}")
for name, what in [
    ("logistic regression", "seconds before and after, C"),
    ("network, tags", "recurrent_dropout"),
]:
    best = ", ".join(str(settings_of[name, person]) for person in people)
    print(f"{name}, {what} chosen for each: {best}")

# %%
# A picture
# ---------
# Three windows of each person, drawn at random: how lively the sensor was, the true box in gray,
# the network's in red, and in blue that of the best plain answer.
#
# .. image:: /_static/gallery/events.png
#     :alt: Recordings of three people, with the true box of a walk and the boxes of two answers.

shown = "network, tags"
plain = max((name for name in answers if "network" not in name), key=lambda a: table[a].mean())
rng = np.random.default_rng(1)
figure, panels = plt.subplots(
    3, len(people), figsize=(13, 6.5), sharex=True, sharey=True, layout="constrained"
)
seconds = np.arange(N_STEPS) / RATE
for column, (number, person) in zip(panels.T, enumerate(people), strict=True):
    X, y, _ = windows[person]
    network_has, plain_has = (table[name][number].mean() for name in (shown, plain))
    column[0].set_title(
        f"{person}: network {network_has:.2f}, plain {plain_has:.2f}",
        loc="left",
        fontsize="medium",
    )
    for axes, i in zip(column, rng.choice(len(X), 3, replace=False), strict=True):
        axes.plot(seconds, X[i, :, 0], color="#1f2933", lw=0.9)
        axes.axvspan(*y[i], color="#9aa5b1", alpha=0.35, label="true")
        for name, color, height in [(shown, "#c8443c", 0.12), (plain, "#3b8ea5", 0.05)]:
            axes.plot(
                found[name, person][0][i],
                [height] * 2,
                color=color,
                lw=4,
                solid_capstyle="butt",
                label=name,
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
