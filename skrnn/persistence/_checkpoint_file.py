"""Checkpoints of fits: values in the archive of `save`, that say that they are no estimator."""

from __future__ import annotations

import os
from typing import Any

from ._archive import reader_of
from ._atomic_file import replaced_whole
from ._file_refusals import refuse_file
from ._value_archive import archived, read_archive

CHECKPOINT = "checkpoint"


def write_checkpoint(path: str | os.PathLike[str], value: Any) -> None:
    """Write plain values and arrays into a file, which is there whole or as it was before."""
    data = archived(value, holds=CHECKPOINT)
    with replaced_whole(path) as file:
        file.write(data)


def read_checkpoint(path: str | os.PathLike[str]) -> Any:
    """Return what a checkpoint holds, None without a file; refuse a file of another kind."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    _, value = read_archive(reader_of(data), _judge_kind)
    return value


def _judge_kind(manifest: dict[str, Any]) -> None:
    if manifest.get("holds") != CHECKPOINT:
        refuse_file("the checkpoint of a fit", "a file of skrnn.save")
