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


def path_of_url(url: str) -> str:
    """The path that a ``file:`` URL names, or the path itself."""
    if url.startswith("file:"):
        return unquote(url.removeprefix("file:"))
    return unquote(url) if "%" in url else url
