"""Where the files of a clip lie, and which of the paths named in a file may be followed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.names import identity
from annotator.core.storage.inside import inside
from annotator.core.storage.media_roots import NO_ROOTS, MediaRoots, not_declared
from viewer.core.errors import DatasetError, FileError
from viewer.core.files import is_file, open_plain

VIDEO_SUFFIXES = tuple(
    ".mp4 .mov .m4v .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .vob .3gp .3g2 .wmv .asf .flv .f4v .ogv .mxf "
    ".dv .nut .ivf .y4m .h264 .hevc .gif".split()
)
"""How the names of videos end, those first that are meant where a track has several beside it: whatever
the reader of videos opens, by the command line and in the window alike."""

TRACK_SUFFIXES = (".csv", ".json", ".jsonl", ".txt", ".npy", ".npz", ".parquet")
"""How the names of tracks end, those first that are meant where a video has several beside it."""

PLAIN_TRACKS = (".csv", ".npy", ".npz")
"""Of files that are tracks as a rule; a JSON or a text may be anything."""

OPENED_FILES = f"Video or track (*{' *'.join([*VIDEO_SUFFIXES, *TRACK_SUFFIXES])})"
"""The filter of every dialog that asks for a video or a track."""

_ENDS = 65536


@dataclass(frozen=True)
class ClipPlace:
    """The files of one clip and one annotator, whose name is spelled as in the file that is there.

    ``folder`` is what the clip's ``video`` and ``track`` are relative to; of what lies outside ``root``
    only files in the media ``roots`` are opened.  ``clip_file`` is None for a file opened without a
    dataset: then the clip's words are kept in the annotation file.
    """

    id: str
    annotator_id: str
    root: Path
    folder: Path
    clip_file: Path | None
    annotation_file: Path
    takes_folder: Path
    roots: MediaRoots = NO_ROOTS

    @property
    def person(self) -> str:
        """Who the annotator is, however the name is spelled."""
        return identity(self.annotator_id)

    def take_file(self, id: str) -> Path:
        """The JSON file of a take."""
        return self.takes_folder / f"{id}.json"

    def take_track(self, id: str) -> Path:
        """The CSV track of a take."""
        return self.takes_folder / f"{id}.csv"

    def file(self, relative: str) -> Path:
        """The existing file that clip.json names: below the clip's folder, or in a media root.

        Raises :class:`DatasetError` when it lies outside the dataset and its roots,
        :class:`FileError` when it is not there and
        :class:`~annotator.core.storage.media_roots.MissingRootError` when its root is not.
        """
        in_root = self.roots.file(relative)
        if in_root is not None:
            return in_root
        path = inside(self.root, self.folder, relative)
        if not is_file(path):
            undeclared = not_declared(relative)
            if undeclared is not None:
                raise undeclared
            raise FileError(
                "the file is missing", "put it back or choose another one in the clip's settings", path
            )
        return path

    def relative(self, path: Path) -> str:
        """How clip.json names ``path``, which must lie under ``root`` or in a media root."""
        if not path.resolve().is_relative_to(self.root.resolve()):
            reference = self.roots.reference(path)
            if reference is not None:
                return reference
        try:
            target = path.resolve()
            inside(self.root, self.root, target.relative_to(self.root.resolve()).as_posix())
        except ValueError:
            raise DatasetError(
                "the file is outside the dataset folder", "copy it into the dataset folder", path
            ) from None
        base, up = self.folder.resolve(), 0
        while not target.is_relative_to(base):
            base, up = base.parent, up + 1
        return "../" * up + target.relative_to(base).as_posix()


def is_clip_id(id: str) -> bool:
    """Whether ``id`` names a folder directly under clips/."""
    return bool(id) and not id.startswith(".") and not re.search(r"[/\\\0:]", id)


def fingerprint(video: Path) -> dict[str, Any]:
    """What tells one video from another without reading all of it: name, bytes, and the SHA-256 of
    its first and last 64 KiB.  Raises :class:`FileError`."""
    digest = hashlib.sha256()
    with open_plain(video) as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return {"name": video.name, "bytes": size, "sha256_ends": digest.hexdigest()}


def same_video(one: Any, other: Any) -> bool:
    """Whether two fingerprints may be of one video.  Names may differ; unknown ones match."""
    if not one or not other:
        return True
    keys = ("bytes", "sha256_ends")
    return all(one.get(key) == other.get(key) for key in keys if key in one and key in other)


def videos_among(files: Iterable[Path]) -> list[Path]:
    """The videos of a folder by their names; a GIF beside others is a preview of them."""
    videos = [file for file in files if file.suffix.lower() in VIDEO_SUFFIXES]
    others = [file for file in videos if file.suffix.lower() != ".gif"]
    return others or videos


def sibling(path: Path, suffixes: tuple[str, ...]) -> Path | None:
    """The file beside ``path`` with the same stem and the first of ``suffixes``, whatever their case."""
    try:
        others = sorted(
            other
            for other in path.parent.iterdir()
            if other.stem == path.stem
            and other != path
            and other.suffix.lower() in suffixes
            and other.is_file()
        )
    except OSError:
        return None
    others.sort(key=lambda other: suffixes.index(other.suffix.lower()))
    return others[0] if others else None
