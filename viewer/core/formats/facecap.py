"""Face Cap TXT (Bannaflak): lines ``k,ms,position 3,rotation 3,left eye 2,right eye 2,52 weights``,
angles in degrees, and a line ``bs,…`` with the names of the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT, match
from viewer.core.errors import TrackError
from viewer.core.files import read_text
from viewer.core.formats import clock
from viewer.core.formats.json_file import note_missing
from viewer.core.formats.rows import without_percent
from viewer.core.formats.table import as_values, count_words, head_text, lines_of, order
from viewer.core.track import Track

# The app's own order, as its sample head lists its targets.
DEFAULT_NAMES = """
browInnerUp browDown_L browDown_R browOuterUp_L browOuterUp_R eyeLookUp_L eyeLookUp_R eyeLookDown_L
eyeLookDown_R eyeLookIn_L eyeLookIn_R eyeLookOut_L eyeLookOut_R eyeBlink_L eyeBlink_R eyeSquint_L
eyeSquint_R eyeWide_L eyeWide_R cheekPuff cheekSquint_L cheekSquint_R noseSneer_L noseSneer_R jawOpen
jawForward jawLeft jawRight mouthFunnel mouthPucker mouthLeft mouthRight mouthRollUpper mouthRollLower
mouthShrugUpper mouthShrugLower mouthClose mouthSmile_L mouthSmile_R mouthFrown_L mouthFrown_R
mouthDimple_L mouthDimple_R mouthUpperUp_L mouthUpperUp_R mouthLowerDown_L mouthLowerDown_R
mouthPress_L mouthPress_R mouthStretch_L mouthStretch_R tongueOut
""".split()
_ANGLES = ("HeadPitch", "HeadYaw", "HeadRoll", "LeftEyePitch", "LeftEyeYaw", "RightEyePitch", "RightEyeYaw")
_BEFORE_ANGLES = 3
_BEFORE_WEIGHTS = 10


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read a Face Cap recording: rotations about x, y, z are pitch, yaw, roll in degrees; the
    eyes have no roll; the head's position is left out.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    text = read_text(path)
    head_text(text[:4096].encode("utf-8", "replace"), path)
    names: list[str] = []
    rows: list[list[float]] = []
    damaged = 0
    for at, line in enumerate(lines_of(text)):
        if cancel is not None and at % 500 == 0:
            cancel.check()
        kind, _, rest = line.partition(",")
        kind = kind.strip().lower()
        if kind == "bs":
            names = [name.strip() for name in rest.split(",") if name.strip()]
        elif kind == "k":
            try:
                rows.append([float(cell) for cell in rest.rstrip(", \t").split(",")])
            except ValueError:
                damaged += 1
    notes: list[str] = []
    if not names:
        names = list(DEFAULT_NAMES)
        notes.append("does not name its weights; Face Cap's own order assumed")
    width = 1 + _BEFORE_WEIGHTS + len(names)
    full = [row for row in rows if len(row) == width and np.isfinite(row[0])]
    damaged += len(rows) - len(full)
    if damaged:
        notes.append(f"{count_words(damaged, 'line')} cut short or damaged; left out")
    if not full:
        raise TrackError("holds no whole Face Cap frame", "choose a Face Cap TXT recording", path)
    table = np.array(full, np.float64)
    times, poses, weights = np.split(table, [1, 1 + _BEFORE_WEIGHTS], axis=1)
    values = np.zeros((len(full), CHANNEL_COUNT), np.float32)
    present = np.zeros(CHANNEL_COUNT, bool)
    foreign = []
    for column, name in enumerate(names):
        channel = match(name)
        if channel is None or channel.index >= SHAPE_COUNT or present[channel.index]:
            foreign.append(name)
            continue
        values[:, channel.index] = as_values(weights[:, column])
        present[channel.index] = True
    if not present.any():
        raise TrackError("names none of the 52 shapes", "choose a Face Cap TXT recording", path)
    for column, angle in enumerate(_ANGLES):
        values[:, INDEX[angle]] = as_values(poses[:, _BEFORE_ANGLES + column])
        present[INDEX[angle]] = True
    note_missing(present, foreign, notes)
    valid = np.asarray(np.isfinite(values).all(axis=1))
    values = without_percent(values, valid, notes)
    seconds = clock.in_seconds("k", times[:, 0], notes, stated=1000.0)
    times, values, valid = order(seconds, values, valid, notes)
    return Track.build(
        times,
        values,
        valid,
        present=present,
        name=path.stem,
        format="facecap",
        meta={"notes": notes},
    )
