"""Two leaks and their remedies: rows that see later rows, and targets inside the test."""

import matplotlib.pyplot as plt

PAST, LATER, TARGET = "#3b8ea5", "#c8443c", "#e0a458"
N_ROWS, ROW, FIRST_TEST, HORIZON = 14, 7, 9, 3


def boxes(axes, rows, height, color, **line):
    """Draw a box for each row; empty ones have a border alone."""
    for row in rows:
        look = {"edgecolor": color, **line} if line else {"color": color}
        axes.add_patch(plt.Rectangle((row - 0.4, height - 0.3), 0.8, 0.6, **look))


figure, (left, right) = plt.subplots(1, 2, figsize=(11, 2.6), layout="constrained")
boxes(left, range(ROW - 3, ROW + 1), 0, PAST)
boxes(left, range(ROW + 1, ROW + 4), 0, LATER)
boxes(left, range(ROW - 6, ROW + 1), 1, PAST)
left.axvline(ROW + 0.5, color="black", linewidth=1.2)
left.text(ROW + 0.6, 1.75, "later rows", va="center")
left.set_yticks([0, 1], ["centred mean", "mean of past days"])
left.set_title(f"the mean of 7 rows at row {ROW}", loc="left")

for height, gap in enumerate([0, HORIZON - 1]):
    train = range(N_ROWS)[: FIRST_TEST - gap]
    boxes(right, train, height, PAST)
    boxes(right, range(FIRST_TEST, N_ROWS), height, LATER, fill=False)
    for step in range(1, HORIZON + 1):
        arrow = {"arrowstyle": "->", "color": TARGET, "connectionstyle": "arc3,rad=-0.5"}
        start, end = (train[-1], height - 0.3), (train[-1] + step, height - 0.3)
        right.annotate("", end, start, arrowprops=arrow)
right.axvline(FIRST_TEST - 0.5, color="black", linewidth=1.2)
right.text(FIRST_TEST - 0.4, 1.75, "test", va="center")
right.text(-0.4, 1.75, "training", va="center")
right.set_yticks([0, 1], ["no gap", f"gap={HORIZON - 1}"])
right.set_title(f"the {HORIZON} targets of the last training row", loc="left")

for axes in (left, right):
    axes.set(xlim=(-0.6, N_ROWS - 0.4), ylim=(2.1, -0.9), xlabel="row", xticks=range(N_ROWS))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
