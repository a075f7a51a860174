"""How X and y are read, together: what a fit learns before it trains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from .class_line import ClassLine, pooled
from .inputs import Inputs, NumberInputs
from .line import Line
from .outages import without_outages
from .samples import TrainingData
from .scaling import standardized
from .sequences import Sequences
from .target_checks import check_weights, mean_weight
from .targets import NoTargets, Targets
from .token_line import TokenLine
from .window_runs import are_independent
from .within import shape_tells_more

I = TypeVar("I", bound=Inputs)  # noqa: E741
T = TypeVar("T", bound=Targets)


@dataclass(frozen=True)
class Task(Generic[I, T]):
    """A task of prediction: the form and the scale of X, of y and of sample weights.

    If there is a line, the network learns the part of the targets that the line leaves.
    """

    inputs: I
    targets: T
    # The mean of the first weights; None as long as there were none.
    weight_scale: float | None = None
    line: Line | None = None
    # For texts, and for classes of numbers, a line that counts in a mean with the network.
    token_line: TokenLine | None = None
    class_line: ClassLine | None = None

    @property
    def is_alone(self) -> bool:
        """Whether no line predicts beside the network."""
        return self.line is None and self.token_line is None and self.class_line is None

    def weighed_by(self, sample_weight: Any, values: Any, sequences: Sequences) -> Task[Any, Any]:
        """Return the task with the scale of weights, and what it knows of classes by weight."""
        weights, scale = check_weights(sample_weight, sequences), self.weight_scale
        if sample_weight is not None and scale is None:
            scale = mean_weight(weights)
        targets: Any = self.targets.with_shares(values, sequences, weights)
        return replace(self, targets=targets, weight_scale=scale)

    def samples(
        self, sequences: Sequences, values: Any, sample_weight: Any, of_classes: Any = None
    ) -> TrainingData:
        """Return samples in the user's units, without those that have no weight.

        `of_classes` are weights of samples, or of all steps in a row, to multiply theirs by.
        """
        weights, step_weight = check_weights(sample_weight, sequences), None
        if sample_weight is not None:
            weights = weights / self.weight_scale  # only their ratios matter
        if of_classes is not None and self.targets.per_step:
            of_steps = np.repeat(weights, sequences.lengths)
            step_weight = (of_steps * of_classes).astype(np.float32)
        elif of_classes is not None:
            weights = weights * of_classes
        return TrainingData(
            sequences,
            values,
            weights.astype(np.float32),
            target_lengths=self.targets.lengths(values),
            step_weight=step_weight,
        ).weighted()

    def samples_of(self, sequences: Sequences, sample_weight: Any = None) -> TrainingData:
        """Return sequences that are their own targets as samples."""
        return self.samples(sequences, self.targets.read(None, sequences), sample_weight)

    def learnt_from(self, data: TrainingData, *, standardize: bool | str) -> Task[Any, Any]:
        """Return the task with the scales of these samples, or as it is if it has scales."""
        inputs: Any = self.inputs.learnt_from(data.sequences, standardize)
        targets: Any = self.targets.learnt_from(data.targets, data.sequences, bool(standardize))
        return replace(self, inputs=inputs, targets=targets)

    def with_inputs_within(self, data: TrainingData) -> Task[Any, Any]:
        """Return the task with the features that are seen within each of its sequences as well.

        Classes are told apart by the shape of sequences; a number mostly depends on their level.
        """
        of_samples = data.sequences, data.targets, data.sample_weight
        all_that_differ = self.targets.are_classes or shape_tells_more(*of_samples)
        inputs: Any = self.inputs
        inputs = inputs.seen_within(data.sequences, all_that_differ=all_that_differ)
        return replace(self, inputs=inputs)

    def with_bends_of(self, data: TrainingData) -> Task[Any, Any]:
        """Return the task with the bends and the scale of other samples, if the bends differ."""
        inputs: Any = self.inputs.bent_as(data.sequences)
        return replace(self, inputs=inputs)

    def with_line(self, data: TrainingData, *, standardize: bool | str) -> Task[Any, Any]:
        """Return the task, which has its scales, with the line for these samples."""
        return replace(self, line=Line.learn(*self._for_line(data), bool(standardize)))

    def with_line_of(self, data: TrainingData) -> Task[Any, Any]:
        """Return the task with the line for other samples, beside the same networks."""
        assert self.line is not None
        return replace(self, line=self.line.learnt_again(*self._for_line(data)))

    def _for_line(self, data: TrainingData) -> tuple[Sequences, Any, np.ndarray, np.ndarray]:
        return data.sequences, self._as_line_sees, data.targets, data.sample_weight

    def _as_line_sees(self, sequences: Sequences) -> Sequences:
        return self.inputs.of_line().in_network_units(sequences)

    def class_line_of(self, data: TrainingData) -> ClassLine | None:
        """Return a line for these samples and the classes of the targets, if there can be one."""
        targets: Any = self.targets
        is_of = targets.yes_or_no(data.targets)
        return ClassLine.learn(data.sequences, self._as_line_sees, is_of, data.sample_weight)

    def forecasts(self, line: Line | ClassLine, sequences: Sequences) -> np.ndarray:
        """Return what a line says of sequences in the user's units."""
        return line.predict(sequences, self._as_line_sees)

    def with_token_line(self, data: TrainingData, share: float = 0.0) -> Task[Any, Any]:
        """Return the task, which has its scales, with the line of tokens for these samples."""
        data = self.in_network_units(data)
        of_samples = data.sequences, self.targets, data.targets, data.sample_weight
        assert self.inputs.n_tokens is not None
        line = TokenLine.learn(*of_samples, self.inputs.n_tokens)
        return replace(self, token_line=replace(line, share=share))

    def with_networks_alone(self, number: int) -> Task[Any, Any]:
        """Return the task whose first networks, so many, predict without the line."""
        assert self.line is not None
        return replace(self, line=replace(self.line, n_alone=number))

    def beside_line(self, values: Any, sequences: Sequences) -> Any:
        """Return what is left of targets beside the line, all in the user's units."""
        assert self.line is not None
        return values - self.forecasts(self.line, sequences)

    def _targets_in_network_units(self, values: Any, sequences: Sequences) -> Any:
        if self.line is None:
            return self.targets.in_network_units(values)
        left = self.beside_line(values, sequences)
        return standardized(left, self.line.mean, self.line.scale)

    def beyond_line(
        self, outputs: list[np.ndarray], sequences: Sequences, given: Sequences
    ) -> list[np.ndarray]:
        """Return raw outputs as those of networks without a line.

        `given` are the sequences in the units of the networks.
        """
        if self.token_line is not None:
            return self.token_line.mixed(outputs, self.token_line.predict(given))
        if self.class_line is not None:
            forecasts = self._forecasts_given(self.class_line, sequences, given)
            share = self.class_line.share
            return [pooled(self.targets, of_one, forecasts, share) for of_one in outputs]
        line = self.line
        if line is None:
            return outputs
        forecasts = self._forecasts_given(line, sequences, given)
        return [
            of_one
            if number < line.n_alone
            else self.targets.as_outputs(of_one * line.scale + line.mean + forecasts)
            for number, of_one in enumerate(outputs)
        ]

    def _forecasts_given(
        self, line: Line | ClassLine, sequences: Sequences, given: Sequences
    ) -> np.ndarray:
        """Return what a line says of sequences: of `given`, if it sees what the networks see."""
        if self.inputs.of_line() is self.inputs:
            return line.predict(given, lambda some: some)
        return self.forecasts(line, sequences)

    def in_network_units(self, data: TrainingData) -> TrainingData:
        """Return samples as the network is trained on them, and those that are held out."""
        found = self.with_targets_in_network_units(data)
        held_out = found.validation
        if held_out is None:
            return replace(found, sequences=self.inputs.in_network_units(data.sequences))
        if held_out.sequences.values is data.sequences.values:
            # They lie in the same table of rows, which is scaled once.
            both = data.sequences.and_those_of(held_out.sequences)
            both, n_samples = self.inputs.in_network_units(both), len(data.sequences)
            sequences, scaled = both.take(slice(n_samples)), both.take(slice(n_samples, None))
        else:
            sequences = self.inputs.in_network_units(data.sequences)
            scaled = self.inputs.in_network_units(held_out.sequences)
        held_out = replace(held_out, sequences=scaled)
        return replace(found, sequences=sequences, validation=held_out)

    def are_independent(self, sequences: Sequences) -> bool:
        """Tell whether sequences in the network's units are; see `are_independent`.

        Two windows share no step that is standardized within each of them: these are not compared.
        """
        if self.inputs.within:
            sequences = sequences.with_values(sequences.values[:, : self.inputs.n_features])
        return are_independent(sequences)

    def with_targets_in_network_units(self, data: TrainingData) -> TrainingData:
        """Return the same with sequences as they are: only the targets are wanted."""
        targets = self._targets_in_network_units(data.targets, data.sequences)
        held_out = data.validation and self.with_targets_in_network_units(data.validation)
        return replace(data, targets=targets, validation=held_out)

    def attributes(self) -> dict[str, Any]:
        """Return what a fitted estimator keeps of the task, and shows of it."""
        line = self.class_line if self.targets.are_classes else self.line
        return {
            "input_": self.inputs.to_dict(),
            "target_": self.targets.to_dict(),
            "line_": None if line is None else line.to_dict(),
            "token_line_": None if self.token_line is None else self.token_line.to_dict(),
            **self.inputs.attributes(),
            **self.targets.attributes(),
            **({} if self.weight_scale is None else {"weight_scale_": self.weight_scale}),
        }


def task_of(estimator: Any) -> Task[Any, Any]:
    """Return the task that a fitted estimator keeps."""
    inputs, targets = Inputs.from_dict(estimator.input_), Targets.from_dict(estimator.target_)
    task = Task(inputs, targets, getattr(estimator, "weight_scale_", None))
    if estimator.line_ is not None:
        if targets.are_classes:
            task = replace(task, class_line=ClassLine(**estimator.line_))
        else:
            task = replace(task, line=Line(**estimator.line_))
    kept = getattr(estimator, "token_line_", None)  # files of format 1 may lack it
    return task if kept is None else replace(task, token_line=TokenLine(**kept))


def read_alone(fit: Any) -> tuple[Task[Any, Any], TrainingData]:
    """Return how sequences are read that are their own targets, and these as samples."""
    X = fit.given.X
    task = fit.task() if fit.goes_on else Task(NumberInputs.of(X), NoTargets())
    sequences = fit.read(task.inputs, X)
    sequences, (sample_weight,) = without_outages(sequences, fit.given.sample_weight)
    task = task.weighed_by(sample_weight, None, sequences)
    return task, task.samples_of(sequences, sample_weight)
