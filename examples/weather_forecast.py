"""
Tomorrow's maximum temperature in Seattle
=========================================

What will tomorrow's maximum temperature be, given precipitation, maximum, minimum and wind of the
days up to today? A recurrent network in a scikit-learn ``Pipeline`` answers, its cell and its
window chosen by ``GridSearchCV`` on time splits. The plain answers stand beside it: tomorrow will
be like today, tomorrow will be as usual for the season, and a ridge regression on the same past.

The years 2012 to 2014 are for learning and choosing. Every day of 2015 is forecast once, at the
end.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_seattle_weather, read_options, save_picture
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import LagFeatures, LagWindows, RNNRegressor, series_to_supervised

out, quick = read_options(
    "Forecast tomorrow's maximum temperature in Seattle.",
    quick="one cell, one window of 7 days, two splits and one seed",
)

# %%
# The data
# --------
# One row a day. ``series_to_supervised`` pairs each day with the maximum of the next: ``X`` has
# the rows whose future is known, under the date on which the forecast is made. The days to be
# forecast are those of 2015, so the forecasts are made from the last day of 2014 on.

weather = load_seattle_weather()
inputs = weather[["precipitation", "temp_max", "temp_min", "wind"]]

X, y = series_to_supervised(inputs, target="temp_max")
X_train, y_train = X[:"2014-12-30"], y[:"2014-12-30"]
X_test, y_test = X["2014-12-31":], y["2014-12-31":]
days = X_test.index + pd.Timedelta(days=1)

print(f"{len(X_train)} days to learn from, {len(X_test)} days of {days[0].year} to forecast")

# %%
# The network
# -----------
# ``LagWindows`` turns each row into a window of the days up to it, and ``RNNRegressor`` reads the
# window. Inputs and target are standardized inside, and training stops when the last tenth of the
# training days is no longer forecast better. Both steps are searched together;
# ``TimeSeriesSplit`` always validates on days that come after those learnt from.

pipeline = Pipeline([("windows", LagWindows()), ("rnn", RNNRegressor(units=32, random_state=0))])
splits = TimeSeriesSplit(n_splits=2 if quick else 5)
search = GridSearchCV(
    pipeline,
    {
        "windows__window": [7] if quick else [7, 28],
        "rnn__cell": ["gru"] if quick else ["simple", "gru", "lstm"],
    },
    cv=splits,
    scoring="neg_mean_absolute_error",
).fit(X_train, y_train)

tried = pd.DataFrame(search.cv_results_["params"]).assign(
    mae=-search.cv_results_["mean_test_score"]
)
table = tried.pivot(index="rnn__cell", columns="windows__window", values="mae")
print("\nCross-validated mean absolute error in °C, by cell and days in the window")
print(table.rename_axis(index="cell", columns="window").round(3).to_string())
print(f"chosen: {search.best_params_}")

# %%
# Plain answers
# -------------
# Persistence repeats today's maximum. Climatology is the mean of the day of the year in the
# training years, smoothed over a month around it. The ridge regression sees the same past as
# columns, and its number of days is chosen on the same splits.


def climatology(observed, days):
    """Return the smoothed mean of each day of the year, (len(days),)."""
    by_day = observed.groupby(observed.index.day_of_year).mean()
    around_the_year = pd.concat([by_day[-15:], by_day, by_day[:15]])
    smooth = around_the_year.rolling(31, center=True).mean().iloc[15:-15]
    return smooth.reindex(days.day_of_year).to_numpy()


ridge = GridSearchCV(
    make_pipeline(
        LagFeatures(),
        SimpleImputer(),  # the first days have no past
        StandardScaler(),
        RidgeCV(alphas=np.logspace(-2, 4, 13)),
    ),
    {"lagfeatures__lags": [2, 3, 7, 14, 28]},
    cv=splits,
    scoring="neg_mean_absolute_error",
).fit(X_train, y_train)

# %%
# The test year
# -------------
# ``predict`` finds the days before each window by their dates: the first days of January see
# December. The network is trained with three seeds, because a single one may be lucky.

networks = [search.best_estimator_]
for seed in () if quick else (1, 2):
    network = clone(search.best_estimator_).set_params(rnn__random_state=seed)
    networks.append(network.fit(X_train, y_train))

forecasts = {
    "climatology": [climatology(weather.loc[:"2014", "temp_max"], days)],
    "persistence": [X_test["temp_max"].to_numpy()],
    "ridge on lags": [ridge.predict(X_test)],
    "network": [network.predict(X_test) for network in networks],
}
errors = {name: [mean_absolute_error(y_test, f) for f in each] for name, each in forecasts.items()}

print(f"\nMean absolute error over the {len(days)} days of {days[0].year}")
for name, each in errors.items():
    spread = f"   (three seeds: {', '.join(f'{e:.3f}' for e in each)})" if len(each) > 1 else ""
    print(f"  {name:15}{np.mean(each):.3f} °C{spread}")

# %%
# A picture
# ---------
# Above, each day's maximum as it was and as it had been forecast the day before; below, how far
# off each answer is over the months.

colors = {"climatology": "#9aa5b1", "persistence": "#e0a458", "ridge on lags": "#7b6ca8"}
colors["network"] = "#c8443c"

figure, (above, below) = plt.subplots(
    2, 1, figsize=(10, 7), height_ratios=[2, 1], sharex=True, layout="constrained"
)
above.plot(days, y_test, "o", ms=3, color="#1f2933", alpha=0.75, label="observed")
above.plot(
    days, forecasts["network"][0], color=colors["network"], lw=1.4, label="network, a day ahead"
)
above.plot(
    days,
    forecasts["climatology"][0],
    "--",
    color=colors["climatology"],
    label="usual for the season",
)
above.set(ylabel="daily maximum temperature (°C)", xlim=(days[0], days[-1]))
above.set_ylim(top=above.get_ylim()[1] + 3)  # room for the legend
cell, window = search.best_params_["rnn__cell"], search.best_params_["windows__window"]
above.set_title(
    f"Seattle, {days[0].year}: tomorrow's maximum from {window} days ({cell})", loc="left"
)
above.legend(frameon=False, ncols=3, loc="upper left")

for name, each in forecasts.items():
    error = pd.Series(np.mean([np.abs(y_test.to_numpy() - f) for f in each], axis=0), days)
    label = f"{name} ({np.mean(errors[name]):.2f} °C)"
    width = 2.2 if name == "network" else 1.3
    below.plot(error.rolling(31, center=True).mean(), color=colors[name], lw=width, label=label)
below.set(ylabel="mean absolute error\nover 31 days (°C)", ylim=(0, None))
below.xaxis.set_major_locator(plt.matplotlib.dates.MonthLocator())
below.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%b"))
below.legend(frameon=False, ncols=4, loc="lower center", fontsize="small")
for axes in (above, below):
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)

save_picture(figure, out, "weather_forecast")

# %%
# Tomorrow
# --------
# The judging is over, so all four years may be learnt from. The last row has no known future yet:
# it is what ``predict`` is for.

final = clone(search.best_estimator_).fit(X, y)
today = inputs.index[-1]
degrees = final.predict(inputs[-1:])[0]
print(f"forecast for tomorrow, {today + pd.Timedelta(days=1):%d %B %Y}: {degrees:.1f} °C")
