"""Reading and writing JSON that others may have written, cut off or edited by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from viewer.core import files
from viewer.core.errors import DatasetError

MAX_BYTES = 64 * 1024 * 1024
"""No file of a dataset comes near this; a larger one is the wrong file."""

DEEPEST = 100
"""Lists and objects within each other; what is written here needs ten."""

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0{", b"{\0")
"""How JSON begins that has two or four bytes a letter."""

RESTORE = "restore it from a backup or delete it"


def read_bytes(path: Path) -> bytes:
    """The file's bytes.  Raises :class:`~viewer.core.errors.FileError` when it is missing, a folder,
    too large or not ours to read."""
    return files.read_bytes(path, MAX_BYTES)


def decode_object(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON object in ``data``.  NaN and infinity, which some writers emit, are read as null.

    Raises :class:`DatasetError` when it is empty, cut off, no UTF-8, or not an object.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip(b" \t\r\n\0"):
        raise DatasetError("the file is empty", RESTORE, path)
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:
            value = _finite(json.loads(data))
        except UnicodeDecodeError:
            raise DatasetError("it is not UTF-8 text", "save it as UTF-8", path) from None
        except RecursionError:
            raise DatasetError("it is nested too deeply", RESTORE, path) from None
        except ValueError as error:
            line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise DatasetError(f"it is broken JSON{line}", RESTORE, path) from None
    if not isinstance(value, dict):
        raise DatasetError("it holds no JSON object", RESTORE, path)
    if _is_deep(value, data):
        raise DatasetError("it is nested too deeply", RESTORE, path)
    return value


def _is_deep(value: Any, data: bytes) -> bool:
    """Whether lists and objects lie in each other beyond what can be worked on everywhere."""
    if data.count(b"{") + data.count(b"[") <= DEEPEST and data[:2] not in _WIDE:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def read_object(path: Path) -> dict[str, Any]:
    """:func:`read_bytes`, then :func:`decode_object`."""
    return decode_object(read_bytes(path), path)


def in_order_of(value: Any, held: Any) -> Any:
    """``value`` with the keys of its objects in the order that ``held``, what a file has, gives them, and new
    ones behind: whoever compares versions of a file line by line sees what was changed alone.  Entries of
    lists are the same by their ``id``, ``name`` or ``label``, else by their place."""
    if isinstance(value, Mapping) and isinstance(held, Mapping):
        keys = [*(key for key in held if key in value), *(key for key in value if key not in held)]
        return {key: in_order_of(value[key], held.get(key)) for key in keys}
    if isinstance(value, list | tuple) and isinstance(held, list):
        known = dict(enumerate(held)) | {_known_by(entry, place): entry for place, entry in enumerate(held)}
        return [
            in_order_of(entry, known.get(_known_by(entry, place), known.get(place)))
            for place, entry in enumerate(value)
        ]
    return value


def _known_by(entry: Any, place: int) -> str | int:
    if isinstance(entry, Mapping):
        for key in ("id", "name", "label"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return place


def encode_object(value: Mapping[str, Any]) -> bytes:
    """Indented UTF-8 JSON with a final line feed; NaN and infinity become null."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
        # Half surrogate pairs pasted from elsewhere and integers past 64 bits.
        return json.dumps(_finite(value), indent=1).encode() + b"\n"


def encode_line(value: Mapping[str, Any]) -> bytes:
    """One line of JSON, line feed included."""
    try:
        return msgspec.json.encode(value) + b"\n"
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
        return json.dumps(_finite(value)).encode() + b"\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value))
    return value
