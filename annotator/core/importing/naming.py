"""Which names are one when files are paired, and what the clips made of them are called."""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from pathlib import PurePosixPath

from annotator.core.names import identity, safe_name

CALIBRATED, RAW, NEUTRAL = "_cal", "_raw", "_neutral"
"""How the siblings of a Live Link Face recording end."""


def key(name: str) -> str:
    """What two names have in common that are one: NFC, and capital letters do not count."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", folded)


def stem_of(file: str) -> str:
    """The name of a file without its folders and its last suffix."""
    return PurePosixPath(file).stem


def without(stem: str, ending: str) -> str | None:
    """``stem`` without its ``ending``, in any case; None where it does not end so, or is nothing else."""
    if len(stem) <= len(ending) or not stem.lower().endswith(ending):
        return None
    return stem[: -len(ending)]


def own_name(wanted: str) -> str:
    """The id for a clip that is to be called ``wanted``: a name that works on every system."""
    return safe_name(wanted, "clip")


def free_name(wanted: str, taken: Set[str]) -> str:
    """``wanted``, with a number where its identity is one of ``taken``."""
    name, number = wanted, 2
    while identity(name) in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name
