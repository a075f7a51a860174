"""Values in an archive: a manifest, JSON, and arrays, each with its checksum."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .._version import __version__
from ._archive import MANIFEST, MAX_TEXT, STATE, Reader, Writer, array_name
from ._array_bytes import array_of, bytes_of
from ._file_refusals import refuse_file, short
from ._values import Decoder, Encoder

# A change after which older releases would misread a file makes this one more. `load` then brings
# the state of a file of each earlier number, one after the other, to the form of the next.
FORMAT = 1
_PACKAGES = ("numpy", "pandas", "scikit-learn", "skops", "tensorflow")


def archived(value: Any, **said: Any) -> bytes:
    """Return the bytes of a file that holds a value; `said` goes into its manifest."""
    encoder, writer = Encoder(), Writer()
    writer.write(STATE, _json_bytes(encoder.encoded(value)))
    for number, array in enumerate(encoder.arrays):
        writer.write(array_name(number), bytes_of(array))
    head = {"format": FORMAT, "versions": versions()}
    writer.write(MANIFEST, _json_bytes({**head, **said, "members": writer.members}, indent=1))
    return writer.bytes()


def read_archive(
    reader: Reader, judge: Callable[[dict[str, Any]], None]
) -> tuple[dict[str, Any], Any]:
    """Return the manifest and the value of a file; `judge` refuses what a manifest says."""
    manifest = _judged_manifest(_json_of(reader.manifest(), MANIFEST))
    judge(manifest)
    members = manifest["members"]
    reader.judge(members)
    data = {name: reader.read(name, kept) for name, kept in members.items()}
    state = _json_of(data.pop(STATE), STATE)
    names = [array_name(number) for number in range(len(data))]
    if set(names) != set(data):
        refuse_file("arrays numbered from 0 on", short(sorted(data)))
    return manifest, Decoder([array_of(data[name], name) for name in names]).whole(state)


def versions() -> dict[str, str]:
    """Return the versions of what a fitted estimator depends on."""
    found = {"skrnn": __version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _judged_manifest(found: Any) -> dict[str, Any]:
    """Return a manifest in the form of this format; a newer one is named as such."""
    if not isinstance(found, dict) or type(found.get("format")) is not int or found["format"] < 1:
        refuse_file(f"a {MANIFEST} with the number of its format", short(found))
    if found["format"] > FORMAT:
        saved_by = found.get("versions", {})
        saved_by = saved_by.get("skrnn") if isinstance(saved_by, dict) else None
        refuse_file(
            f"a file of format {FORMAT}",
            f"one of format {found['format']}, saved by skrnn {short(saved_by)}",
            f"This is skrnn {__version__}: update it, and load the file again.",
        )
    members = found.get("members")
    if not isinstance(members, dict) or STATE not in members:
        refuse_file(f"members and classes in {MANIFEST}", short(found))
    for name, kept in members.items():
        is_whole = isinstance(kept, dict) and set(kept) == {"size", "sha256"}
        if not is_whole or type(kept["size"]) is not int or type(kept["sha256"]) is not str:
            refuse_file(f"the size and the sha256 of {short(name)}", short(kept))
    return found


def _json_bytes(value: Any, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, allow_nan=False, separators=separators, indent=indent).encode()
    if len(text) > MAX_TEXT:
        raise ValueError(
            f"Expected at most {MAX_TEXT} bytes of texts and numbers outside of arrays, got "
            f"{len(text)}. Keep long lists in NumPy arrays, and vocabularies short (max_tokens)."
        )
    return text


def _json_of(data: bytes, name: str) -> Any:
    """Return what JSON says; a key that occurs twice, and NaN, are no JSON of ours."""
    try:
        return json.loads(data, object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        refuse_file(f"JSON in {name}", f"something else ({short(error)})")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice")
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
