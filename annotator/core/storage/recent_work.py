"""What was worked on lately: what lies there now, and a small picture of it."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from annotator.core.storage.dataset_settings import read_settings
from annotator.core.storage.inside import inside
from annotator.core.storage.json_files import read_object
from annotator.core.storage.media_roots import MediaRoots
from annotator.core.storage.places import VIDEO_SUFFIXES
from annotator.core.storage.state_folder import state_folder
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write
from viewer.core.opencv import cv2
from viewer.core.still import still

log = logging.getLogger(__name__)

WIDTH, HEIGHT = 384, 216
"""Of a picture at most, in pixels: twice what the start page needs, for fine screens."""

_LOOKED_AT = 8
"""Clips of a dataset in which a video is looked for."""

Kind = Literal["dataset", "video", "track", "missing"]


@dataclass(frozen=True)
class RecentWork:
    """What lies at ``path`` now: its ``name``, what is said ``about`` it, and a ``video`` of it, if any."""

    path: Path
    kind: Kind
    name: str
    about: str
    video: Path | None = None


def look_at(path: Path) -> RecentWork:
    """What lies at ``path``; never raises, and reads little: it may be a slow shared drive."""
    name = (path.parent if path.name == "dataset.json" else path).name or str(path)
    try:
        root = path.parent if path.name == "dataset.json" else path
        if (root / "dataset.json").is_file():
            ids = sorted(entry.name for entry in os.scandir(root / "clips") if entry.is_dir())
            count = "1 clip" if len(ids) == 1 else f"{len(ids)} clips"
            return RecentWork(path, "dataset", name, count, next(_videos(root, ids[:_LOOKED_AT]), None))
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            return RecentWork(path, "video", name, "Video", path)
        if path.exists():
            return RecentWork(path, "track", name, "Recording" if path.is_dir() else "Track")
    except OSError:
        log.debug("%s cannot be looked at", path, exc_info=True)
    return RecentWork(path, "missing", name, "Not found here now")


def _videos(root: Path, ids: Collection[str]) -> Iterator[Path]:
    """The videos of these clips that are there."""
    roots = MediaRoots()
    with contextlib.suppress(StudioError):
        roots = MediaRoots(read_settings(root / "dataset.json").media_roots)
    for id in ids:
        folder = root / "clips" / id
        try:
            named = read_object(folder / "clip.json").get("video")
            if isinstance(named, str) and named:
                video = roots.file(named) or inside(root, folder, named)
                if video.is_file():
                    yield video
        except StudioError:
            continue


def picture_of(work: RecentWork) -> NDArray[np.uint8] | None:
    """A picture of its video, (H, W, 3) uint8 RGB within WIDTH by HEIGHT, made once and kept in the state
    folder; None where there is none."""
    if work.video is None:
        return None
    try:
        kept = _kept(work.video)
        if kept.is_file():
            found = cv2.imdecode(np.frombuffer(kept.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            if found is not None:
                return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)
        made = still(work.video, WIDTH, HEIGHT)
        _ok, packed = cv2.imencode(".jpg", cv2.cvtColor(made, cv2.COLOR_RGB2BGR))
        atomic_write(kept, packed.tobytes())
    except (StudioError, OSError):
        log.debug("no picture of %s", work.video, exc_info=True)
        return None
    return made


def keep_pictures_of(works: Collection[RecentWork]) -> None:
    """Delete the pictures of everything else; what cannot be deleted stays."""
    try:
        wanted = {_kept(work.video).name for work in works if work.video is not None}
        for file in _folder().glob("*.jpg"):
            if file.name not in wanted:
                file.unlink(missing_ok=True)
    except OSError:
        log.debug("pictures could not be tidied", exc_info=True)


def _folder() -> Path:
    return state_folder() / "pictures"


def _kept(video: Path) -> Path:
    """Where the picture of a video as it is now is kept."""
    facts = video.stat()
    known_by = f"{video.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}"
    return _folder() / f"{hashlib.sha256(known_by.encode(errors='replace')).hexdigest()[:32]}.jpg"
