"""A row of the table: our figure, the peers' figures, and what the comparison must reach."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A figure that is judged.

    Parameters
    ----------
    against : str
        The peers that it compares us with, or the quantity that it measures.
    value : float or None
        None: not measured, because the peer is not installed.
    must : float
        The bound that it must reach; the border counts as reached.
    aim : float or None
        The aim.
    unit : str, default="x"
    at_most : bool, default=False
        Smaller is better.
    """

    against: str
    value: float | None
    must: float
    aim: float | None
    unit: str = "x"
    at_most: bool = False

    @property
    def is_reached(self) -> bool | None:
        """Whether the figure is what it must be; None if it was not measured."""
        if self.value is None:
            return None
        return self.value <= self.must if self.at_most else self.value >= self.must


@dataclass(frozen=True)
class Row:
    """A measurement and its result.

    Parameters
    ----------
    name : str
        The benchmark, and after a blank which of its rows.
    what : str
        In a few words, what was measured.
    unit : str
        The unit of our figure and of the peers' figures.
    ours : float
    peers : dict of str to float or None
        None: not installed.
    goals : tuple of Goal
    measured : dict
        Everything that the figures were computed from, with all repetitions.
    """

    name: str
    what: str
    unit: str
    ours: float
    peers: dict[str, float | None]
    goals: tuple[Goal, ...]
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool | None:
        """Whether all goals that were measured are reached; None if none was."""
        verdicts = [g.is_reached for g in self.goals if g.is_reached is not None]
        return all(verdicts) if verdicts else None

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON can hold it, with the verdicts."""
        row = asdict(self)
        row["goals"] = [{**asdict(g), "is_reached": g.is_reached} for g in self.goals]
        return {**row, "is_reached": self.is_reached}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> "Row":
        """Return the row that `to_dict` was called on."""
        known = {k: v for k, v in row.items() if k != "is_reached"}
        goals = [{k: v for k, v in g.items() if k != "is_reached"} for g in row["goals"]]
        return cls(**{**known, "goals": tuple(Goal(**g) for g in goals)})


def ratio(peer: float | None, ours: float) -> float | None:
    """Return how many times ours a peer's figure is; None if it was not measured."""
    return None if peer is None else peer / ours
