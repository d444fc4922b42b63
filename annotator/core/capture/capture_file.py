"""A captured track in its file, with its sidecar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotator.core.capture.capture import Captured
from viewer.core.cancel import CancelToken
from viewer.core.files import WriteError, atomic_write, make_folder_of, read_text
from viewer.core.formats import format_to_write, write
from viewer.core.formats.sidecar import sidecar_path

_LIMIT = 2**20


def check_target(target: Path) -> None:
    """Raise before long work what :func:`write_captured` would raise after it."""
    format_to_write(target)
    make_folder_of(target)
    beside = sidecar_path(target)
    if beside.exists() and "pose_unit" not in _known(beside):
        raise WriteError(
            f"{beside.name} is another file, but what was captured is told there",
            "move it away or choose another name",
            target,
        )


def write_captured(captured: Captured, target: Path, cancel: CancelToken | None = None) -> dict[str, Any]:
    """Write the track and, beside it, where it comes from; the report.

    Raises as :func:`viewer.core.formats.write`.
    """
    check_target(target)
    written = write(captured.track, target, cancel=cancel)
    notes = [*captured.report["notes"], *written.notes]
    report = {"written": str(target), **captured.report, "notes": notes}
    if written.frames != captured.report["frames"]:
        report["notes"].append(f"the format holds {written.frames} of the frames")
    beside = sidecar_path(target)
    # The name alone: the file may be moved, and a path would tell of this machine.
    said = {"pose_unit": written.pose_unit or "radians", **report, "written": target.name}
    atomic_write(beside, json.dumps(said, ensure_ascii=False, indent=2) + "\n")
    return report


def _known(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_text(path, _LIMIT))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
