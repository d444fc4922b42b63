"""Looking through a folder: which of its files are videos, which read as tracks, what its takes say.

Hidden files and folders, ``__MACOSX``, ``*.annotations`` and links that lead out of the folder are not
looked at.  A link to a folder within it is followed where that folder is not looked at by itself.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.core.importing.naming import key
from annotator.core.importing.plan import Kind, Left
from annotator.core.storage.json_files import read_object
from annotator.core.storage.places import PLAIN_TRACKS, TRACK_SUFFIXES, VIDEO_SUFFIXES
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, StudioError
from viewer.core.fences import LinkError, to_read
from viewer.core.files import open_plain
from viewer.core.formats import read, sniff
from viewer.core.formats.arrays import UnknownOrderError
from viewer.core.progress import Progress, no_progress

TAKE = "take.json"
NEITHER = "neither video nor track"
_NEVER_TRACKS = frozenset((TAKE, "video_metadata.json", "audio_metadata.json", "frame_log.csv"))
"""What the app writes beside a recording; some of it would read as a track."""
_READ_WHOLE = (".json", ".jsonl", ".npy", ".npz")
"""Files that only reading tells: any JSON may hold a word that a track has."""
_FEW_ROWS = 16384
"""Bytes of a table that may hold next to nothing, and is read whole."""


@dataclass(frozen=True)
class Scan:
    """What was found in the folder ``root``, resolved: its videos and tracks, the others with why they are
    neither, and by folder what each take.json says."""

    root: Path
    kinds: Mapping[str, Kind]
    others: tuple[Left, ...]
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fenced: bool = True


def scan(
    folder: Path,
    *,
    skip: Iterable[Path] = (),
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Scan:
    """Look at every file of ``folder`` but those in the folders ``skip``, and the files ``skip``.

    Raises :class:`FileError` when it cannot be listed, :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    root = Path(os.path.realpath(folder))
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "there is no such folder"
        raise FileError(what, "choose a folder of recordings", folder)
    walk = _Walk(root, {os.path.realpath(path) for path in skip}, cancel)
    return looked_at(root, walk.files(), walk.unlisted, cancel=cancel, progress=progress)


def scan_files(files: Sequence[Path], *, cancel: CancelToken | None = None) -> Scan:
    """Look at these files only, wherever they lie."""
    paths = [path.absolute() for path in files]
    root = Path(os.path.commonpath([path.parent for path in paths]))
    names = [path.relative_to(root).as_posix() for path in paths]
    return looked_at(root, names, (), cancel=cancel or CancelToken(), inside=False)


def looked_at(
    root: Path,
    files: Sequence[str],
    unlisted: Iterable[Left],
    *,
    cancel: CancelToken,
    progress: Progress = no_progress,
    inside: bool = True,
) -> Scan:
    """What ``files`` of ``root`` are; with ``inside`` none is read through a link that leads out."""
    kinds: dict[str, Kind] = {}
    others = list(unlisted)
    takes: dict[str, Mapping[str, Any]] = {}
    there = {key(file) for file in files}
    for number, file in enumerate(files):
        cancel.check()
        if number % 16 == 0:
            progress(number, len(files), f"Looking at {file}")
        path = root / file
        folder, _, name = file.rpartition("/")
        try:
            if inside:
                to_read(path, root)
            if key(name) == TAKE:
                takes[folder] = read_object(path)
                others.append(Left(file, "what it says is kept in the clip, under live_link"))
                continue
            found = _kind_of(path, file, there, cancel)
        except LinkError:
            continue
        except StudioError as fault:
            broken = "; the files beside it were paired by their names" if key(name) == TAKE else ""
            others.append(Left(file, f"{_worded(fault)}{broken}"))
            continue
        if isinstance(found, Left):
            others.append(found)
        else:
            kinds[file] = found
    return Scan(root, kinds, tuple(others), takes, inside)


def _kind_of(path: Path, file: str, there: set[str], cancel: CancelToken) -> Kind | Left:
    """What a file is, or why it is neither.  Raises StudioError for what cannot be read."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        open_plain(path).close()
        return "video"
    if suffix not in TRACK_SUFFIXES:
        return Left(file, NEITHER)
    owner = file[: -len(".json")]
    if suffix == ".json" and Path(owner).suffix.lower() in TRACK_SUFFIXES and key(owner) in there:
        return Left(file, f"it belongs to {Path(owner).name} and goes with it")
    if key(path.name) in _NEVER_TRACKS:
        return Left(file, NEITHER)
    try:
        _check_track(path, suffix, cancel)
    except UnknownOrderError:
        return "track"
    except StudioError as fault:
        told = suffix in PLAIN_TRACKS or not _opens(path)
        return Left(file, f"no track: {_worded(fault)}" if told else NEITHER)
    return "track"


def _check_track(path: Path, suffix: str, cancel: CancelToken) -> None:
    """Raise StudioError unless a file reads as a track.  Of a table with more than a few rows the head
    tells: reading thousands of recordings whole would take minutes."""
    if path.stat().st_size <= _FEW_ROWS or suffix in _READ_WHOLE:
        read(path, cancel=cancel)
        return
    sniff(path)


def _opens(path: Path) -> bool:
    try:
        open_plain(path).close()
    except FileError:
        return False
    return True


def _worded(fault: StudioError) -> str:
    """What is wrong, as a sentence that names no file: many faults follow the file's name elsewhere."""
    follows = fault.what.startswith(("is ", "has ", "holds ", "cannot "))
    return f"it {fault.what}" if follows else fault.what


class _Walk:
    """The files below a folder, by their paths, in an order that depends on their names alone."""

    def __init__(self, root: Path, skip: set[str], cancel: CancelToken) -> None:
        self._root, self._skip, self._cancel = str(root), skip, cancel
        self.unlisted: list[Left] = []
        """What cannot be looked at: folders that cannot be listed, links to nothing."""

    def files(self) -> list[str]:
        """All of them, sorted.  Raises :class:`FileError` when the folder itself cannot be listed."""
        found: list[str] = []
        seen = {self._root}
        links: list[tuple[str, str]] = []
        waiting = [""]
        while waiting or links:
            self._cancel.check()
            if not waiting:
                # Only now: a folder is looked at under its own name where it has one here.
                links.sort(reverse=True)
                name, real = links.pop()
                if real in seen:
                    continue
                seen.add(real)
                waiting.append(name)
            folder = waiting.pop()
            for entry in self._entries(folder):
                name = f"{folder}/{entry.name}" if folder else entry.name
                self._sort_in(entry, name, found, waiting, links, seen)
        return sorted(found)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self._root, folder)) as entries:  # noqa: PTH118 - quick
                return sorted(
                    (entry for entry in entries if not _is_hidden(entry)), key=lambda entry: entry.name
                )
        except OSError as error:
            why = f"the folder cannot be listed ({error.strerror})"
            if not folder:
                raise FileError(why, "check its permissions", self._root) from None
            self.unlisted.append(Left(folder, why))
            return []

    def _sort_in(
        self,
        entry: os.DirEntry[str],
        name: str,
        found: list[str],
        waiting: list[str],
        links: list[tuple[str, str]],
        seen: set[str],
    ) -> None:
        try:
            linked = entry.is_symlink() or getattr(entry, "is_junction", lambda: False)()
            real = os.path.realpath(entry.path) if linked else entry.path
            if linked and not _is_below(real, self._root):
                return
            if real in self._skip:
                return
            if entry.is_dir():
                if linked:
                    links.append((name, real))
                elif real not in seen:
                    seen.add(real)
                    waiting.append(name)
            elif linked and not os.path.lexists(real):
                self.unlisted.append(Left(name, "the file that this link leads to is missing"))
            elif entry.is_file():
                found.append(name)
            else:
                self.unlisted.append(Left(name, "it is no plain file"))
        except OSError as error:
            self.unlisted.append(Left(name, f"it cannot be looked at ({error.strerror})"))


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.startswith(".") or name == "__MACOSX" or name.lower().endswith(".annotations"):
        return True
    if sys.platform != "win32":
        return False
    try:
        return bool(entry.stat(follow_symlinks=False).st_file_attributes & stat.FILE_ATTRIBUTE_HIDDEN)
    except OSError:
        return False
