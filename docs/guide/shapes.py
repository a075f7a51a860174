"""The five shapes of a recurrent network as rows of boxes: the steps that it reads and writes."""

import matplotlib.pyplot as plt

READ, STATE, WRITTEN = "#3b8ea5", "0.8", "#c8443c"
# For each shape: the steps that read, the steps that write, and the number of steps.
shapes = {
    "sequence to vector\nRNNRegressor, RNNClassifier": ([0, 1, 2, 3], [3], 4),
    "sequence to sequence\nreturn_sequences=True": ([0, 1, 2, 3], [0, 1, 2, 3], 4),
    "vector to sequence\nRNNSeq2Seq of vectors": ([0], [1, 2, 3, 4], 5),
    'encoder, decoder\nRNNSeq2Seq, decoder="rnn"': ([0, 1, 2, 3], [4, 5, 6], 7),
    "autoencoder\nRNNAutoencoder": ([0, 1, 2, 3], [4, 5, 6, 7], 8),
}

_, panels = plt.subplots(
    1, 5, figsize=(13, 2.6), layout="constrained", width_ratios=[4, 4, 5, 7, 8]
)
for axes, (name, (reads, writes, n_steps)) in zip(panels, shapes.items(), strict=True):
    for step in range(n_steps):
        axes.add_patch(plt.Rectangle((step - 0.35, 1), 0.7, 0.7, color=STATE))
        if step:
            arrow = {"arrowstyle": "->", "color": "0.3"}
            axes.annotate("", (step - 0.35, 1.35), (step - 0.65, 1.35), arrowprops=arrow)
        for chosen, bottom, color in [(reads, 0, READ), (writes, 2, WRITTEN)]:
            if step in chosen:
                axes.add_patch(plt.Rectangle((step - 0.35, bottom), 0.7, 0.7, color=color))
                axes.annotate(
                    "",
                    (step, bottom + (1 if bottom == 0 else 0)),
                    (step, 0.7 if bottom == 0 else 1.7),
                    arrowprops={"arrowstyle": "->", "color": "0.3"},
                )
    axes.set(xlim=(-0.6, n_steps - 0.4), ylim=(-0.1, 2.8))
    axes.set_title(name, fontsize="small", loc="left")
    axes.axis("off")
panels[0].text(-0.5, 2.3, "written", color=WRITTEN, fontsize="small")
panels[0].text(0.4, -0.35, "read", color=READ, fontsize="small")
