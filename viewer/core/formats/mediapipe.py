"""MediaPipe's face blendshapes: columns of a CSV among many others."""

from __future__ import annotations

from pathlib import Path

from viewer.core.cancel import CancelToken
from viewer.core.channels import match
from viewer.core.formats import columns
from viewer.core.track import Track

_LEAST_CHANNELS = 5


def is_header(header: list[str]) -> bool:
    """At least five columns are channels."""
    return sum(match(name) is not None for name in header) >= _LEAST_CHANNELS


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read the CSV.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    return columns.read(path, is_header, "mediapipe", cancel)
