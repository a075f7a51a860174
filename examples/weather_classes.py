"""
Tomorrow's weather in Seattle: sun, rain, fog, snow or drizzle
==============================================================

What sort of day will tomorrow be? An ``RNNClassifier`` reads the last weeks, today's sort of
day included, beside three plain answers: the most frequent class, today's class again, and a
logistic regression on the same past.

Two things make this hard, and honest scores worth printing. The classes are unequal: half the
days are sunny, one in sixty has snow. And the record itself changes: from spring 2013 on,
the days that used to be called rain are called fog. The most frequent class of the past is then a
poor guide, and a model does well to look at which words were used lately.

The years 2012 to 2014 are for learning, and every day of 2015 is forecast once, at the end.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _data import load_seattle_weather, read_options, save_picture
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    make_scorer,
    recall_score,
)
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skrnn import (
    ConfusionOverTimeDisplay,
    LagFeatures,
    LagWindows,
    RNNClassifier,
    series_to_supervised,
)

out, quick = read_options(
    "Forecast tomorrow's weather class in Seattle.",
    quick="one setting of each answer, none is searched for",
)

# %%
# The data
# --------

weather = load_seattle_weather()
X, y = series_to_supervised(weather, target="weather")
X_train, y_train = X[:"2014-12-30"], y[:"2014-12-30"]
X_test, y_test = X["2014-12-31":], y["2014-12-31":]

print("Days of each class by year")
print(pd.crosstab(weather.index.year, weather["weather"], rownames=["year"], colnames=[""]))

# %%
# The network
# -----------
# Today's class goes in as five columns of zeros and ones. The ``ColumnTransformer`` gives a table
# with its dates on, so that ``LagWindows`` still knows the clock. Window and cell are chosen by the
# log loss. ``class_weight="balanced"`` makes a rare class count as much as a frequent one; it gets
# a line of its own, since it need not help where the classes themselves change their meaning.

columns = ColumnTransformer(
    [("class", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["weather"])],
    remainder="passthrough",
    verbose_feature_names_out=False,
).set_output(transform="pandas")

splits = TimeSeriesSplit(n_splits=4)
classes = np.unique(y_train)
by_log_loss = make_scorer(
    log_loss, greater_is_better=False, response_method="predict_proba", labels=classes
)
network = GridSearchCV(
    make_pipeline(columns, LagWindows(), RNNClassifier(units=16, random_state=0)),
    {
        "lagwindows__window": [7] if quick else [7, 28],
        "rnnclassifier__cell": ["gru"] if quick else ["gru", "lstm"],
    },
    cv=splits,
    scoring=by_log_loss,
).fit(X_train, y_train)
balanced_network = (
    clone(network.best_estimator_)
    .set_params(rnnclassifier__class_weight="balanced")
    .fit(X_train, y_train)
)
print(f"\nchosen: {network.best_params_}")

# %%
# Plain answers
# -------------

most_frequent = DummyClassifier(strategy="prior").fit(X_train, y_train)
logistic = GridSearchCV(
    make_pipeline(
        columns, LagFeatures(), SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000)
    ),
    {
        "lagfeatures__lags": [7] if quick else [1, 3, 7, 14],
        "logisticregression__C": [0.01] if quick else [0.001, 0.01, 0.1],
    },
    cv=splits,
    scoring=by_log_loss,
).fit(X_train, y_train)

# %%
# The test year
# -------------
# Balanced accuracy is the mean over the classes that occur of the share found; 2015 has no snow.
# Persistence gives no probabilities, hence no log loss.

occurring = np.unique(y_test)
models = {
    "most frequent": most_frequent,
    "persistence": None,
    "logistic on lags": logistic,
    "network": network,
    "network, balanced": balanced_network,
}
predicted = {}
print(f"\n{len(y_test)} days of 2015   balanced accuracy   accuracy   log loss")
for name, model in models.items():
    predicted[name] = model.predict(X_test) if model else X_test["weather"].to_numpy()
    balanced = recall_score(y_test, predicted[name], labels=occurring, average="macro")
    accuracy = accuracy_score(y_test, predicted[name])
    loss = log_loss(y_test, model.predict_proba(X_test), labels=classes) if model else np.nan
    print(f"  {name:18}{balanced:14.3f}{accuracy:14.3f}{loss:11.3f}".replace("nan", "  -"))

# %%
# A picture
# ---------
# The share of the days of each class that was forecast as each class. The diagonal has the days
# that were found. A class without a day in 2015 has no row.

shown = ["persistence", "logistic on lags", "network"]
named = np.unique([predicted[name] for name in shown])
figure, panels = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained", sharey=True)
for axes, name in zip(panels, shown, strict=True):
    shares = pd.crosstab(y_test.to_numpy(), predicted[name], normalize="index")
    shares = shares.reindex(index=occurring, columns=named, fill_value=0.0).to_numpy()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > 0.6 else "black"
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=color)
    axes.set_xticks(range(len(named)), named)
    axes.set_xlabel("forecast for the day")
    axes.set_title(f"{name}: {accuracy_score(y_test, predicted[name]):.0%} right", loc="left")
days = y_test.value_counts()
panels[0].set_yticks(range(len(occurring)), [f"{name} ({days[name]} days)" for name in occurring])
panels[0].set_ylabel("weather of the day")
figure.suptitle("Seattle, 2015: tomorrow's weather", x=0.01, ha="left")
save_picture(figure, out, "weather_classes")

# %%
# When is it wrong?
# -----------------
# The same forecasts of the network, day by day. A day that was missed has another forecast in its
# column.

shown = [name for name in classes if name in occurring or name in predicted["network"]]
over_time = ConfusionOverTimeDisplay.from_predictions(
    y_test, predicted["network"], times=y_test.index, labels=shown
)
over_time.ax_.set(xlabel="", ylabel="")
over_time.ax_.set_title("Seattle, 2015: tomorrow's weather, by the network", loc="left")
save_picture(over_time.figure_, out, "weather_classes_over_time")
