"""
The next day's demand for electricity
=====================================

How much electricity will Victoria need in each half-hour of the next 24 hours? The temperature of
these hours is known from a weather forecast (here: as it was), and so are the holidays. A network
reads the last two days, and a decoder is told of each half-hour ahead its temperature, its place in
the day, the week and the year, and the demand one day and one week before it.

Plain answers stand beside it: the demand a week before, and a ridge regression that is told the
same for each half-hour. The first 80 percent of three years are for learning. Every half-hour of
the rest is an origin once.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/electricity.png'

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_victoria_demand, read_options, save_picture
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNForecaster, backtest, backtest_scores

out, quick = read_options(
    "Forecast the demand for electricity of the next 24 hours.", quick="a year, two epochs"
)

DAY, WEEK = 48, 7 * 48

# %%
# The data
# --------
# The index is in local time, so that the calendar sees the clock on the wall.

demand = load_victoria_demand().drop(columns="Date").tz_convert("Australia/Melbourne")
demand = demand[-365 * DAY :] if quick else demand
cut = int(0.8 * len(demand))
train = demand[:cut]
print(f"{cut} half-hours to learn from, {len(demand) - cut} to forecast")

# %%
# The network
# -----------

forecaster = RNNForecaster(
    horizon=DAY,
    window=2 * DAY,
    target="Demand",
    known=["Temperature", "Holiday"],
    calendar=["hour", "day_of_week", "day_of_year"],
    strategy="decoder",
    baseline="none",
    season=WEEK,
    epochs=2 if quick else 6,
    random_state=0,
).fit(train)

# %%
# The backtest
# ------------
# One network, and every half-hour of the last 20 percent as an origin.

test = np.arange(cut, len(demand))
frame = backtest(
    forecaster, demand, cv=[(np.arange(cut), test)], baselines=["season"], coverage=0.9
)
scores = backtest_scores(frame, "model").round(3)

# %%
# A ridge regression for each half-hour ahead, told the same: temperature, holiday and calendar of
# the half-hour, and the demand one day and one week before it.


def told(step):
    """Return what is known, at each row, of the half-hour so many steps ahead of it."""
    ahead = demand.shift(-step)
    clock = demand.index + pd.Timedelta(minutes=30 * step)
    cycles = [
        (clock.hour + clock.minute / 60) / 24,
        clock.day_of_week / 7,
        clock.day_of_year / 365.25,
    ]
    waves = [
        wave(2 * np.pi * k * np.asarray(cycle))
        for cycle in cycles
        for k in (1, 2, 3)
        for wave in (np.sin, np.cos)
    ]
    before = [demand["Demand"].shift(lag - step) for lag in (DAY, WEEK)]
    warmth = ahead["Temperature"]
    known = [warmth, warmth**2, ahead["Holiday"].astype(float), demand["Demand"]]
    return np.column_stack([*known, *before, *waves])


ridge_errors = []
for step in (1, 12, 24, 36, 48):
    X, y = told(step), demand["Demand"].shift(-step).to_numpy()
    known = ~np.isnan(X).any(axis=1) & ~np.isnan(y)
    learn = known & (np.arange(len(y)) < cut - step)
    ask = known & (np.arange(len(y)) >= cut - 1)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 7))).fit(X[learn], y[learn])
    ridge_errors.append(mean_absolute_error(y[ask], ridge.predict(X[ask])))

print("\nMean absolute error in MW, over all half-hours of the next day")
print(scores[["n_forecasts", "mae", "rmse", "coverage", "width"]].to_string())
print(f"ridge, told the same, at five of the steps: {np.mean(ridge_errors):.0f}")

# %%
# The picture
# -----------
# Three days of the test, each forecast at its midnight, and the error by step ahead.
#
# .. image:: /_static/gallery/electricity.png
#     :alt: The picture that the example draws.

figure, (above, below) = plt.subplots(2, figsize=(8, 6), layout="constrained")
midnight = demand.index[cut:]
midnight = midnight[(midnight.hour == 23) & (midnight.minute == 30)][2:5]
ours = frame[frame["model"] == "RNNForecaster"]
for number, origin in enumerate(midnight):
    day = ours[ours["origin"] == origin]
    label = ["known afterwards", "forecast at midnight", "90 % band"] if number == 0 else [None] * 3
    times = day["time"].dt.tz_localize(None)
    above.plot(times, day["true"], color="0.4", label=label[0])
    above.plot(times, day["predicted"], color="C0", label=label[1])
    above.fill_between(times, day["lower"], day["upper"], color="C0", alpha=0.2, label=label[2])
above.set_ylabel("demand in MW")
above.legend()
by_step = backtest_scores(frame)["mae"].unstack("model", sort=False)
below.plot(by_step.index / 2, by_step["RNNForecaster"], label="network")
below.plot(by_step.index / 2, by_step["season"], label="a week before")
below.plot([0.5, 6, 12, 18, 24], ridge_errors, "o", label="ridge, told the same")
below.set_xlabel("hours ahead")
below.set_ylabel("mean absolute error in MW")
below.set_ylim(bottom=0)
below.legend()
save_picture(figure, out, "electricity")
