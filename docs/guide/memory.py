"""The part of a cell state that is left after some steps, for forget gates of some openings."""

import matplotlib.pyplot as plt
import numpy as np

steps = np.arange(101)
_, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for gate in (0.5, 0.73, 0.9, 0.97, 0.99):
    axes.plot(steps, gate**steps, label=f"f = {gate}: 1 / (1 - f) = {1 / (1 - gate):.0f} steps")
axes.set(xlabel="steps", ylabel="part of the state that is left", ylim=(0, 1.02), xlim=(0, 100))
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
