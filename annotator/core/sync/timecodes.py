"""The offset that the timecodes of a video and a track say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from viewer.core.track import Track
from viewer.core.video_timecode import video_timecode

_DAY = 86400.0
_SAME = 0.02


@dataclass(frozen=True)
class TimecodeOffset:
    """What timecodes say.  ``offset`` is None where they say nothing that can be used, and ``note`` why;
    else a ``note`` says what had to be assumed.  ``video`` is the timecode of the video's first frame as it
    is written, ``track`` the seconds since midnight of the track's first row."""

    offset: float | None
    video: str = ""
    track: float | None = None
    note: str = ""


def timecode_offset(path: Path, video_seconds: float, track: Track) -> TimecodeOffset:
    """The offset (s) of a track in a video of ``video_seconds``, by their timecodes.

    Raises what opening the video raises.
    """
    if track.format != "livelink" or track.untimed or track.start == 0:
        return TimecodeOffset(None, note="the track has no timecodes")
    code = video_timecode(path)
    if code is None:
        return TimecodeOffset(None, track=track.start, note="the video has no timecode")
    # Hours beyond 24 count from a phone's start: it had no clock to go by.
    if track.start >= 2 * _DAY:
        note = "the track's timecodes count from the phone's start, not the time of day"
        return TimecodeOffset(None, code.text, track.start, note)
    ways = {round(_near(track.start - seconds), 6) for seconds in (code.seconds, code.nominal)}
    fits = sorted((way for way in ways if -track.duration < way < video_seconds), key=abs)
    if not fits:
        apart = min(ways, key=abs)
        note = f"by their timecodes they were recorded {abs(apart):.1f} s apart and share no moment"
        return TimecodeOffset(None, code.text, track.start, note)
    note = ""
    if len(fits) > 1 and abs(fits[0] - fits[1]) > _SAME:
        note = (
            f"read the other way, its timecode says {fits[1]:+.3f} s: it counts 30 of 29.97 frames a second"
        )
    return TimecodeOffset(fits[0], code.text, track.start, note)


def _near(seconds: float) -> float:
    """A difference of times of day, over midnight where that is nearer."""
    return (seconds + _DAY / 2) % _DAY - _DAY / 2
