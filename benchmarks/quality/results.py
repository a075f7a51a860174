"""The figures of all answers to all tasks, kept in a file and read again."""

import json
from pathlib import Path
from statistics import fmean, median, pstdev
from typing import Any

from .answers import SIMPLE
from .tasks import Task


class Results:
    """The measurements: a dict of tasks, of dicts of answers, of figures."""

    def __init__(self, figures: dict[str, dict[str, dict[str, Any]]] | None = None):
        self.figures = figures or {}

    @classmethod
    def read(cls, path: Path | None) -> "Results":
        """Return the results in a file, or none where there is no file."""
        if path is None or not path.exists():
            return cls()
        return cls(json.loads(path.read_text("utf-8"))["figures"])

    def write(self, path: Path, environment: dict[str, Any]) -> None:
        """Keep everything in a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"environment": environment, "figures": self.figures}, indent=1)
        path.write_text(text + "\n", encoding="utf-8")

    def add(self, task: str, answer: str, found: dict[str, Any]) -> None:
        """Put one answer to one task in; it replaces an earlier one."""
        self.figures.setdefault(task, {})[answer] = found

    def error(self, task: str) -> str | None:
        """Return why a task could not be measured."""
        errors = (found.get("error") for found in self.figures.get(task, {}).values())
        return next((error for error in errors if error), None)

    def of(self, task: str, answer: str, what: str) -> list[Any]:
        """Return the "scores", "seconds" or "warned" of all seeds, or an empty list."""
        return self.figures.get(task, {}).get(answer, {}).get(what, [])

    def mean(self, task: str, answer: str) -> float | None:
        """Return the mean over the seeds, None if it was not measured."""
        scores = self.of(task, answer, "scores")
        return fmean(scores) if scores else None

    def spread(self, task: str, answer: str) -> float | None:
        """Return the standard deviation over the seeds, None of a single one."""
        scores = self.of(task, answer, "scores")
        return pstdev(scores) if len(scores) > 1 else None

    def seconds(self, task: str, answer: str) -> float | None:
        """Return the median seconds of a fit."""
        seconds = self.of(task, answer, "seconds")
        return median(seconds) if seconds else None

    def best_simple(self, task: Task) -> float | None:
        """Return the best figure of the answers that need no network."""
        known = [f for f in (self.mean(task.name, a) for a in SIMPLE) if f is not None]
        if not known:
            return None
        return max(known) if task.classes else min(known)

    def lost(self, task: Task, answer: str) -> float | None:
        """Return by which part of it an answer is worse than the best simple one."""
        figure, best = self.mean(task.name, answer), self.best_simple(task)
        return None if figure is None or best is None else task.lost(figure, best)

    def ranks(self, task: Task, answers: list[str]) -> dict[str, float] | None:
        """Return the rank of each answer, 1 the best and ties shared; None if one is missing."""
        figures = [self.mean(task.name, answer) for answer in answers]
        if None in figures:
            return None
        sign = -1 if task.classes else 1
        ordered = [sign * f for f in figures if f is not None]
        return {
            answer: 1 + sum(o < own for o in ordered) + (ordered.count(own) - 1) / 2
            for answer, own in zip(answers, ordered, strict=True)
        }
