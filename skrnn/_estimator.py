"""The base of everything that trains a network: one call of `fit`, from arguments to attributes.

Nothing here knows a tensor. The engines are reached through `skrnn._keras`, imported where it is
used, so that TensorFlow starts with the first fit or prediction and not before.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ._callbacks import CallbackSupportMixin, EpochTasks, FittedOn
from ._cell_weights import CELL_WEIGHTS
from ._compat import (
    CALLBACK_CONTEXT,
    CALLBACK_STATE,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from ._data.inputs import Inputs
from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._data.splitting import split_validation
from ._data.target_checks import refuse_function
from ._data.task import Task, task_of
from ._data.window_runs import are_independent
from ._device import GPU, engine_on
from ._documentation import DocumentationLink
from ._ensemble import members_of, seeds_of_member
from ._history import joined, mean_history
from ._parameters import parameters_of
from ._plan import Plan, Usual, holds_out, plan_of, plan_of_one_epoch
from ._random import seeds_of_fit
from ._same_network import raise_other_network, refuse_other_network
from ._spec import KnownOnly, Training, Values, network_of
from ._starting_weights import n_frozen
from ._training import Run, Start, Trained, device_to_train_on, train
from ._turns import turn_of
from ._verdict import Verdict, hint, verdict
from ._warnings import warn

POSITIVE_INT = Interval(Integral, 1, None, closed="left")
RATE = Interval(Real, 0, 1, closed="left")
AUTO = StrOptions({"auto"})
COMPILED_OPTIMIZERS = {"adam", "adamw", "rmsprop", "sgd"}
# Parameters that a continued training may change.


class BaseNetwork(DocumentationLink, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a network.

    A subclass has a `fit` that opens a `Fit`, reads X and y, and lets it train the network. Beside
    the weights, it keeps what it learns as plain values: `input_`, `target_` and `network_`.
    """

    _usual = Usual(learning_rate=1e-3, batch_size=32, epochs=50, patience=5)
    history_: dict[str, list[float]]
    n_iter_: int
    weights_: list[np.ndarray]

    _parameter_constraints: dict[str, list[Any]] = {
        "cell": [StrOptions(set(CELL_WEIGHTS))],
        "units": [POSITIVE_INT, tuple, list],
        "dropout": [RATE],
        "recurrent_dropout": [RATE],
        "optimizer": [StrOptions(COMPILED_OPTIMIZERS)],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), AUTO],
        "learning_rate_schedule": [StrOptions({"auto", "constant", "cosine", "plateau"})],
        "weight_averaging": [RATE, None],
        "n_networks": [POSITIVE_INT],
        "clipnorm": [Interval(Real, 0, None, closed="neither"), None],
        "epochs": [POSITIVE_INT, AUTO],
        "batch_size": [POSITIVE_INT, AUTO],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean", AUTO],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "validation": [StrOptions({"auto", "last", "random"})],
        "n_iter_no_change": [POSITIVE_INT, AUTO],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "device": [StrOptions({"auto", "cpu", "gpu"})],
        "verbose": ["verbose"],
    }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True  # an absent step
        return tags

    def _task(self) -> Task[Any, Any]:
        """Return how X and y are read, as learnt in `fit`; refuse an estimator before it."""
        check_is_fitted(self)
        return task_of(self)


class Fit:
    """One call of `fit`: what it was given, its random seeds, and what it goes on from.

    As a context it waits for other threads that fit the same estimator, checks the parameters, and
    leaves the estimator as it was if anything fails.

    Parameters
    ----------
    estimator : BaseNetwork
    X, y, sample_weight : what `fit` was given
    goes_on : bool
        Go on from the fitted weights, if there are any.
    one_epoch : bool, default=False
        Train for one epoch, whatever the parameters say.
    check : callable or None, default=None
        Refuses parameters, its argument, that do not go together.
    checkpoint : path, Checkpoint or None, default=None
        The file in which the fit keeps how far it is; the checkpoint itself in a fit of several
        networks.

    Attributes
    ----------
    params : namespace
        The parameters of the estimator, for all that need them alone.
    trained : list of Trained
        The networks that are trained already.
    judged : list of Trained
        After `begin_again`, the networks that were trained before it.
    stops_early : bool
        Whether a held-out part may end a training.
    planned_for : int or None
        The number of samples by which epochs are counted; None: of the samples themselves.
    halted : threading.Event
        Set where no more epochs are wanted.
    verdict : Verdict or None
        The warning to give after it, if any.
    hint : Verdict or None
        The warning about X to give if there is no verdict.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        goes_on: bool,
        one_epoch: bool = False,
        check: Callable[[Any], None] | None = None,
        checkpoint: Any = None,
    ):
        self.estimator, self.check, self.turn = estimator, check, turn_of(estimator)
        self.may_go_on = goes_on
        self.given = FittedOn(X, y, sample_weight)
        self.one_epoch = one_epoch
        self.given_checkpoint = checkpoint
        self.checkpoint: Any = None
        self.trained: list[Trained] = []
        self.judged: list[Trained] = []
        self.stops_early = True
        self.planned_for: int | None = None
        self.halted = threading.Event()
        self.verdict: Verdict | None = None
        self.hint: Verdict | None = None

    def __enter__(self) -> Fit:
        self.turn.acquire()  # until `__exit__`
        self.before = dict(vars(self.estimator))
        self.goes_on = self.may_go_on and "weights_" in self.before
        self.n_before = self.before["n_iter_"] if self.goes_on else 0  # epochs
        try:
            self.params = parameters_of(self.estimator)
            validate_parameter_constraints(
                self.estimator._parameter_constraints,
                vars(self.params),
                caller_name=type(self.estimator).__name__,
            )
            if self.check is not None:
                self.check(self.params)
            if self.params.device == GPU:
                device_to_train_on(self.params)  # refused before anything is read
            self.seeds = seeds_of_fit(self.params.random_state)
            if self.given_checkpoint is not None:
                self._open_checkpoint()
        except BaseException:
            self._undo()
            self.turn.release()
            raise
        if not self.goes_on:
            # At once: an interruption finds all of it, or nothing.
            self.estimator.__dict__ = {
                name: value for name, value in self.before.items() if not _is_fitted(name)
            }
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        try:
            if error is None and self.checkpoint is not None:
                self.checkpoint.end(self.estimator)
        except BaseException as failed:
            error = failed
            raise
        finally:
            if error is not None:
                self._undo()
            self.turn.release()
        worst = self.verdict or self.hint  # one warning a fit
        if error is None and worst is not None and not self.one_epoch:
            warn(*worst)

    def _open_checkpoint(self) -> None:
        """Read how far a run of this fit had come that was killed, if there was one."""
        from ._checkpoint import checkpoint_of

        params = self.params
        self.checkpoint = checkpoint_of(self.given_checkpoint, self.estimator, params)
        self.seeds = self.checkpoint.seeds_of_next(self.seeds, params.random_state)

    @property
    def standardize(self) -> bool | str:
        """How numbers are standardized: a first chunk does not tell how features vary."""
        asked: bool | str = self.params.standardize
        return bool(asked) if self.one_epoch else asked

    @property
    def best_loss(self) -> float:
        """The loss of the best epoch, the mean of the networks that are trained already."""
        return float(np.mean([network.best_loss for network in self.trained]))

    def aside(self, n_samples: int) -> Fit:
        """Return a silent fit of a copy of the estimator, planned for a number of samples.

        An exception or an interruption halts both.
        """
        apart = copy.copy(self)
        apart.estimator = copy.copy(self.estimator)
        vars(apart.estimator).pop(CALLBACK_CONTEXT, None)
        apart.params = SimpleNamespace(**{**vars(self.params), "verbose": 0})
        apart.trained, apart.planned_for = [], n_samples
        return apart

    def begin_again(self) -> None:
        """Let the next calls of `train` train the same networks again, for their best epochs."""
        self.judged, self.trained = self.trained, []

    def _undo(self) -> None:
        """Leave the estimator as it was."""
        state = vars(self.estimator)
        # scikit-learn's decorator around fit tidies these up itself.
        kept = {name: state[name] for name in CALLBACK_STATE if name in state}
        self.estimator.__dict__ = {**self.before, **kept}

    def task(self) -> Task[Any, Any]:
        """Return how X and y are read in the fit that this one goes on from."""
        return task_of(self.estimator)

    def read(self, inputs: Inputs, X: Any) -> Sequences:
        """Return X as sequences; the first fit learns names and widths."""
        sequences = inputs.read(self.estimator, X, reset=not self.goes_on)
        if not self.goes_on and not self.one_epoch:
            self.hint = hint(sequences)
        return sequences

    def hold_out(self, task: Task[Any, Any], data: TrainingData) -> TrainingData:
        """Return the samples to train on, with those that early stopping looks at, if it does."""
        params = self.params
        independent = are_independent(data.sequences)
        if not holds_out(params, len(data.sequences), are_independent=independent):
            return data
        return self.split(task, data, params.validation_fraction)

    def split(self, task: Task[Any, Any], data: TrainingData, fraction: float) -> TrainingData:
        """Return the samples to train on, with a part of them that is held out."""
        train_on, held_out = split_validation(
            data.sequences,
            task.targets.strata(data.targets),
            fraction=fraction,
            how=self.params.validation,
            seed=self.seeds["split"],
        )
        return data.take(train_on, data.take(held_out) if len(held_out) else None)

    def train(
        self,
        task: Task[Any, Any],
        network: Any,
        data: TrainingData,
        *,
        start: Callable[[int], list[np.ndarray]] | None,
        loss: Any = None,
        engine: str = "compiled",
        extras: dict[str, Any] | None = None,
        kept: dict[str, Any] | None = None,
        finish: Callable[[Any], dict[str, Any]] | None = None,
    ) -> None:
        """Train networks on data in their units, and set the fitted attributes.

        The networks of an earlier call stay in the estimator.

        Parameters
        ----------
        task : Task
        network : spec of the network
        data : TrainingData
        start : callable or None
            Returns, from a seed, the weights of a fit that does not go on from an earlier one. None
            leaves them to a user's own model.
        loss : str, callable or None
            None: that of the targets.
        engine : {"compiled", "keras"}
        extras : dict or None
            Arguments for the engine "keras" alone.
        kept : dict or None
            Attributes to set beside those of every network.
        finish : callable or None
            Returns the attributes that a fitted estimator, its argument, learns last.
        """
        if self.goes_on:
            refuse_other_network(network, network_of(self.before["network_"]))
            self._refuse_other_number()
            start = None
        device = device_to_train_on(self.params)
        # The optimizer's state fits another training only if these agree.
        optimizer = [engine, self.params.optimizer, n_frozen(network)]
        learnt = {
            **task.attributes(),
            **(kept or {}),
            "network_": network.to_dict(),
            "engine_": engine_on(engine, device),
            "optimizer_": optimizer,
            "n_networks_": len(self.trained) + self.params.n_networks,
        }

        def fitted_with(weights: list[np.ndarray]) -> dict[str, Any]:
            learnt_now = {**learnt, "weights_": weights, "n_networks_": 1}
            if task.line is not None:
                learnt_now["line_"] = {**learnt["line_"], "n_alone": 0}
            return {**learnt_now, **self._last_attributes(learnt_now, finish)}

        loss = task.targets.loss if loss is None else loss
        run = self._run(task, network, data, loss, (engine, device), extras or {})
        n_networks = self.params.n_networks
        tasks = EpochTasks(self.estimator, self.given, run.plan.epochs * n_networks, fitted_with)
        starts = self._starts(run.plan, len(data.sequences), start, optimizer, task.targets)
        if self.checkpoint is not None:
            records = self.checkpoint.records(engine, device, data, starts)
            starts = [replace(s, record=r) for s, r in zip(starts, records, strict=True)]
        now = train(run, data, tasks, starts, self.halted)
        self.trained = [*self.trained, *now]
        self._keep_weights(learnt)
        if not self.judged:
            self._keep_history(run.plan, len(data.sequences))
            judged_by = task.targets if loss == task.targets.loss and task.is_alone else None
            self.verdict = verdict(judged_by, data, run.plan, now)
        for name, value in self._last_attributes({}, finish).items():
            setattr(self.estimator, name, value)
        tasks.end_fit()

    def _run(
        self,
        task: Task[Any, Any],
        network: Any,
        data: TrainingData,
        loss: Any,
        runs_on: tuple[str, str],
        extras: dict[str, Any],
    ) -> Run:
        """Return how the network is trained."""
        params, (engine, device) = self.params, runs_on
        plan = self.plan = self._plan(task, data)
        if data.misses_targets:
            refuse_function(loss)
            loss = KnownOnly(loss)
        how = params.clipnorm is not None, bool(params.weight_averaging), device
        training = Training(loss, params.optimizer, plan.batch_size, *how)
        return Run(network, training, engine, plan, params.verbose, extras)

    def _plan(self, task: Task[Any, Any], data: TrainingData) -> Plan:
        """Return how much the network is trained."""
        usual = self.estimator._usual
        if self.judged:
            n_before, n_networks = len(self.trained), self.params.n_networks
            best = [n.best_epoch for n in self.judged[n_before : n_before + n_networks]]
            return replace(self.plan, epochs=int(np.median(best)), patience=None)
        if self.one_epoch:
            plan = plan_of_one_epoch(self.params, usual)
        else:
            stops_early = self.stops_early and bool(self.params.early_stopping)
            plan = plan_of(
                self.params,
                usual,
                self.planned_for or len(data.sequences),
                validates=stops_early and data.validation is not None,
                is_clear=task.targets.are_classes and task.are_independent(data.sequences),
            )
        return plan if data.batch_size is None else replace(plan, batch_size=data.batch_size)

    def _starts(
        self,
        plan: Plan,
        n_samples: int,
        start: Callable[[int], list[np.ndarray]] | None,
        optimizer: list[Any],
        targets: Any,
    ) -> list[Start]:
        """Return where the training of each network starts."""
        n_networks = self.params.n_networks
        weights: Any = [None] * n_networks
        states: Any = [None] * n_networks
        levels = targets.quantiles or ()
        seeds = [seeds_of_member(self.seeds, number) for number in range(n_networks)]
        if self.goes_on:
            now = slice(len(self.trained), len(self.trained) + n_networks)
            n_before = self.before["n_networks_"]
            weights = members_of(self.before["weights_"], n_before)[now]
            state = self.before.get("optimizer_state_")
            if state is not None and self.before["optimizer_"] == optimizer:
                states = members_of(state, n_before)[now]
        elif start is not None:
            weights = [start(of_network["weights"]) for of_network in seeds]
        values = [self._values(plan, n_samples, of_network, levels) for of_network in seeds]
        return [Start(*of_one) for of_one in zip(values, weights, states, strict=True)]

    def _refuse_other_number(self) -> None:
        """Refuse to continue with another number of networks."""
        line = self.before["line_"]
        groups = 2 if line is not None and line.get("n_alone") else 1
        there, here = self.before["n_networks_"] // groups, self.params.n_networks
        if here != there:
            raise_other_network([f"n_networks: {there} -> {here}"])

    def _values(
        self, plan: Plan, n_samples: int, seeds: dict[str, int], levels: tuple[float, ...]
    ) -> Values:
        """Return what the training of one network has that others may have otherwise."""
        return Values(
            learning_rate=plan.learning_rate,
            clipnorm=self.params.clipnorm,
            epochs=plan.epochs,
            shuffle=self.params.shuffle,
            order_seed=seeds["order"],
            dropout_seed=seeds["dropout"],
            first_epoch=self.n_before,
            schedule=plan.rates(n_samples),
            averaging=float(self.params.weight_averaging or 0),
            levels=levels,
        )

    def _last_attributes(
        self, attributes: dict[str, Any], finish: Callable[[Any], dict[str, Any]] | None
    ) -> dict[str, Any]:
        """Return what `finish` learns from a copy of the estimator that has these attributes."""
        if finish is None:
            return {}
        fitted = copy.copy(self.estimator)
        vars(fitted).update(attributes)
        return finish(fitted)

    def _keep_weights(self, attributes: dict[str, Any]) -> None:
        """Set the weights of all networks, and the attributes that go with them."""
        estimator, trained = self.estimator, self.trained
        for name, value in attributes.items():
            setattr(estimator, name, value)
        estimator.weights_ = [array for network in trained for array in network.weights]
        estimator.optimizer_state_ = [a for network in trained for a in network.optimizer_state]

    def _keep_history(self, plan: Plan, n_samples: int) -> None:
        """Set the attributes that tell how all networks were trained."""
        estimator, n_before = self.estimator, self.n_before
        history = mean_history([network.history for network in self.trained])
        best = [n_before + network.best_epoch for network in self.trained]
        earlier = self.before["history_"] if self.goes_on else {}
        n_epochs = len(history["loss"])
        for name, value in plan.attributes(n_samples, n_epochs).items():
            setattr(estimator, name, value)
        estimator.history_ = joined(earlier, n_before, history, n_epochs)
        estimator.n_iter_ = n_before + n_epochs
        estimator.best_epoch_ = best[0] if len(best) == 1 else np.array(best)


def _is_fitted(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")
