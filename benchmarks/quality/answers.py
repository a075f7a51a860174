"""Who answers: each name, and the estimator that it stands for."""

from collections.abc import Callable
from typing import Any

from sklearn.pipeline import make_pipeline

from skrnn import LagWindows, RNNRegressor, SequenceTokenizer

from . import simple
from .plain_keras import N_TOKENS, PlainKeras
from .tasks import Task

N_NETWORKS = 5


def ours(task: Task, seed: int) -> Any:
    """Return our network with its defaults."""
    return task.pipeline(task.network(random_state=seed))


def several(task: Task, seed: int) -> Any:
    """Return five of our networks in one."""
    return task.pipeline(task.network(random_state=seed, n_networks=N_NETWORKS))


def plain_keras(task: Task, seed: int) -> Any:
    """Return the network that one writes in Keras, on the same windows or ids."""
    is_text, is_series = task.kind == "text", task.window is not None
    network = PlainKeras(task.classes, is_text, is_series, seed)
    if is_text:
        tokens = SequenceTokenizer(task.level, max_tokens=N_TOKENS, max_len=task.most)
        return make_pipeline(tokens, network)
    return make_pipeline(LagWindows(task.window, fill="edge"), network) if is_series else network


# In the order of the table. "naive" learns nothing: it comes with the data.
ANSWERS: dict[str, Callable[[Task, int], Any] | None] = {
    "naive": None,
    "linear": simple.linear,
    "third": simple.third,
    "keras": plain_keras,
    "ours": ours,
    "ours5": several,
}
SIMPLE = ("naive", "linear", "third")
NETWORKS = ("keras", "ours", "ours5")


def there_are() -> list[str]:
    """Return the answers that this version of the package can give."""
    has_several = "n_networks" in RNNRegressor().get_params()
    return [name for name in ANSWERS if name != "ours5" or has_several]
