"""How good the defaults are, beside answers that need no network and beside plain Keras.

Run ``python -m benchmarks.quality --quick`` for less than ten minutes, without ``--quick`` for 40.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from .._environment import describe_environment, n_cores
from .._table import describe
from .answers import ANSWERS, there_are
from .measure import Job, measured
from .results import Results
from .table import as_markdown
from .tasks import TASKS, Task

SEEDS = {"keras": 1, "ours": 3, "ours5": 3}  # Keras takes ten times as long


def main() -> None:
    """Measure what the command line asks for, and print the tables."""
    arguments = _parser().parse_args()
    environment = describe_environment()
    print(describe(environment), flush=True)
    results = Results.read(arguments.out)
    tasks = chosen_tasks(arguments.task, arguments.half, arguments.quick)
    jobs = dearest_first([(t.name, a) for t in tasks for a in chosen(arguments.only)], results)
    seeds = {a: n_seeds(a, arguments.seeds, arguments.quick) for a in ANSWERS}
    start = time.perf_counter()
    for number, (job, found) in enumerate(measured(jobs, seeds, arguments.workers), 1):
        results.add(*job, found)
        print(f"{number}/{len(jobs)} {_line(job, found)}", flush=True)
        if arguments.out:
            results.write(arguments.out, environment)
    print(f"({(time.perf_counter() - start) / 60:.1f} minutes)\n")
    print(as_markdown(results, tasks))
    for missing in sorted({t.name for t in tasks if results.error(t.name)}):
        print(f"{missing} was left out: {results.error(missing)}")
    if arguments.out:
        text = f"{describe(environment)}\n\n{as_markdown(results, TASKS)}"
        arguments.out.with_suffix(".md").write_text(text, encoding="utf-8")


def chosen(only: Sequence[str] | None) -> list[str]:
    """Return the answers that are measured."""
    return [name for name in there_are() if not only or name in only]


def n_seeds(answer: str, given: int | None, quick: bool) -> int:
    """Return how often an answer is measured; what needs no chance, once."""
    if answer not in SEEDS:
        return 1
    return given or (1 if quick else SEEDS[answer])


def chosen_tasks(names: Sequence[str] | None, half: str | None, quick: bool) -> list[Task]:
    """Return the tasks that are measured: those named, or those of a half, or the quick ones."""
    return [
        task
        for task in TASKS
        if (task.name in names if names else not quick or task.is_quick)
        and (half is None or task.half == half)
    ]


def dearest_first(jobs: list[Job], results: Results) -> list[Job]:
    """Return the jobs so that a long one is not left for the end: by earlier seconds, if known."""

    def seconds(job: Job) -> float:
        return sum(results.of(*job, "seconds")) or 10.0 * list(ANSWERS).index(job[1])

    return sorted(jobs, key=seconds, reverse=True)


def _line(job: Job, found: dict) -> str:
    if "error" in found:
        return f"{' '.join(job)}: {found['error']}"
    scores = ", ".join(f"{score:.4g}" for score in found["scores"])
    return f"{' '.join(job)}: {scores} ({sum(found['seconds']):.1f} s)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="small tasks, one seed: 10 minutes")
    parser.add_argument(
        "--only",
        action="append",
        choices=ANSWERS,
        help="measure this answer alone, and take the others from --out; can be repeated",
    )
    parser.add_argument(
        "--task",
        action="append",
        choices=[task.name for task in TASKS],
        metavar="NAME",
        help="measure this task alone; can be repeated",
    )
    parser.add_argument("--half", choices=["choose", "report"], help="measure this half alone")
    parser.add_argument("--seeds", type=int, help="seeds of a network; 3 of ours, 1 if quick")
    parser.add_argument("--workers", type=int, default=n_cores(), help="processes, a core each")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="JSON of all figures, read before and written after each, and a table beside it (.md)",
    )
    return parser


if __name__ == "__main__":
    main()
