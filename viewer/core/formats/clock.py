"""Columns of times: which they are by their names, and what they count by their steps.

Times come in seconds, milliseconds, microseconds and nanoseconds, as the time of a clock, as
timecodes and as dates, under many names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from viewer.core.formats import timecode
from viewer.core.formats.counting import Writer
from viewer.core.track import TimeArray

_UNITS: dict[float, tuple[str, str]] = {
    1.0: ("seconds", "s sec secs second seconds"),
    1e3: ("milliseconds", "ms msec msecs millis millisecond milliseconds"),
    1e6: ("microseconds", "us µs μs usec usecs micros microsecond microseconds"),
    1e9: ("nanoseconds", "ns nsec nanos nanosecond nanoseconds"),
    1e7: ("ticks of 100 nanoseconds", "tick ticks"),
}
"""Units a second: the name for people, and the words for it in the names of columns."""
_UNIT_OF_WORD = {word: unit for unit, (_, words) in _UNITS.items() for word in words.split()}
_GUESSED = (1.0, 1e3, 1e6, 1e9)
_TIME_WORDS = frozenset(
    "time timestamp timecode times timestamps timeline datetime clock elapsed pts".split()
)
_WHOLE_NAMES = frozenset(["t", "ts"])
_OTHER_WORDS = frozenset(
    "processing inference latency delta diff duration fps exposure delay zone reaction cost run".split()
)
_FRAME_WORDS = frozenset("frame frames".split())
_FRAME_NAMES = frozenset(["", "#", "index", "idx", "unnamed0", "frameid", "frameindex", "frameidx"])
_WORD = re.compile(r"[a-zµμ]+|\d+|#")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MINUTES = re.compile(r"\s*(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)\s*")
_NUMBER = re.compile(r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*([a-zµμ]{0,12})\s*", re.IGNORECASE)
_LEAST_STEP, _LONGEST_STEP = 0.0035, 1.2
"""Seconds between frames of a recording, by which a unit is told that no name states."""
_RECORDING = 20
"""Rows from which on steps of a few units are rather milliseconds of a fast camera than seconds
between keyframes."""
_LEAST_STATED, _LONGEST_STATED = 1e-3 - 1e-9, 12.0
"""Seconds between frames that are believed where a name or a format states the unit."""


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    spaced = name if name.isupper() else _CAMEL.sub("_", name)
    return tuple(_WORD.findall(spaced.lower()))


def is_time(name: str) -> bool:
    """Whether a column of this name may hold times."""
    words = _words(name)
    if not words or _OTHER_WORDS.intersection(words):
        return False
    if _TIME_WORDS.intersection(words):
        return True
    return all(word in _UNIT_OF_WORD or word in _WHOLE_NAMES for word in words)


def is_frame_number(name: str) -> bool:
    """Whether a column of this name may number the frames."""
    words = _words(name)
    if is_time(name) or _OTHER_WORDS.intersection(words):
        return False
    return "".join(words) in _FRAME_NAMES or bool(_FRAME_WORDS.intersection(words))


def stated_unit(name: str) -> float | None:
    """Units a second that the name of a column states; None where it states none."""
    found = [_UNIT_OF_WORD[word] for word in _words(name) if word in _UNIT_OF_WORD]
    return found[-1] if found else None


def read(
    name: str,
    cells: Sequence[str],
    notes: list[str],
    writer: Writer | None = None,
    stated: float | None = None,
) -> TimeArray | None:
    """Seconds (R,) of a column of texts, NaN where a cell is no time; None where it is no clock: fewer
    than half of its cells are times, or they all are one.  ``stated`` are the units a second of its
    numbers where the format knows them.  What had to be judged goes to ``notes``."""
    told: list[str] = []
    times = _of_texts(name, cells, told, writer, stated)
    good = times[np.isfinite(times)]
    if not good.size or 2 * good.size < len(cells) or (good.size > 1 and np.ptp(good) <= 0):
        return None
    notes.extend(told)
    return times


def in_seconds(name: str, numbers: TimeArray, notes: list[str], stated: float | None = None) -> TimeArray:
    """Seconds (R,) of the numbers of a column: in the unit that ``stated`` or its name gives, unless
    its steps would be none of a recording then; without a name for it the unit that makes them so."""
    unit = stated or stated_unit(name)
    step = _usual_step(numbers)
    if not step:
        return numbers / (unit or 1.0)
    if unit and _LEAST_STATED <= step / unit <= _LONGEST_STATED:
        return numbers / unit
    fitting = [each for each in _GUESSED if _LEAST_STEP <= step / each <= _LONGEST_STEP]
    if not unit and step <= _LONGEST_STATED and np.isfinite(numbers).sum() < _RECORDING:
        fitting = [1.0]
    judged = fitting[0] if fitting else unit or 1.0
    if judged != (unit or 1.0):
        notes.append(
            f"the times of “{name}” are read as {_UNITS[judged][0]}, as their steps of {step:g} tell"
            + (f", not as {_UNITS[unit][0]}" if unit else "")
        )
    return numbers / judged


def _usual_step(numbers: TimeArray) -> float:
    """The median distance of neighbouring values; 0 where there is but one."""
    steps = np.diff(np.unique(numbers[np.isfinite(numbers)]))
    return float(np.median(steps)) if steps.size else 0.0


def _of_texts(
    name: str,
    cells: Sequence[str],
    notes: list[str],
    writer: Writer | None,
    stated: float | None,
) -> TimeArray:
    first = next((cell for cell in cells if cell), "")
    if timecode.looks_like_one(first):
        return timecode.unwrap_midnight(timecode.parse(cells, notes, writer), notes)
    if _MINUTES.fullmatch(first):
        return _each(cells, _minutes)
    if "-" in first[1:] or "/" in first or "T" in first:
        dates = _each(cells, _date)
        if np.isfinite(dates).any():
            return dates
    number = _NUMBER.fullmatch(first)
    unit = _UNIT_OF_WORD.get(number[2].lower()) if number else None
    return in_seconds(name, numbers_of(cells), notes, unit or stated)


def numbers_of(cells: Sequence[str]) -> TimeArray:
    """The numbers (R,) float64 at the beginning of the cells, NaN where there is none."""
    try:
        return np.array(cells, np.float64)
    except ValueError:
        return _each(cells, _leading_number)


def _each(cells: Sequence[str], read_one: Callable[[str], float]) -> TimeArray:
    return np.array([read_one(cell) for cell in cells], np.float64)


def _leading_number(cell: str) -> float:
    found = _NUMBER.fullmatch(cell.replace(",", "."))
    try:
        return float(found[1]) if found else np.nan
    except ValueError:
        return np.nan


def _minutes(cell: str) -> float:
    found = _MINUTES.fullmatch(cell)
    return int(found[1]) * 60 + float(found[2].replace(",", ".")) if found else np.nan


def _date(cell: str) -> float:
    try:
        moment = datetime.fromisoformat(cell.strip().replace("/", "-"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return np.nan
