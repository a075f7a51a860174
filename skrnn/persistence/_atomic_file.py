"""A file that is there whole, or as it was before."""

from __future__ import annotations

import glob
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

fcntl: Any
try:
    import fcntl
except ModuleNotFoundError:  # Windows, which removes no open file
    fcntl = None

_N_BYTES = 4  # of the token in the name of an unfinished file


@contextmanager
def replaced_whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Write a new file beside the old one, and put it in its place when all of it is on the disk.

    If anything fails, the old file stays and the new one is removed. A process that is killed
    leaves the old file too, and a hidden one beside it whose name ends with ".part".

    Parameters
    ----------
    path : path
        A link stays one: what it points at is replaced. A file that is there keeps its mode.
    """
    target = os.path.realpath(os.fspath(path))
    folder = os.path.dirname(target)
    part, descriptor = _new_part(target)
    try:
        with _lock_kept(descriptor):
            with open(descriptor, "wb") as file:
                with suppress(FileNotFoundError):
                    os.chmod(part, stat.S_IMODE(os.stat(target).st_mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(part)
        raise
    _sync_folder(folder)


def remove_parts(path: str | os.PathLike[str]) -> None:
    """Remove what killed processes left of a file, and nothing that is being written."""
    folder, name = os.path.split(os.path.realpath(os.fspath(path)))
    pattern = f".{glob.escape(name)}.{'[0-9a-f]' * 2 * _N_BYTES}.part"
    for part in glob.glob(pattern, root_dir=folder, include_hidden=True):
        with suppress(OSError):  # it is gone, or another process has it
            _remove_unless_written(os.path.join(folder, part))


def _new_part(target: str) -> tuple[str, int]:
    """Return the path of a new file beside another one, and its descriptor, which has a lock."""
    folder, name = os.path.split(target)
    while True:
        part = os.path.join(folder, f".{name}.{secrets.token_hex(_N_BYTES)}.part")
        # Not through `tempfile`, whose files nobody else may read: the user's mask decides.
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
        )
        with suppress(OSError):  # a file system without locks
            _lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return part, descriptor
        os.close(descriptor)  # it was removed before it had its lock


@contextmanager
def _lock_kept(descriptor: int) -> Iterator[None]:
    """Keep the lock of a file that is closed meanwhile; Windows moves closed files alone."""
    kept = None if fcntl is None else os.dup(descriptor)
    try:
        yield
    finally:
        if kept is not None:
            os.close(kept)


def _remove_unless_written(part: str) -> None:
    descriptor = os.open(part, os.O_RDWR)
    try:
        _lock(descriptor)  # a process that is killed loses its lock
        os.remove(part)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock an open file for this process; raise OSError if it has a lock, or cannot have one."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sync_folder(folder: str) -> None:
    """Have the new name on the disk too, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
