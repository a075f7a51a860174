"""All benchmarks, in one table.

Run ``python -m benchmarks.run --quick`` for less than ten minutes, without ``--quick`` for an hour.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import decoding, memory, prediction, ragged, scaling, search, startup, steps, text, workers
from ._environment import describe_environment
from ._row import Row
from ._table import as_rst, as_text, describe, line

BENCHMARKS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "search": search.search_rows,
    "search-disk": search.search_disk_rows,
    "step-small": steps.step_small,
    "step-mingru": steps.step_mingru,
    "step-grid": steps.step_grid,
    "ragged": ragged.ragged,
    "matmul-share": scaling.matmul_share,
    "two-cores": scaling.two_cores,
    "predict-one": prediction.predict_one,
    "predict-many": prediction.predict_many,
    "workers": workers.workers,
    "memory": memory.memory,
    "linear": scaling.linear,
    "held-out": scaling.held_out,
    "tokenizer": text.tokenizer,
    "decoding": decoding.decoding,
    "startup": startup.startup,
}


def main() -> int:
    """Measure what the command line asks for; return how many benchmarks failed to run."""
    arguments = _parser().parse_args()
    environment = describe_environment()
    print(describe(environment), flush=True)
    rows: list[Row] = []
    failed = {}
    for name in arguments.only or BENCHMARKS:
        print(f"\n{name}", flush=True)
        start = time.perf_counter()
        try:
            for row in BENCHMARKS[name](arguments.quick):
                rows.append(row)
                print(f"  {line(row)}", flush=True)
        except RuntimeError as error:
            failed[name] = str(error)
            print(f"  {error}", file=sys.stderr, flush=True)
        print(f"  ({time.perf_counter() - start:.0f} s)", flush=True)
    print(f"\n{as_text(rows)}")
    for name in failed:
        print(f"{name} FAILED, see above")
    if arguments.json:
        _write(arguments.json, as_json(rows, environment, arguments.quick, failed))
    if arguments.rst:
        _write(arguments.rst, as_rst(rows, environment))
    return len(failed)


def as_json(
    rows: list[Row], environment: dict[str, object], quick: bool, failed: dict[str, str]
) -> str:
    """Return everything that was measured."""
    everything = {
        "environment": environment,
        "quick": quick,
        "failed": failed,
        "rows": [row.to_dict() for row in rows],
    }
    return json.dumps(everything, indent=1) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: 10 minutes")
    parser.add_argument(
        "--only",
        action="append",
        choices=BENCHMARKS,
        metavar="NAME",
        help=f"measure this alone; can be repeated. One of: {', '.join(BENCHMARKS)}",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write everything that was measured there"
    )
    parser.add_argument(
        "--rst", type=Path, metavar="FILE", help="write the table there, as reStructuredText"
    )
    return parser


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
