"""A network as one writes it in Keras without a second thought, with the layers of our defaults.

Inputs and numbers to be predicted are standardized; a GRU of 32 units reads the steps; Adam,
batches of 32 and everything else is as Keras has it. There are at most 20 epochs, and the usual
``EarlyStopping(patience=5, restore_best_weights=True)`` looks at the last tenth of the samples,
which are shuffled before if they are no series.
"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

N_TOKENS = 5000
ABSENT = -10.0  # a step that is not there


class PlainKeras(BaseEstimator):
    """A Keras model behind ``fit`` and ``predict``.

    Parameters
    ----------
    classes : bool
        Whether the answer is a class, and not a number or several.
    tokens : bool
        Whether a step is the id of a word.
    in_order : bool
        Whether the samples are windows of a series.
    seed : int
    """

    def __init__(self, classes: bool, tokens: bool, in_order: bool, seed: int):
        self.classes = classes
        self.tokens = tokens
        self.in_order = in_order
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray) -> "PlainKeras":
        """Learn from sequences."""
        import keras

        keras.backend.clear_session()
        keras.utils.set_random_seed(self.seed)
        self._learn_scale(X)
        inputs, targets = self._inputs(X), self._targets(y)
        if not self.in_order:
            order = np.random.default_rng(self.seed).permutation(len(inputs))
            inputs, targets = inputs[order], targets[order]
        self.model_ = self._build(inputs, targets)
        stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
        self.model_.fit(
            inputs, targets, epochs=20, validation_split=0.1, callbacks=[stop], verbose=0
        )
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return a class or numbers for each sequence."""
        output = self.model_.predict(self._inputs(X), verbose=0)
        if self.classes:
            return self.classes_[output.argmax(axis=1)]
        output = output * self.unit_ + self.origin_
        return output[:, 0] if output.shape[1] == 1 else output

    def _build(self, inputs: np.ndarray, targets: np.ndarray) -> Any:
        import keras
        from keras import layers

        first = layers.Masking(ABSENT)
        if self.tokens:
            first = layers.Embedding(N_TOKENS, 32, mask_zero=True)
        last = layers.Dense(targets.shape[1]) if not self.classes else None
        last = last or layers.Dense(len(self.classes_), activation="softmax")
        shape = (None,) if self.tokens else (None, inputs.shape[2])
        model = keras.Sequential([keras.Input(shape), first, layers.GRU(32), last])
        loss = "sparse_categorical_crossentropy" if self.classes else "mse"
        model.compile(optimizer="adam", loss=loss)
        return model

    def _learn_scale(self, X: Any) -> None:
        if not self.tokens:
            steps = np.concatenate([np.asarray(x) for x in X])
            self.mean_ = steps.mean(axis=0)
            self.deviation_ = np.maximum(steps.std(axis=0), 1e-7)

    def _inputs(self, X: Any) -> np.ndarray:
        if self.tokens:
            return np.asarray(X)
        scaled = [(np.asarray(x) - self.mean_) / self.deviation_ for x in X]
        longest = max(map(len, scaled))
        padded = np.full((len(scaled), longest, scaled[0].shape[1]), ABSENT, "float32")
        for row, x in zip(padded, scaled, strict=True):
            row[: len(x)] = x
        return padded

    def _targets(self, y: np.ndarray) -> np.ndarray:
        if self.classes:
            self.classes_, codes = np.unique(y, return_inverse=True)
            return codes
        y = y.reshape(len(y), -1)
        self.origin_, self.unit_ = y.mean(axis=0), y.std(axis=0)
        return ((y - self.origin_) / self.unit_).astype("float32")
