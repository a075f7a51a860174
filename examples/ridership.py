"""
Two weeks of passengers: sequence to sequence
=============================================

How many people will enter the Clark/Lake station in Chicago on each of the next fourteen days? The
same network answers in three forms, which the blackboard tells apart:

- sequence to vector: reads six weeks and gives fourteen numbers at the end;
- sequence to sequence (``return_sequences=True``): gives the fourteen numbers of the following two
  weeks at *every* day that it reads. In training each day of a window is then a lesson, not
  only the last one; in use the last day's numbers count;
- encoder and decoder (``decoder="rnn"``): reads six weeks, then writes one day after the other, and
  is fed what it wrote.

The plain answer is the same day of the week before, and it is a good one: the week is nearly all
there is to know. So all models, a ridge regression too, learn what is to be added to it. They also
know the calendar of the days to come: weekdays and federal holidays.

All choices are made on forecasts for the year before September 2015; the year from there on is
forecast once, at the end.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/ridership.png'

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_ridership, read_options, save_picture
from matplotlib.dates import SU, WE, DateFormatter, WeekdayLocator
from pandas.tseries.holiday import USFederalHolidayCalendar
from sklearn.linear_model import RidgeCV

from skrnn import LagWindows, RNNRegressor, series_to_supervised

out, quick = read_options(
    "Forecast two weeks of passengers in Chicago.", quick="one setting, few epochs"
)

DAYS_AHEAD = np.arange(1, 15)
WINDOW = 42

# %%
# The data
# --------
# A row for each day: the passengers, its weekday, and which of the next days are holidays. The
# targets are fourteen columns, the passengers of the next days less those of the latest known day
# of the same name.

passengers = load_ridership()
holidays = USFederalHolidayCalendar().holidays("2001", "2017")
table = pd.DataFrame({"passengers": passengers})
for weekday in range(7):
    table[f"weekday {weekday}"] = (table.index.day_of_week == weekday).astype(float)
for ahead in range(15):
    table[f"holiday +{ahead}"] = (table.index + pd.Timedelta(ahead, "D")).isin(holidays) * 1.0

weeks_before = -(-DAYS_AHEAD // 7)
last_week = pd.concat(
    [passengers.shift(7 * w - a) for a, w in zip(DAYS_AHEAD, weeks_before, strict=True)], axis=1
).dropna()
X, y = series_to_supervised(table[last_week.index[0] :], target="passengers", horizon=DAYS_AHEAD)
last_week = last_week.loc[X.index].to_numpy()

# %%
# ``LagWindows`` gives each day together with the six weeks up to it, and the targets of those days
# too. The first six weeks have no full window and are left out.

full = slice(WINDOW - 1, None)
days = X.index[full]
windows = LagWindows(WINDOW).fit_transform(X)[full]
changes = y.to_numpy() - last_week
changes_of_windows = LagWindows(WINDOW).fit_transform(changes)[full]
naive, true, changes = last_week[full], y.to_numpy()[full], changes[full]


def rows(first, last):
    """Return the days on which to forecast for days that all lie in a span of time."""
    last = pd.Timestamp(last) - pd.Timedelta(DAYS_AHEAD[-1], "D")
    return slice(*days.slice_locs(pd.Timestamp(first) - pd.Timedelta(1, "D"), last))


before_validation, validation = rows("2001", "2014-08-31"), rows("2014-09-01", "2015-08-31")
before_test, test = rows("2001", "2015-08-31"), rows("2015-09-01", "2016-08-28")
print(
    f"{test.stop} days with six weeks before and two after; the test has {test.stop - test.start}"
)

# %%
# The models
# ----------
# The ridge regression has four weeks and the calendar of the last day as columns.


def by_ridge(train, asked):
    """Return forecasts by a ridge regression."""
    columns = np.hstack([windows[:, -28:, 0], windows[:, -1, 1:]])
    ridge = RidgeCV(alphas=np.logspace(-2, 5, 15)).fit(columns[train], changes[train])
    return naive[asked] + ridge.predict(columns[asked])


def by_vector(train, asked, **params):
    """Return forecasts by a network from sequences to vectors, or with a decoder."""
    network = RNNRegressor(**params).fit(windows[train], changes[train])
    return naive[asked] + network.predict(windows[asked])


def by_sequence(train, asked, **params):
    """Return forecasts by the last step of a network from sequences to sequences."""
    network = RNNRegressor(return_sequences=True, **params)
    network.fit(windows[train], changes_of_windows[train])
    return naive[asked] + network.predict(windows[asked])[:, -1]


def by_decoder(train, asked, **params):
    """Return forecasts that a decoder writes one day after the other."""
    return by_vector(train, asked, decoder="rnn", **params)


def error(forecasts, asked):
    """Return the mean absolute error of each day ahead, in thousands of passengers."""
    return np.abs(forecasts - true[asked]).mean(axis=0)


# %%
# Choosing on the validation year
# -------------------------------

COMMON = {"batch_size": 64, "learning_rate": 3e-3, "epochs": 3 if quick else 30, "random_state": 0}
networks = {
    "sequence to vector": by_vector,
    "sequence to sequence": by_sequence,
    "encoder and decoder": by_decoder,
}
chosen = {}
print("\nvalidation year                units   mean absolute error (thousands)")
for name, forecast in networks.items():
    errors = {}
    for units in [16] if quick else [16, 48]:
        forecasts = forecast(before_validation, validation, units=units, **COMMON)
        errors[units] = error(forecasts, validation).mean()
        print(f"  {name:28}{units:6}{errors[units]:14.3f}")
    chosen[name] = min(errors, key=errors.get)

# %%
# The test year
# -------------

forecasts = {
    "same day last week": naive[test],
    "ridge on lags": by_ridge(before_test, test),
    **{
        name: forecast(before_test, test, units=chosen[name], **COMMON)
        for name, forecast in networks.items()
    },
}
errors = {name: error(f, test) for name, f in forecasts.items()}
print("\ntest year: mean absolute error    all 14 days   7 days ahead   14 days ahead")
for name, e in errors.items():
    print(f"  {name:28}{e.mean():15.3f}{e[6]:15.3f}{e[13]:16.3f}")

# %%
# A picture
# ---------
# Left: the fortnight around Independence Day 2016, forecast on the Sunday before. Right: the error
# by the distance.
#
# .. image:: /_static/gallery/ridership.png
#     :alt: The picture that the example draws.

figure, panels = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained", width_ratios=[3, 2])
day = pd.Timestamp("2016-06-26")
number = days.get_loc(day)
ahead = day + pd.to_timedelta(DAYS_AHEAD, "D")
past = passengers[day - pd.Timedelta(6, "D") : day]
panels[0].plot(past.index, past, color="0.6")
panels[0].plot(ahead, true[number], "o-", color="black")
panels[0].annotate("what came", (ahead[6], true[number][6]), (-25, -18), textcoords="offset points")
styles = {
    "same day last week": ":",
    "ridge on lags": "--",
    "sequence to vector": "-",
    "sequence to sequence": "-",
    "encoder and decoder": "-",
}
for name, style in styles.items():
    line = panels[0].plot(ahead, forecasts[name][number - test.start], style, label=name)
    panels[1].plot(DAYS_AHEAD, errors[name], style, color=line[0].get_color(), label=name)
panels[0].set(ylim=(0, None), ylabel="thousands of passengers")
panels[0].set_title("Clark/Lake, forecast on 26 June 2016", loc="left")
panels[1].set(xlabel="days ahead", ylim=(0, None), xticks=DAYS_AHEAD[::2])
panels[1].set_title("mean absolute error of the test year (thousands)", loc="left")
panels[0].xaxis.set_major_locator(WeekdayLocator([SU, WE]))
panels[0].xaxis.set_major_formatter(DateFormatter("%A\n%d %B"))
panels[1].legend(loc="lower right")

save_picture(figure, out, "ridership")
