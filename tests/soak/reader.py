"""What the fuzzing hands damaged files to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Files = dict[str, bytes]
"""The files of a case by their path in its folder."""


@dataclass(frozen=True)
class Reader:
    """``read(folder)`` takes in what :attr:`files` lay there, of which ``target`` is the one to damage, in
    ways that suit its ``kind``."""

    name: str
    files: Files
    target: str
    kind: str
    read: Callable[[Path], object]
