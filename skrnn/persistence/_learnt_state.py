"""Checks that a fitted state fits together: shapes with the architecture, ids with words.

Each function takes the fitted attributes of an estimator by name, and refuses those that no fit
leaves behind. An estimator that is not fitted has none.
"""

from __future__ import annotations

import math
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from .._data.bends import Bends
from .._data.class_line import ClassLine
from .._data.inputs import Inputs, NumberInputs
from .._data.line import Line
from .._data.targets import Targets
from .._data.token_line import TokenLine
from .._device import ENGINES, engine_name
from .._ensemble import members_of
from .._plain import Plain
from .._spec import Spec
from .._starting_weights import trained_shapes, weight_shapes
from .._tokens import N_FIXED
from ._file_refusals import refuse_file, short

State = dict[str, Any]


def check_trained_network(fitted: State) -> None:
    """Refuse weights, scales and classes that are not those of the network."""
    if "weights_" not in fitted:
        return
    network = _plain_of(Spec, fitted, "network_")
    inputs, targets = _plain_of(Inputs, fitted, "input_"), _plain_of(Targets, fitted, "target_")
    _refuse_other(network, inputs, "n_tokens")
    if getattr(network, "n_levels", None) is None:  # quantiles are several outputs for one target
        _refuse_other(network, targets, "n_outputs")
    elif network.n_outputs != targets.n_outputs * network.n_levels:
        refuse_file(
            f"{network.n_levels} levels of {targets.n_outputs} targets",
            f"a network of n_outputs={network.n_outputs}",
        )
    if isinstance(inputs, NumberInputs):
        _check_within(inputs)
        _refuse_other_size("n_features", network.n_features, inputs.n_seen, inputs)
        _check_bends(inputs.bends, inputs.n_features, "bends")
        _check_bends(inputs.known_bends, inputs.n_known, "known_bends")
    n_networks = fitted.get("n_networks_")
    if type(n_networks) is not int or n_networks < 1:
        refuse_file("n_networks_ from 1 on", short(n_networks))
    shapes = [shape for _, shape in weight_shapes(network)] * n_networks
    _refuse_other_shapes(fitted["weights_"], shapes, "weights_")
    engine = fitted.get("engine_")
    if engine not in ENGINES:
        refuse_file(f"engine_ to be one of {list(ENGINES)}", short(engine))
    if engine_name(engine) == "compiled" and "optimizer_state_" in fitted:
        _check_optimizer(fitted["optimizer_state_"], network, n_networks)
    if fitted.get("line_") is not None:
        check = _check_class_line if targets.are_classes else _check_line
        check(fitted["line_"], inputs.n_seen, targets.n_outputs)
    if fitted.get("token_line_") is not None:
        _check_token_line(fitted["token_line_"], inputs.n_tokens, targets.n_outputs)
    for name, value in {**inputs.attributes(), **targets.attributes()}.items():
        if name not in fitted or not _are_equal(fitted[name], value):
            refuse_file(f"{name} = {short(value)}", short(fitted.get(name)))


def check_vocabulary(fitted: State) -> None:
    """Refuse a vocabulary whose ids are not consecutive, or that is not of its size."""
    if not fitted:
        return
    words, n_tokens = fitted.get("vocabulary_"), fitted.get("n_tokens_")
    if not isinstance(words, dict) or set(map(type, words)) - {str}:
        refuse_file("vocabulary_ to be a dict of texts", short(words))
    ids = list(words.values())
    if set(map(type, ids)) - {int} or ids != list(range(N_FIXED, N_FIXED + len(ids))):
        refuse_file(f"ids from {N_FIXED} on, one after the other", short(ids))
    if n_tokens != N_FIXED + len(words):
        refuse_file(f"n_tokens_ = {N_FIXED + len(words)}", short(n_tokens))
    max_len = fitted.get("max_len_")
    if type(max_len) is not int or max_len < 1:
        refuse_file("max_len_ from 1 on", short(max_len))


def check_places_of_lags(fitted: State) -> None:
    """Refuse columns that the table does not have, or steps without columns."""
    if not fitted:
        return
    width: Any = fitted.get("n_features_in_")
    lags: Any = fitted.get("lags_", ())
    columns: Any = fitted.get("columns_", ())
    shape = (*np.shape(lags)[:1], *np.shape(columns)[1:2])
    _refuse_other_shapes([lags, columns], [shape[:1], shape], "columns_", "iu")
    if not 0 <= np.min(columns) <= np.max(columns) < width:
        refuse_file(f"columns_ below n_features_in_ = {short(width)}", short(columns))


def check_forecaster(fitted: State) -> None:
    """Refuse a state without one of its parts; those judge themselves."""
    names = {"design_", "horizons_", "regressor_", "baseline_", "errors_", "history_"}
    if fitted and not names <= set(fitted):
        refuse_file(f"a forecaster with {sorted(names)}", short(sorted(fitted)))


def check_context(fitted: State) -> None:
    """Refuse remembered rows that do not have a stamp each, or not the width of the table."""
    if "context_" not in fitted:
        return
    width, entries = fitted.get("n_features_in_"), fitted["context_"]
    if type(width) is not int or not isinstance(entries, list):
        refuse_file("n_features_in_ and context_", f"{short(width)} and {short(entries)}")
    for entry in entries:
        names = {"series", "clock", "stamps", "rows", "first"}
        if not isinstance(entry, dict) or set(entry) != names:
            refuse_file(f"remembered rows with {sorted(names)}", short(entry))
        if not isinstance(entry["clock"], dict):
            refuse_file("a clock as a dict", short(entry["clock"]))
        n_rows = np.shape(entry["stamps"])[:1]
        arrays = [entry["stamps"], entry["rows"], entry["first"]]
        _refuse_other_shapes(arrays, [n_rows, (*n_rows, width), (width,)], "context_")


def _plain_of(kind: type[Plain], fitted: State, name: str) -> Any:
    """Return the frozen value that is kept under a name, all fields of the right type."""
    try:
        found = kind.from_dict(fitted[name])
        hints = get_type_hints(type(found))
        wrong = [
            f"{f.name} = {short(getattr(found, f.name))}"
            for f in fields(found)  # type: ignore[arg-type]
            if not is_of(getattr(found, f.name), hints[f.name])
        ]
    except Exception as error:  # whatever a constructor says of what is none of its fields
        refuse_file(f"the description of a {kind.__name__} in {name}", short(error))
    if wrong:
        refuse_file(f"a {type(found).__name__} in {name}", ", ".join(wrong))
    return found


def is_of(value: Any, hint: Any) -> bool:
    """Tell whether a value is as its annotation says."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or origin is ClassVar:
        return True
    if origin in (Union, UnionType):
        return any(is_of(value, one) for one in inner)
    if hint in (None, NoneType):
        return value is None
    if hint is float:
        return type(value) in (int, float)
    if (origin or hint) is tuple:
        return isinstance(value, tuple) and _are_of(value, inner)
    if origin is list:
        return type(value) is list and all(is_of(v, inner[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            is_of(k, inner[0]) and is_of(v, inner[1]) for k, v in value.items()
        )
    return type(value) is (origin or hint)


def _are_of(values: tuple[Any, ...], hints: tuple[Any, ...]) -> bool:
    if not hints:
        return True
    if hints[-1] is ...:
        return all(is_of(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(is_of, values, hints))


def _refuse_other(network: Any, known: Any, *names: str) -> None:
    """Refuse a network that is not of the size of what it reads or writes."""
    for name in names:
        if not hasattr(network, name) or not hasattr(known, name):
            continue
        _refuse_other_size(name, getattr(network, name), getattr(known, name), known)


def _refuse_other_size(name: str, found: Any, expected: Any, known: Any) -> None:
    if found != expected:
        refuse_file(
            f"a network of {name}={expected}, as {type(known).__name__} says",
            f"one of {name}={found}",
        )


def _refuse_other_shapes(
    arrays: Any, shapes: list[tuple[int, ...]], name: str, kinds: str = "iuf"
) -> None:
    if not isinstance(arrays, list) or not all(type(a) is np.ndarray for a in arrays):
        refuse_file(f"{name} to be a list of arrays", short(arrays))
    if any(a.dtype.kind not in kinds for a in arrays):
        refuse_file(f"numbers in {name}", short([str(a.dtype) for a in arrays]))
    found = [a.shape for a in arrays]
    if found != shapes:
        refuse_file(f"{name} of the shapes {short(shapes)}", short(found))


def _check_optimizer(state: Any, network: Any, n_networks: int) -> None:
    """Refuse slots of another size than the weights that training changes."""
    if not isinstance(state, list) or not state or len(state) % n_networks:
        refuse_file(f"the state of {n_networks} optimizers", short(state))
    shapes: list[tuple[int, ...]] = trained_shapes(network)  # type: ignore[no-untyped-call]
    size = sum(math.prod(shape) for shape in shapes)
    for of_one in members_of(state, n_networks):
        _refuse_other_shapes(of_one, [(), *[(size,)] * (len(of_one) - 1)], "optimizer_state_")


def _check_within(inputs: NumberInputs) -> None:
    """Refuse other features to see twice than there are, or one of them twice."""
    within, n_features = inputs.within, inputs.n_features
    if sorted({*within}) != [*within]:
        refuse_file("features in their order as within", short(within))
    if not {*within} <= {*range(n_features)}:
        refuse_file(f"within of {n_features} features", short(within))


def _check_bends(kept: tuple[Any, ...], n_features: int, name: str) -> None:
    """Refuse bends of features that there are not, or without a centre, a unit or a value each."""
    hints = get_type_hints(Bends)
    is_whole = len(kept) in (0, len(hints)) and all(map(is_of, kept, hints.values()))
    bends = Bends(*kept) if is_whole else Bends()
    lengths = [*map(len, bends.fields())]
    if (
        not is_whole
        or len(set(lengths[:3])) > 1
        or len(set(lengths[3:])) > 1
        or not set(bends.bent + bends.fixed) <= set(range(n_features))
    ):
        refuse_file(f"{name} of {n_features} features", short(kept))


def _check_line(kept: Any, n_features: int, n_outputs: int) -> None:
    line = _line_of(Line, kept, n_features, n_outputs)
    _refuse_other_shapes([line.mean, line.scale], [(n_outputs,)] * 2, "line_")
    if type(line.n_alone) is not int:
        refuse_file("n_alone of line_ to be a number", short(line.n_alone))


def _check_class_line(kept: Any, n_features: int, n_outputs: int) -> None:
    line = _line_of(ClassLine, kept, n_features, n_outputs)
    _check_share(line.share, "line_")


def _line_of(kind: Any, kept: Any, n_features: int, n_outputs: int) -> Any:
    """Return a line whose coefficients are of the sizes of the network."""
    try:
        line = kind(**kept)
    except TypeError as error:
        refuse_file("a line in line_", short(error))
    n_columns = line.n_steps * n_features if type(line.n_steps) is int else -1
    shapes = [(n_columns, n_outputs), (n_outputs,)]
    _refuse_other_shapes([line.coef, line.intercept], shapes, "line_")
    return line


def _check_share(share: Any, name: str) -> None:
    if type(share) is not float or not 0 <= share <= 1:
        refuse_file(f"share of {name} from 0 to 1", short(share))


def _check_token_line(kept: Any, n_tokens: Any, n_outputs: int) -> None:
    try:
        line = TokenLine(**kept)
    except TypeError as error:
        refuse_file("a line of tokens in token_line_", short(error))
    if line.n_tokens != n_tokens or line.n_in_a_row not in range(1, 5):
        got = f"{short(line.n_tokens)} and {short(line.n_in_a_row)}"
        refuse_file(f"token_line_ of {n_tokens} tokens, with up to 4 in a row", got)
    _check_share(line.share, "token_line_")
    n_terms = np.shape(line.terms)[:1]
    arrays = [line.terms, line.idf, line.coef, line.intercept]
    shapes = [n_terms, n_terms, (*n_terms, n_outputs), (n_outputs,)]
    _refuse_other_shapes(arrays, shapes, "token_line_")
    if line.terms.dtype != np.int64 or not n_terms[0] or (np.diff(line.terms) <= 0).any():
        refuse_file("terms of token_line_ in ascending order", short(line.terms))


def _are_equal(a: Any, b: Any) -> bool:
    if isinstance(b, np.ndarray):
        return (
            type(a) is np.ndarray
            and a.shape == b.shape
            and a.dtype == b.dtype
            and bool(np.all((a == b) | ((a != a) & (b != b))))
        )
    return type(a) is type(b) and bool(a == b)
