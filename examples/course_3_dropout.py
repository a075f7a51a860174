"""
Course 3: overfitting and recurrent dropout
===========================================

A network with more weights than it needs learns its training samples by heart. The loss on them
falls on and on, while the loss on other days rises. Dropout works against that: in training, a
random part of the numbers is set to zero, so that no single one can be relied upon. ``dropout``
drops what a layer reads; ``recurrent_dropout`` drops parts of its state, the same parts at all
steps of a sequence (Gal and Ghahramani, 2016).

Here a GRU of 64 units learns the maximum temperature of tomorrow in Seattle from one year of days.
The year after that is held out.

**The answer that the numbers gave.** Without dropout the training loss falls to 0.005, and the loss
on the held-out year rises from its best to 0.29. With ``recurrent_dropout=0.3`` it ends at 0.21.
``dropout=0.3`` makes the forecasts worse: today's temperature says most, and is dropped too. No
network beats persistence here, because one year is little to learn from.
"""

import matplotlib.pyplot as plt
from _data import load_seattle_weather, read_options, save_picture
from sklearn.metrics import mean_absolute_error

from skrnn import LagWindows, RNNRegressor, TrainingCurveDisplay, series_to_supervised

out, quick = read_options("Overfitting, with and without dropout.", quick="few epochs")

# %%
# The data
# --------

weather = load_seattle_weather().drop(columns="weather")
X, y = series_to_supervised(weather, target="temp_max")
windows = LagWindows(14).fit_transform(X)
train = slice(0, X.index.get_loc("2012-12-30") + 1)
held_out = slice(train.stop, X.index.get_loc("2013-12-30") + 1)

# %%
# The networks
# ------------
# ``n_iter_no_change`` is as large as the number of epochs, so that no training stops early. The
# weights of the best epoch are kept all the same.

epochs = 10 if quick else 80
dropouts = {
    "no dropout": {},
    "dropout=0.3": {"dropout": 0.3},
    "recurrent_dropout=0.3": {"recurrent_dropout": 0.3},
}
networks = {}
persistence = mean_absolute_error(y[held_out], X["temp_max"][held_out])
print(f"held-out year, mean absolute error\n  {'persistence':24}{persistence:.2f} °C")
for name, params in dropouts.items():
    networks[name] = RNNRegressor(
        units=64,
        baseline=None,
        learning_rate=3e-3,
        early_stopping=True,
        n_iter_no_change=epochs,
        epochs=epochs,
        random_state=0,
        **params,
    ).fit(windows[train], y[train], X_val=windows[held_out], y_val=y[held_out])
    history = networks[name].history_
    error = mean_absolute_error(y[held_out], networks[name].predict(windows[held_out]))
    print(
        f"  {name:24}{error:.2f} °C   best epoch {networks[name].best_epoch_:3}   "
        f"last loss: training {history['loss'][-1]:.3f}, held out {history['val_loss'][-1]:.3f}"
    )

# %%
# A picture
# ---------
# The gap between the two curves is the overfitting.

figure, panels = plt.subplots(1, 3, figsize=(13, 4), sharey=True, layout="constrained")
for axes, (name, network) in zip(panels, networks.items(), strict=True):
    TrainingCurveDisplay.from_estimator(network, ax=axes)
    axes.set_title(name, loc="left")
save_picture(figure, out, "course_3_dropout", dpi=120)
