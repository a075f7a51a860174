"""Keras callbacks that do after each batch what the compiled programs do within."""

import keras

from ..functional.optimizers import moved_average


class ScheduledRate(keras.callbacks.Callback):
    """Set the learning rate of each update; a rate that never changes is left to the user."""

    def __init__(self, monitor, values):
        super().__init__()
        self.monitor, self.values, self.schedule = monitor, values, values.schedule
        self._scale = 1.0

    def on_train_begin(self, logs=None):
        """Begin the schedule with the next update."""
        self.first = int(self.model.optimizer.iterations)

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate, where it is another one than before."""
        done = int(self.model.optimizer.iterations) - self.first
        scale = self.schedule.scale(self.schedule.first + done) * self.monitor.rate_scale
        if scale != self._scale:
            self.model.optimizer.learning_rate = self.values.learning_rate * scale
            self._scale = scale


class MovingAverage(keras.callbacks.Callback):
    """Keep a moving average of a network's weights, by which the network is validated.

    Parameters
    ----------
    network : keras.Model
    share : float
        The part of the average that an update leaves.
    raw : list of ndarray
        The weights to go on from, where those of the network are an average; else empty.
    """

    def __init__(self, network, share, raw):
        super().__init__()
        self.network, self.share = network, share
        self.average = network.get_weights()
        if raw:
            network.set_weights(raw)

    def get_weights(self):
        """Return the average."""
        return self.average

    def on_train_batch_end(self, batch, logs=None):
        """Move the average."""
        step = int(self.model.optimizer.iterations) - 1
        pairs = zip(self.average, self.network.get_weights(), strict=True)
        self.average = [moved_average(a, w, step, self.share).numpy() for a, w in pairs]

    def on_test_begin(self, logs=None):
        """Validate the average."""
        self.raw = self.network.get_weights()
        self.network.set_weights(self.average)

    def on_test_end(self, logs=None):
        """Go on from the weights themselves."""
        self.network.set_weights(self.raw)
