"""The waiting before anything happens: the import, and the first fit of a process.

Run ``python -m benchmarks.run --only startup``.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ._clock import in_turn, median_of, seconds
from ._data import INPUTS, standardized_windows
from ._process import in_fresh_process
from ._row import Goal, Row, ratio
from ._sides import installed_sides, side_of
from ._task import Task

FIRST = Task("gru", (32,), 28, len(INPUTS), n_samples=1433)


def startup(quick: bool) -> Iterator[Row]:
    """Yield a row for the import and one for the first fit."""
    runs = in_turn({"import": partial(in_fresh_process, time_import)}, 3 if quick else 15)
    milliseconds = 1e3 * median_of(runs["import"], "seconds")
    yield Row(
        name="startup import",
        what="import skrnn with RNNRegressor, over scikit-learn's import",
        unit="ms",
        ours=milliseconds,
        peers={},
        goals=(Goal("", milliseconds, must=20, aim=None, unit="ms", at_most=True),),
        measured={"runs": runs},
    )
    sides = {
        side: partial(in_fresh_process, time_first_fit, side=side)
        for side in installed_sides()
        if side in ("skrnn", "Keras")
    }
    runs = in_turn(sides, 1 if quick else 7)
    ours = median_of(runs["skrnn"], "seconds")
    keras = median_of(runs["Keras"], "seconds")
    yield Row(
        name="startup fit",
        what="first fit of a process, TensorFlow's import in it",
        unit="s",
        ours=ours,
        peers={"Keras": keras},
        goals=(Goal("Keras", ratio(keras, ours), must=1, aim=None),),
        measured={"runs": runs},
    )


def time_import() -> dict[str, Any]:
    """Return the seconds of our import, after those parts of scikit-learn that it stands on."""
    import sklearn.base
    import sklearn.model_selection
    import sklearn.pipeline  # noqa: F401

    def touch() -> Any:
        import skrnn

        return skrnn.RNNRegressor

    return {"seconds": seconds(touch)}


def time_first_fit(side: str) -> dict[str, Any]:
    """Return the seconds of one epoch on Seattle's weather, with what is imported for it.

    scikit-learn and our own light import come before the clock; TensorFlow and Keras are
    imported inside, by `fit` on our side and by name on Keras'.
    """
    from skrnn import RNNRegressor  # noqa: F401

    X, y, _ = standardized_windows(FIRST.n_steps)
    return {"seconds": seconds(lambda: side_of(side).fits(FIRST, X, y)["fit"]())}
