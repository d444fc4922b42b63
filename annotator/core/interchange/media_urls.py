"""How files of other tools name the video they belong to."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote

_TYPES = {".mov": "video/quicktime", ".mkv": "video/x-matroska", ".mp4": "video/mp4", ".m4v": "video/mp4"}


def mime_type_of(video: Path) -> str:
    """The kind of a video by its name."""
    known = _TYPES.get(video.suffix.lower())
    return known or mimetypes.guess_type(f"video{video.suffix.lower()}")[0] or "video/unknown"


def url_of(path: Path) -> str:
    """A path as ELAN writes URLs: nothing in it is escaped, or ELAN would not find the file."""
    text = path.as_posix()
    return f"file://{text}" if text.startswith("/") else f"file:///{text}"


def paths_of_url(url: str) -> list[str]:
    """The paths that a ``file:`` URL, or a path, may stand for: as it is written, and with escapes undone."""
    path = url.removeprefix("file:")
    return list(dict.fromkeys((path, unquote(path))))
