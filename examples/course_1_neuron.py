"""
Course 1: a recurrent neuron, unrolled
======================================

A recurrent neuron reads a sequence step by step. At each step it mixes what it reads with its own
last output:

    state[i] = tanh(w * x[i] + r * state[i - 1] + b)

That is all. Drawn on a blackboard, the neuron is one box with an arrow back to itself, or the same
box again for each step: unrolled. This page writes the loop by hand in NumPy, with the weights of a
fitted ``RNNRegressor(cell="simple", units=1)``, and gets the same forecasts.

The data are real: the maximum temperature of tomorrow in Seattle, from the last seven days.

**The answer that the numbers gave.** The loop and the network give the same forecasts, up to
rounding. One neuron has a mean absolute error of 2.29 °C in 2015, persistence 2.24 °C. The weight
of its own last output is 0.04: the neuron hardly uses it, and says little more than that tomorrow
is like today.
"""

import matplotlib.pyplot as plt
import numpy as np
from _data import load_seattle_weather, read_options, save_picture

from skrnn import LagWindows, RNNRegressor, series_to_supervised

out, quick = read_options("Unroll a recurrent neuron by hand.", quick="five epochs")

# %%
# A network of one neuron
# -----------------------
# The temperatures are standardized first, so that nothing happens that is not on this page.

temperature = load_seattle_weather()[["temp_max"]]
mean, scale = temperature[:"2014"].mean().item(), temperature[:"2014"].std().item()
X, y = series_to_supervised((temperature - mean) / scale, target="temp_max")
windows = np.asarray(LagWindows(7, fill="edge").fit_transform(X))
n_train = X.index.get_loc("2014-12-30") + 1

network = RNNRegressor(
    cell="simple",
    units=1,
    baseline=None,
    standardize=False,
    learning_rate=0.01,
    epochs=5 if quick else 30,
    early_stopping=False,
    random_state=0,
).fit(windows[:n_train], y[:n_train])

# %%
# Its five numbers
# ----------------
# ``to_keras`` gives the network as a Keras model. Two layers have weights: the neuron, and the
# output, which multiplies the last state and adds a number.

weights = [w.item() for w in network.to_keras().get_weights()]
w, r, b, w_out, b_out = weights
print(f"state[i] = tanh({w:.3f} * x[i] + {r:.3f} * state[i - 1] {b:+.3f})")
print(f"forecast = {w_out:.3f} * state[-1] {b_out:+.3f}")

# %%
# The loop
# --------


def unrolled(x):
    """Return the state after each step of a sequence, (n_steps,)."""
    states, state = [], 0.0
    for value in x:
        state = np.tanh(w * value + r * state + b)
        states.append(state)
    return np.array(states)


by_hand = np.array([w_out * unrolled(x)[-1] + b_out for x in windows[n_train:, :, 0]])
by_network = network.predict(windows[n_train:])
print(f"\nlargest difference of {len(by_hand)} forecasts: {np.abs(by_hand - by_network).max():.1e}")
assert np.allclose(by_hand, by_network, atol=1e-5)

true = y[n_train:].to_numpy()
today = windows[n_train:, -1, 0]
print("\nmean absolute error in 2015")
print(f"  {'persistence':14}{scale * np.abs(today - true).mean():.2f} °C")
print(f"  {'one neuron':14}{scale * np.abs(by_hand - true).mean():.2f} °C")

# %%
# A picture
# ---------
# Above, the neuron unrolled over one week of July. Below, how much the last state changes if the
# temperature k days ago is one unit higher: the neuron forgets, because each step back multiplies
# by r and by the slope of tanh.

week = windows[n_train + 200, :, 0]
states = unrolled(week)
figure, (above, below) = plt.subplots(2, 1, figsize=(10, 6), layout="constrained")
boxes = {"boxstyle": "round", "facecolor": "#e6eef5", "edgecolor": "#3b8ea5"}
for i, (value, state) in enumerate(zip(week, states, strict=True)):
    above.text(i, 0, f"state {state:+.2f}", ha="center", va="center", bbox=boxes)
    above.annotate("", (i, -0.25), (i, -0.75), arrowprops={"arrowstyle": "->"})
    above.text(i, -0.95, f"{value * scale + mean:.0f} °C", ha="center", va="center")
    if i:
        above.annotate("", (i - 0.33, 0), (i - 0.67, 0), arrowprops={"arrowstyle": "->"})
        above.text(i - 0.5, 0.12, f"· {r:.2f}", ha="center", fontsize="small", color="#c8443c")
above.annotate("", (6, 0.75), (6, 0.25), arrowprops={"arrowstyle": "->"})
forecast = (w_out * states[-1] + b_out) * scale + mean
above.text(6, 0.95, f"tomorrow: {forecast:.0f} °C", ha="center", va="center", color="#c8443c")
above.set(xlim=(-0.6, 6.6), ylim=(-1.2, 1.2), title="One neuron, unrolled over seven days")
above.axis("off")

slopes = 1 - states**2
left = [w * slopes[-1] * np.prod(r * slopes[len(slopes) - 1 - k : -1]) for k in range(7)]
below.bar(range(7), np.abs(left), color="#3b8ea5")
below.set(xlabel="days back", ylabel="change of the last state", yscale="log")
below.set_title("What is left after k steps")
below.spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "course_1_neuron", dpi=120)
