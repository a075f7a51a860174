"""How a text is divided into parallel streams, and how far errors flow back, as a picture."""

import matplotlib.pyplot as plt

N_STREAMS, LENGTH, N_STEPS = 3, 12, 4
text = "the cat sat on the mat. the dog sat."
CHUNKS = ["#3b8ea5", "#e0a458", "#c8443c"]

_, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
for stream in range(N_STREAMS):
    for place, token in enumerate(text[stream * LENGTH : (stream + 1) * LENGTH]):
        step = place // N_STEPS
        box = plt.Rectangle((place - 0.42, stream - 0.3), 0.84, 0.6, color=CHUNKS[step], alpha=0.85)
        axes.add_patch(box)
        shown = token.replace(" ", "␣")
        axes.text(place, stream, shown, ha="center", va="center", color="white")
    for place in range(N_STEPS, LENGTH, N_STEPS):
        arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1.6}
        axes.annotate("", (place - 0.3, stream), (place - 0.7, stream), arrowprops=arrow)
for step in range(LENGTH // N_STEPS):
    first = step * N_STEPS
    axes.text(first - 0.4, -0.75, f"training step {step + 1}", color=CHUNKS[step])
    back = {"arrowstyle": "->", "color": CHUNKS[step], "linestyle": "--"}
    axes.annotate("", (first - 0.4, 2.6), (first + N_STEPS - 0.6, 2.6), arrowprops=back)
axes.text(-0.4, 3.15, "dashed: errors flow back through n_steps. black: the state goes on")
axes.set(xlim=(-0.6, LENGTH - 0.4), ylim=(3.4, -1.1), yticks=range(N_STREAMS), xticks=[])
axes.set_yticklabels([f"stream {number}" for number in range(1, N_STREAMS + 1)])
axes.spines[:].set_visible(False)
axes.tick_params(length=0)
