"""Arrays in NumPy's own files, of which nothing is believed before it is looked at."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterable
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from viewer.core.limits import MODEL_FILE_BYTES, UNPACKED_BYTES, megabytes

_MOST_ENTRIES = 1000
_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65535


def read_array(stream: BinaryIO, room: int) -> npt.NDArray[Any]:
    """The array in an open .npy file of which ``room`` bytes are there.

    Raises ValueError, in words that say what is wrong, when its header is damaged, claims more than there
    is, or says that its values are something else than numbers or text.
    """
    form = np.lib.format
    start = stream.tell()
    try:
        version = form.read_magic(stream)
        read_header = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
        shape, _fortran, dtype = read_header(stream)
        sizes = [int(side) for side in shape]
    except Exception as error:  # the header is parsed as Python text: any fault of it may come
        raise ValueError("is a damaged NumPy file") from error
    if dtype.hasobject or dtype.kind not in "fiubU":
        raise ValueError("is not an array of plain numbers")
    if min(sizes, default=0) < 0 or math.prod(sizes) * dtype.itemsize > room - (stream.tell() - start):
        raise ValueError(
            "is cut off in the middle: it is to hold " + " × ".join(f"{side:,}" for side in sizes)
        )
    stream.seek(start)
    found: npt.NDArray[Any] = form.read_array(stream, allow_pickle=False)
    return found


def read_arrays(file: BinaryIO, names: Iterable[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    """Those of the arrays called ``names`` that an open .npz file holds; without names all that can be
    read, others are left out.

    Raises ValueError, in words that say what is wrong, when it is damaged, or when it or what it unpacks
    to is too large.
    """
    size = file.seek(0, os.SEEK_END)
    if size > MODEL_FILE_BYTES:
        raise ValueError(f"is larger than {megabytes(MODEL_FILE_BYTES)}")
    _refuse_many_entries(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            members = {
                entry.filename.removesuffix(".npy"): entry
                for entry in archive.infolist()
                if entry.filename.endswith(".npy")
            }
            wanted = list(members) if names is None else [name for name in names if name in members]
            if sum(members[name].file_size for name in wanted) > UNPACKED_BYTES:
                raise ValueError(f"unpacks to more than {megabytes(UNPACKED_BYTES)}")
            found: dict[str, npt.NDArray[Any]] = {}
            for name in wanted:
                try:
                    found[name] = _member(archive, members[name])
                except ValueError:
                    if names is not None:
                        raise
            return found
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, KeyError) as error:
        raise ValueError("is a damaged or foreign ZIP archive") from error


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    try:
        with archive.open(entry) as member:
            return read_array(cast(BinaryIO, member), entry.file_size)
    except ValueError:
        raise
    except Exception as error:  # ZIP, zlib, lzma and bz2 each have their own
        raise ValueError("is damaged") from error


def _refuse_many_entries(file: BinaryIO, size: int) -> None:
    """A list of millions of entries would be read whole before anything of it could be looked at."""
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at >= 0 and len(tail) - at >= _END_BYTES:
        entries = int.from_bytes(tail[at + 10 : at + 12], "little")
        listed = int.from_bytes(tail[at + 12 : at + 16], "little")
        if entries > _MOST_ENTRIES or listed > _MOST_ENTRIES * 256:
            raise ValueError(f"lists more than {_MOST_ENTRIES:,} entries")
    file.seek(0)
