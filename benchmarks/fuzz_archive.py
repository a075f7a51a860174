"""Files of `skrnn.save` that were damaged or forged: each is refused, or loads what it says.

Run ``python -m benchmarks.fuzz_archive --number 100000``. Half of the files are damaged as a disk
or a network would: one that loads must be saved again to the very bytes of the original. The others
are forged: texts and arrays are changed and all checksums are made anew. While a file is loaded, no
program may be started, no file removed, no pickle read, no socket opened.
"""

import argparse
import io
import json
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "data"
# The beginnings of the names of what no loading may do (`sys.audit`).
FORBIDDEN = (
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.system",
    "pickle.find_class",
    "socket",
    "subprocess",
)
NASTY: list[Any] = [
    *(None, True, 0, -1, 2**70, 1e308, "", "x", "../../x", "__class__", "os.system", "lambda: 0"),
    *([], {}, {"tuple": []}, {"array": 0}, {"array": 10**9}, {"float": "nan"}, {"float": "1"}),
    *({"ufunc": "add"}, {"ufunc": "load"}, {"pairs": [[[], 1]]}, {"slice": [1, 2]}),
    {"object": "os.system", "params": {}, "fitted": {}},
    {"object": "skrnn.LagWindows", "params": {}, "fitted": {"transform": 1}},
    {"object": "sklearn.pipeline.Pipeline", "params": {"steps": []}, "fitted": {}},
    {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
    {"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode"},
    "MethodNode",
    "numpy.load",
    "builtins",
    "eval",
]
Members = dict[str, bytes]
Random = np.random.Generator


def members_of(data: bytes) -> Members:
    """Return the members of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of members, of which several may have one name."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compression)
    return buffer.getvalue()


def forged(members: Members, changed: dict[str, Any] | None = None) -> bytes:
    """Return an archive whose manifest agrees with its members, but for what is changed."""
    from skrnn.persistence._archive import digest

    manifest = json.loads(members["manifest.json"])
    kept = {name: digest(data) for name, data in members.items() if name != "manifest.json"}
    manifest = {**manifest, "members": kept, **(changed or {})}
    new = {**members, "manifest.json": json.dumps(manifest).encode()}
    return archive_of(list(new.items()))


# Damage


def flip_bits(data: bytes, rng: Random) -> bytes:
    """Flip one to eight bits."""
    changed = bytearray(data)
    for place in rng.integers(len(data), size=rng.integers(1, 9)):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def cut(data: bytes, rng: Random) -> bytes:
    """Leave out a part, often all to the end."""
    start, end = sorted(rng.integers(len(data), size=2))
    return data[:start] + (b"" if rng.random() < 0.5 else data[end:])


def repeat(data: bytes, rng: Random) -> bytes:
    """Copy a part to another place."""
    start, end = sorted(rng.integers(len(data), size=2))
    place = rng.integers(len(data))
    part = data[start : min(end, start + 200)]
    return data[:place] + part + data[place + (len(part) if rng.random() < 0.5 else 0) :]


def swap_members(data: bytes, rng: Random) -> bytes:
    """Give two members each other's content, or one the name of another."""
    members = list(members_of(data).items())
    one, other = (members[i] for i in rng.choice(len(members), 2, replace=False))
    names = {one[0]: other[1], other[0]: one[1]}
    if rng.random() < 0.3:
        return archive_of([*members, (one[0], other[1])])
    return archive_of([(name, names.get(name, content)) for name, content in members])


# Forgery


def forge_state(data: bytes, rng: Random) -> bytes:
    """Change a place of the JSON."""
    members = members_of(data)
    state = json.loads(members["state.json"])
    places = list(_places(state))
    for _ in range(rng.integers(1, 3)):
        container, key = places[rng.integers(len(places))]
        choice = rng.random()
        if choice < 0.6:
            container[key] = NASTY[rng.integers(len(NASTY))]
        elif choice < 0.8:
            other, other_key = places[rng.integers(len(places))]
            container[key] = _copied(other, other_key)
        elif isinstance(container, dict):
            container[str(NASTY[rng.integers(len(NASTY))])] = container.pop(key, None)
    return forged({**members, "state.json": json.dumps(state).encode()})


def forge_array(data: bytes, rng: Random) -> bytes:
    """Change an array: its header, its values, its length; or put a pickle there."""
    members = members_of(data)
    name = str(rng.choice([n for n in members if n.endswith(".npy")]))
    array, choice = members[name], rng.random()
    if choice < 0.4:
        array = flip_bits(array, rng)
    elif choice < 0.6:
        array = cut(array, rng)
    elif choice < 0.8:
        array = members[str(rng.choice([n for n in members if n.endswith(".npy")]))]
    else:
        buffer = io.BytesIO()
        np.save(buffer, np.array([print, None]), allow_pickle=True)
        array = buffer.getvalue()
    return forged({**members, name: array})


def forge_archive(data: bytes, rng: Random) -> bytes:
    """Change the manifest, or names and kinds of members."""
    members = members_of(data)
    nasty = NASTY[rng.integers(len(NASTY))]
    names = list(members)
    changes: list[Callable[[], bytes]] = [
        lambda: forged(members, {"format": nasty}),
        lambda: forged(members, {"format": 2}),
        lambda: forged(members, {"classes": [nasty]}),
        lambda: forged(members, {"members": nasty}),
        lambda: forged({**members, str(rng.choice(["../../x", "/x", "arrays/00.npy"])): b"x"}),
        lambda: archive_of(list(members.items()), zipfile.ZIP_DEFLATED),
        lambda: archive_of([*members.items(), (names[0], members[names[0]])]),
        lambda: archive_of([(n, members[n]) for n in rng.permutation(names)]),
    ]
    return changes[rng.integers(len(changes))]()


DAMAGES = (flip_bits, cut, repeat, swap_members)
FORGERIES = (forge_state, forge_state, forge_array, forge_archive)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container in a value with each of its keys."""
    keys = value if isinstance(value, dict) else range(len(value)) if type(value) is list else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _copied(container: Any, key: Any) -> Any:
    try:
        return json.loads(json.dumps(container[key]))
    except (KeyError, IndexError, TypeError):  # it was changed before
        return None


# Verdicts


class Watch:
    """Counts what Python does that no loading may do; there is one for a process."""

    def __init__(self) -> None:
        self.on, self.seen = False, list[str]()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.on and event.startswith(FORBIDDEN):
            self.seen.append(event)


def saved_again(path: Path) -> Members:
    """Return what a file holds once it was loaded and saved, without the manifest's versions."""
    import skrnn

    skrnn.save(skrnn.load(path), path)
    return {n: d for n, d in members_of(path.read_bytes()).items() if n != "manifest.json"}


def judged(mutant: bytes, expected: Members | None, path: Path, watch: Watch) -> str:
    """Return what became of a file: a refusal, a load, or a fault in words.

    Parameters
    ----------
    mutant : bytes
    expected : dict of bytes or None
        The contents that a loaded file has to hold; None for a forged one.
    path : Path
        The path to write it to.
    watch : Watch
    """
    import skrnn

    path.write_bytes(mutant)
    watch.seen, watch.on = [], True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            skrnn.load(path)
    except ValueError as error:
        return "refused" if str(error).startswith(f"{path}: ") else f"fault: unclear {error}"
    except Exception as error:
        return f"fault: {type(error).__name__}: {error}"
    finally:
        watch.on = False
    if watch.seen:
        return f"fault: {watch.seen}"
    if expected is None:
        return "loaded"
    return "unharmed" if saved_again(path) == expected else "fault: another estimator"


def mutants(data: bytes, seed: int, number: int) -> Iterator[tuple[bytes, bool]]:
    """Yield damaged and forged files by turns, each with whether it is only damaged."""
    rng = np.random.default_rng(seed)
    for turn in range(number):
        is_damaged = turn % 2 == 0
        kinds = DAMAGES if is_damaged else FORGERIES
        yield kinds[rng.integers(len(kinds))](data, rng), is_damaged


def main() -> None:
    """Judge as many files as asked for, and print the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    watch, verdicts, start = Watch(), Counter[str](), time.perf_counter()
    originals = [path.read_bytes() for path in sorted(FOLDER.glob("format_1_*.skrnn"))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.skrnn"
        for number, original in enumerate(originals):
            share = args.number // len(originals)
            path.write_bytes(original)
            expected = saved_again(path)
            for mutant, is_damaged in mutants(original, args.seed + number, share):
                verdict = judged(mutant, expected if is_damaged else None, path, watch)
                verdicts[("damaged: " if is_damaged else "forged: ") + verdict] += 1
                if verdict.startswith("fault"):
                    Path(f"fault_{len(verdicts)}.skrnn").write_bytes(mutant)
                    print(verdict, flush=True)
    print(f"{time.perf_counter() - start:.0f} s")
    for verdict, count in verdicts.most_common():
        print(f"{count:8d}  {verdict[:200]}")


if __name__ == "__main__":
    main()
