"""Timecodes ``HH:MM:SS:FF.sss``, whoever counted the frames: what FF and ``.sss`` mean is decided
from all rows together, never from one.

Live Link Face counts sixtieths, also in takes of 30 frames a second, and ``.sss`` is a fraction of
one.  Others count the frames of a second (24, 25, 29.97, 30 …), write milliseconds where FF stands
or after it, or a running number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from viewer.core.errors import TrackError
from viewer.core.formats.counting import BASE, TimecodeFields, Writer, seconds_of
from viewer.core.track import TimeArray

DAY = 86400.0

_PATTERN = re.compile(r"\s*(\d{1,7}):(\d{1,3}):(\d{1,5})(?:(?P<mark>[:;])(\d{1,4}))?(?:[.,:](\d{1,12}))?\s*")


def parse(texts: Sequence[str], notes: list[str], writer: Writer | None = None) -> TimeArray:
    """Seconds (R,) float64 of each timecode, NaN where a text is none.

    What FF and the digits after it count is found out from all rows and ``writer``, what else is
    known of who wrote them (see :func:`~viewer.core.formats.counting.seconds_of`).  Whatever is not
    as the app writes it goes to ``notes``.
    """
    if not len(texts):
        return np.zeros(0)
    fields = _same_shape(texts) or _any_shape(texts)
    known = fields.seconds >= 0
    with_frames = known & (fields.frames >= 0)
    out = np.where(known, fields.seconds + fields.fraction, np.nan)
    if with_frames.any():
        whole = bool(with_frames.all())
        out[with_frames] = seconds_of(fields if whole else fields.some(with_frames), notes, writer)
    return out


def looks_like_one(text: str) -> bool:
    """Whether a text is a timecode or the time of a clock."""
    return _PATTERN.fullmatch(text) is not None


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
    notes.append("the recording passes midnight; its times continue")
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


def _same_shape(texts: Sequence[str]) -> TimecodeFields | None:
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
    groups = ((1, 0, 3600), (2, 0, 60), (3, 0, 1), (5, 1, 1), (6, 2, 1))
    for group, number, scale in groups:
        begin, end = shape.span(group)
        for place in range(begin, end):
            numbers[number] += digits[at[place]] * (scale * 10 ** (end - 1 - place))
    frames = numbers[1] if shape[5] else np.full(len(texts), -1, np.int64)
    places = len(shape[6] or "")
    return TimecodeFields(
        numbers[0], frames, numbers[2] / 10.0**places, len(shape[5] or ""), places, shape["mark"] == ";"
    )


def _any_shape(texts: Sequence[str]) -> TimecodeFields:
    rows = len(texts)
    seconds, frames = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64)
    fraction = np.zeros(rows)
    widths, places, marks = set(), set(), set()
    for row, text in enumerate(texts):
        found = _PATTERN.fullmatch(text)
        if found is None:
            continue
        hours, minutes, whole, mark, frame, part = found.groups()
        seconds[row] = int(hours) * 3600 + int(minutes) * 60 + int(whole)
        if frame is not None:
            frames[row] = int(frame)
            widths.add(len(frame))
            marks.add(mark)
        if part is not None:
            fraction[row] = int(part) / 10.0 ** len(part)
            places.add(len(part))
    return TimecodeFields(
        seconds, frames, fraction, min(widths, default=0), max(places, default=0), marks == {";"}
    )
