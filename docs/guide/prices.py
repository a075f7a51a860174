"""A file of prices, and a picture of what a window of it holds under each clock."""

# [the file]
import io

import pandas as pd

from skrnn.windows import LagWindows

file = """date,close
2023-12-18,118
2023-12-19,119
2023-12-20,120
2023-12-21,121
2023-12-22,122
2023-12-26,126
2023-12-27,127
2023-12-28,128
2023-12-29,129
2024-01-02,102
"""
prices = pd.read_csv(io.StringIO(file), index_col="date", parse_dates=["date"])

of_weekdays = LagWindows(window=5).fit_transform(prices)[-1, :, 0]
of_rows = LagWindows(window=5, clock="rows").fit_transform(prices)[-1, :, 0]
of_days = LagWindows(window=5).fit_transform(prices.asfreq("D"))[-1, :, 0]
# [the picture]
import matplotlib.pyplot as plt
import numpy as np

days = pd.date_range("2023-12-26", "2024-01-02")
is_closed = ~days.isin(prices.index)
# Which days each window has as steps: the last five weekdays, rows or days of the calendar.
rows = [
    ('clock="auto"\nweekdays', of_weekdays, pd.bdate_range(end=days[-1], periods=5)),
    ('clock="rows"\nrows of the file', of_rows, prices.index[-5:]),
    ('asfreq("D")\ndays', of_days, days[-5:]),
]
_, axes = plt.subplots(figsize=(8, 2.9), layout="constrained")
for at in np.flatnonzero(is_closed):
    axes.axvspan(at - 0.5, at + 0.5, color="0.93", zorder=0)
for height, (_, window, steps) in enumerate(rows):
    for step, value in zip(steps, window, strict=True):
        at = days.get_loc(step)
        known = not np.isnan(value)
        box = {"facecolor": "C0" if known else "white", "edgecolor": "C0"}
        line = "-" if known else ":"
        axes.add_patch(plt.Rectangle((at - 0.42, height - 0.34), 0.84, 0.68, ls=line, **box))
        text = f"{value:.0f}" if known else "absent"
        axes.text(at, height, text, ha="center", va="center", color="white" if known else "C0")
axes.set_xlim(-0.5, len(days) - 0.5)
axes.set_ylim(len(rows) - 0.5, -0.5)
axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
names = [f"{day:%a} {day.day} {day:%b}".replace(" ", "\n", 1) for day in days]
axes.set_xticks(range(len(days)), names)
axes.tick_params(length=0)
axes.xaxis.tick_top()
axes.spines[:].set_visible(False)
plt.show()
