"""How far a fit has come, in a file from which the same call of `fit` goes on.

An epoch depends on the weights, the state of the optimizer and the number of the epoch, from which
the order of the samples and dropout are drawn. What stops a training early depends on its history.
So these are all that is kept of a network. What the fit is of (parameters, data, versions) stands
in the file by its digests, and a file of another fit is refused.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn, get_type_hints

import numpy as np

from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._messages import shown
from ._training import Progress
from .persistence._checkpoint_file import read_checkpoint, write_checkpoint
from .persistence._file_refusals import refuse_file
from .persistence._learnt_state import is_of
from .persistence._value_archive import versions

# Writing takes this part of the time at most.
_SHARE = 0.05
# What tells of a fit without a part in it, and what is seen in the weights that it starts from.
_WITHOUT_A_PART = {"callbacks", "embeddings", "pretrained", "random_state", "verbose"}
_DECIDING_VERSIONS = ("skrnn", "numpy", "scikit-learn", "tensorflow")


class Checkpoint:
    """The file of one call of `fit`.

    Parameters
    ----------
    path : str or path
        Where the file is, or is to be.
    estimator : BaseNetwork
    params : namespace
        Its parameters.
    seeds : dict of int
        Those drawn for this call. Without a `random_state` those of the file take their place.

    Attributes
    ----------
    seeds : dict of int
        Those of the fit.
    """

    def __init__(
        self, path: str | os.PathLike[str], estimator: Any, params: Any, seeds: dict[str, int]
    ) -> None:
        self.path = _checked(path)
        self.seeds = seeds
        self._of = {
            "estimator": type(estimator).__name__,
            "versions": {n: v for n, v in versions().items() if n in _DECIDING_VERSIONS},
            "parameters": _parameters(params),
        }
        self._lock, self._due = threading.Lock(), 0.0
        self._stages: list[dict[str, Any]] = []
        self._earlier = self._read(params.random_state is None)

    def records(self, engine: str, data: TrainingData, starts: list[Any]) -> list[Record]:
        """Return what keeps how far the training from each start is.

        A fit may train several times, on other targets each time: this is the next one.

        Parameters
        ----------
        engine : {"compiled", "keras"}
        data : TrainingData
            In the units of the network.
        starts : list of Start
        """
        if engine != "compiled":
            raise ValueError(
                "Expected a fit by the compiled engine with checkpoint, got one by Keras' own fit, "
                "of whose state not all can be kept. Leave checkpoint out, or leave out what needs "
                "that engine: model, callbacks, engine='keras', or an optimizer that is not "
                "compiled."
            )
        number, of = len(self._stages), {**_digests(data), "starting weights": _digest(starts)}
        if number < len(self._earlier):
            stage = self._earlier[number]
            different = [name for name in of if stage["of"].get(name) != of[name]]
            if different:
                self._refuse([f"other values of {', '.join(different)}"])
        else:
            stage = {"of": of, "networks": [None] * len(starts)}
        self._stages.append(stage)
        return [
            Record(self, number, n, self._progress(stage, n, start))
            for n, start in enumerate(starts)
        ]

    def keep(self, stage: int, network: int, progress: Progress) -> None:
        """Take where the training of a network stands, and write it if it is time."""
        with self._lock:
            self._stages[stage]["networks"][network] = vars(progress)
            began = time.monotonic()
            if began < self._due:
                return
            kept = {"of": self._of, "seeds": self.seeds, "stages": self._stages}
            write_checkpoint(self.path, kept)
            ended = time.monotonic()
            self._due = ended + (ended - began) / _SHARE

    def remove(self) -> None:
        """Remove the file: the fit has come to its end."""
        with suppress(FileNotFoundError):
            os.remove(self.path)

    def _read(self, takes_seeds: bool) -> list[dict[str, Any]]:
        """Return what is known of an earlier, killed run of this fit."""
        try:
            kept = read_checkpoint(self.path)
            if kept is None:
                return []
            _judge(kept)
        except ValueError as error:
            raise ValueError(
                f"{self.path}: {error} Nothing was trained. Remove the file to begin anew, or give "
                "another path as checkpoint."
            ) from error
        different = _differences(kept["of"], self._of)
        if not takes_seeds and kept["seeds"] != self.seeds:
            different.append("other seeds drawn from random_state")
        if different:
            self._refuse(different)
        self.seeds = kept["seeds"]
        stages: list[dict[str, Any]] = kept["stages"]
        return stages

    def _progress(self, stage: dict[str, Any], number: int, start: Any) -> Progress | None:
        kept = stage["networks"][number]
        if kept is None:
            return None
        progress = Progress(**kept)
        shapes = [w.shape for w in start.weights]
        for found in (progress.weights, progress.best_weights or progress.weights):
            if [w.shape for w in found] != shapes:
                self._refuse(["weights of another network"])
        return progress

    def _refuse(self, different: list[str]) -> NoReturn:
        raise ValueError(
            f"{self.path}: Expected the checkpoint of this very fit, got that of another one: "
            f"{'; '.join(different)}. Nothing was trained. Set these back to go on, remove the "
            "file to begin anew, or give another path as checkpoint."
        )


@dataclass(frozen=True)
class Record:
    """Where the training of one network is kept, and what is known of it already."""

    checkpoint: Checkpoint
    stage: int
    network: int
    progress: Progress | None

    def keep(self, progress: Progress) -> None:
        """Keep where the training stands."""
        self.checkpoint.keep(self.stage, self.network, progress)


def _checked(path: Any) -> str:
    """Return a path that a file can be written to."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"Expected checkpoint to be the path of a file, or None, got {shown(path)}."
        )
    found = os.fspath(path)
    folder, got = os.path.dirname(os.path.abspath(found)), ""
    if os.path.isdir(found) or not os.path.basename(found):
        got = f"{shown(found)}, that of a folder"
    elif not os.path.isdir(folder):
        got = f"one in {folder}, which is not there"
    elif not os.access(folder, os.W_OK):
        got = f"one in {folder}, where this process may not write"
    if got:
        raise ValueError(
            f"Expected checkpoint to be the path of a file in a folder that exists, got {got}."
        )
    return found


def _judge(kept: Any) -> None:
    """Refuse values that no fit has kept."""
    hints = get_type_hints(Progress)
    try:
        of, seeds = kept["of"], kept["seeds"]
        is_whole = (
            is_of(of["versions"], dict[str, str])
            and is_of(of["parameters"], dict[str, str])
            and is_of(seeds, dict[str, int])
            and all(is_of(stage["of"], dict[str, str]) for stage in kept["stages"])
        )
        networks = [n for stage in kept["stages"] for n in stage["networks"] if n is not None]
        is_whole &= all(
            set(network) == set(hints)
            and all(is_of(network[name], hint) for name, hint in hints.items())
            for network in networks
        )
    except (KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        refuse_file("what a fit keeps of itself", "other values")


def _parameters(params: Any) -> dict[str, str]:
    """Return what parameters are, in words that can be compared."""
    named = {name: value for name, value in vars(params).items() if not name.startswith("_")}
    found = {name: _in_words(v) for name, v in named.items() if name not in _WITHOUT_A_PART}
    return {**found, "random_state": type(params.random_state).__name__}


def _in_words(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {_digest(value)}"
    if callable(value):
        return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return shown(value)


def _differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Return what differs between two fits, in words."""
    if there["estimator"] != here["estimator"]:
        return [f"it is of {there['estimator']}, and this of {here['estimator']}"]
    return [
        f"{name} is {there[part].get(name, 'missing')} there and {value} here"
        for part in ("versions", "parameters")
        for name, value in here[part].items()
        if there[part].get(name) != value
    ]


def _digests(data: TrainingData) -> dict[str, str]:
    """Return a digest of each part of the samples."""
    held_out = {} if data.validation is None else _digests(data.validation)
    return {
        "X": _digest(data.sequences),
        "y": _digest([data.targets, data.target_lengths]),
        "sample_weight": _digest([data.sample_weight, data.step_weight]),
        **{f"held-out {name}": digest for name, digest in held_out.items()},
    }


def _digest(value: Any) -> str:
    """Return a digest of arrays, and of how other values are written."""
    found = hashlib.blake2b(digest_size=16)
    for part in _bytes_in(value):
        found.update(part)
    return found.hexdigest()


def _bytes_in(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _bytes_in(item)
    elif isinstance(value, Sequences):
        yield from _bytes_in([value.values, value.starts, value.lengths, value.ahead])
        yield from _bytes_in(value.dilation)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).data
    elif hasattr(value, "optimizer_state"):  # a start
        yield from _bytes_in([value.values, value.weights, value.optimizer_state])
    else:
        yield repr(value).encode()
