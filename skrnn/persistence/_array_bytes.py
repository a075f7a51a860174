"""Arrays as bytes in NumPy's own format, of which only what holds numbers and texts is read.

NumPy's reader evaluates the header as Python. Here it has to be, to the letter, a header that NumPy
writes for a plain type.
"""

from __future__ import annotations

import io
import math
import re

import numpy as np

from ._file_refusals import refuse_file, short

ARRAY_KINDS = "biufcSUmM"
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<>|=][biufcSUmM]\d{1,9}(?:\[\w{1,9}\])?)', "
    rb"'fortran_order': (True|False), 'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), \} *\n"
)
_MAX_VALUES = 2**48
_MAX_CHARACTER = 0x10FFFF


def bytes_of(array: np.ndarray) -> bytes:
    """Return an array in NumPy's format."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def array_of(data: bytes, name: str) -> np.ndarray:
    """Return the array that bytes in NumPy's format hold, in memory of its own.

    Parameters
    ----------
    data : bytes
    name : str
        The name of the member, for a complaint.
    """
    length = int.from_bytes(data[8:10], "little")
    header, values = data[10 : 10 + length], data[10 + length :]
    found = _HEADER.fullmatch(header)
    if data[:8] != _MAGIC or len(header) != length or found is None:
        what = "a pickled array" if b"'|O'" in header else f"the header {short(header)}"
        refuse_file(f"an array of numbers or texts in {name}", what)
    kind, order, shape = found.groups()
    sizes = tuple(int(n) for n in shape.replace(b" ", b"").split(b",") if n)
    try:
        dtype = np.dtype(kind.decode())
    except TypeError as error:
        refuse_file(f"a type of NumPy in {name}", f"{short(kind)} ({error})")
    n_values = math.prod(sizes)
    if max(sizes, default=0) > _MAX_VALUES or n_values * dtype.itemsize != len(values):
        refuse_file(
            f"{n_values} values of {dtype.itemsize} bytes in {name}", f"{len(values)} bytes"
        )
    return _checked(_shaped(values, dtype, n_values, sizes, order == b"True", name), name)


def _shaped(
    values: bytes,
    dtype: np.dtype,
    n_values: int,
    sizes: tuple[int, ...],
    is_fortran: bool,
    name: str,
) -> np.ndarray:
    try:
        if not dtype.itemsize:  # texts that are all empty
            return np.zeros(sizes, dtype)
        flat = np.frombuffer(values, dtype, n_values)
        return flat.reshape(sizes, order="F" if is_fortran else "C").copy(order="K")
    except ValueError as error:
        refuse_file(f"an array in {name}", f"{short(sizes)} ({error})")


def _checked(array: np.ndarray, name: str) -> np.ndarray:
    """Refuse bits that no value of the type has."""
    if array.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        refuse_file(f"True and False in {name}", "other bytes")
    if array.dtype.kind == "U" and array.size:
        # In memory order, so that the view holds of any layout.
        codes = array.ravel(order="K").view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
        if codes.max(initial=0) > _MAX_CHARACTER:
            refuse_file(f"Unicode in {name}", "numbers that are no characters")
    return array
