"""The journal: every edit, written to the user's state folder the moment it is made.

A journal outlives its process only when that process died before its last save.  Each open clip
has its own journal file, a *slot*, held by a lock that the system frees with the process; so two
windows on one annotation file never mix their edits, and a slot that is free but has a file is
something to recover.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from annotator.core.begun import begun_from_json, begun_to_json
from annotator.core.edit import Edit, Item, Kind
from annotator.core.model import STATUSES
from annotator.core.storage.clip_files import (
    clip_from_json,
    clip_to_json,
    keyframe_from_json,
    keyframe_to_json,
    span_from_json,
    span_to_json,
)
from annotator.core.storage.clip_pose import EarlierRotations
from annotator.core.storage.json_files import decode_object, encode_line
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.same_place import FolderNumber
from annotator.core.storage.state_folder import state_folder
from annotator.core.storage.take_file import take_for_file, take_from_json
from viewer.core.errors import FileError, StudioError
from viewer.core.files import read_bytes

_SLOTS = 32
_FORMAT = 1
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def place_key(place: ClipPlace) -> str:
    """A short file name that stands for the annotation file's full path."""
    path = str(place.annotation_file.absolute())
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def digest(data: bytes | None) -> str:
    """SHA-256 in hexadecimal digits; empty for None, a file that is not there."""
    return "" if data is None else hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class JournalEdit:
    """One line: the items an edit set, when, and what it was called."""

    seq: int
    at: datetime
    title: str
    items: tuple[Item, ...]


def journal_edit(edit: Edit, seq: int) -> JournalEdit:
    """``edit``, made now, as a line of the journal."""
    return JournalEdit(seq, datetime.now().astimezone(), edit.title, edit.items)


@dataclass(frozen=True)
class JournalText:
    """A journal as read.  ``saved`` maps the digest of each annotation file that was about to be
    written to the last edit in it; ``torn`` counts lines cut off by the crash.  ``folder`` and its
    ``number`` are those of the clip, ``held`` the digest of its annotation file, as they were when the
    journal was begun."""

    annotation_file: Path
    clip: str
    annotator_id: str
    edits: tuple[JournalEdit, ...]
    saved: Mapping[str, int]
    torn: int
    folder: Path | None = None
    number: FolderNumber | None = None
    held: str = ""


class Journal:
    """One slot, held until :meth:`close`.  Methods may be called from any thread."""

    def __init__(self, place: ClipPlace, path: Path, lock: FileLock) -> None:
        self.path = path
        self.held = ""
        """The digest of the annotation file as it is without what the journal holds."""
        self._place = place
        self._number: FolderNumber | None = None
        with contextlib.suppress(OSError):
            self._number = FolderNumber.of(place.folder)
        self._lock = lock
        self._mutex = threading.Lock()
        self._descriptor: int | None = None
        self._waiting = b""
        self._whole = True
        self._seq = 0

    @staticmethod
    def acquire(place: ClipPlace) -> Journal:
        """The first slot that is neither held nor left to be recovered.

        Raises :class:`FileError` when the state folder cannot be written.
        """
        folder = state_folder() / "journals"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for slot in range(_SLOTS):
                path = folder / f"{place_key(place)}-{slot}.jsonl"
                lock = None if path.exists() else try_lock(path)
                if lock is not None:
                    return Journal(place, path, lock)
        except OSError as error:
            raise FileError(
                f"the folder for unsaved work cannot be written ({error.strerror})",
                "check its permissions and the space on its disk",
                folder,
            ) from None
        raise FileError("this clip is open too many times", "close some windows", place.annotation_file)

    @property
    def slot(self) -> int:
        """0 for the only window on an annotation file; more when others are open."""
        return int(self.path.stem.rpartition("-")[2])

    @property
    def seq(self) -> int:
        """Number of the last edit."""
        return self._seq

    @property
    def whole(self) -> bool:
        """Whether every edit that was handed on is in the file."""
        with self._mutex:
            return self._whole

    def append(self, edit: Edit) -> None:
        """Write the edit's line.  Raises OSError; the line is then written with the next one."""
        with self._mutex:
            self._seq += 1
            self._whole = False
            self._write(
                encode_line(
                    {
                        "seq": self._seq,
                        "at": datetime.now().astimezone().isoformat(),
                        "title": edit.title,
                        "items": [_item_to_json(item) for item in edit.items],
                    }
                )
            )

    def about_to_save(self, annotation: bytes, seq: int) -> None:
        """Note the content that a save is going to write, with all edits up to ``seq`` in it."""
        with self._mutex:
            if self._waiting:
                self._write(b"")
            if self._descriptor is not None:
                self._write(encode_line({"saving": digest(annotation), "seq": seq}))

    def sync(self) -> None:
        """Force what was written to the disk.  Raises OSError."""
        with self._mutex:
            if self._waiting:
                self._write(b"")
            if self._descriptor is not None:
                os.fsync(self._descriptor)

    def clear(self, seq: int) -> None:
        """Everything up to ``seq`` is saved: remove the file unless later edits are in it."""
        with self._mutex:
            if self._seq == seq:
                self._waiting = b""
                self._whole = True
                self._drop()
                with contextlib.suppress(OSError):
                    self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the slot up; the file stays where edits are not saved."""
        with self._mutex:
            self._drop()
            if not self.path.exists():
                # Else every clip ever opened would leave a lock file behind.
                with contextlib.suppress(OSError):
                    Path(self._lock.lock_file).unlink()
            self._lock.release()

    def _drop(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, line: bytes) -> None:
        self._waiting += line
        if self._descriptor is None:
            self._descriptor = os.open(self.path, _APPEND, 0o600)
            if os.fstat(self._descriptor).st_size == 0:
                self._waiting = self._header() + self._waiting
        while self._waiting:
            # After a failure the next call goes on in the middle of the line.
            written = os.write(self._descriptor, self._waiting)
            self._waiting = self._waiting[written:]
        self._whole = True

    def _header(self) -> bytes:
        number = self._number
        return encode_line(
            {
                "journal": _FORMAT,
                "annotation": str(self._place.annotation_file.absolute()),
                "clip": self._place.id,
                "who": self._place.annotator_id,
                "folder": str(self._place.folder.absolute()),
                "number": None if number is None else [number.device, number.inode],
                "held": self.held,
            }
        )


def try_lock(path: Path) -> FileLock | None:
    """Hold the slot of journal ``path``, or None while another window holds it."""
    # The saver's thread gives up locks that the window's thread took.
    lock = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def journals_of(place: ClipPlace) -> list[Path]:
    """Journal files, held or left behind, of an annotation file."""
    return sorted((state_folder() / "journals").glob(f"{place_key(place)}-*.jsonl"))


def unsaved_work() -> list[JournalText]:
    """What crashed windows left to recover, for the start of the app; open windows left out."""
    found = []
    for path in sorted((state_folder() / "journals").glob("*.jsonl")):
        lock = try_lock(path)
        if lock is None:
            continue
        try:
            text = read_journal(path)
        except StudioError:
            continue
        finally:
            lock.release()
        if text.edits:
            found.append(text)
    return found


def read_journal(path: Path, earlier: EarlierRotations | None = None) -> JournalText:
    """Read a journal; a line that was cut off is counted and left out.  ``earlier`` turns rotations that
    an earlier version wrote into degrees.

    Raises :class:`FileError` when the file cannot be read.
    """
    lines = read_bytes(path).split(b"\n")
    header: Mapping[str, Any] = {}
    edits: list[JournalEdit] = []
    saved: dict[str, int] = {}
    torn = 0
    for line in lines:
        if not line:
            continue
        try:
            data = decode_object(line, path)
            if "journal" in data:
                header = data
            elif "saving" in data:
                saved[str(data["saving"])] = int(data["seq"])
            else:
                edits.append(_edit_from_json(data, earlier))
        except (StudioError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            # Cut off, or of another shape than is written here: that line does not count.
            torn += 1
    annotation = Path(str(header.get("annotation", "")))
    clip, annotator_id = str(header.get("clip", "")), str(header.get("who", ""))
    folder = Path(str(header["folder"])) if header.get("folder") else None
    number, held = _number_from_json(header.get("number")), str(header.get("held") or "")
    return JournalText(annotation, clip, annotator_id, tuple(edits), saved, torn, folder, number, held)


def _number_from_json(raw: Any) -> FolderNumber | None:
    match raw:
        case [int(device), int(inode)]:
            return FolderNumber(device, inode)
    return None


ITEM_TO_JSON: dict[Kind, Callable[[Any], Any]] = {
    "keyframe": keyframe_to_json,
    "span": span_to_json,
    "take": take_for_file,
    "clip": clip_to_json,
    "status": lambda status: status,
    "begun": begun_to_json,
}
ITEM_FROM_JSON: dict[Kind, Callable[[str, Any, EarlierRotations | None], Any]] = {
    "keyframe": lambda id, data, earlier: keyframe_from_json(data, id, [], earlier),
    "span": lambda id, data, _earlier: span_from_json(data, id, []),
    "take": lambda id, data, _earlier: take_from_json(id, data, []),
    "clip": lambda id, data, _earlier: clip_from_json(id, data, []),
    "status": lambda id, data, _earlier: data,
    "begun": lambda id, data, _earlier: begun_from_json(data),
}


def _item_to_json(item: Item) -> dict[str, Any]:
    before, after = (
        None if side is None else ITEM_TO_JSON[item.kind](side) for side in (item.before, item.after)
    )
    return {"kind": item.kind, "id": item.id, "before": before, "after": after}


def _is_item(kind: Kind, id: Any, given: Any, made: Any) -> bool:
    """Whether what a line gives could be made that item: nothing may be taken for its deletion."""
    if not isinstance(id, str):
        return False
    if kind == "status":
        return made in STATUSES
    if kind == "clip":
        return made is not None
    if kind == "begun":
        return (given is None) == (made is None)
    return made is None if given is None else made is not None and made.id == id


def _edit_from_json(data: Mapping[str, Any], earlier: EarlierRotations | None) -> JournalEdit:
    items = []
    for raw in data["items"]:
        convert = ITEM_FROM_JSON[raw["kind"]]
        before, after = (
            None if raw[side] is None else convert(raw["id"], raw[side], earlier)
            for side in ("before", "after")
        )
        sides = [(raw[side], made) for side, made in (("before", before), ("after", after))]
        if not all(_is_item(raw["kind"], raw["id"], given, made) for given, made in sides):
            raise ValueError("no item of a clip")
        items.append(Item(raw["kind"], raw["id"], before, after))
    at = datetime.fromisoformat(data["at"]).astimezone()
    return JournalEdit(int(data["seq"]), at, str(data["title"]), tuple(items))
