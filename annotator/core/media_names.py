"""How clip.json names a file in a media root: ``NAS:day 1/take3.mp4``."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

ROOT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,31}")
"""At least two letters, so that none is taken for a drive of Windows."""

_REFERENCE = re.compile(rf"({ROOT_NAME.pattern}):(.*)", re.DOTALL)


def split_reference(named: str) -> tuple[str, str] | None:
    """The name of the root and the path inside it; None where ``named`` is no such reference."""
    found = _REFERENCE.fullmatch(named)
    return (found[1], found[2]) if found else None


def file_name(named: str) -> str:
    """The name of the file alone, wherever clip.json says that it lies."""
    reference = split_reference(named)
    return (reference[1] if reference else named).replace("\\", "/").rpartition("/")[2]


def is_absolute(named: str) -> bool:
    """Whether a path begins at the top of a disk, on any system, also behind the name of a root."""
    reference = split_reference(named)
    parts = (named, reference[1]) if reference else (named,)
    return any(PurePosixPath(part).is_absolute() or PureWindowsPath(part).anchor for part in parts)
