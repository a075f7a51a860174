"""The sentences in which a file is refused."""

from __future__ import annotations

from typing import NoReturn


def refuse_file(expected: str, found: str, advice: str = "") -> NoReturn:
    """Refuse what stands in a file, or is to stand there.

    Parameters
    ----------
    expected : str
        The value that should be there.
    found : str
        The value that is there.
    advice : str
        Advice beyond "get another file".
    """
    raise ValueError(f"Expected {expected}, got {found}. {advice}".rstrip())


def short(value: object) -> str:
    """Return how Python writes a value, cut where a hostile file makes it long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."
