"""Which frame of a video each row of a track without times belongs to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT
from viewer.core.formats.rows import ASSUMED_FPS
from viewer.core.track import FloatArray, TimeArray, Track

_FITS = 0.02
"""The part by which two lengths may differ and still be of one recording."""
_FEW_BEYOND = 2
IndexArray = npt.NDArray[np.intp]


def with_video_times(track: Track, frame_times: TimeArray, name: str) -> Track:
    """A track without times of its own with those of the video beside it, called ``name``, whose frames
    lie at ``frame_times`` (V,) seconds: its rows belong to the frames they are numbered by, else row k to
    frame k.  Frames before the first row are lost ones.  A track that has times comes back as it is.
    What was assumed replaces the note on the assumed rate.
    """
    if not track.untimed or not frame_times.size:
        return track
    numbers = np.round((track.start + track.times) * ASSUMED_FPS).astype(np.intp)
    found = _frames(numbers, frame_times)
    notes = [note for note in track.notes if not note.startswith("its times are not stated")]
    if found is None:
        return track.replaced(
            meta={
                **track.meta,
                "notes": [
                    *track.notes,
                    f"its {len(track)} rows do not fit the {frame_times.size} frames of {name}",
                ],
            }
        )
    frames, how = found
    inside = frames < frame_times.size
    beyond = int((~inside).sum())
    if beyond:
        how += f"; {beyond} at its end left out, which have no frame"
    frames, values, valid = frames[inside], track.values[inside], track.valid[inside]
    first = int(frames[0])
    if first:
        lost = np.full((first, CHANNEL_COUNT), np.nan, np.float32)
        frames = np.concatenate([np.arange(first, dtype=np.intp), frames])
        values, valid = np.concatenate([lost, values]), np.concatenate([np.zeros(first, bool), valid])
    meta = {key: value for key, value in track.meta.items() if key != "untimed"}
    notes.insert(0, f"its times are not stated: {how} of {name}")
    return _built(track, frame_times[frames], values, valid, {**meta, "notes": notes})


def _built(
    track: Track, times: TimeArray, values: FloatArray, valid: npt.NDArray[np.bool_], meta: dict[str, object]
) -> Track:
    return Track.build(
        times, values, valid, present=track.present, name=track.name, format=track.format, meta=meta
    )


def _frames(numbers: IndexArray, frame_times: TimeArray) -> tuple[IndexArray, str] | None:
    """The frame of each row, and how that was found, in words; None where the two do not fit."""
    count, rows = frame_times.size, numbers.size
    one_by_one = bool((np.diff(numbers) == 1).all()) and numbers[0] in (0, 1)
    if one_by_one:
        if rows == count or 0 < rows - count <= max(_FEW_BEYOND, _FITS * count):
            return np.arange(rows, dtype=np.intp), "each row belongs to one frame"
        every = _subsampled(rows, count)
        if every:
            return np.arange(
                rows, dtype=np.intp
            ) * every, f"each row belongs to every {_ordinal(every)} frame"
        if rows > count:
            return None
        return numbers - numbers[0], f"row k belongs to frame k, which leaves {count - rows} frames"
    if numbers[0] < 0:
        return None
    if numbers[-1] == count:
        return numbers - 1, "the rows are numbered from 1 like the frames"
    if numbers[-1] < count + max(_FEW_BEYOND, _FITS * count):
        return numbers, "the rows are numbered like the frames"
    if numbers[-1] - numbers[0] < count:
        return numbers - numbers[0], "the rows are numbered from another first frame"
    return None


def _subsampled(rows: int, count: int) -> int:
    """Every how many frames there is a row, where that is more than one."""
    every = round(count / rows)
    return every if every > 1 and abs(rows * every - count) <= max(every, _FITS * count) else 0


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
