"""JSON files of other tools, whatever their root is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from viewer.core.errors import FileError

_DEEPEST = 60


def decode_json(data: bytes, path: Path, what: str) -> Any:
    """The value in ``data``, in any of Unicode's encodings; NaN and infinity become null.  ``what`` says in
    words what the file should be.

    Raises :class:`FileError` when it is empty, cut off, no JSON or nested too deeply.
    """
    try:
        value = json.loads(data.removeprefix(b"\xef\xbb\xbf"), parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise FileError(
            f"is no {what}: it is empty, cut off or no JSON{line}", "export it again", path
        ) from None
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return value
    raise FileError(f"is no {what}: it is nested too deeply", "choose another file", path)


def encode_json(value: Any) -> bytes:
    """Indented JSON in UTF-8 that holds every text exactly, half surrogate pairs too."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value, indent=1).encode() + b"\n"


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The value where it is a text, a number as text, else an empty one."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
