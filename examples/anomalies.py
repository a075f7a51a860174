"""
Unusual weeks in Victoria's electricity demand
==============================================

Electricity demand has a shape: days and nights, five working days and a weekend, cold and hot
spells. A public holiday breaks it. Can it be found by somebody who has never been told what a
holiday is?

An ``RNNAutoencoder`` reads a week of demand, in steps of three hours and beginning at any of them,
into eight numbers and writes the week again from these. A week that it writes badly is unlike the
weeks of the two years it learnt from. The calendar of holidays travels with the data. It is used
only once, at the end, to see whether the worst written weeks are those with a holiday in them.

Beside it stand the linear answer, a principal component analysis with as many numbers or twice as
many, and an isolation forest on the same weeks as rows of a table.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/anomalies.png'

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_victoria_demand, read_options, save_picture
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNAutoencoder

out, quick = read_options(
    "Find unusual weeks of electricity demand.", quick="few epochs of one network"
)

WEEK = 7 * 8  # steps of three hours
LATENT = 8
ZONE = "Australia/Melbourne"

# %%
# The data
# --------
# The years 2012 and 2013 are for learning, 2014 for the test. The test begins with the first week
# that lies in 2014 as a whole.

raw = load_victoria_demand()
record = raw[["Demand", "Temperature", "Holiday"]].astype(float).resample("3h").mean()
demand = record[["Demand"]]
learning, test = demand[:"2013-12-31"], demand["2014":]

# %%
# The network
# -----------
# Early stopping holds out the last quarter of the learning years, half a year. Which network it is
# to be is decided by its error there, and no holiday is looked at.

candidates = [{"bidirectional": True}] if quick else [{}, {"bidirectional": True}]
fitted = []
for candidate in candidates:
    autoencoder = RNNAutoencoder(
        LATENT,
        epochs=5 if quick else 30,
        validation_fraction=0.25,
        random_state=0,
        **candidate,
    )
    network = make_pipeline(LagWindows(WEEK), autoencoder).fit(learning)
    validation = min(autoencoder.history_["val_loss"])
    fitted.append((validation, len(fitted), network))
    print(
        f"error on the last half-year of learning: {validation:.3f} with {candidate or 'defaults'}"
    )
network = min(fitted)[-1]

# %%
# Plain answers
# -------------
# They learn from the whole weeks of both years.


def weeks(rows, history=None):
    """The week up to each row, as rows of a table."""
    windows = LagWindows(WEEK).fit(demand if history is None else history).transform(rows)
    return windows[:, :, 0]


whole_weeks = weeks(learning)[WEEK - 1 :]
mean, scale = whole_weeks.mean(), whole_weeks.std()
components = {n: PCA(n).fit(whole_weeks) for n in (LATENT, 2 * LATENT)}
forest = IsolationForest(random_state=0).fit(whole_weeks)
test_weeks = weeks(test, learning)[WEEK - 1 :]


def pca_error(pca, rows):
    """The mean squared error of the reconstruction, in the network's units."""
    return ((pca.inverse_transform(pca.transform(rows)) - rows) ** 2).mean(axis=1) / scale**2


# %%
# The test year
# -------------
# Weeks that hold a whole holiday against weeks that hold nothing of one; those that cut a holiday
# in two are left out. The area under the ROC curve is the chance that a week with a holiday looks
# stranger than a week without.

holidays = record["Holiday"].rolling(WEEK).sum()[test.index][WEEK - 1 :]  # in steps
holds_one = holidays.to_numpy() > 8 - 1e-6
clear = holds_one | (holidays.to_numpy() == 0)
times = holidays.index

strangeness = {
    "low demand": -test_weeks.mean(axis=1),
    "isolation forest": -forest.score_samples(test_weeks),
    **{f"PCA, {n} numbers": pca_error(pca, test_weeks) for n, pca in components.items()},
    f"network, {LATENT} numbers": -network.score_samples(test)[WEEK - 1 :],
}
print(
    f"\n{clear.sum()} weeks that end in 2014, {holds_one.sum()} with a holiday    ROC AUC   error"
)
for name, score in strangeness.items():
    area = roc_auc_score(holds_one[clear], score[clear])
    error = f"{score.mean():10.3f}" if "numbers" in name else ""
    print(f"  {name:40}{area:15.3f}{error}")

# %%
# A picture
# ---------
# Above, how badly the network writes the week up to each time, and the holidays. Days of great
# heat, which are no holidays, are stranger still. Below, an ordinary week and the strangest one of
# the year, what was written for them, and all answers by how many of the weeks with a holiday they
# find among as many false alarms.
#
# .. image:: /_static/gallery/anomalies.png
#     :alt: The picture that the example draws.

error = strangeness[f"network, {LATENT} numbers"]
figure, axes = plt.subplot_mosaic("aaa;bcd", figsize=(14, 7), layout="constrained")
above = axes["a"]
above.plot(times, error, lw=1)
for day in pd.DatetimeIndex(raw.loc[raw["Holiday"], "Date"].unique()).tz_localize(ZONE):
    if day >= times[0]:
        above.axvspan(day, day + pd.Timedelta(days=1), color="tab:red", alpha=0.3, lw=0, zorder=0)
bound = -network[-1].offset_
above.axhline(bound, color="grey", ls=":", lw=1)
above.annotate("anomalies by contamination='auto'", (times[1100], bound * 1.1), color="grey")
above.set(title="Error of the week up to each time; red: public holidays", ylabel="error")
above.set(xlim=(times[0], times[-1]), yscale="log")
ordinary = np.argmin(np.abs(error - np.median(error[holidays.to_numpy() == 0])))
for name, number, title in [
    ("b", ordinary, "An ordinary week"),
    ("c", error.argmax(), "The strangest"),
]:
    week = record[: times[number]][-WEEK:]
    written = network[-1].reconstruct(week[["Demand"]].to_numpy()[None])[0, :, 0]
    local = week.index.tz_convert(ZONE).tz_localize(None)
    axes[name].plot(local, week["Demand"], label="demand")
    axes[name].plot(local, written, ls="--", label="written by the network")
    heat = f"at up to {week['Temperature'].max():.0f} °C"
    axes[name].set(title=f"{title}, up to {local[-1]:%d %B}, {heat}", ylabel="MWh in half an hour")
    axes[name].tick_params(axis="x", rotation=20)
axes["c"].legend()
for name, score in strangeness.items():
    false, found, _ = roc_curve(holds_one[clear], score[clear])
    area = roc_auc_score(holds_one[clear], score[clear])
    width = 2.5 if name.startswith("network") else 1.3
    axes["d"].plot(false, found, lw=width, label=f"{name} ({area:.2f})")
axes["d"].set(title="Weeks with a holiday", xlabel="share of other weeks", ylabel="share found")
axes["d"].legend(frameon=False, fontsize="small", title="area under the curve")

save_picture(figure, out, "anomalies")
