"""Which lags and features a fitted estimator needs: permutation importance on windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.exceptions import NotFittedError
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch, check_random_state
from sklearn.utils.validation import check_is_fitted

from .._compat import safe_indexing
from .._messages import shown
from ..windows._base import LagTransformer


def lag_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    by: str = "both",
    block: int = 1,
    max_samples: int | float = 1.0,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> Bunch:
    """Measure how much each lag and each feature of a window matters to a fitted estimator.

    The values of one lag and one feature are permuted among the samples, and the score falls by
    what the estimator needed of them. It is scikit-learn's `permutation_importance` for windows.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline or search
        It takes windows; or it is a pipeline in which a step, such as `LagWindows`, makes windows
        of a table. The steps up to the windows are applied once, also the steps of a pipeline
        inside.
    X : array-like of shape (n_samples, n_steps, n_features), list of arrays, or table
        Windows, sequences of several lengths, or what the pipeline takes. Rows that the estimator
        was not fitted on tell what it needs to forecast.
    y : array-like of shape (n_samples, ...)
        The targets.
    scoring : str, callable or None, default=None
        One score, as in scikit-learn. None: the estimator's own, that of a search.
    n_repeats : int, default=5
        Permutations of each lag and feature.
    by : {"both", "lag", "feature"}, default="both"
        The parts that are permuted together: none, all features of a lag, or all lags of a feature.
    block : int, default=1
        Lags that are permuted together, counted from the newest: 7 asks for weeks of days. The
        oldest block has the rest.
    max_samples : int or float, default=1.0
        Samples that are drawn for it: a number, or a share of all. It bounds time and memory.
    random_state : int, RandomState or None, default=None
        Draws the permutations.
    n_jobs : int or None, default=None
        Threads.

    Returns
    -------
    result : Bunch
        ``importances_mean`` and ``importances_std`` of shape (n_lags, n_features), the oldest lag
        first as in a window; ``importances`` of shape (n_lags, n_features, n_repeats), by how much
        the score fell; ``lags`` (n_lags,), the number of steps from the newest, of a block its
        newest; ``features``, their names, or "x0", "x1" and so on where a step of the pipeline does
        not tell its columns; ``score``, that of X as it is. With blocks, n_lags is
        the number of blocks; one axis has the length 1 where `by` is "lag" or "feature".

    Raises
    ------
    ValueError
        If there are no windows, or a parameter is none of its values.
    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    LagImportanceDisplay : The same as a picture.
    sklearn.inspection.permutation_importance : For tables, for example from `LagFeatures`.

    Notes
    -----
    It costs one prediction of all samples for each lag, feature and repeat, and one copy of the
    windows for each job. An absent step stays absent: values are permuted among the samples that
    have the step.

    Neighbouring lags often say the same. An estimator can then do without each of them, and each
    has a small importance: `block` and `by` permute them together.

    References
    ----------
    Breiman, "Random forests", Machine Learning 45, 2001, section 10.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skrnn import lag_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 2))
    >>> y = X[:, -3, 1]  # lag 2 of feature 1
    >>> flat = FunctionTransformer(lambda X: np.reshape(X, (len(X), -1)))
    >>> model = make_pipeline(flat, LinearRegression()).fit(X, y)
    >>> result = lag_importance(model, X, y, random_state=0)
    >>> result.lags.tolist()
    [3, 2, 1, 0]
    >>> result.importances_mean.round(1) + 0.0
    array([[0., 0.],
           [0., 2.],
           [0., 0.],
           [0., 0.]])
    """
    _check_words(n_repeats, by, block, max_samples, scoring)
    scoring = _scoring_of(estimator) if scoring is None else scoring
    y = _beside_padding(X, y)
    estimator, windows, dilation, names = _windows_of(estimator, X)
    random_state = check_random_state(random_state)
    seed = random_state.randint(np.iinfo(np.int32).max + 1)
    n_targets = 0 if y is None else len(y)
    if len(windows) != n_targets or not n_targets:
        raise ValueError(
            f"Expected a target for each of {len(windows)} samples of X; got {n_targets}: give X "
            "and y of the same rows, one or more."
        )
    windows, y = _some(windows, y, max_samples, random_state)
    scorer = check_scoring(estimator, scoring=scoring)
    cells = _cells(windows.shape[1], windows.shape[2], by, block)
    score = scorer(estimator, windows, y)
    shares = np.array_split(np.arange(cells.size), min(effective_n_jobs(n_jobs), cells.size))
    found = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_scores)(scorer, estimator, windows, y, cells.ravel()[share], seed, n_repeats)
        for share in shares
    )
    importances = score - np.concatenate(found).reshape(*cells.shape, n_repeats)
    newest = [max(cell.steps) for cell in cells[:, 0]]
    return Bunch(
        importances_mean=importances.mean(axis=-1),
        importances_std=importances.std(axis=-1),
        importances=importances,
        lags=(windows.shape[1] - 1 - np.asarray(newest)) * dilation,
        features=["all"] if by == "lag" else names,
        score=score,
    )


def _check_words(n_repeats: Any, by: Any, block: Any, max_samples: Any, scoring: Any) -> None:
    """Refuse parameters that are none of their values."""
    for name, value in (("n_repeats", n_repeats), ("block", block)):
        if not _is_count(value):
            raise ValueError(f"Expected {name} as an integer of at least 1; got {shown(value)}.")
    if by not in ("both", "lag", "feature"):
        raise ValueError(
            f'Expected by as "both", "lag" or "feature"; got {shown(by)}: "lag" permutes all '
            "features of a lag together."
        )
    is_share = isinstance(max_samples, float) and 0 < max_samples <= 1
    if not is_share and not _is_count(max_samples):
        raise ValueError(
            "Expected max_samples as an integer of at least 1, or as a share between 0 and 1; got "
            f"{shown(max_samples)}."
        )
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        raise ValueError(
            f"Expected scoring as the name of one score, a function or None; got {shown(scoring)}: "
            "ask for several scores one after the other, with the same random_state."
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and value is not True and bool(value >= 1)


class _Cell:
    """Steps and features of a window that are permuted together."""

    def __init__(self, steps: Sequence[int], features: Sequence[int]):
        self.steps, self.features = steps, features


def _cells(n_steps: int, n_features: int, by: str, block: int) -> np.ndarray:
    """Return the cells of a window, shape (n_blocks, n_columns); the oldest block first."""
    ends = list(range(n_steps, 0, -block))[::-1]
    blocks = [list(range(max(end - block, 0), end)) for end in ends]
    blocks = [list(range(n_steps))] if by == "feature" else blocks
    columns = [list(range(n_features))] if by == "lag" else [[at] for at in range(n_features)]
    cells = np.empty((len(blocks), len(columns)), object)
    for row, steps in enumerate(blocks):
        for column, features in enumerate(columns):
            cells[row, column] = _Cell(steps, features)
    return cells


def _scores(
    scorer: Callable[..., float],
    estimator: Any,
    windows: np.ndarray,
    y: Any,
    cells: Sequence[_Cell],
    seed: int,
    n_repeats: int,
) -> np.ndarray:
    """Return the score with each cell permuted, shape (n_cells, n_repeats)."""
    own = windows.copy()
    scores = np.empty((len(cells), n_repeats))
    for number, cell in enumerate(cells):
        # The same permutations for each cell, as scikit-learn draws them: each of what the one
        # before has left.
        draws = np.random.RandomState(seed)
        order, shuffled = np.arange(len(own)), np.arange(len(own))
        for repeat in range(n_repeats):
            draws.shuffle(shuffled)
            order = order[shuffled]
            for step in cell.steps:
                _permute(own, windows, order, step, cell.features)
            scores[number, repeat] = scorer(estimator, own, y)
        own[:, cell.steps] = windows[:, cell.steps]
    return scores


def _permute(
    own: np.ndarray, windows: np.ndarray, order: np.ndarray, step: int, features: Sequence[int]
) -> None:
    """Write the values of a step and some features in another order, where the step is present."""
    is_present = ~np.isnan(windows[:, step]).all(axis=1)
    source = order[is_present[order]]
    own[np.ix_(is_present, [step], features)] = windows[np.ix_(source, [step], features)]


def _windows_of(estimator: Any, X: Any) -> tuple[Any, np.ndarray, int, list[str]]:
    """Return an estimator of windows, the windows, the dilation and the names of features."""
    check_is_fitted(estimator)
    names, dilation, steps = _names_of(X), 1, _fitted_steps(estimator)
    while len(steps) > 1 and not _are_windows(X):
        step = steps.pop(0)
        X = step.transform(X)
        names = _names_of(X) or _names_after(step, names)
        dilation = getattr(step, "dilation", 1)
    dilation = getattr(getattr(X, "table", None), "dilation", dilation)
    if not _are_windows(X):
        raise ValueError(
            "Expected windows of shape (n_samples, n_steps, n_features), or a pipeline in which "
            f"LagWindows makes them; got {type(X).__name__} of shape {np.shape(X)}: for a table "
            "use sklearn.inspection.permutation_importance."
        )
    windows = _padded(X)
    known = names is not None and len(names) == windows.shape[2]
    default = [f"x{at}" for at in range(windows.shape[2])]
    rest = Pipeline([(f"step{number}", step) for number, step in enumerate(steps)])
    estimator = steps[0] if len(steps) == 1 else rest
    return estimator, windows, dilation, [str(name) for name in names or ()] if known else default


def _scoring_of(estimator: Any) -> Any:
    """Return the score of a search, or None."""
    scorer = getattr(estimator, "scorer_", None)
    return scorer.get(estimator.refit) if isinstance(scorer, dict) else scorer


def _fitted_steps(estimator: Any) -> list[Any]:
    """Return the fitted steps of a pipeline, of a search and of those inside of it."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
    return [one for step in steps for one in _fitted_steps(step)]


def _names_after(step: Any, names: list[Any] | None) -> list[Any] | None:
    """Return the names of the columns that a step gives, None where it does not tell."""
    if isinstance(step, LagTransformer):
        return names
    try:
        return list(step.get_feature_names_out(names))
    except (AttributeError, NotFittedError, TypeError, ValueError):
        return None


def _names_of(X: Any) -> list[Any] | None:
    return list(X.columns) if hasattr(X, "columns") else None


def _are_windows(X: Any) -> bool:
    if hasattr(X, "shape"):
        return len(X.shape) == 3
    return isinstance(X, list | tuple) and len(X) > 0 and all(np.ndim(x) == 2 for x in X)


def _beside_padding(X: Any, y: Any) -> Any:
    """Return a y with a target for each step of sequences of several lengths as one array."""
    if hasattr(X, "shape") or not _are_windows(X) or not isinstance(y, list | tuple):
        return y
    targets, lengths = [np.asarray(one) for one in y], [len(x) for x in X]
    if not all(lengths) or lengths != [len(one) if one.ndim else 0 for one in targets]:
        return y
    before = [[(max(lengths) - len(one), 0), *[(0, 0)] * (one.ndim - 1)] for one in targets]
    # Those at absent steps have no meaning.
    pairs = zip(targets, before, strict=True)
    return np.stack([np.pad(one, widths, mode="edge") for one, widths in pairs])


def _padded(X: Any) -> np.ndarray:
    """Return windows as an array of their own; shorter ones begin with absent steps."""
    if hasattr(X, "shape"):
        values = np.array(X)
        return values if values.dtype.kind == "f" else values.astype(float)
    arrays = [np.asarray(x, float) for x in X]
    if len({array.shape[1] for array in arrays}) > 1:
        raise ValueError(
            "Expected sequences of one width; got widths "
            f"{shown(sorted({array.shape[1] for array in arrays}))}: give each the same features."
        )
    n_steps = max(map(len, arrays))
    windows = np.full((len(arrays), n_steps, arrays[0].shape[1]), np.nan)
    for window, array in zip(windows, arrays, strict=True):
        window[n_steps - len(array) :] = array
    return windows


def _some(
    windows: np.ndarray, y: Any, max_samples: int | float, random_state: np.random.RandomState
) -> tuple[np.ndarray, Any]:
    n_samples = len(windows)
    if isinstance(max_samples, float):
        max_samples = max(1, int(max_samples * n_samples))
    if max_samples >= n_samples:
        return windows, y
    rows = np.sort(random_state.choice(n_samples, max_samples, replace=False))
    return windows[rows], safe_indexing(y, rows)
