"""The one zip: its members, their names and sizes, written and read with suspicion.

Members are not compressed. So each is as large as it says, a small file cannot swell to a large
one, and what is read is never more than the file itself.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import Any

from ._file_refusals import refuse_file, short

MANIFEST, STATE = "manifest.json", "state.json"
_NAME = re.compile(r"manifest\.json|state\.json|arrays/(?:0|[1-9]\d{0,5})\.npy")
# The text of a vocabulary of a million words has 20 MB; JSON of this size takes a GB to read.
MAX_TEXT = 2**26
_MAX_MEMBERS = 100_000
# A flag that says that a name is in UTF-8, and the length of what stands before each member.
_UTF_8, _LOCAL_HEADER = 0x800, 30
# The least that zip can write; a time would make every file another one.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def array_name(number: int) -> str:
    """Return the name of the member that holds an array."""
    return f"arrays/{number}.npy"


def digest(data: bytes) -> dict[str, Any]:
    """Return the size of a member, and what tells whether it was damaged."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class Writer:
    """Puts members into an archive.

    Attributes
    ----------
    members : dict
        For each name, its `digest`.
    """

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_STORED)
        self.members: dict[str, dict[str, Any]] = {}

    def write(self, name: str, data: bytes) -> None:
        """Put a member in."""
        self._zip.writestr(zipfile.ZipInfo(name, _NO_TIME), data)
        self.members[name] = digest(data)

    def bytes(self) -> bytes:
        """Return the archive, which is complete then."""
        self._zip.close()
        return self._buffer.getvalue()


class Reader:
    """Reads members of a file, once what the zip says of them has been judged.

    Parameters
    ----------
    archive : ZipFile
    size : int
        The size of the file, in bytes.
    """

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._zip, self._size = archive, size
        self._infos = archive.infolist()

    def manifest(self) -> bytes:
        """Return the bytes of the manifest, which says how to read the rest."""
        found = [info for info in self._infos if info.filename == MANIFEST]
        if len(found) != 1:
            names = sorted({info.filename for info in self._infos})
            refuse_file(f"one {MANIFEST}", f"{len(found)} among {short(names)}")
        if found[0].compress_type != zipfile.ZIP_STORED or found[0].file_size > MAX_TEXT:
            refuse_file(f"a {MANIFEST} of at most {MAX_TEXT} bytes", short(found[0]))
        return self._bytes_of(MANIFEST)

    def judge(self, members: dict[str, dict[str, Any]]) -> None:
        """Refuse members other than those that the manifest names, before any is read."""
        if len(self._infos) > _MAX_MEMBERS:
            refuse_file(f"at most {_MAX_MEMBERS} members", str(len(self._infos)))
        end, seen = 0, set()
        for info in sorted(self._infos, key=lambda info: info.header_offset):
            _judge_member(info)
            if info.filename in seen:
                refuse_file("every member once", f"{info.filename} again")
            if info.header_offset < end:
                refuse_file("members one after the other", f"{info.filename} inside of another")
            seen.add(info.filename)
            end = info.header_offset + _LOCAL_HEADER + len(info.filename) + info.file_size
        if end > self._size:
            refuse_file("whole members", f"a file that ends after {self._size} bytes of {end}")
        if seen != {MANIFEST, *members}:
            refuse_file(
                "the members of the manifest",
                f"others: {short(sorted(seen ^ {MANIFEST, *members}))}",
            )
        sizes = {info.filename: info.file_size for info in self._infos}
        for name, kept in members.items():
            if kept["size"] != sizes[name]:
                refuse_file(f"{kept['size']} bytes in {name}", str(sizes[name]))

    def read(self, name: str, kept: dict[str, Any]) -> bytes:
        """Return the bytes of a member, which are those that were written."""
        data = self._bytes_of(name)
        if digest(data) != kept:
            refuse_file(f"{name} as it was saved", "a member that has changed since")
        return data

    def _bytes_of(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except Exception as error:  # zipfile has many words for a damaged archive
            refuse_file(f"{name} as it was saved", f"a damaged one ({short(error)})")


def _judge_member(info: zipfile.ZipInfo) -> None:
    if _NAME.fullmatch(info.filename) is None:
        refuse_file("names of members in the form of this format", short(info.filename))
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        refuse_file(
            "members that are not compressed",
            f"{info.filename}, {info.compress_size} bytes that would become {info.file_size}",
        )
    if info.flag_bits & ~_UTF_8:
        refuse_file("plain members", f"{info.filename} with flags {info.flag_bits:#x}")
    if info.filename == STATE and info.file_size > MAX_TEXT:
        refuse_file(f"at most {MAX_TEXT} bytes in {STATE}", str(info.file_size))


def reader_of(data: bytes) -> Reader:
    """Return a reader of the bytes of a file."""
    if data[:2] != b"PK":
        found = f"one that begins with {data[:4]!r}" if data else "an empty one"
        refuse_file("a file of skrnn.save, which is a zip archive", found)
    try:
        return Reader(zipfile.ZipFile(io.BytesIO(data)), len(data))
    except Exception as error:
        refuse_file("a zip archive", f"one that cannot be read ({short(error)})")
