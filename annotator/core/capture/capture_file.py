"""A captured track in its file, with its sidecar and its landmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotator.core.capture.capture import Captured
from annotator.core.capture.landmark_file import check_landmark_target, landmark_path, write_landmarks
from viewer.core.cancel import CancelToken
from viewer.core.files import WriteError, atomic_write, make_folder_of, read_text
from viewer.core.formats import format_to_write, write
from viewer.core.formats.sidecar import sidecar_path

_LIMIT = 2**20


def check_target(target: Path) -> None:
    """Raise before long work what :func:`write_captured` would raise after it."""
    if format_to_write(target).name == "blender":
        raise WriteError("a script for Blender is no recording", "capture to a .csv and convert that", target)
    make_folder_of(target)
    beside = sidecar_path(target)
    if beside.exists() and "pose_unit" not in _known(beside):
        raise WriteError(
            f"{beside.name} is another file, but what was captured is told there",
            "move it away or choose another name",
            target,
        )
    check_landmark_target(target)


def write_captured(captured: Captured, target: Path, cancel: CancelToken | None = None) -> dict[str, Any]:
    """Write the track and, beside it, its landmarks and where it comes from; the report.

    Raises as :func:`viewer.core.formats.write`.
    """
    check_target(target)
    marks = landmark_path(target)
    # First, because a file of this name and kind tells that a capture was begun here.
    if captured.landmarks is not None:
        write_landmarks(marks, captured.landmarks)
    written = write(captured.track, target, cancel=cancel)
    notes = [*captured.report["notes"], *written.notes]
    kept = None if captured.landmarks is None else marks.name
    report = {"written": str(target), "landmarks": kept, **captured.report, "notes": notes}
    if written.frames != captured.report["frames"]:
        report["notes"].append(f"the format holds {written.frames} of the frames")
    if captured.landmarks is None and marks.exists():
        notes.append(f"{marks.name} is of an earlier capture, and is not used")
    beside = sidecar_path(target)
    # The name alone: the file may be moved, and a path would tell of this machine.
    said = {"pose_unit": written.pose_unit or "radians", **report, "written": target.name}
    atomic_write(beside, json.dumps(said, ensure_ascii=False, indent=2) + "\n")
    return report


def _known(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_text(path, _LIMIT))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
