"""The base of networks that predict from sequences, for a sequence or for its steps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._cell_states import CellStates
from ._compat import HasMethods, StrOptions
from ._data.containers import holds_sequences, refuse_long_frame
from ._data.inputs import NumberInputs, TokenInputs, without_padding
from ._data.known_ahead import refuse_other_known, with_known
from ._data.memory import expect_any_order
from ._data.outages import with_nan_for_outages, without_outages
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._data.target_checks import is_padding_left_out, refuse_missing_y, refuse_one_of_a_pair
from ._data.task import Task
from ._data.validation import check_tokens, refuse_other_width
from ._data.window_runs import are_independent
from ._device import device_of
from ._ensemble import members_of
from ._estimator import (
    AUTO,
    COMPILED_OPTIMIZERS,
    POSITIVE_INT,
    BaseNetwork,
    Fit,
)
from ._lag_names import warn_of_newest_first
from ._network_outputs import outputs_alone, refuse_no_number
from ._networks import FROM_THE_END, ReadOut, of_whole_sequences
from ._other_forms import OtherForms
from ._pretrained import Beginning, runs_both_ways
from ._same_network import raise_other_network
from ._spec import network_of
from ._starting_weights import initial_weights
from .text._embeddings import check_n_tokens, clone_sharing

_OPTIMIZERS = {
    *COMPILED_OPTIMIZERS,
    "adadelta",
    "adafactor",
    "adagrad",
    "adamax",
    "ftrl",
    "lion",
    "nadam",
}

SEQUENCE_CONSTRAINTS: dict[str, list[Any]] = {
    **BaseNetwork._parameter_constraints,
    "bidirectional": ["boolean", AUTO],
    "pooling": [StrOptions({"auto", "last", "mean", "max", "attention"})],
    "conv_filters": [POSITIVE_INT, tuple, list],
    "conv_kernel_size": [POSITIVE_INT],
    "conv_strides": [POSITIVE_INT, tuple, list],
    "hidden_units": [POSITIVE_INT, tuple, list],
    "embedding_dim": [POSITIVE_INT, None],
    "embeddings": ["array-like", HasMethods(["__getitem__", "__contains__"]), None],
    "trainable_embeddings": ["boolean"],
    "pretrained": [HasMethods(["fit"]), None],
    "trainable_pretrained": ["boolean"],
    "return_sequences": ["boolean"],
    "loss": [StrOptions({"auto"}), callable],
    "optimizer": [StrOptions(_OPTIMIZERS)],
    "refit": ["boolean", AUTO],
    "standardize": ["boolean", AUTO],
    "model": [callable, None],
    "engine": [StrOptions({"auto", "compiled", "keras"})],
    "callbacks": [list, tuple, None],
}


class SequenceReadout(OtherForms, CellStates):
    """Predictions from sequences: raw outputs and attention."""

    builder_: Any
    builder_check_: dict[str, np.ndarray]
    engine_: str
    n_networks_: int
    network_: dict[str, Any]
    weights_: list[np.ndarray]
    _task: Any

    def __sklearn_clone__(self) -> Any:
        return clone_sharing(self, "embeddings", "pretrained")

    def _raw_outputs(
        self, X: Any, known: Any = None
    ) -> tuple[np.ndarray, Sequences, Task[Any, Any]]:
        """Return raw outputs, the sequences that they are for, and how X and y are read."""
        outputs, sequences, task = self._outputs_of_each(X, known)
        return task.targets.combined(outputs), sequences, task

    def _outputs_of_each(
        self, X: Any, known: Any = None
    ) -> tuple[list[np.ndarray], Sequences, Task[Any, Any]]:
        """Return the same with the raw outputs of each network."""
        task = self._task()
        found, targets = with_known(task.inputs.read(self, X), known), task.targets
        refuse_other_known(found, targets.n_target_steps, task.inputs.n_known)

        def predicted(some: Sequences) -> np.ndarray:
            given = task.inputs.in_network_units(some)
            outputs = outputs_alone(self, given)
            if not targets.per_step:
                refuse_no_number(outputs[0])
            return np.stack(task.beyond_line(outputs, some, given), axis=1)

        def predicted_in_parts(some: Sequences) -> np.ndarray:
            if not task.inputs.within or some.series is None:
                return predicted(some)
            # Windows that are standardized by themselves share no rows: each is a copy.
            return np.concatenate([predicted(part) for part in some.pieces()])

        outputs = with_nan_for_outages(
            found,
            targets.of_an_outage,
            predicted_in_parts,
            (self.n_networks_, *targets.output_shape),
            per_step=targets.per_step,
        )
        return list(outputs.swapaxes(0, 1)), found, task

    def attention_weights(self, X: Any) -> Any:
        """Return how much each step counts in a prediction, with ``pooling="attention"``.

        Parameters
        ----------
        X : see `predict`
            Sequences.

        Returns
        -------
        shares : float64 ndarray of shape (n_samples, n_steps), or list of ndarray
            From 0 to 1; the weights of a sequence sum to one. Zero at absent steps. A list if X, or
            the X of `fit`, is a list.

        Raises
        ------
        ValueError
            If the network was fitted with another `pooling`.
        """
        check_is_fitted(self)
        from . import _keras

        network = network_of(self.network_)
        pooling = getattr(network, "pooling", "last")
        if pooling != "attention":
            got = "model is set" if self.builder_ is not None else f"pooling={pooling!r}"
            raise ValueError(
                f"Expected a network fitted with pooling='attention', got one where {got}. Set "
                "pooling='attention' and fit again."
            )
        inputs = self._task().inputs
        found, networks = inputs.read(self, X), members_of(self.weights_, self.n_networks_)
        n_steps, device = found.n_steps, device_of(self)

        def shares_of(some: Sequences) -> np.ndarray:
            given = inputs.in_network_units(some)
            of_each = [
                _keras.attention(network, weights, given, device=device) for weights in networks
            ]
            shares = np.mean(of_each, axis=0, dtype=np.float64)
            shares /= shares.sum(axis=1, keepdims=True)  # from float32 rounding to float64's
            return np.pad(shares, ((0, 0), (0, n_steps - shares.shape[1])))

        shares = with_nan_for_outages(found, "Their shares are NaN.", shares_of, (n_steps,))
        return without_padding(shares, found) if inputs.gives_lists(X) else shares


def read_samples(
    fit: Fit, learn_targets: Any, given: Beginning, known: Any = None
) -> tuple[Task[Any, Any], TrainingData]:
    """Return how X and y of a fit are read, and the samples in the user's units.

    Parameters
    ----------
    fit : Fit
    learn_targets : callable
        Returns, from the parameters, y and the sequences, what y is and its values.
    given : Beginning
        The weights that the user gives the training to start from.
    known : array-like or None
        The values that are known ahead.
    """
    X, y, sample_weight = fit.given.X, fit.given.y, fit.given.sample_weight
    refuse_missing_y(type(fit.estimator).__name__, y)
    refuse_long_frame(X, y)
    if fit.goes_on:
        task = fit.task()
        sequences = fit.read(task.inputs, X)
    else:
        inputs, sequences = _learn_inputs(fit, given)
    sequences = with_known(sequences, known)
    sequences, (y, sample_weight) = without_outages(sequences, y, sample_weight)
    if fit.goes_on:
        values = task.targets.read(y, sequences)
    else:
        targets, values = learn_targets(fit.params, y, sequences)
        task = Task(inputs, targets)
    n_known = task.inputs.n_known if fit.goes_on else None
    refuse_other_known(sequences, task.targets.n_target_steps, n_known)
    return _weighted(fit.params, task, sequences, values, sample_weight)


def may_see_within(fit: Fit, task: Task[Any, Any], data: TrainingData) -> bool:
    """Tell whether features may be standardized within each sequence as well.

    The level of a window tells more than its shape. A prediction at a step may look at no later
    one, a model of the user's own is given X, and pretrained layers what they were trained on.
    """
    params = fit.params
    return (
        fit.standardize == "auto"
        and not fit.goes_on
        and params.model is None
        and params.pretrained is None
        and getattr(params, "decoder", "dense") == "dense"
        and not task.targets.per_step
        and data.sequences.ahead is None
        and are_independent(data.sequences)
    )


def with_validation(
    fit: Fit,
    task: Task[Any, Any],
    data: TrainingData,
    X_val: Any,
    y_val: Any,
    known_val: Any = None,
) -> TrainingData:
    """Return the samples to train on, with those that early stopping looks at."""
    refuse_one_of_a_pair(X_val, y_val)
    if X_val is None:
        return fit.hold_out(task, data)
    sequences = with_known(task.inputs.read(fit.estimator, X_val), known_val)
    n_known = 0 if data.sequences.ahead is None else data.sequences.ahead.shape[2]
    refuse_other_known(sequences, task.targets.n_target_steps, n_known)
    sequences, (y_val,) = without_outages(sequences, y_val)
    values = task.targets.read(y_val, sequences)
    _, held_out = _weighted(fit.params, task, sequences, values, None)
    return data.take(slice(None), held_out)


def _weighted(
    params: Any, task: Task[Any, Any], sequences: Sequences, values: Any, sample_weight: Any
) -> tuple[Task[Any, Any], TrainingData]:
    """Return the task and the samples, weighed by their classes where there are any."""
    task = task.weighed_by(sample_weight, values, sequences)
    class_weight = getattr(params, "class_weight", None)
    if class_weight is None:
        return task, task.samples(sequences, values, sample_weight)
    task = replace(task, targets=task.targets.weighted(values, sequences, class_weight))
    of_classes = task.targets.weights(values, sequences, class_weight)
    return task, task.samples(sequences, values, sample_weight, of_classes)


def _learn_inputs(fit: Fit, given: Beginning) -> tuple[NumberInputs | TokenInputs, Sequences]:
    """Return how X is read, and its sequences."""
    X, params = fit.given.X, fit.params
    if params.embedding_dim is None and given.table is None:
        warn_of_newest_first(getattr(X, "columns", ()))
        numbers = NumberInputs.of(X)
        sequences = fit.read(numbers, X)
        if given.inputs is not None:
            refuse_other_width(sequences, given.inputs.n_features, "pretrained")
            numbers = numbers.scaled_as(given.inputs)
        return numbers, sequences
    is_list = holds_sequences(X)
    sequences = check_tokens(fit.estimator, X, reset=True)
    cuts_padding = params.return_sequences and is_padding_left_out(fit.given.y, sequences)
    n_tokens, dim = _size_of_table(sequences, params.embedding_dim, given.table)
    inputs = TokenInputs(is_list, n_tokens, dim, cuts_padding)
    return inputs, sequences.trimmed() if cuts_padding else sequences


def _size_of_table(
    sequences: Sequences, embedding_dim: Any, given: np.ndarray | None
) -> tuple[int, int]:
    """Return how many tokens there are, and the length of their vectors."""
    if given is None:
        return check_n_tokens(sequences.values, embedding_dim), int(embedding_dim)
    n_tokens, length = given.shape
    largest = int(sequences.values.max())
    if largest >= n_tokens:
        raise ValueError(
            f"Expected token ids below {n_tokens}, the number of rows of embeddings; "
            f"got {largest} in X. Give a row for every id: row 0 is padding, row 1 the "
            "unknown token."
        )
    return n_tokens, length


def read_out(fit: Fit, data: TrainingData, *, classifies: bool) -> ReadOut:
    """Return what "auto" stands for, by the task and by what the samples are."""
    if fit.goes_on:
        network = network_of(fit.estimator.network_)
        names = ("bidirectional", "pooling", "conv_filters", "conv_strides")
        return ReadOut(**{k: getattr(network, k) for k in names if hasattr(network, k)})
    found, sequences = FROM_THE_END, data.sequences
    if classifies and not fit.params.return_sequences and are_independent(sequences):
        found = of_whole_sequences(sequences.n_steps, varies=sequences.varies)
    if fit.params.pooling != "auto" or fit.params.pretrained is not None:
        found = found._replace(conv_filters=())  # the steps are those of X
    if fit.params.pretrained is not None:
        found = found._replace(bidirectional=runs_both_ways(fit.params.pretrained))
    return found


def train_on_sequences(
    fit: Fit, task: Task[Any, Any], network: Any, data: TrainingData, given: Beginning
) -> None:
    """Train a network on samples in the user's units, with the engine that can."""
    params = fit.params
    if fit.goes_on and params.model is not fit.estimator.builder_:
        raise_other_network(["model"])
    builder, engine = params.model, choose_engine(params)
    extras = {"builder": builder, "callbacks": params.callbacks or ()}
    data = task.in_network_units(data)
    if builder is None and not task.targets.per_step:
        data = data.trimmed()  # a model of the user's own is given X as it is
    if params.shuffle:
        expect_any_order(data.sequences.values)
    fit.train(
        task,
        network,
        data,
        start=None if builder is not None else partial(_start, network, given),
        loss=None if params.loss == "auto" else params.loss,
        engine=engine,
        extras=extras if engine == "keras" else {},
        kept={"builder_": builder},
        finish=None if builder is None else partial(_check_of_a_builder, data.sequences),
    )


def _start(network: Any, given: Beginning, seed: int) -> list[np.ndarray]:
    """Return the weights to start from."""
    return given.weights(initial_weights(network, seed))


def _check_of_a_builder(sequences: Sequences, fitted: Any) -> dict[str, Any]:
    """Return what a user's own model gives for a sequence, by which to know it again."""
    from . import _keras

    one, network = sequences.take(slice(0, 1)), network_of(fitted.network_)
    first = members_of(fitted.weights_, fitted.n_networks_)[0]
    outputs = _keras.predict(
        "keras", network, first, one, device=device_of(fitted), builder=fitted.builder_
    )
    return {"builder_check_": {"inputs": one.dense(), "outputs": outputs}}


def choose_engine(params: Any) -> str:
    """Return "compiled" or "keras"; refuse "compiled" where it cannot be had."""
    reasons = []
    if params.model is not None:
        reasons.append("model is set")
    if params.callbacks:
        reasons.append("callbacks are set")
    if params.optimizer not in COMPILED_OPTIMIZERS:
        reasons.append(f"optimizer={params.optimizer!r} has no compiled form")
    if params.engine == "compiled" and reasons:
        raise ValueError(
            f"Expected a training that engine='compiled' covers, got one that it does not: "
            f"{' and '.join(reasons)}. Use engine='auto' or 'keras'."
        )
    return "keras" if reasons or params.engine == "keras" else "compiled"


def check_sequence_params(params: Any) -> None:
    """Refuse parameters of a network over sequences that do not go together."""
    _refuse_others_with_pretrained(params)
    if params.model is not None and (
        params.embedding_dim is not None or params.embeddings is not None
    ):
        name = "embeddings" if params.embedding_dim is None else "embedding_dim"
        got = f"{params.embedding_dim}" if name == "embedding_dim" else "some"
        raise ValueError(
            f"Expected {name}=None with model, got {got}. Leave model out: a model of your "
            "own takes numbers."
        )
    if params.return_sequences and params.pooling not in ("auto", "last") and params.model is None:
        raise ValueError(
            f"Expected pooling='last' with return_sequences=True, got {params.pooling!r}. Each "
            "step is read out by itself then: leave pooling out, or set "
            "return_sequences=False for one prediction a sequence."
        )
    _refuse_strides_with_steps(params)
    wrong = [c for c in params.callbacks or () if not callable(c) and not hasattr(c, "set_model")]
    if wrong:
        raise ValueError(
            f"Expected callbacks to be Keras callbacks or functions that make one, got "
            f"{wrong[0]!r}. For scikit-learn's callbacks use set_callbacks."
        )


def _refuse_strides_with_steps(params: Any) -> None:
    """Refuse convolutions that leave fewer steps than there are targets."""
    chosen = [params.conv_filters, params.conv_strides]
    if not params.return_sequences or params.model is not None or not params.conv_filters:
        return
    if "auto" not in chosen and (np.atleast_1d(params.conv_strides) != 1).any():
        raise ValueError(
            f"Expected conv_strides=1 with return_sequences=True, got {params.conv_strides!r}: "
            "every step has a prediction of its own then. Leave conv_strides out, or set "
            "return_sequences=False for one prediction a sequence."
        )


def _refuse_others_with_pretrained(params: Any) -> None:
    """Refuse what would stand where the layers of a fitted network are to stand."""
    for name in ("embeddings", "model"):
        if params.pretrained is not None and getattr(params, name) is not None:
            raise ValueError(
                f"Expected {name}=None with pretrained, got both. Leave one of them out: a "
                "network starts from one place."
            )
