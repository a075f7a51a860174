"""Warnings that point at the user's line, however many of our own calls lie between."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

# Who may stand between the user's line and ours: scikit-learn's wrappers, pipelines and folds.
_BETWEEN = {"importlib", "joblib", "sklearn", "skrnn"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called us, or called scikit-learn, which called us.

    Parameters
    ----------
    message : str
    category : type of Warning, default=UserWarning
    """
    # By hand: `stacklevel` counts other frames from one call to the next, and Python has
    # `skip_file_prefixes` only from 3.12 on.
    frame = _users_frame(sys._getframe(1))
    names = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=names.get("__name__", "<unknown>"),
        registry=names.setdefault("__warningregistry__", {}),
    )


def _users_frame(frame: FrameType) -> FrameType:
    """Return the first frame that is nobody's in between; the outermost where there is none."""
    while frame.f_back is not None and _is_between(frame):
        frame = frame.f_back
    return frame


def _is_between(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _BETWEEN
