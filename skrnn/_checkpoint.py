"""How far a fit has come, in a file from which the same call of `fit` goes on.

An epoch depends on the weights, the state of the optimizer and the number of the epoch, from which
the order of the samples and dropout are drawn. Early stopping depends on the history.
So these are all that is kept of a network. The parameters, the data and the versions of the fit
stand in the file as digests, and a file of another fit is refused.
"""

from __future__ import annotations

import functools
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType
from typing import Any, NoReturn, get_type_hints

import numpy as np

from ._data.samples import TrainingData
from ._data.sequences import Sequences
from ._messages import shown
from ._training import Progress
from .persistence._atomic_file import remove_parts
from .persistence._checkpoint_file import read_checkpoint, write_checkpoint
from .persistence._file_refusals import refuse_file
from .persistence._learnt_state import is_of
from .persistence._value_archive import versions

# Writing takes this part of the time at most.
_SHARE = 0.05
# Parameters that do not decide a fit, or that show in the weights that it starts from.
_WITHOUT_A_PART = {"callbacks", "embeddings", "pretrained", "random_state", "verbose"}
_PLAIN = {bool, int, float, str, tuple, list, dict, np.ndarray}
_DECIDING_VERSIONS = ("skrnn", "numpy", "scikit-learn", "tensorflow")


def checkpoint_of(given: Any, estimator: Any, params: Any) -> Checkpoint:
    """Return where a call of `fit` keeps how far it is.

    Parameters
    ----------
    given : str, path or Checkpoint
        The path of a file or a folder; or the checkpoint of the fit that this one is a part of.
    estimator : BaseNetwork or RNNForecaster
    params : namespace
        Its parameters.
    """
    if isinstance(given, Checkpoint):
        return given
    path = _checked(given)
    if os.path.isdir(path):
        return CheckpointInFolder(path, estimator, params)
    remove_parts(path)
    checkpoint = Checkpoint(path, estimator, params)
    checkpoint.read()
    return checkpoint


class Checkpoint:
    """The file of one call of `fit`, which may fit several networks one after the other.

    Parameters
    ----------
    path : str
        The path of the file, which may not exist yet.
    estimator : BaseNetwork or RNNForecaster
    params : namespace
        Its parameters.
    """

    def __init__(self, path: str, estimator: Any, params: Any) -> None:
        self.path, self._estimator = path, estimator
        self._of = {
            "estimator": type(estimator).__name__,
            "versions": {n: v for n, v in versions().items() if n in _DECIDING_VERSIONS},
            "parameters": _parameters(params),
        }
        self._lock, self._due, self._is_written = threading.Lock(), 0.0, True
        self._seeds: list[dict[str, int]] = []
        self._stages: list[dict[str, Any]] = []
        self._earlier: dict[str, Any] = {"seeds": [], "stages": []}

    def read(self) -> None:
        """Learn what is known of an earlier, killed run of this fit."""
        try:
            kept = read_checkpoint(self.path)
            if kept is None:
                return
            _judge(kept)
        except ValueError as error:
            raise ValueError(
                f"{self.path}: {error} Nothing was trained. Remove the file to begin anew, or give "
                "another path as checkpoint."
            ) from error
        different = _differences(kept["of"], self._of)
        if different:
            self._refuse(different)
        self._earlier = kept

    @property
    def of_parts(self) -> Any:
        """The checkpoint for the fits of which this one consists."""
        return self

    def seeds_of_next(self, drawn: dict[str, int], random_state: Any) -> dict[str, int]:
        """Return the seeds of the next network's fit.

        Without a `random_state` those of a killed run take the place of those that are drawn.
        """
        number = len(self._seeds)
        if number < len(self._earlier["seeds"]):
            kept = self._earlier["seeds"][number]
            if random_state is not None and kept != drawn:
                self._refuse(["other seeds drawn from random_state"])
            drawn = kept
        self._seeds.append(drawn)
        return drawn

    def records(
        self, engine: str, device: str, data: TrainingData, starts: list[Any]
    ) -> list[Record]:
        """Return what keeps how far the training from each start is.

        A fit may train several times, on other targets each time: this is the next one.

        Parameters
        ----------
        engine : {"compiled", "keras"}
        device : {"cpu", "gpu"}
            The device that it trains on.
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
        of = {**_digests(data), "starting weights": _digest(starts), "device": device}
        self._open(of)
        number, earlier = len(self._stages), self._earlier["stages"]
        if number < len(earlier):
            stage = earlier[number]
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
            began, self._is_written = time.monotonic(), False
            if began < self._due:
                return
            self._write()
            ended = time.monotonic()
            self._due = ended + (ended - began) / _SHARE

    def end(self, estimator: Any) -> None:
        """Remove the file if this estimator's fit, which has come to its end, is the whole."""
        if estimator is self._estimator:
            with suppress(FileNotFoundError):
                os.remove(self.path)

    def _open(self, of: dict[str, str]) -> None:
        """Find the file, once the digests of what is trained next are known."""

    def _write(self) -> None:
        kept = {"of": self._of, "seeds": self._seeds, "stages": self._stages}
        write_checkpoint(self.path, kept)
        self._is_written = True

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
            f"{self.path}: Expected the checkpoint of this very fit, got the one of another fit: "
            f"{'; '.join(different)}. Nothing was trained. Set these back to go on, remove the "
            "file to begin anew, or give another path as checkpoint (of a folder in a search)."
        )


class CheckpointInFolder(Checkpoint):
    """The same in a folder that many fits share, as those of a search do.

    Each has a file there whose name is a digest of what decides the fit. It stays when the fit has
    come to its end, so that a search which goes on need not train that network again.
    """

    @property
    def of_parts(self) -> Any:
        """The folder: each has a file of its own."""
        return self.path

    def seeds_of_next(self, drawn: dict[str, int], random_state: Any) -> dict[str, int]:
        """Return the seeds of the fit; refuse those that no other run can draw."""
        if random_state is None:
            raise ValueError(
                "Expected random_state with a folder as checkpoint, got None: each run would draw "
                "other seeds, and not find the files of the one before. Set random_state=0, say, "
                "or give the path of a file."
            )
        return super().seeds_of_next(drawn, random_state)

    def end(self, estimator: Any) -> None:
        """Leave the whole training in the file."""
        if not self._is_written:
            self._write()

    def _open(self, of: dict[str, str]) -> None:
        """Find the file by these digests, those of the first training, and learn what it holds."""
        if not self._stages:
            name = _digest([[*part.items()] for part in (self._of, self._seeds[0], of)])
            self.path = os.path.join(self.path, f"{name}.checkpoint")
            remove_parts(self.path)
            self.read()


@dataclass(frozen=True)
class Record:
    """The place in a checkpoint for the training of one network, and its earlier progress."""

    checkpoint: Checkpoint
    stage: int
    network: int
    progress: Progress | None

    def keep(self, progress: Progress) -> None:
        """Keep where the training stands."""
        self.checkpoint.keep(self.stage, self.network, progress)


def _checked(path: Any) -> str:
    """Return the path of a file that can be written, or of a folder for such files."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"Expected checkpoint to be the path of a file or folder, or None, got {shown(path)}."
        )
    found, got = os.fspath(path), ""
    folder = found if os.path.isdir(found) else os.path.dirname(os.path.abspath(found))
    if not os.path.isdir(found) and not os.path.basename(found):
        got = f"{shown(found)}, that of a folder which is not there"
    elif not os.path.isdir(folder):
        got = f"one in {folder}, which is not there"
    elif not os.access(folder, os.W_OK):
        got = f"one in {folder}, where this process may not write"
    if got:
        raise ValueError(
            "Expected checkpoint to be the path of a folder that exists, or of a file in one, got "
            f"{got}."
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
            and is_of(seeds, list[dict[str, int]])
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
    """Return a value in words, with a digest of what the words do not tell."""
    if isinstance(value, np.ndarray):
        return f"array {_digest(value)}"
    if callable(value):
        return f"{_name_of(value)} {_digest(_parts_of(value))}"
    words = shown(value)
    return words if not words.endswith(" ...") else f"{words} {_digest(repr(value))}"


def _name_of(function: Any) -> str:
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _parts_of(function: Any) -> list[Any]:
    """Return what tells a function from others of its name, the same in every process."""
    if isinstance(function, functools.partial):
        given = [*function.args, *sorted(function.keywords.items())]
        return [_in_words(function.func), *map(_in_words, given)]
    if isinstance(function, type):
        return []
    code = getattr(function, "__code__", None)
    if code is None:  # an object, of which only plain values are compared
        kept = getattr(function, "__dict__", {}).items()
        return [[name, _in_words(value)] for name, value in kept if type(value) in _PLAIN]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    values = [*cells, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return [*_parts_of_code(code), *(_name_of(v) if callable(v) else _in_words(v) for v in values)]


def _parts_of_code(code: CodeType) -> list[Any]:
    inner = [_parts_of_code(c) if isinstance(c, CodeType) else c for c in code.co_consts]
    # A set is written in another order by each process.
    inner = [sorted(map(repr, c)) if isinstance(c, frozenset) else c for c in inner]
    return [code.co_code, code.co_names, inner]


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
