"""
The next hours and days in Europe
=================================

Two stations, one forecaster each: the next 24 hours of the temperature at the Schwingbach, a brook
in Hesse, and the next seven days of the maximum temperature in Brussels. Each table has a row for
each step and an index that tells the time, and nothing else is prepared.

Three plain forecasts stand beside each network: the last value (or the one of the same hour the day
before), the mean of the time of the year, and a ridge regression on the same past.

``--csv FILE`` forecasts a table of your own: a file with a date column, such as an export of the
open data of a national weather service. Its first column is the time, and ``--target`` names what
is to be forecast.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/weather_europe.png'

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import OUTPUT, load_brussels_climate, load_schwingbach_weather, save_picture

from skrnn import ForecastDisplay, RNNForecaster, backtest, backtest_scores

parser = argparse.ArgumentParser(description="Forecast the weather of two places in Europe.")
parser.add_argument("--out", type=Path, default=OUTPUT, help="folder for pictures")
parser.add_argument("--quick", action="store_true", help="few epochs, short tables")
parser.add_argument("--csv", type=Path, help="a table of your own, its first column the time")
parser.add_argument("--target", help="the column of it to forecast (default: the first)")
parser.add_argument("--horizon", type=int, default=7, help="steps ahead (default: 7)")
options = parser.parse_args()
if options.quick:
    print("A quick run (few epochs, short tables): its figures are not the documented ones.\n")

# %%
# The tables
# ----------
# The last fifth of each is the test part.

if options.csv is not None:
    own = pd.read_csv(options.csv, index_col=0, parse_dates=True).sort_index()
    target = options.target or own.columns[0]
    tables = {options.csv.stem: (own, target, options.horizon, None, ["day_of_year"])}
else:
    hours, days = load_schwingbach_weather(), load_brussels_climate()
    tables = {
        "Schwingbach": (
            hours[:6000] if options.quick else hours,
            "airtemp_degC",
            24,
            24,
            ["hour", "day_of_year"],
        ),
        "Brussels": (days[-2500:] if options.quick else days, "high", 7, None, ["day_of_year"]),
    }

# %%
# Forecasts and backtests
# -----------------------
# Every row of the test part is an origin. The network was trained on the rows before.
#
# .. image:: /_static/gallery/weather_europe.png
#     :alt: The picture that the example draws.

figure, axes = plt.subplots(
    len(tables), squeeze=False, figsize=(8, 4 * len(tables)), layout="constrained"
)
for (place, (table, target, horizon, season, calendar)), ax in zip(
    tables.items(), axes[:, 0], strict=True
):
    cut = int(0.8 * len(table))
    forecaster = RNNForecaster(
        horizon=horizon,
        window=max(24, 2 * horizon),
        target=target,
        season=season,
        calendar=calendar,
        epochs=2 if options.quick else "auto",
        random_state=0,
    ).fit(table[:cut])
    frame = backtest(
        forecaster, table, cv=[(np.arange(cut), np.arange(cut, len(table)))], coverage=0.9
    )
    scores = backtest_scores(frame, "model")[["mae", "rmse", "coverage", "width"]]
    print(
        f"\n{place}: {target}, the next {horizon} steps, {len(table) - cut} rows of the test part"
    )
    print(scores.round(3).to_string())
    origin = cut + (len(table) - cut) // 2
    ForecastDisplay.from_estimator(forecaster, table[:origin], coverage=0.9, ax=ax)
    later = table[target][origin : origin + horizon]
    ax.plot(later.index, later, color="0.4", linestyle=":", label="known afterwards")
    ax.set_title(place)
    ax.legend()

save_picture(figure, options.out, "weather_europe")
