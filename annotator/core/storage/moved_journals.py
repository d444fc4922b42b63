"""Journals of clips whose dataset lies elsewhere now, or whose annotator's name is spelled otherwise:
their edits come back where the clip is."""

from __future__ import annotations

from pathlib import Path

from annotator.core.names import identity
from annotator.core.storage.journal import JournalText, digest, read_journal
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.same_place import FolderNumber
from annotator.core.storage.state_folder import state_folder
from viewer.core.errors import StudioError


def moved_journals(place: ClipPlace, annotation: bytes | None) -> list[Path]:
    """Journals that were written for another path and belong to the clip at ``place`` now.

    The clip must be gone from that path, and the clip here must be it: the same folder, renamed, or
    one that holds the very annotation file that was last saved there, ``annotation`` here.  Or the path
    is this one with another spelling of the annotator's name, under which nothing lies.
    """
    return [
        path
        for path in sorted((state_folder() / "journals").glob("*.jsonl"))
        if (text := _readable(path)) is not None and _belongs(text, place, annotation)
    ]


def lies_below(text: JournalText, root: Path) -> bool:
    """Whether the journal's clip is one of the dataset or folder ``root``, also if that was moved."""
    if root in text.annotation_file.resolve().parents:
        return True
    here = _number(root / "clips" / text.clip)
    return here is not None and here == text.number and _is_gone(text)


def _belongs(text: JournalText, place: ClipPlace, annotation: bytes | None) -> bool:
    if (text.clip, identity(text.annotator_id)) != (place.id, place.person):
        return False
    if text.annotation_file == place.annotation_file.absolute():
        return False
    if _is_respelled(text, place):
        return True
    if not _is_gone(text):
        return False
    here = _number(place.folder)
    if here is not None and here == text.number:
        return True
    return bool(text.held) and text.held == digest(annotation)


def _is_respelled(text: JournalText, place: ClipPlace) -> bool:
    """Whether the journal's file has been begun under another spelling of the name, and by now is the one
    at ``place``."""
    before, now = text.annotation_file, place.annotation_file.absolute()
    if before.parent != now.parent or identity(before.stem) != identity(now.stem):
        return False
    return not before.exists() or (now.exists() and before.samefile(now))


def _is_gone(text: JournalText) -> bool:
    """Whether the clip is no longer where the journal says."""
    if text.folder is None:
        return False
    return _number(text.folder) != text.number or (bool(text.held) and not text.annotation_file.exists())


def _number(folder: Path) -> FolderNumber | None:
    try:
        return FolderNumber.of(folder)
    except OSError:
        return None


def _readable(path: Path) -> JournalText | None:
    try:
        return read_journal(path)
    except StudioError:
        return None
