"""A script for Blender that puts a track on any mesh with ARKit's shape keys.  Written, never read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, INDEX, SHAPES
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write
from viewer.core.formats.beat import shortest
from viewer.core.resources import resource
from viewer.core.track import Track

_HEAD = slice(INDEX["HeadYaw"], INDEX["HeadYaw"] + 3)
_MARK = "\n# Written by KeyframeFace Studio for Blender"


def begins(text: str) -> bool:
    """Whether a text that begins so is a script of ours."""
    return text.startswith("# ") and _MARK in text[:4096]


def read(path: Path, cancel: CancelToken | None = None) -> NoReturn:
    """Raises :class:`TrackError`: a program is not run to find out what it would do."""
    raise TrackError(
        "is a script for Blender, which is only written", "choose the track it was made of", path
    )


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write the script, with the values in it.  ``track`` has its rotations in degrees.  A lost frame and a
    channel that was never measured get no key.

    Raises :class:`TrackError` where all frames are lost, :class:`~viewer.core.errors.FileError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    kept = np.flatnonzero(track.valid)
    if not kept.size:
        raise TrackError("the face is lost in all of its frames", "choose another track", path)
    shapes = [channel for channel in SHAPES if track.present[channel.index]]
    weights: list[list[float]] = []
    for channel in shapes:
        if cancel is not None:
            cancel.check()
        weights.append([shortest(value) for value in track.values[kept, channel.index]])
    turned = track.values[kept, _HEAD] if track.present[_HEAD].any() else ()
    held = {
        "names": {channel.name.lower(): channel.arkit_name for channel in shapes},
        "columns": {channel.name.lower(): column for column, channel in enumerate(shapes)},
        "times": track.times[kept].tolist(),
        "weights": weights,
        "head": [[round(float(angle), 6) for angle in row] for row in turned],
        "missing": [channel.arkit_name for channel in CHANNELS if not track.present[channel.index]],
    }
    script = resource("blender", "apply_track.txt").read_text("utf-8")
    # As text within text: nothing that a track is called can become a line of the program.
    title = json.dumps(track.name or path.stem)
    script = script.replace("@TRACK@", repr(json.dumps(held)), 1).replace("@TITLE@", title, 1)
    atomic_write(path, script)


def left_out(asked: Track, fitted: Track, path: Path) -> tuple[str, ...]:
    """What has no place in the script."""
    if asked.present[_HEAD.stop :].any():
        return ("the rotations of the eyes are left out: eyes follow the eyeLook shapes",)
    return ()
