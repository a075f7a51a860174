"""An autoencoder as boxes: steps to a latent vector, and the steps again from the last one."""

from itertools import pairwise

import matplotlib.pyplot as plt

N_STEPS = 4
names = [f"x{n}" for n in range(1, N_STEPS + 1)]
boxes = [
    *((n, name, "#3b8ea5") for n, name in enumerate(names)),
    (N_STEPS + 0.5, "latent\nvector", "0.4"),
    *((N_STEPS + 2 + n, name, "#c8443c") for n, name in enumerate(names[::-1])),
]
_, axes = plt.subplots(figsize=(8, 1.6), layout="constrained")
for place, name, color in boxes:
    axes.add_patch(plt.Rectangle((place - 0.36, 0), 0.72, 0.7, color=color))
    axes.text(place, 0.35, name, color="white", ha="center", va="center", fontsize="small")
for (before, *_), (after, *_) in pairwise(boxes):
    arrow = {"arrowstyle": "->", "color": "0.3"}
    axes.annotate("", (after - 0.38, 0.35), (before + 0.38, 0.35), arrowprops=arrow)
axes.text(1.5, 0.95, "encoder reads", ha="center", color="#3b8ea5")
axes.text(N_STEPS + 3.5, 0.95, "decoder writes, last step first", ha="center", color="#c8443c")
axes.set(xlim=(-0.5, 2 * N_STEPS + 1.5), ylim=(-0.1, 1.2))
axes.axis("off")
