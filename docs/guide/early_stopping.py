"""Which windows early stopping holds out, and which ones it leaves out, as a picture."""

import matplotlib.pyplot as plt
import numpy as np

N_ROWS, WINDOW, N_HELD_OUT = 24, 5, 4

last = np.arange(WINDOW - 1, N_ROWS)  # the row at which each window ends
held_out = last >= N_ROWS - N_HELD_OUT
# A window before them may hold no row of theirs.
first_held_out = last[held_out][0] - WINDOW + 1
purged = ~held_out & (last >= first_held_out)

kinds = [
    ("training", ~held_out & ~purged, "#3b8ea5"),
    ("left out: shares rows with a held-out window", purged, "0.8"),
    ("held out", held_out, "#c8443c"),
]
_, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
for name, chosen, color in kinds:
    starts = last[chosen] - WINDOW + 1
    axes.barh(last[chosen], WINDOW, left=starts - 0.5, height=0.7, color=color, label=name)
axes.set(xlabel="row of the series", ylabel="the window of row", xlim=(-0.5, N_ROWS - 0.5))
axes.set_yticks(last[::5])
axes.invert_yaxis()
axes.legend(frameon=False, loc="lower left")
axes.spines[["top", "right"]].set_visible(False)
