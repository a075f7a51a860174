"""Judge what a file says before anything is built from it."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

from .._compat import validate_parameter_constraints
from ._described import Described, built, parts_of
from ._file_refusals import refuse_file, short
from ._learnt_state import is_of
from ._registry import CHECKS, COMPOSED, PARTS, class_of
from ._sklearn_steps import Step
from ._stored_labels import KINDS


def judge(described: Any) -> None:
    """Refuse objects of unknown classes, parameters that they lack, and what does not fit."""
    for part in parts_of(described):
        if isinstance(part, Step):
            part.judge()
            continue
        if not (part.name in CHECKS or part.name in COMPOSED or part.name in {*PARTS, *KINDS}):
            refuse_file("a class that a file may name", short(part.name))
        try:
            _judge_one(part)
        except ValueError:
            raise
        except Exception as error:  # values of a type that nobody expects
            refuse_file(f"what a {part.name} keeps", short(error))


def _judge_one(part: Described) -> None:
    if part.name in KINDS:  # labels are plain values too
        built(part)
        return
    cls: Any = class_of(part.name)
    unknown = set(part.params) - set(inspect.signature(cls).parameters)
    if unknown:
        refuse_file(f"parameters of {part.name}", short(sorted(unknown)))
    if part.name in PARTS:
        _judge_fields(cls, part)
        return
    hidden = [n for n in part.fitted if not n.isidentifier() or hasattr(cls, n)]
    if hidden:
        refuse_file(f"fitted attributes of {part.name}", short(sorted(hidden)))
    _judge_params(cls, part.params)
    if part.name in CHECKS:
        CHECKS[part.name](part.fitted)


def _judge_fields(cls: Any, part: Described) -> None:
    """Refuse fields of a frozen dataclass that are missing or of another type."""
    hints = get_type_hints(cls)
    wrong = [
        f"{name} = {short(part.params.get(name))}"
        for name in inspect.signature(cls).parameters
        if name not in part.params or not _is_field(part.params[name], hints[name])
    ]
    if wrong or part.fitted:
        refuse_file(f"the fields of {part.name}", ", ".join(wrong) or short(part.fitted))


def _is_field(value: Any, hint: Any) -> bool:
    if isinstance(value, Described):
        return hint is Any or hint is class_of(value.name)
    return is_of(value, hint)


def _judge_params(cls: Any, params: dict[str, Any]) -> None:
    """Refuse parameters that no fit would take; those that hold estimators are judged by theirs."""
    plain = {name: value for name, value in params.items() if not list(parts_of(value))}
    rules = getattr(cls, "_parameter_constraints", {})
    validate_parameter_constraints(
        {name: rules[name] for name in plain if name in rules},
        {name: value for name, value in plain.items() if name in rules},
        caller_name=cls.__name__,
    )
