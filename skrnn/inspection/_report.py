"""The leaks that were found, as text and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any


def counted(number: int, noun: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class Leak:
    """One place where the future gets in.

    Parameters
    ----------
    kind : str
        The kind of leak: one of those that `leakage_report` lists.
    where : str
        The step, the fold, or the column.
    n_rows : int
        How many rows are affected.
    what : str
        The observation, as a sentence.
    remedy : str
        The remedy, as a sentence.
    """

    kind: str
    where: str
    n_rows: int
    what: str
    remedy: str


@dataclass(frozen=True, repr=False)
class LeakageReport:
    """All leaks that were found, and what was looked at.

    A report has the length of its findings, so that it is false where no leak was found.

    Parameters
    ----------
    findings : tuple of Leak
    checked : tuple of str
        The checks that were made.
    not_checked : tuple of str
        The checks that could not be made, each with its reason.
    """

    findings: tuple[Leak, ...]
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Leak]:
        return iter(self.findings)

    def to_frame(self) -> Any:
        """Return a DataFrame of one row for each finding.

        Returns
        -------
        frame : DataFrame
            Columns "kind", "where", "n_rows", "what" and "remedy".
        """
        import pandas as pd

        columns = [field.name for field in fields(Leak)]
        return pd.DataFrame([asdict(leak) for leak in self.findings], columns=columns)

    def __repr__(self) -> str:
        lines = [f"Leaks found: {len(self.findings)}"]
        for kind in dict.fromkeys(leak.kind for leak in self.findings):
            of_kind = [leak for leak in self.findings if leak.kind == kind]
            lines += ["", kind]
            lines += [f"  {leak.where}: {leak.what}" for leak in of_kind]
            lines += [f"  -> {remedy}" for remedy in dict.fromkeys(x.remedy for x in of_kind)]
        for title, entries in (("Checked", self.checked), ("Not checked", self.not_checked)):
            if entries:
                lines += ["", title, *(f"  {entry}" for entry in entries)]
        return "\n".join(lines)
