"""MediaPipe's face blendshapes: columns of a CSV among many others."""

from __future__ import annotations

from pathlib import Path

from viewer.core.cancel import CancelToken
from viewer.core.channels import match
from viewer.core.formats import columns
from viewer.core.formats.rows import Beside
from viewer.core.track import Track

_LEAST_CHANNELS = 5


def is_header(header: list[str]) -> bool:
    """At least five columns are channels; or some are, one tells times or numbers frames, and there is no
    other."""
    others = [name for name in header if match(name) is None]
    found = len(header) - len(others)
    if found >= _LEAST_CHANNELS:
        return True
    known = Beside()
    places = [known.of(name) for name in others]
    timed = any(place is known.clocks or place is known.numbers for place in places)
    return found > 0 and timed and None not in places


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read the CSV.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    return columns.read(path, is_header, "mediapipe", cancel)
