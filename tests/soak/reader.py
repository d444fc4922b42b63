"""What the fuzzing hands damaged files to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Files = dict[str, bytes]
"""The files of a case by their path in its folder."""

OUTSIDE = "outside of the case"
"""The folder beside that of a case, in which nothing may be read, written or made."""

LINK = b"\0a link"
"""Instead of data: a link to a file in :data:`OUTSIDE` that holds the sound data."""


@dataclass(frozen=True)
class Reader:
    """``read(folder)`` takes in what :attr:`files` lay there, of which ``target`` is the one to damage, in
    ways that suit its ``kind``.  A ``fenced`` one is of a folder that a stranger made: a link in its place
    that leads out must not be followed."""

    name: str
    files: Files
    target: str
    kind: str
    read: Callable[[Path], object]
    fenced: bool = False
