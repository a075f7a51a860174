"""The learning rate over the updates of a training, under each schedule, as a picture."""

import matplotlib.pyplot as plt
import numpy as np

from skrnn._schedule import Plateau, Schedule

N_UPDATES, UPDATES_OF_AN_EPOCH, PATIENCE = 1000, 20, 2

updates = np.arange(N_UPDATES)
cosine = [Schedule.cosine(N_UPDATES).scale(update) for update in updates]
# A loss that falls, and twice stays where it is for three epochs.
epochs = np.arange(N_UPDATES // UPDATES_OF_AN_EPOCH)
losses = np.interp(epochs, [0, 15, 18, 35, 38, 50], [9, 4, 4, 2, 2, 1])
plateau, rate = Plateau(PATIENCE), []
for loss in losses:
    rate.append(plateau.scale)
    plateau.see(loss)

_, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.axhline(1, color="0.6", label='"constant"')
axes.plot(updates, cosine, label='"cosine"')
label = '"plateau", where the loss stops falling twice'
axes.step(updates[::UPDATES_OF_AN_EPOCH], rate, where="post", label=label)
axes.set(xlabel="update", ylabel="part of learning_rate", ylim=(0, 1.05), xlim=(0, N_UPDATES))
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
