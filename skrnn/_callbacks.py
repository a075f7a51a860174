"""scikit-learn's callbacks (`sklearn.callback`, new in 1.9), where there are any."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ._compat import CALLBACK_CONTEXT

Method = TypeVar("Method", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in where scikit-learn has no callbacks: there is nothing to support."""

    def _with_callbacks(method: Method) -> Method:
        return method


__all__ = ["CallbackSupportMixin", "EpochTasks", "FittedOn", "fit_task", "with_callbacks"]


def with_callbacks(method: Method) -> Method:
    """Let scikit-learn set callbacks up before a `fit` and tear them down after it."""
    managed: Method = _with_callbacks(method)
    return managed


class FittedOn:
    """The arguments of `fit`, by the names of scikit-learn's callbacks."""

    def __init__(self, X: Any, y: Any = None, sample_weight: Any = None) -> None:
        self.X, self.y, self.sample_weight = X, y, sample_weight
        self.arguments = {"X": X, "y": y}
        if sample_weight is not None:
            self.arguments["metadata"] = {"sample_weight": sample_weight}


class fit_task:
    """Report a fit of one step, as a transformer's is, to the estimator's callbacks."""

    def __init__(self, estimator: Any, X: Any, y: Any = None) -> None:
        self.estimator, self.fitted_on = estimator, FittedOn(X, y)

    def __enter__(self) -> None:
        context = _context(getattr(self.estimator, CALLBACK_CONTEXT, None), max_subtasks=0)
        self.context = _begin(context, self.estimator, self.fitted_on)

    def __exit__(self, error: Any, *_: Any) -> None:
        if self.context is not None and error is None:
            _end(self.context, self.estimator, self.fitted_on, {})


class EpochTasks:
    """Report a fit and its epochs to the estimator's callbacks: one task an epoch of a network.

    Parameters
    ----------
    estimator : estimator
        The estimator that is being fitted.
    fitted_on : FittedOn
        The arguments of `fit`.
    max_epochs : int
        The number of epochs at most, of all networks together.
    fitted_with : callable
        Makes, from a list of weights, the attributes with which a copy of the estimator can
        predict. Called only when a callback asks for such a copy.
    """

    def __init__(
        self,
        estimator: Any,
        fitted_on: FittedOn,
        max_epochs: int,
        fitted_with: Callable[[list[Any]], dict[str, Any]],
    ) -> None:
        self.estimator, self.fitted_on = estimator, fitted_on
        self.fitted_with = fitted_with
        context = _context(getattr(estimator, CALLBACK_CONTEXT, None), max_subtasks=max_epochs)
        self.fit_context = _begin(context, estimator, fitted_on)
        self.lock = threading.Lock()

    def of_network(self) -> Epochs:
        """Return what reports the epochs of one network."""
        return Epochs(self)

    def end_fit(self) -> None:
        """Report that the fit has ended."""
        if self.fit_context is not None:
            _end(self.fit_context, self.estimator, self.fitted_on, {})


class Epochs:
    """Report the epochs of one network, of which several may be trained at once."""

    def __init__(self, tasks: EpochTasks) -> None:
        self.tasks = tasks
        self.context: Any = None

    def begin(self) -> None:
        """Report that an epoch begins."""
        tasks = self.tasks
        if tasks.fit_context is None:
            return
        with tasks.lock:
            self.context = tasks.fit_context.subcontext(task_name="epoch")
            self.context.call_on_fit_task_begin(
                estimator=tasks.estimator, **tasks.fitted_on.arguments
            )

    def end(self, weights: Callable[[], list[Any]]) -> bool:
        """Report that an epoch has ended; return whether a callback asks to stop."""
        tasks = self.tasks
        if tasks.fit_context is None:
            return False
        with tasks.lock:
            return _end(
                self.context,
                tasks.estimator,
                tasks.fitted_on,
                lambda: tasks.fitted_with(weights()),
            )


def _context(make: Any, max_subtasks: int) -> Any:
    return None if make is None else make(max_subtasks=max_subtasks)


def _begin(context: Any, estimator: Any, fitted_on: FittedOn) -> Any:
    if context is None:
        return None
    return context.call_on_fit_task_begin(estimator=estimator, **fitted_on.arguments)


def _end(context: Any, estimator: Any, fitted_on: FittedOn, attributes: Any) -> bool:
    stops: bool = context.call_on_fit_task_end(
        estimator=estimator, reconstruction_attributes=attributes, **fitted_on.arguments
    )
    return stops
