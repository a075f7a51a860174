"""The rows that three forecasts of a forecaster read, and the steps that they forecast."""

import matplotlib.pyplot as plt

WINDOW, HORIZON, ORIGINS = 8, 3, [9, 10, 11]

_, axes = plt.subplots(figsize=(8, 2.2), layout="constrained")
for place, origin in enumerate(ORIGINS):
    parts = [
        (origin - WINDOW + 1, WINDOW, "#3b8ea5", "read: the window of the row"),
        (origin + 1, HORIZON, "#c8443c", "forecast: the horizon"),
    ]
    for first, n_rows, color, name in parts:
        label = name if place == 0 else None
        for row in range(first, first + n_rows):
            box = plt.Rectangle((row - 0.42, place - 0.3), 0.84, 0.6, color=color, label=label)
            axes.add_patch(box)
            label = None
axes.set(xlim=(0.4, 14.6), ylim=(2.5, -1.1), yticks=range(3), xticks=range(1, 15))
axes.set_yticklabels([f"row {origin}" for origin in ORIGINS])
axes.set(xlabel="row of the table", ylabel="predict(X)")
axes.legend(frameon=False, loc="upper left", ncols=2)
axes.spines[["top", "right"]].set_visible(False)
