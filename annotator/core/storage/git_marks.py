"""Files in which git left the marks of a merge that it could not finish."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.change_summary import counted
from annotator.core.findings import Finding
from annotator.core.merging import UNKNOWN
from annotator.core.storage.json_files import decode_object
from annotator.core.storage.merge_rules import PartClash, clashes_of, merge_part
from viewer.core.errors import DatasetError, StudioError

_OURS = re.compile(rb"^<{7}( .*)?$")
_BASE = re.compile(rb"^\|{7}( .*)?$")
_MIDDLE = re.compile(rb"^={7}$")
_THEIRS = re.compile(rb"^>{7}( .*)?$")


@dataclass(frozen=True)
class UnfinishedMerge:
    """The file as each side has it; ``base`` is None where git was not asked to write it."""

    ours: bytes
    theirs: bytes
    base: bytes | None
    name: str
    """What git calls the other side."""


def unfinished_merge(data: bytes) -> UnfinishedMerge | None:
    """The sides of a file with git's marks; None without any, or where they do not fit each other."""
    if b"<<<<<<<" not in data or b">>>>>>>" not in data:
        return None
    sides: dict[str, list[bytes]] = {"ours": [], "base": [], "theirs": []}
    inside, name, bases, hunks = "", "", 0, 0
    for line in data.splitlines():
        mark = line.rstrip(b"\r\n")
        if not inside and _OURS.match(mark):
            inside, hunks = "ours", hunks + 1
        elif inside == "ours" and _BASE.match(mark):
            inside, bases = "base", bases + 1
        elif inside in ("ours", "base") and _MIDDLE.match(mark):
            inside = "theirs"
        elif inside == "theirs" and (found := _THEIRS.match(mark)):
            inside, name = "", (found.group(1) or b"").strip().decode("utf-8", "replace")
        else:
            for side in (inside,) if inside else sides:
                sides[side].append(line)
    if inside or not hunks:
        return None
    ours, base, theirs = (b"\n".join(sides[side]) + b"\n" for side in ("ours", "base", "theirs"))
    return UnfinishedMerge(ours, theirs, base if bases == hunks else None, name)


def decode_merged(
    part: str, data: bytes, path: Path, findings: list[Finding], clashes: list[PartClash]
) -> dict[str, Any]:
    """The JSON object in a clip's file.  Where git left its marks, both sides are read and merged: that
    is told, and where the two differ is appended to ``clashes``.

    Raises :class:`DatasetError` for what cannot be read.
    """
    sides = unfinished_merge(data)
    if sides is None:
        return decode_object(data, path)
    what = "git left the marks of an unfinished merge in it"
    try:
        ours, theirs = (decode_object(side, path) for side in (sides.ours, sides.theirs))
    except StudioError:
        raise DatasetError(
            f"{what}, and its two sides cannot be told apart", "finish the merge in git, then try again", path
        ) from None
    base: Any = UNKNOWN
    if sides.base is not None:
        with suppress(StudioError):
            base = decode_object(sides.base, path)
    merged = merge_part(part, base, ours, theirs)
    clashes += clashes_of(part, merged.clashes)
    differs = f"; they differ in {counted(len(merged.clashes), 'part')}: choose in the window"
    read = f"both sides were read{differs if merged.clashes else ''}"
    findings.append(Finding("warning", path.name, what, read))
    value: dict[str, Any] = merged.value
    return value
