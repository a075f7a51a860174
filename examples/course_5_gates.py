"""
Course 5: gates
===============

A gate is a number between 0 and 1 for each unit and step. It says how much of something is let
through. The forget gate of an LSTM says how much of the cell state stays, its input gate how much
of the new value is written. The update gate of a GRU says how much of the state stays.

The network learns what opens and shuts them. Here an LSTM and a GRU learn the maximum temperature
of tomorrow in Seattle from the last 28 days. ``cell_states(X)`` returns their gates at each step,
and the picture shows them over ten weeks of 2015.

**The answer that the numbers gave.** Both networks remember some days: a unit of the LSTM 2 to 6
days, one of the GRU 1 to 5. Two things open and shut the gates: the season and the rain. The
maximum temperature of the day explains 47 % of the movements of the forget gate and 53 % of those
of the update gate, and the rain explains 33 % of those of the input gate. In the picture every
heavy rain is a stripe: about half of the units of the LSTM shut their input gate, so that the
temperature of a day of storm is not written into the cell state. Both networks are a little better
than a ridge regression, with 2.14 and 2.13 °C against 2.18 °C.

A gate shows what a network lets through. It does not prove why: other seeds share the work among
the units in another way.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_seattle_weather, read_options, save_picture
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error

from skrnn import LagWindows, RNNRegressor, series_to_supervised

out, quick = read_options("The gates of an LSTM and a GRU.", quick="one seed, few epochs")

# %%
# The data
# --------
# Learnt on 2012 to 2014, asked on every day of 2015.

WINDOW = 28
weather = load_seattle_weather().drop(columns="weather")
X, y = series_to_supervised(weather, target="temp_max")
windows = LagWindows(WINDOW).fit_transform(X)
train = np.flatnonzero(X.index < "2014-12-31")
test = np.flatnonzero(X.index >= "2014-12-31")
whole = train[WINDOW - 1 :]  # the windows without a missing day, for the linear model
line = RidgeCV(np.logspace(-1, 5, 13)).fit(windows[whole].reshape(len(whole), -1), y.iloc[whole])

# %%
# The networks
# ------------
# ``baseline=None``: the networks learn alone, without a linear model beside them.

cells, seeds = ("lstm", "gru"), range(1 if quick else 5)
networks = {
    cell: [
        RNNRegressor(
            cell=cell,
            units=16,
            baseline=None,
            learning_rate=5e-3,
            epochs=8 if quick else 40,
            random_state=seed,
        ).fit(windows[train], y.iloc[train])
        for seed in seeds
    ]
    for cell in cells
}


def error(predicted):
    """Return the mean absolute error over 2015."""
    return mean_absolute_error(y.iloc[test], predicted)


errors = {
    "persistence": error(X["temp_max"].iloc[test]),
    "ridge": error(line.predict(windows[test].reshape(len(test), -1))),
    **{
        cell: np.mean([error(network.predict(windows[test])) for network in networks[cell]])
        for cell in cells
    },
}
print("tomorrow's maximum temperature in 2015, mean absolute error")
for name, value in errors.items():
    print(f"  {name:12}{value:.2f} °C")

# %%
# The gates of today
# ------------------
# For each day of 2015, the gates at the last step of its window, (n_days, n_units). The table has
# the part of their movement over the year that one number of the same day explains: the squared
# correlation, the mean of all units. A unit that keeps the part f of its state at each step
# remembers about 1 / (1 - f) days.

GATES = [("lstm", "forget"), ("lstm", "input"), ("gru", "update")]
today = X.iloc[test]


def gates_today(network, name):
    """Return a gate on each day of 2015: (n_days, n_units)."""
    return pd.DataFrame(network.cell_states(windows[test])[name][:, -1], today.index)


print("\npart of a gate's movement that the weather of the day explains, and the days remembered")
print(" " * 17 + "".join(f"{column:>15}" for column in today) + "    days (units from, to)")
for cell, name in GATES:
    gates = [gates_today(network, name) for network in networks[cell]]
    gates = pd.concat(gates, axis=1, ignore_index=True)
    parts = [(gates.corrwith(today[column]) ** 2).mean() for column in today]
    days = 1 / (1 - gates.mean())
    remembered = f"{days.mean():8.1f} ({days.min():.1f}, {days.max():.1f})"
    numbers = "".join(f"{part:15.2f}" for part in parts)
    print(f"  {cell:5}{name:10}{numbers}{'' if name == 'input' else remembered}")

# %%
# A picture
# ---------
# One row for each unit, the most open one on top.

days = slice("2015-10-15", "2015-12-29")
figure, panels = plt.subplots(
    5, 1, figsize=(10, 9), sharex=True, layout="constrained", height_ratios=[1.2, 1, 2, 2, 2]
)
shown = today.loc[days]
panels[0].plot(shown.index, shown["temp_max"], color="#c8443c")
panels[0].set_ylabel("maximum (°C)")
panels[1].bar(shown.index, shown["precipitation"], color="#3b8ea5", width=0.9)
panels[1].set_ylabel("rain (mm)")
for axes in panels[:2]:
    axes.spines[["top", "right"]].set_visible(False)
titles = {
    "forget": "LSTM, forget gate: how much of the cell state stays",
    "input": "LSTM, input gate: how much of the new value is written",
    "update": "GRU, update gate: how much of the state stays",
}
edges = pd.date_range(shown.index[0], periods=len(shown) + 1) - pd.Timedelta(hours=12)
for axes, (cell, name) in zip(panels[2:], GATES, strict=True):
    gates = gates_today(networks[cell][0], name).loc[days]
    gates = gates.to_numpy()[:, gates.mean().argsort()]
    image = axes.pcolormesh(edges, np.arange(17), gates.T, vmin=0, vmax=1, cmap="viridis")
    axes.set_ylabel("unit")
    axes.set_title(titles[name], loc="left")
figure.colorbar(image, ax=list(panels[2:]), label="shut (0) to open (1)", aspect=40)
figure.suptitle(
    f"Error in 2015: LSTM {errors['lstm']:.2f} °C, GRU {errors['gru']:.2f} °C, "
    f"ridge regression {errors['ridge']:.2f} °C, persistence {errors['persistence']:.2f} °C",
    x=0.01,
    ha="left",
    fontsize="medium",
)
save_picture(figure, out, "course_5_gates", dpi=120)
