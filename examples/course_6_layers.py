"""
Course 6: how many layers?
==========================

A network becomes larger in two ways: more units side by side, or more layers one above the other.
Each layer reads the states of the layer below it. Here ``validation_curve`` tries both for the
maximum temperature of tomorrow in Seattle. 2013 is forecast from 2012, and 2014 from 2012 and 2013.

A network starts from random weights. The same network from another seed has another error. A
difference between two networks counts only if it is larger than the spread over seeds.

**The answer that the numbers gave.** One or two years are little to learn from, so larger is not
better here. One layer of 4, 8 or 16 units has an error of 2.23 to 2.25 °C. Each layer more makes it
worse: 2.29 °C for two layers of 16 units, 2.51 °C for five. A single layer of 128 units, with seven
times the weights, is as bad. All that larger networks do is to learn the training years by heart:
their error there falls from 2.06 to 1.19 °C. The spread over seeds is 0.02 to 0.05 °C for small
networks and 0.10 °C for the deepest one, so 4, 8 and 16 units are alike. A ridge regression has
2.19 °C: no network alone is better here.
"""

import matplotlib.pyplot as plt
import numpy as np
from _data import load_seattle_weather, read_options, save_picture
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import TimeSeriesSplit, cross_val_score, validation_curve
from sklearn.pipeline import make_pipeline

from skrnn import LagFeatures, LagWindows, RNNRegressor, series_to_supervised

out, quick = read_options(
    "Width against depth.", quick="three small networks, two seeds, few epochs"
)

# %%
# The data
# --------

weather = load_seattle_weather().drop(columns="weather").loc[:"2014"]
X, y = series_to_supervised(weather, target="temp_max")
years = TimeSeriesSplit(2, test_size=365)

# %%
# The networks
# ------------
# ``units=(16, 16)`` is two layers of 16 units. ``baseline=None``: the networks learn alone. Every
# fit stops early by itself.

widths = [(4,), (16,)] if quick else [(4,), (8,), (16,), (32,), (64,), (128,)]
depths = [(4, 4)] if quick else [(16,) * n for n in (2, 3, 4, 5)]
network = make_pipeline(
    LagWindows(7 if quick else 14),
    RNNRegressor(baseline=None, learning_rate=5e-3, epochs=6 if quick else 40),
)


def errors_by_seed(sizes):
    """Return the error on the training and the held-out years: two (n_seeds, n_sizes)."""
    of_seeds = [
        validation_curve(
            network.set_params(rnnregressor__random_state=seed),
            X,
            y,
            param_name="rnnregressor__units",
            param_range=sizes,
            cv=years,
            scoring="neg_mean_absolute_error",
        )
        for seed in range(2 if quick else 5)
    ]
    return -np.mean(of_seeds, axis=3).swapaxes(0, 1)


sizes = widths + depths
training, held_out = errors_by_seed(sizes)


def weights(units):
    """Return the number of weights of the recurrent layers: three gates, as Keras counts them."""
    below = (X.shape[1], *units)
    return sum(3 * n * (m + n + 2) for m, n in zip(below, units, strict=False))


# %%
# The plain answers
# -----------------


def error_of(years_of, predict):
    """Return the mean absolute error of the held-out years."""
    return np.mean([mean_absolute_error(y.iloc[test], predict(test)) for _, test in years_of])


persistence = error_of(years.split(X), lambda test: X["temp_max"].iloc[test])
ridge = -cross_val_score(
    make_pipeline(LagFeatures(14, fill=0), RidgeCV(np.logspace(0, 5, 11))),
    X,
    y,
    cv=years,
    scoring="neg_mean_absolute_error",
).mean()

print("mean absolute error, and its standard deviation over seeds")
print(f"  {'persistence':26}{persistence:.2f} °C")
print(f"  {'ridge regression':26}{ridge:.2f} °C")
for number, units in enumerate(sizes):
    name = f"{len(units)} x {units[0]}, {weights(units)} weights"
    print(
        f"  {name:26}{held_out[:, number].mean():.2f} °C   ({held_out[:, number].std(ddof=1):.2f})"
        f"   on the training years {training[:, number].mean():.2f} °C"
    )

# %%
# A picture
# ---------
# A point is one seed.

figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
first = 0 if quick else 2  # the layer that is stacked
curves = {
    "wider: one layer of more and more units": (list(range(len(widths))), "#3b8ea5", "o-"),
    f"deeper: more and more layers of {depths[0][0]} units": (
        [first, *range(len(widths), len(sizes))],
        "#c8443c",
        "s--",
    ),
}
for name, (chosen, color, style) in curves.items():
    x = [weights(sizes[i]) for i in chosen]
    axes.plot(x, held_out[:, chosen].mean(axis=0), style, color=color, label=name)
    for errors in held_out[:, chosen]:
        axes.plot(x, errors, ".", color=color, alpha=0.5)
    for i, at in zip(chosen, x, strict=True):
        if len(sizes[i]) > 1 or i in (0, len(widths) - 1):
            label = f"{len(sizes[i])} x {sizes[i][0]}"
            top = held_out[:, i].max()
            axes.annotate(label, (at, top), (0, 6), textcoords="offset points", ha="center")
axes.plot(
    [weights(units) for units in widths],
    training[:, : len(widths)].mean(axis=0),
    "o:",
    color="#3b8ea5",
    alpha=0.6,
    label="one layer, on the training years",
)
for name, level, side in [("persistence", persistence, 1), ("ridge regression", ridge, -1)]:
    axes.axhline(level, color="0.5", ls=":", lw=1)
    axes.annotate(
        name,
        (1, level),
        (-4, 3 * side),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="bottom" if side == 1 else "top",
        color="0.4",
    )
axes.set(xscale="log", xlabel="weights of the recurrent layers", ylabel="mean absolute error (°C)")
axes.set_title("Tomorrow's maximum in Seattle, 2013 and 2014", loc="left")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "course_6_layers", dpi=120)
