"""Files in which git left the marks of a merge that it could not finish."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
