"""The table of each half, in Markdown, and what it comes to."""

from collections.abc import Sequence
from statistics import fmean

from .answers import ANSWERS
from .published import PUBLISHED
from .results import Results
from .tasks import Task

TITLES = {
    "naive": "naive",
    "linear": "linear",
    "third": "neighbours or trees",
    "keras": "plain Keras",
    "ours": "skrnn",
    "ours5": "skrnn, 5 networks",
}
HALVES = {
    "choose": "The half by which defaults are chosen",
    "report": "The half that is only reported",
}
TOO_FAR = 0.05  # a loss that nobody should have


def as_markdown(results: Results, tasks: Sequence[Task]) -> str:
    """Return a table of each half, and under it what it comes to."""
    parts = []
    for half, title in HALVES.items():
        chosen = [t for t in tasks if t.half == half and results.mean(t.name, "naive") is not None]
        if chosen:
            answers = answers_to(results, chosen)
            rows = [row(results, task, answers) for task in chosen]
            head = ["task", "judged by", *(TITLES[a] for a in answers)]
            head += ["to the best simple one", "seconds", "warned", "published"]
            table = lined_up([head, *rows])
            parts.append(f"## {title}\n\n{table}\n\n{summary(results, chosen, answers)}")
    return "\n\n".join(parts) + "\n"


def answers_to(results: Results, tasks: Sequence[Task]) -> list[str]:
    """Return the answers that were measured on any of the tasks."""
    return [a for a in ANSWERS if any(results.mean(t.name, a) is not None for t in tasks)]


def row(results: Results, task: Task, answers: Sequence[str]) -> list[str]:
    """Return the cells of a task. The best answer is bold; a loss of over 5 % has a mark."""
    known = [m for m in (results.mean(task.name, a) for a in answers) if m is not None]
    best = max(known) if task.classes else min(known)
    cells = [task.name, task.metric]
    cells += [figure(results, task, answer, best) for answer in answers]
    seconds = results.seconds(task.name, "ours")
    warned = sorted({w for each in results.of(task.name, "ours", "warned") for w in each})
    published = PUBLISHED.get(task.name, {})
    cells += [
        difference(results.lost(task, "ours")),
        "-" if seconds is None else f"{seconds:.1f}",
        ", ".join(warned) or "-",
        ", ".join(f"{who} {accuracy:.3f}" for who, accuracy in published.items()) or "-",
    ]
    return cells


def figure(results: Results, task: Task, answer: str, best: float) -> str:
    """Return the mean of the seeds, with their deviation in brackets where there are several."""
    mean, spread = results.mean(task.name, answer), results.spread(task.name, answer)
    if mean is None:
        return "-"
    text = number(mean, task)
    text = f"**{text}**" if mean == best else text
    return text if spread is None else f"{text} ({number(spread, task)})"


def number(value: float, task: Task) -> str:
    """Return three decimals of an accuracy, and four digits of an error."""
    return f"{value:.3f}" if task.classes else f"{value:.4g}"


def difference(lost: float | None) -> str:
    """Return by how many per cent it is better (+) or worse (-), marked where it is far worse."""
    if lost is None:
        return "-"
    better = round(-100 * lost, 1) or 0.0  # and no -0.0
    return f"{better:+.1f} %{' !' if lost > TOO_FAR else ''}"


def summary(results: Results, tasks: Sequence[Task], answers: Sequence[str]) -> str:
    """Return mean ranks, and wins and losses of each network against the best simple answer."""
    lines = []
    ranks = [r for r in (results.ranks(t, list(answers)) for t in tasks) if r is not None]
    if ranks:
        means = {answer: fmean(rank[answer] for rank in ranks) for answer in answers}
        told = ", ".join(f"{TITLES[a]} {mean:.2f}" for a, mean in means.items())
        lines.append(f"Mean rank over {len(ranks)} tasks: {told}.")
    for answer in ("keras", "ours", "ours5"):
        lost = {t.name: results.lost(t, answer) for t in tasks}
        known = {name: by for name, by in lost.items() if by is not None}
        if known:
            lines.append(against_simple(TITLES[answer], known))
    return "\n".join(lines)


def against_simple(title: str, lost: dict[str, float]) -> str:
    """Return how often an answer is at or above the best simple one, and where it is far below."""
    won = sum(by < 1e-9 for by in lost.values())  # means of the same figures differ by rounding
    far = {name: by for name, by in lost.items() if by > TOO_FAR}
    told = ", ".join(f"{name} {difference(by)}" for name, by in far.items()) or "none"
    return (
        f"{title}: at or above the best simple answer on {won} of {len(lost)} tasks "
        f"({100 * won / len(lost):.0f} %), below on {len(lost) - won}; by more than 5 %: {told}."
    )


def lined_up(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns have equal width; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in rows
    ]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([texts[0], rule, *texts[1:]])
