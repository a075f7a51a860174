"""minGRU as a Keras layer; see `skrnn._keras.functional.cells.MinGRU` for the formulas."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("skrnn")
class MinGRUCell(keras.layers.SimpleRNNCell):
    """One step of minGRU; the constructor and the dropout masks are those of its base."""

    def build(self, input_shape):
        """Make the kernel and the bias of the gate and of the new value."""
        shape = (input_shape[-1], 2 * self.units)
        self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=shape[1:], initializer="zeros", name="bias")

    def call(self, sequence, states, training=False):
        """Return the output and the state after a step."""
        (h,) = states if isinstance(states, (list, tuple)) else (states,)
        if training and self.dropout:
            sequence = sequence * self.get_dropout_mask(sequence)
        projected = ops.matmul(sequence, self.kernel) + self.bias
        update, new = ops.sigmoid(projected[:, : self.units]), projected[:, self.units :]
        if training and self.recurrent_dropout:
            new = new * self.get_recurrent_dropout_mask(h)
        h = (1 - update) * h + update * new
        return h, [h] if isinstance(states, (list, tuple)) else h


@keras.saving.register_keras_serializable("skrnn")
class MinGRU(keras.layers.RNN):
    """minGRU over the steps of sequences, with the arguments of `keras.layers.RNN`."""

    def __init__(self, units, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        cell = MinGRUCell(
            units, dropout=dropout, recurrent_dropout=recurrent_dropout, seed=seed, name="cell"
        )
        super().__init__(cell, **kwargs)

    def get_config(self):
        """Return what the constructor needs."""
        config = super().get_config()
        del config["cell"]
        own = ("units", "dropout", "recurrent_dropout", "seed")
        return {**config, **{name: getattr(self.cell, name) for name in own}}

    @classmethod
    def from_config(cls, config):
        """Return the layer of a `get_config`."""
        return cls(**config)
