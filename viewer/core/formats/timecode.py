"""Timecodes of Live Link CSV: ``HH:MM:SS:FF.sss``, FF on base 60 and ``.sss`` a fraction of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from viewer.core.errors import TrackError
from viewer.core.track import TimeArray

BASE = 60
DAY = 86400.0
_MS_ROWS = 3
"""Different frame numbers that must agree before ``.mmm`` is believed to be milliseconds."""

_PATTERN = re.compile(r"\s*(\d{1,7}):(\d{1,3}):(\d{1,5})(?:[:;](\d{1,4}))?(?:[.,:](\d{1,12}))?\s*")

IntColumn = npt.NDArray[np.int64]


class _Fields(NamedTuple):
    """Whole seconds (-1: not a timecode), frame number (-1: none), and fraction, per row."""

    seconds: IntColumn
    frames: IntColumn
    fraction: TimeArray


def parse(texts: Sequence[str], notes: list[str]) -> TimeArray:
    """Seconds (R,) float64 of each timecode, NaN where a text is none.

    Also reads ``HH:MM:SS:FF``, ``HH:MM:SS.mmm`` and ``HH:MM:SS:FF.mmm`` whose ``.mmm`` are the
    milliseconds that FF says more coarsely, and frames counted on another base than 60, where
    the rows prove it.  What was found goes to ``notes``.
    """
    if not len(texts):
        return np.zeros(0)
    fields = _same_shape(texts) or _any_shape(texts)
    known = fields.seconds >= 0
    with_frames = known & (fields.frames >= 0)
    out = np.where(known, fields.seconds + fields.fraction, np.nan)
    if not with_frames.any():
        return out
    frames, fraction = fields.frames[with_frames], fields.fraction[with_frames]
    if _are_milliseconds(frames, fraction):
        notes.append("the timecodes end in milliseconds, not in a fraction of a frame")
        return out
    base = _counting_base(fields.seconds[with_frames], frames, fraction)
    if base != BASE:
        notes.append(f"the timecodes count {base} frames a second, not {BASE}")
    elif frames.max() >= BASE:
        notes.append(f"frame numbers above {BASE - 1} were read as sixtieths of a second")
    out[with_frames] = fields.seconds[with_frames] + (frames + fraction) / base
    return out


def unwrap_midnight(times: TimeArray, notes: list[str]) -> TimeArray:
    """Let times of day run on past midnight: a jump of more than half a day is a change of day.
    Hours beyond 24 count from the phone's start and never wrap."""
    finite = np.isfinite(times)
    seen = times[finite]
    if not seen.size or seen.max() >= DAY or seen.max() - seen.min() <= DAY / 2:
        return times
    out = times.copy()
    out[finite] = np.unwrap(seen, period=DAY)
    if np.array_equal(out[finite], seen):
        return times
    notes.append("the recording passes midnight; its times run on")
    return out + DAY if out[finite].min() < 0 else out


def texts(start: float, times: TimeArray) -> list[str]:
    """Timecodes of frames at ``times`` (F,) seconds after ``start``, never two alike.

    Three digits of a subframe, more only where frames lie closer than that.  Raises
    :class:`TrackError` for times no timecode can say.
    """
    if not 0 <= start < 1e9:
        start = start % DAY if np.isfinite(start) else 0.0
    if times.size and float(times[-1]) > 1e8:
        raise TrackError("lasts longer than timecodes can say", "cut the track or convert a part of it")
    for digits in (3, 6, 8):
        scale = BASE * 10**digits
        # The first frame is rounded once, the others relative to it: their distances stay exact.
        ticks = round(start * scale) + np.round(times * scale).astype(np.int64)
        if not (np.diff(ticks) <= 0).any():
            break
    else:
        order = np.arange(ticks.size)
        ticks = np.maximum.accumulate(ticks - order) + order
    frames, part = np.divmod(ticks, 10**digits)
    seconds, frames = np.divmod(frames, BASE)
    minutes, seconds = np.divmod(seconds, 60)
    hours, minutes = np.divmod(minutes, 60)
    layout = f"%02d:%02d:%02d:%02d.%0{digits}d"
    columns = (column.tolist() for column in (hours, minutes, seconds, frames, part))
    return [layout % row for row in zip(*columns, strict=True)]


def _same_shape(texts: Sequence[str]) -> _Fields | None:
    """All timecodes at once when they are laid out like the first one, as a recorder's are."""
    shape = _PATTERN.fullmatch(texts[0])
    if shape is None or "\n" in texts[0]:
        return None
    try:
        packed = np.frombuffer(("\n".join(texts) + "\n").encode("ascii"), np.uint8)
    except UnicodeEncodeError:
        return None
    width = len(texts[0]) + 1
    if packed.size != width * len(texts):
        return None
    # The line ends stand in one column exactly where every text is as long as the first.
    letters = packed.reshape(len(texts), width)
    first = letters[0]
    is_digit = (first >= 48) & (first <= 57)
    digits = letters[:, is_digit] - np.uint8(48)
    if (digits > 9).any() or (letters[:, ~is_digit] != first[~is_digit]).any():
        return None
    at = np.cumsum(is_digit) - 1
    digits = np.ascontiguousarray(digits.T, np.int64)
    # Whole seconds, frames and fraction are sums of digits times a weight.
    numbers = np.zeros((3, len(texts)), np.int64)
    for group, (number, scale) in enumerate(((0, 3600), (0, 60), (0, 1), (1, 1), (2, 1)), start=1):
        begin, end = shape.span(group)
        for place in range(begin, end):
            numbers[number] += digits[at[place]] * (scale * 10 ** (end - 1 - place))
    frames = numbers[1] if shape[4] else np.full(len(texts), -1, np.int64)
    return _Fields(numbers[0], frames, numbers[2] / 10.0 ** len(shape[5] or ""))


def _any_shape(texts: Sequence[str]) -> _Fields:
    rows = len(texts)
    seconds, frames = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64)
    fraction = np.zeros(rows)
    for row, text in enumerate(texts):
        found = _PATTERN.fullmatch(text)
        if found is None:
            continue
        hours, minutes, whole, frame, part = found.groups()
        seconds[row] = int(hours) * 3600 + int(minutes) * 60 + int(whole)
        if frame is not None:
            frames[row] = int(frame)
        if part is not None:
            fraction[row] = int(part) / 10.0 ** len(part)
    return _Fields(seconds, frames, fraction)


def _are_milliseconds(frames: IntColumn, fraction: TimeArray) -> bool:
    """True when the fraction of the second falls into the frame that FF names, in every row."""
    if np.unique(frames).size < _MS_ROWS:
        return False
    return any(
        bool(np.all(np.abs((fraction + 5e-4) * base - frames - 0.5) <= 0.55)) for base in (60, 30, 25, 24)
    )


def _counting_base(seconds: IntColumn, frames: IntColumn, fraction: TimeArray) -> int:
    """60, unless every second runs through 0 … B-1 without a hole, as some exporters count."""
    base = int(frames.max()) + 1
    if base not in (24, 25, 30, 48, 50) or fraction.any():
        return BASE
    steps = np.diff(seconds * base + frames)
    return base if np.all(steps == 1) and seconds[-1] - seconds[0] >= 2 else BASE
