"""The history of the first window of each test fold, as a picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from skrnn import LagWindows

# The value of each row is its number, so a window tells which rows it holds.
N_ROWS, WINDOW = 24, 5
index = pd.date_range("2024-05-01", periods=N_ROWS)
rows = pd.DataFrame({"row": np.arange(float(N_ROWS))}, index)

_, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for fold, (train, test) in enumerate(TimeSeriesSplit(4).split(rows)):
    windows = LagWindows(WINDOW).fit(rows.iloc[train])
    first = windows.transform(rows.iloc[test])[0, :, 0]
    parts = [(train, "#3b8ea5", "training"), (test, "#c8443c", "test")]
    for part, color, name in parts:
        label = name if fold == 0 else None
        axes.barh(fold, len(part), left=part[0] - 0.5, height=0.6, color=color, label=label)
    label = "the window of the first test row" if fold == 0 else None
    frame = {"fill": False, "edgecolor": "black", "linewidth": 1.8, "label": label}
    axes.add_patch(plt.Rectangle((first[0] - 0.5, fold - 0.36), WINDOW, 0.72, **frame))
axes.set(xlabel="row", ylabel="fold", yticks=range(4), yticklabels=range(1, 5))
axes.set(xlim=(-0.6, N_ROWS - 0.4), ylim=(3.6, -1.1))
axes.legend(frameon=False, loc="upper right", ncols=3)
axes.spines[["top", "right"]].set_visible(False)
