"""
Course 4: one network, five shapes
==================================

The same recurrent layer answers five kinds of questions. The shapes differ in the steps that it
reads, and in the steps that are read of it. Each shape takes a few lines here, on the temperatures
of Seattle:

- **sequence to vector**: two weeks in, tomorrow out;
- **sequence to sequence**: two weeks in, and after each of their days the day that follows;
- **encoder and decoder**: two weeks in, then the next week out, one day after the other;
- **vector to sequence**: a place on the circle of the year in, the name of the month out, letter by
  letter;
- **autoencoder**: two weeks in, four numbers, and the same two weeks out.

Only the shapes are shown. Whether an answer beats a plain one is asked in the other examples.
"""

import matplotlib.pyplot as plt
import numpy as np
from _data import load_seattle_weather, read_options, save_picture

from skrnn import LagWindows, RNNAutoencoder, RNNRegressor, RNNSeq2Seq, series_to_supervised

out, quick = read_options("One network in five shapes.", quick="few epochs")
epochs = 3 if quick else 30

# %%
# The data
# --------
# The years 2012 to 2014 are for learning. The shapes are shown on two weeks of May 2015.

temperature = load_seattle_weather()[["temp_max"]]
X, y = series_to_supervised(temperature, horizon=[1, 2, 3, 4, 5, 6, 7])
windows = LagWindows(14).fit_transform(X)
week = y.to_numpy()
learn = slice(13, X.index.get_loc("2014-12-24"))
shown = X.index.get_loc("2015-05-20")
common = {"epochs": epochs, "learning_rate": 3e-3, "random_state": 0}

# %%
# Sequence to vector
# ------------------

to_vector = RNNRegressor(baseline=None, **common).fit(windows[learn], week[learn, 0])
tomorrow = to_vector.predict(windows[shown : shown + 1])

# %%
# Sequence to sequence
# --------------------
# The target of each step is the day after it.

after_each_day = LagWindows(14).fit_transform(week[:, :1])[..., 0]
to_sequence = RNNRegressor(return_sequences=True, **common)
to_sequence.fit(windows[learn], np.asarray(after_each_day)[learn])
each_next = to_sequence.predict(windows[shown : shown + 1])[0]

# %%
# Encoder and decoder
# -------------------

decoder = RNNRegressor(decoder="rnn", **common).fit(windows[learn], week[learn])
next_week = decoder.predict(windows[shown : shown + 1])[0]

# %%
# Vector to sequence
# ------------------

days = X.index
circle = np.column_stack(
    [np.cos(2 * np.pi * days.dayofyear / 365), np.sin(2 * np.pi * days.dayofyear / 365)]
)
months = list(days.month_name())
namer = RNNSeq2Seq(target_level="char", attention=None, bidirectional=False, **common)
namer.fit(circle[learn], months[learn])
test = slice(days.get_loc("2015-01-01"), None)
written = namer.predict(circle[test])
right = np.mean([a == b for a, b in zip(written, months[test], strict=True)])
print(f"names of months written right: {right:.0%} of {len(written)} days")

# %%
# Autoencoder
# -----------

autoencoder = RNNAutoencoder(latent_dim=4, **common).fit(windows[learn])
again = autoencoder.reconstruct(windows[shown : shown + 1])[0, :, 0]

# %%
# A picture
# ---------

figure, panels = plt.subplots(1, 5, figsize=(16, 3.4), sharey=True, layout="constrained")
past, ahead = np.arange(-13, 1), np.arange(1, 8)
seen = np.asarray(windows[shown : shown + 1])[0, :, 0]
answers = {
    "sequence to vector": ([1], tomorrow),
    "sequence to sequence": (past + 1, each_next),
    "encoder and decoder": (ahead, next_week),
    "autoencoder": (past, again),
}
for axes, (title, (steps, answer)) in zip(panels, answers.items(), strict=False):
    axes.plot(past, seen, "o-", color="0.6", ms=4, label="read")
    if title != "autoencoder":
        axes.plot(ahead, week[shown], "o", color="black", ms=3, label="what came")
    axes.plot(steps, answer, "s-", color="#c8443c", ms=5, label="network")
    axes.set_title(title, loc="left")
    axes.set_xlabel("days")
panels[0].set_ylabel("maximum temperature (°C)")
panels[0].legend(frameon=False, fontsize="small")
panels[4].set_title("vector to sequence", loc="left")
panels[4].axis("off")
for row, number in enumerate(np.linspace(0, len(written) - 1, 8).astype(int)):
    text = f"{days[test][number]:%d.%m.}  →  {written[number]}"
    panels[4].text(0.1, 0.92 - 0.12 * row, text, transform=panels[4].transAxes, color="#c8443c")
save_picture(figure, out, "course_4_shapes", dpi=120)
