"""The portable engine: the same stack, trained by Keras' own `fit` through scikeras.

It serves what the compiled engine does not cover (a model of the user's own, Keras callbacks,
optimizers without a pure form) and is the oracle of the compiled engine's tests. This is the only
module that knows scikeras, and imports it when it fits: scikeras changes classes of Keras then.
"""

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..._data.samples import TrainingData
from ..._data.sequences import Sequences
from ..._device import CPU, GPU
from ..._spec import KnownOnly, Spec, Training, Values
from ..._warnings import warn
from ..compiled.shapes import PREDICT_BATCH, step_capacity
from ..devices import place_of, placed
from ..engine import Monitor
from ..functional.losses import compared, element_loss, with_levels
from ..kept import KeptByArrays
from .schedules import MovingAverage, ScheduledRate
from .stack_model import build_stack, set_weights, user_network

_lock = threading.Lock()
# A user's function may build something else the next time, so a fit predicts by the very model that
# it has trained, as long as that is kept.
_users_models = KeptByArrays(maxsize=128)


@functools.lru_cache(maxsize=8)
def _stack(network, device, may_use_cudnn):
    with placed(place_of(device)):
        return build_stack(network, may_use_cudnn=may_use_cudnn)


class PortableEngine:
    """The engine that trains Keras layers; see `skrnn._keras.engine.Engine`.

    Parameters
    ----------
    device : {"cpu", "gpu"}
        The device that it computes on.
    builder : callable or None
        The function that makes the user's own model.
    callbacks : sequence
        Those of Keras, or functions that make one.
    check : dict or None
        One sequence, "inputs" of shape (1, n_steps, n_features), and the "outputs" that the
        builder's model gave for it when it was fitted.
    """

    def __init__(
        self,
        device: str,
        builder: Callable[..., Any] | None = None,
        callbacks: Sequence[Any] = (),
        check: dict[str, np.ndarray] | None = None,
    ) -> None:
        self.device, self.builder = device, builder
        self.callbacks, self.check = callbacks, check

    def fit(
        self,
        network: Spec,
        training: Training,
        values: Values,
        data: TrainingData,
        monitor: Monitor,
        *,
        weights: Sequence[np.ndarray] | None,
        optimizer_state: Sequence[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Train; leave the history and the best weights in the monitor."""
        # A continued fit draws other dropout masks than the first one did.
        seed = (values.dropout_seed + values.first_epoch) % 2**31
        is_own = self.builder is None
        if is_own:
            cudnn = self._may_use_cudnn(data.sequences, data.validation)
            model = build_stack(network, weights, seed=seed, may_use_cudnn=cudnn)
        else:
            model = user_network(network, self.builder, weights, seed=seed)
        trainee = Trainee(model, training, values, data, is_own=is_own)
        raw: list[Any] = []
        if optimizer_state is not None and training.averages:
            # The average is what was fitted; the state ends with the weights themselves.
            n_slots = len(optimizer_state) - len(weights or ())
            optimizer_state, raw = optimizer_state[:n_slots], list(optimizer_state[n_slots:])
        average = MovingAverage(model, values.averaging, raw) if training.averages else None
        # The reporter comes last: it sees what the user's callbacks do to the weights.
        users = [c if _is_callback(c) else c() for c in self.callbacks]
        callbacks = [
            *users,
            ScheduledRate(monitor, values),
            *([average] if average else ()),
            _Reporter(monitor, average or model, optimizer_state),
        ]
        try:
            _fit_by_scikeras(trainee, training, values, callbacks, n_samples=len(data.sequences))
        finally:
            trainee.plan.end()
            for callback in users:
                # They would hold the network, in copies and pickles too.
                keras.callbacks.Callback.set_model(callback, None)
        if not is_own:
            _users_models.put(monitor.weights, network, model)
        state = [np.asarray(v) for v in trainee.optimizer.variables]
        return [*state, *model.get_weights()] if average else state

    def predict(
        self, network: Spec, weights: Sequence[np.ndarray], sequences: Sequences
    ) -> np.ndarray:
        """Return the raw outputs; see `Engine`."""
        is_own, n_steps = self.builder is None, sequences.n_steps
        # Zeros would be texts without any token, which cuDNN refuses.
        filled = "edge" if self.device == GPU else "constant"
        if is_own:
            model = _stack(network, self.device, self._may_use_cudnn(sequences))
            n_steps = step_capacity(n_steps, sequences.varies)
        else:
            model = _users_models.get(weights, network, lambda: self._built_anew(network, weights))
        with _lock, placed(place_of(self.device)):
            set_weights(model, weights)
            pieces = [
                _predicted(model, sequences, first, n_steps, is_own, filled)
                for first in range(0, len(sequences), PREDICT_BATCH)
            ]
        return np.concatenate(pieces)

    def _may_use_cudnn(self, sequences: Sequences, held_out: Any = None) -> bool:
        """Tell whether cuDNN can compute sequences, and samples that are held out, if there are."""
        return (
            self.device == GPU
            and _begin_present(sequences)
            and (held_out is None or _begin_present(held_out.sequences))
        )

    def _built_anew(self, network: Spec, weights: Sequence[np.ndarray]) -> Any:
        """Return the model that the user's function builds now; warn if it is another one."""
        with placed(place_of(self.device)):
            model = user_network(network, self.builder, weights)
        if self.check is not None:
            sequences = Sequences.from_dense(self.check["inputs"])
            found = _predicted(model, sequences, 0, sequences.n_steps, False)
            if not np.allclose(found, self.check["outputs"], rtol=1e-3, atol=1e-4):
                warn(
                    "Expected model to build the network that was fitted, got one that predicts "
                    "otherwise with the fitted weights. Let the function build the same network "
                    "again, or fit anew."
                )
        return model


def _begin_present(sequences):
    """Tell whether no step is present after an absent one: the only masks that cuDNN accepts."""
    present = sequences.present()
    return bool(present[:, 0].all() and not (present[:, 1:] & ~present[:, :-1]).any())


def _predicted(model, sequences, first, n_steps, is_own, filled="constant"):
    """Return the outputs of some sequences, which are predicted as one batch of the usual size."""
    piece = sequences.take(slice(first, first + PREDICT_BATCH))
    inputs = _inputs(piece, slice(None), n_steps, is_own)
    missing = PREDICT_BATCH - len(piece)
    inputs = np.pad(inputs, ((0, missing), *[(0, 0)] * (inputs.ndim - 1)), mode=filled)
    outputs = np.asarray(model.predict_on_batch(inputs))[: len(piece)]
    if outputs.ndim == 2:
        return outputs
    return outputs[np.arange(n_steps) < piece.lengths[:, None]]  # steps in a row


def _fit_by_scikeras(trainee, training, values, callbacks, n_samples):
    from scikeras.wrappers import KerasRegressor

    wrapper = KerasRegressor(
        model=lambda: trainee,
        loss=_loss_of_samples(with_levels(training.loss, values.levels)),
        optimizer=training.optimizer,
        optimizer__learning_rate=values.learning_rate,
        optimizer__clipnorm=values.clipnorm,
        callbacks=callbacks,
        epochs=values.epochs,
        verbose=0,
    )
    # scikeras refuses three-dimensional targets, NaN and lists. It is given the numbers of the
    # samples, and the trainee looks up the samples themselves.
    numbers = np.arange(n_samples)
    wrapper.fit(numbers[:, None], numbers)


def _loss_of_samples(loss):
    """Return the function (targets, raw outputs) -> losses, whose mean is that of a batch."""
    if not isinstance(loss, KnownOnly):
        return element_loss(loss)

    def of_known(targets, outputs):
        losses, known = compared(loss, targets, outputs)
        counted = tf.cast(known, tf.float32)
        a_sample = tf.reduce_sum(counted) / tf.cast(tf.shape(targets)[0], tf.float32)
        return tf.reduce_sum(losses * counted, axis=-1) / a_sample

    return of_known


def _is_callback(callback):
    """Tell a callback, which is used itself so that it shows what it saw, from a function."""
    return isinstance(callback, keras.callbacks.Callback)


def _inputs(sequences, samples, n_steps, is_own):
    if sequences.holds_tokens:
        return _lengthened(sequences.dense(samples), n_steps, fill=0)
    dense = _lengthened(sequences.dense(samples), n_steps, fill=np.nan)
    # A network of the user's own need not know that NaN means absent.
    return dense if is_own else np.nan_to_num(dense, nan=0.0)


class Trainee(keras.Model):
    """A network that turns sample numbers into batches of samples when it is fitted."""

    def __init__(self, model, training, values, data, is_own):
        super().__init__()
        self.model = model
        self.plan = _Plan(training, values, data, is_own)

    @property
    def outputs(self):
        """One output; scikeras counts them."""
        return [self.model]

    def call(self, inputs, training=False):
        """Return the network's outputs."""
        return self.model(inputs, training=training)

    def fit(self, x, y, *, epochs, callbacks, **ignored):
        """Fit the samples, in the order that the plan gives to each epoch."""
        plan = self.plan
        with placed(place_of(CPU)):  # data sets are read there, also where a GPU trains
            batches = _batches(plan, "data", plan.order_of_epoch)
            held_out = plan.validation and _batches(plan, "validation", _in_order)
        return super().fit(
            batches,
            epochs=epochs,
            callbacks=callbacks,
            shuffle=False,
            validation_data=held_out,
            verbose=0,
        )


class _Plan:
    """The epochs of a fit.

    TensorFlow keeps a data set's generator alive, and with it this plan: it must not refer to the
    model, and lets go of the samples at the end. (Keras leaves an object of a plain class alone.)
    """

    def __init__(self, training, values, data, is_own):
        self.training, self.values, self.is_own = training, values, is_own
        self.data, self.validation = data, data.validation
        self.epoch = values.first_epoch

    def order_of_epoch(self, lengths):
        """Return the order of the samples in the current epoch."""
        return self.values.order(self.epoch, lengths, self.training.batch_size)

    def end(self):
        """Forget the samples."""
        self.data = self.validation = None


def _in_order(lengths):
    return np.arange(len(lengths))


def _batches(plan, part, order):
    """Return a data set of (inputs, targets, weights) of a part of the plan, in the order given."""
    size, data = plan.training.batch_size, getattr(plan, part)
    n_steps = data.sequences.n_steps
    per_step = isinstance(data.targets, Sequences)

    def generate():
        data = getattr(plan, part)
        samples = order(data.sequences.lengths)
        for first in range(0, len(samples), size):
            batch = samples[first : first + size]
            inputs = _inputs(data.sequences, batch, n_steps, plan.is_own)
            if per_step:
                yield inputs, *_targets_and_weights(data, batch, n_steps, plan.is_own)
            else:
                yield inputs, data.targets[batch], data.sample_weight[batch]

    dtype = tf.int32 if data.sequences.holds_tokens else tf.float32
    shape = [None, n_steps, *data.sequences.values.shape[1:]]
    target_shape = [n_steps, data.targets.values.shape[1]] if per_step else data.targets.shape[1:]
    signature = (
        tf.TensorSpec(shape, dtype),
        tf.TensorSpec([None, *target_shape], tf.float32),
        tf.TensorSpec([None, n_steps] if per_step else [None], tf.float32),
    )
    batches = tf.data.Dataset.from_generator(generate, output_signature=signature)
    n_batches = -(-len(data.sequences) // size)
    return batches.apply(tf.data.experimental.assert_cardinality(n_batches))


def _targets_and_weights(data, samples, n_steps, is_own):
    """Return the targets and the weight of every step of a batch: Keras wants both."""
    steps = data.targets.take(samples)
    targets = _lengthened(steps.dense(fill=0.0), n_steps)
    weights = data.sample_weight[samples, None]
    if data.step_weight is not None:
        weights = _lengthened(steps.with_values(data.step_weight).dense(), n_steps)
    return targets, weights * _counts(data.sequences.take(samples), n_steps, is_own)


def _counts(sequences, n_steps, is_own):
    """Return how much each step counts, one in the mean."""
    if is_own:  # the mask of the stack tells Keras which steps count
        return np.ones((1, n_steps), dtype=np.float32)
    present = _lengthened(sequences.present().astype(np.float32), n_steps)
    return present / present.mean()


def _lengthened(steps, n_steps, fill=0.0):
    """Return an array (n_samples, n_steps, ...) with steps of `fill` at the end."""
    missing = ((0, 0), (0, n_steps - steps.shape[1]), *[(0, 0)] * (steps.ndim - 2))
    return np.pad(steps, missing, constant_values=fill)


class _Reporter(keras.callbacks.Callback):
    """Report to the monitor, and restore the optimizer of an earlier call."""

    def __init__(self, monitor, network, optimizer_state):
        super().__init__()
        self.monitor, self.network, self.optimizer_state = monitor, network, optimizer_state

    def on_train_begin(self, logs=None):
        """Give the optimizer its slots back."""
        if self.optimizer_state is not None:
            self.model.optimizer.build(self.model.trainable_variables)
            for variable, value in zip(
                self.model.optimizer.variables, self.optimizer_state, strict=True
            ):
                variable.assign(value)
            self.model.optimizer.learning_rate = self.model.plan.values.learning_rate

    def on_epoch_begin(self, epoch, logs=None):
        """Choose the epoch's order of the samples."""
        self.model.plan.epoch = self.model.plan.values.first_epoch + epoch
        self.monitor.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        """Record the losses; stop where the monitor says so."""
        self.model.stop_training |= self.monitor.end_epoch(logs, self.network.get_weights)

    def on_train_end(self, logs=None):
        """Keep the weights that the user's callbacks left, if nothing was watched."""
        if self.monitor.patience is None:
            self.monitor.weights = self.network.get_weights()
