"""Sequences of three lengths with a hole, and the steps that a network runs over, as a picture."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

# One feature. NaN is an absent step: at the end it pads, in the middle it is a hole.
absent = np.nan
X = np.array(
    [
        [12.0, 13.0, 11.0, 14.0, 15.0, 16.0, 15.0],
        [8.0, 9.0, absent, 9.0, 10.0, absent, absent],
        [20.0, 19.0, 21.0, absent, absent, absent, absent],
    ]
)

_, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
for sample, values in enumerate(X):
    present = np.flatnonzero(~np.isnan(values))
    for step, value in enumerate(values):
        known = not np.isnan(value)
        box = {"facecolor": "C0" if known else "white", "edgecolor": "C0"}
        line = "-" if known else ":"
        axes.add_patch(plt.Rectangle((step - 0.36, sample - 0.3), 0.72, 0.6, ls=line, **box))
        text = f"{value:.0f}" if known else "absent"
        axes.text(step, sample, text, ha="center", va="center", color="white" if known else "C0")
    # The state goes from each present step to the next one.
    for before, after in pairwise(present):
        bend = {"connectionstyle": "arc3,rad=-0.25"} if after > before + 1 else {}
        start, end = (before + 0.38, sample), (after - 0.38, sample)
        if bend:
            start, end = (before + 0.2, sample - 0.32), (after - 0.2, sample - 0.32)
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "0.3", **bend})
    axes.text(7.0, sample, f"read after step {present[-1]}", va="center", color="0.3")
axes.set(xlim=(-0.6, 8.6), ylim=(2.6, -0.8), xlabel="step", yticks=range(3), xticks=range(7))
axes.set_ylabel("sequence")
axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
axes.tick_params(length=0)
