"""A clip as a line of the clip list."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.core.storage.dataset import ClipEntry


@dataclass(frozen=True)
class ClipRow:
    """One line of the clip list."""

    id: str
    status: str
    summary: str
    search_text: str
    fault: str = ""


def clip_row(entry: ClipEntry) -> ClipRow:
    """A clip of the library as a line of the list."""
    info = entry.info
    words = "" if info is None else " ".join((info.script or info.emotion or info.background).split())
    parts = (
        [entry.id]
        if info is None
        else [entry.id, info.script, info.background, info.emotion, info.split, *info.tags]
    )
    fault = "" if entry.fault is None else entry.fault.what
    return ClipRow(entry.id, entry.status, words, " ".join(parts).lower(), fault)
