"""The first import of TensorFlow, without the lines that it writes on every machine."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_STDERR = 2
# A line of TensorFlow's native code: "I0000 00:00:17 1 port.cc:153] ...", or the one that explains
# why it comes before the log is set up. One of them has a second line.
_OF_NATIVE_CODE = re.compile(
    rb"[IWE]\d{4} [\d:.]+ +\d+ \w+\.cc:\d+\]|WARNING: All log messages before absl"
    rb"|To enable the following instructions:|\d{4}-\d\d-\d\d [\d:.]+: [IWE] "
)


@contextmanager
def without_log_lines() -> Iterator[None]:
    """Import TensorFlow in this context, and its native code logs nothing in this process.

    TensorFlow reads the level of its log once, when it is imported. The environment is afterwards
    as it was. A few lines come before the level is read: what is written to the standard error
    meanwhile is kept, and given out without them. Nothing is done where the user has set the
    level, or has imported TensorFlow before.
    """
    if "tensorflow" in sys.modules or LEVEL in os.environ:
        yield
        return
    os.environ[LEVEL] = "3"
    try:
        with _without_native_lines():
            yield
    finally:
        os.environ.pop(LEVEL, None)


@contextmanager
def _without_native_lines() -> Iterator[None]:
    """Hold back what is written to the standard error, and leave out lines of native code."""
    try:
        real = os.dup(_STDERR)
    except OSError:  # a process without a standard error
        yield
        return
    with TemporaryFile() as kept:
        os.dup2(kept.fileno(), _STDERR)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(real, _STDERR)
            os.close(real)
            kept.seek(0)
            others = [line for line in kept if not _OF_NATIVE_CODE.match(line)]
            if others:
                os.write(_STDERR, b"".join(others))
