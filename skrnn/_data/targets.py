"""The form of y: learnt in `fit`, used again to score, to go on, and to read the outputs.

Each kind of target knows its own scale, its loss, by which classes a random split is stratified,
and how raw outputs become predictions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

from .._plain import Plain
from .known_targets import (
    may_miss_some,
    mean_of_known,
    means_of_known,
    refuse_unknown_outputs,
    refuse_unknown_samples,
    scale_of_known,
)
from .samples import TrainingData
from .scaling import identity_scaling, standardized
from .sequences import Sequences
from .target_checks import (
    as_steps,
    check_one_target_a_sample,
    refuse_other_than_numbers,
    steps_in_a_row,
)


class Targets(Plain):
    """Base of the kinds of y."""

    per_step: bool
    loss: str
    are_classes = False
    n_outputs: int
    # Levels of the quantiles that are predicted of each output.
    quantiles: tuple[float, ...] | None = None
    # The steps ahead that a decoder writes; None without one.
    n_target_steps: int | None = None
    # A sentence on the predictions for sequences without any present step.
    of_an_outage = "Their predictions are NaN, and score leaves them out."

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the network's output for a sample, or for a step of it."""
        return (self.n_outputs,)

    @property
    def n_numbers(self) -> int:
        """How many numbers the network gives for a sample or a step."""
        return self.output_shape[-1]

    def read(self, y: Any, sequences: Sequences) -> Any:
        """Return y as numbers in the user's units: an array, or `Sequences` of steps."""
        raise NotImplementedError

    def lengths(self, values: Any) -> np.ndarray | None:
        """Return how many steps the targets of each sample have, if not those of its sequence."""
        return None

    def strata(self, values: Any) -> np.ndarray | None:
        """Return the classes to stratify a random validation split by, or None."""
        return None

    def with_shares(self, values: Any, sequences: Sequences, weights: np.ndarray) -> Targets:
        """Return the same with the shares of the classes, if there are any."""
        return self

    def learnt_from(self, values: Any, sequences: Sequences, standardize: bool) -> Targets:
        """Return the same with the scale of these targets, or as it is if it has one."""
        return self

    def in_network_units(self, values: Any) -> Any:
        """Return the targets as float32, as the network is to predict them."""
        if isinstance(values, Sequences):
            return values.with_values(values.values.astype(np.float32, copy=False))
        return values.astype(np.float32, copy=False)

    def loss_of_constant(self, data: TrainingData) -> float | None:
        """Return the loss of the best constant on what the training was judged by.

        None where that is not known. The samples are in the network's units.
        """
        return None

    def are_all_in(self, values: np.ndarray) -> bool:
        """Tell whether every class, if there are any, is among the values."""
        return True

    def losses(self, outputs: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the loss of each sample (n_samples,) by raw outputs, in the network's units."""
        raise NotImplementedError

    def combined(self, outputs: list[np.ndarray]) -> np.ndarray:
        """Return the raw outputs of the mean of several networks."""
        if len(outputs) == 1:
            return outputs[0]
        return np.stack(outputs).mean(axis=0, dtype=np.float64)

    def as_outputs(self, predictions: np.ndarray) -> np.ndarray:
        """Return predictions in the user's units as raw outputs."""
        raise NotImplementedError

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that tell a user about it."""
        return {}


@dataclass(frozen=True)
class NoTargets(Targets):
    """Sequences are their own targets."""

    per_step = False
    loss = "mse"

    def read(self, y: Any, sequences: Sequences) -> np.ndarray:
        """Return targets of no width."""
        return np.zeros((len(sequences), 0), np.float32)


@dataclass(frozen=True)
class NumberTargets(Targets):
    """Numbers: one or several for a sequence, for each of its steps, or for steps ahead.

    Parameters
    ----------
    per_step : bool
        Each step of a sequence has targets.
    n_outputs : int
    has_output_axis : bool
        y has an axis for the outputs.
    n_target_steps : int or None
        The steps ahead that a decoder writes.
    mean, scale : tuple of float or None, default=None
        The scale of each output; None before it is learnt.
    constants : tuple of float or None, default=None
        The value of each output that has never had another one, None for the others. No network
        is needed to predict it.
    quantiles : tuple of float or None, default=None
        The levels of the quantiles that are predicted of each output, ascending.
    """

    per_step: bool
    n_outputs: int
    has_output_axis: bool
    n_target_steps: int | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    constants: tuple[float | None, ...] | None = None
    quantiles: tuple[float, ...] | None = None

    loss = "mse"

    @classmethod
    def learn(
        cls,
        y: Any,
        sequences: Sequences,
        *,
        per_step: bool,
        decodes: bool,
        quantiles: tuple[float, ...] | None = None,
    ) -> tuple[NumberTargets, Any]:
        """Return what y is, and y as `read` gives it."""
        numbers = _numbers(y, sequences, per_step)
        refuse_other_axes(numbers, per_step=per_step, decodes=decodes)
        has_output_axis = numbers.ndim > (2 if decodes else 1)
        n_outputs = numbers.shape[-1] if has_output_axis else 1
        n_target_steps = numbers.shape[1] if decodes else None
        targets = cls(per_step, n_outputs, has_output_axis, n_target_steps, quantiles=quantiles)
        return targets, targets._shaped(numbers, sequences)

    def read(self, y: Any, sequences: Sequences) -> Any:
        """Return y as floats of shape (n_samples[, n_target_steps], n_outputs), or as steps.

        Some of the several outputs of a sample may be missing, NaN.
        """
        numbers = _numbers(y, sequences, self.per_step)
        decodes = self.n_target_steps is not None
        refuse_other_axes(numbers, per_step=self.per_step, decodes=decodes)
        n_outputs = numbers.shape[-1] if numbers.ndim > (2 if decodes else 1) else 1
        n_target_steps = numbers.shape[1] if decodes else None
        if (n_outputs, n_target_steps) != (self.n_outputs, self.n_target_steps):
            form = "{} outputs at {} steps" if decodes else "{} outputs"
            raise ValueError(
                f"Expected y with {form.format(self.n_outputs, self.n_target_steps)} as in the "
                f"first fit, got {form.format(n_outputs, n_target_steps)}. Fit a new "
                "estimator for other targets."
            )
        return self._shaped(numbers, sequences)

    def _shaped(self, numbers, sequences):
        axes = [len(numbers), *([self.n_target_steps] if self.n_target_steps else [])]
        numbers = numbers.reshape(*axes, self.n_outputs)
        return as_steps(numbers, sequences) if self.per_step else numbers

    def lengths(self, values: Any) -> np.ndarray | None:
        """Return the steps that a decoder writes, as often as there are samples."""
        return None if self.n_target_steps is None else np.full(len(values), self.n_target_steps)

    def learnt_from(self, values: Any, sequences: Sequences, standardize: bool) -> NumberTargets:
        """Return the same with mean and scale of each output, of its known values."""
        if self.per_step:
            rows = values.values[values.step_rows()[sequences.present_steps()]]
        else:
            rows = values.reshape(-1, self.n_outputs)
        if self.mean is not None:
            return replace(self, constants=self._still_constant(rows))
        refuse_unknown_outputs(rows)
        if standardize:
            mean, scale = scale_of_known(rows)
        else:
            mean, scale = identity_scaling(self.n_outputs)
        lows, highs = (find(rows, axis=0).tolist() for find in (np.nanmin, np.nanmax))
        constants = tuple(
            low if low == high else None for low, high in zip(lows, highs, strict=True)
        )
        known_scale = replace(self, mean=tuple(mean.tolist()), scale=tuple(scale.tolist()))
        return replace(known_scale, constants=constants)

    def _still_constant(self, rows):
        """Return the constants that these targets have too."""
        known = self.constants or (None,) * self.n_outputs
        return tuple(
            value if value is not None and (column[~np.isnan(column)] == value).all() else None
            for value, column in zip(known, rows.T, strict=True)
        )

    def in_network_units(self, values: Any) -> Any:
        """Return standardized float32."""
        if self.per_step:
            return values.with_values(standardized(values.values, *self._scaling()))
        return standardized(values, *self._scaling())

    def as_outputs(self, predictions: np.ndarray) -> np.ndarray:
        """Return predictions in the user's units as raw outputs, in float64."""
        mean, scale = self._scaling()
        return (predictions - mean) / scale

    def loss_of_constant(self, data: TrainingData) -> float | None:
        """Return the mean squared difference from the mean of the training targets."""
        values, weights = judged_values(data)
        mean = means_of_known(values, weights) if weights.any() else 0.0
        if data.validation is not None:
            values, weights = judged_values(data.validation)
        return mean_of_known(np.square(values - mean), weights)

    def losses(self, outputs: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the mean squared error of the known outputs of each sample."""
        found: np.ndarray = np.nanmean(np.square(outputs - values), axis=1)
        return found

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Return raw outputs in the user's units and in the form of y.

        Quantiles have an axis more, the last one, for the levels.
        """
        y = self.in_user_units(outputs)
        return y if self.has_output_axis else y[(..., 0, *self._axis_of_levels)]

    def in_user_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return raw outputs in the user's units, as float64: (..., n_outputs[, n_levels])."""
        scale, offset = self._from_outputs()
        if self.quantiles is not None:
            outputs = outputs.reshape(*outputs.shape[:-1], self.n_outputs, len(self.quantiles))
        return outputs.astype(np.float64) * scale + offset

    def attributes(self) -> dict[str, Any]:
        """Return the means and the scales."""
        mean, scale = self._scaling()
        return {"target_mean_": mean, "target_scale_": scale}

    def keras_layers(self) -> dict[str, Any]:
        """Return what turns raw outputs into predictions in a Keras model."""
        return {"output_scaling": self._from_outputs()}

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the network's output for a sample, or for a step of it."""
        steps = () if self.n_target_steps is None else (self.n_target_steps,)
        return (*steps, self.n_outputs * len(self.quantiles or (None,)))

    @property
    def _axis_of_levels(self):
        """The part of an index that takes the whole axis of levels, if there is one."""
        return () if self.quantiles is None else (slice(None),)

    def _from_outputs(self):
        """Return the scale and the offset from outputs, by level if any, to the user's units."""
        mean, scale = self._scaling()
        constants = np.array(self.constants or (None,) * self.n_outputs, dtype=np.float64)
        is_constant = ~np.isnan(constants)
        found = np.where(is_constant, 0.0, scale), np.where(is_constant, constants, mean)
        return found if self.quantiles is None else tuple(part[:, None] for part in found)

    def _scaling(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.mean), np.array(self.scale)


def judged_values(data: TrainingData) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets that count, one a row, and their weights, as float64."""
    if not isinstance(data.targets, Sequences):
        return data.targets.astype(np.float64), data.sample_weight.astype(np.float64)
    rows = data.targets.step_rows()
    weights = np.repeat(data.sample_weight, data.targets.lengths)
    if data.step_weight is not None:
        weights = data.step_weight[rows]
    present = data.sequences.present_steps()
    return data.targets.values[rows[present]].astype(np.float64), weights[present].astype(float)


def _numbers(y, sequences, per_step):
    """Return y as floats, the steps of all sequences in a row if it has targets per step."""
    if per_step:
        y = steps_in_a_row(y, sequences)
        present = sequences.present_steps().reshape(-1, *[1] * (y.ndim - 1))
        y = np.where(present, y, 0.0)  # what stands at absent steps does not count
    else:
        check_one_target_a_sample(y)
    refuse_other_than_numbers(y)
    some_may_miss = not per_step and may_miss_some(y)
    numbers = check_array(
        y,
        ensure_2d=False,
        allow_nd=True,
        dtype=np.float64,
        ensure_all_finite="allow-nan" if some_may_miss else True,
        input_name="y",
    )
    if some_may_miss:
        refuse_unknown_samples(numbers)
    if not per_step:
        check_consistent_length(sequences.starts, numbers)
    return numbers


def refuse_other_axes(numbers, *, per_step, decodes):
    """Refuse a y with too few axes or too many."""
    n_axes = 2 if decodes else 1
    if decodes and numbers.ndim == 1:
        raise ValueError(
            "Expected y of several steps, of shape (n_samples, n_target_steps[, n_outputs]), "
            f"because decoder='rnn'; got shape {numbers.shape}. Give y with a column for each "
            "step ahead, or set decoder='dense'."
        )
    if numbers.ndim not in (n_axes, n_axes + 1):
        form = "(n_samples, n_steps)" if per_step or decodes else "(n_samples,)"
        raise ValueError(
            f"Expected y of shape {form}, or with one more axis for several outputs; got "
            f"{'steps of ' if per_step else ''}shape {numbers.shape}. Reshape it, "
            "or set return_sequences=True for targets at every step."
        )
