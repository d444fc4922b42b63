"""A moment of the clip as a person types it: a frame, seconds, minutes and seconds, or how far from here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from annotator.session.playback import Playback
from viewer.transport_bar import format_timecode

ASK = "Type a frame (120), seconds (4.5 or 4s), a time (1:02.5), or how far from here (+10, −0.5, +0:30)."

_SIGN = re.compile(r"^\s*([+\-−])\s*")
_FRAME = re.compile(r"(?:f|frame)?\s*(\d+)", re.IGNORECASE)
_SECONDS = re.compile(r"(\d*[.,]\d*|\d+)\s*s?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d*)?)")


@dataclass(frozen=True)
class Moment:
    """A time in the clip in seconds, the begin of a frame where it has frames, and that frame's number."""

    time_in_clip: float
    frame: int | None

    @property
    def words(self) -> str:
        """The moment as it is shown."""
        at = format_timecode(self.time_in_clip)
        return at if self.frame is None else f"Frame {self.frame}, at {at}"


def moment_in(text: str, playback: Playback) -> Moment | str:
    """The moment that was typed, or what is wrong with it.

    A whole number is a frame, counted from 0; with a point, a comma or an ``s`` it is seconds; with colons
    hours, minutes and seconds.  After a sign it is how far from the playhead.
    """
    text = text.strip()
    sign = _SIGN.match(text)
    rest = text[sign.end() :] if sign else text
    direction = 0 if sign is None else 1 if sign[1] == "+" else -1
    if not rest:
        return ASK
    frames = _FRAME.fullmatch(rest)
    if frames:
        return _frame(_number(frames[1]), direction, playback)
    seconds = _seconds(rest)
    if seconds is None:
        return f"“{text}” is neither a frame nor a time. {ASK}"
    return _time(seconds, direction, playback)


def _seconds(text: str) -> float | None:
    clock, plain = _CLOCK.fullmatch(text), _SECONDS.fullmatch(text)
    if clock:
        hours, minutes, seconds = (_number(part or "0") for part in clock.groups())
        return (
            None if seconds >= 60 or (clock[1] and minutes >= 60) else hours * 3600 + minutes * 60 + seconds
        )
    if plain and any(letter.isdigit() for letter in plain[1]):
        return _number(plain[1])
    return None


def _number(digits: str) -> float:
    number = float(digits.replace(",", "."))
    return number if math.isfinite(number) else 1e300


def _frame(count: float, direction: int, playback: Playback) -> Moment | str:
    if not playback.frames:
        return "The clip has no frames: type seconds, as 4.5, or a time, as 1:02.5."
    wanted = playback.frame_at(playback.time) + direction * count if direction else count
    last = playback.frames - 1
    if not 0 <= wanted <= last:
        return f"There is no frame {_shown(wanted)}: the clip has the frames 0 to {last}."
    return Moment(float(playback.frame_times[int(wanted)]), int(wanted))


def _time(seconds: float, direction: int, playback: Playback) -> Moment | str:
    wanted = playback.time + direction * seconds if direction else seconds
    if wanted > playback.duration + 1e-6:
        return f"The clip ends at {format_timecode(playback.duration)}."
    if wanted < -1e-6:
        return f"The clip begins {-wanted:.3f} s after that."
    wanted = min(max(wanted, 0.0), playback.duration)
    if wanted > playback.last_moment:
        return Moment(wanted, None)
    return Moment(*playback.frame_time(wanted))


def _shown(frame: float) -> str:
    return f"{frame:.0f}" if abs(frame) < 1e9 else "of that number"
