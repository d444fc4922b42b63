"""From rows of named cells to a track: whose face it is, which frames lost it, when they were, and
whether weights are percent.

Tables and JSON of many origins come here as the same :class:`Rows`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.errors import TrackError
from viewer.core.formats import clock
from viewer.core.formats.counting import Writer
from viewer.core.formats.json_file import note_missing
from viewer.core.formats.table import NumberTable, as_values, count_words, order
from viewer.core.track import BoolArray, FloatArray, TimeArray, Track

ASSUMED_FPS = 30.0
FOREIGN_SHOWN = 64
"""More further names than this are a feature table (landmarks, …): not worth a note."""
NEUTRAL = "_neutral"
"""MediaPipe's first name, which is no channel."""
UNIT_NAMES = frozenset(["pose_unit", "poseunit"])
"""Lower-case names under which a file states the unit of its rotations."""
_FLAGS = frozenset(
    """facedetected facefound facetracked facevisible facepresent facevalid hasface isface detected istracked
    tracked tracking success valid isvalid trackingsuccess facesuccess facedetectionsuccess visible""".split()
)
_CONFIDENCES = frozenset(
    """confidence faceconfidence detectionconfidence trackingconfidence facescore detectionscore score
    facecount facescount numfaces nfaces numberoffaces facesdetected blendshapecount numproperties""".split()
)
_PERSONS = frozenset(
    """faceid face faceindex faceidx facenumber faceno facenr person personid personindex trackid trackingid
    subject subjectid identity speaker speakerid actor""".split()
)
_LOST_FLAGS = frozenset("lost facelost islost noface trackinglost".split())
"""These say the opposite."""
_STATES = frozenset("status trackingstatus trackingstate facestatus facestate detectionstatus".split())
"""Of these only a word for it counts: what their numbers mean is their writer's affair."""
_LOST_WORDS = frozenset("lost nottracking nottracked notracking notdetected nodetection noface".split())
_NO = frozenset("0 0.0 false f no n none null".split()) | _LOST_WORDS
_YES = frozenset("1 1.0 true t yes y".split()) | _LOST_WORDS
_RATES = frozenset("fps framerate framespersecond".split())
_LEAST_RATE, _MOST_RATE = 1.0, 1000.0
_FEW_NUMBERS = 3
KEPT_WEIGHTS = "its weights reach"
"""How it begins to be told that weights are far beyond 1."""
_PERCENT_ROWS = 8
_PERCENT_SHARE = 0.1
_PERCENT_FROM, _PERCENT_TO = 2.0, 130.0
_BEYOND_ONE = 1.2

Column = tuple[str, Sequence[str]]
"""A column's name and its R cells as texts."""


@dataclass(frozen=True)
class Beside:
    """The columns beside the channels: those that may hold times and frame numbers, best first, that tell
    whether the face was found, that tell people apart, and that state the frame rate."""

    clocks: list[Column] = field(default_factory=list)
    numbers: list[Column] = field(default_factory=list)
    flags: list[Column] = field(default_factory=list)
    persons: list[Column] = field(default_factory=list)
    rates: list[Column] = field(default_factory=list)

    def of(self, name: str) -> list[Column] | None:
        """Which of them a column of this name belongs to; None where it is not read."""
        if clock.is_time(name):
            return self.clocks
        if clock.is_frame_number(name):
            return self.numbers
        if is_flag(name):
            return self.flags
        if _compact(name) in _RATES:
            return self.rates
        return self.persons if is_person(name) else None


@dataclass
class Rows:
    """R rows as a file has them.

    Attributes
    ----------
    channels : list of int
        The channel of each column of ``cells``.
    cells : (R, C) array
        Their numbers, NaN where there is none.
    beside : Beside
        Its other columns that are read.
    fps : float or None
        The frame rate that the file states.
    unit : float or None
        Units a second of its times, where the format states them.
    start : float
        What the file adds to its times, in seconds.
    pose_unit : str or None
        The unit of rotations that the file states.
    writer : Writer or None
        What is known of who wrote its timecodes.
    foreign : list of str
        Names that were not read.
    """

    path: Path
    channels: list[int]
    cells: NumberTable
    beside: Beside = field(default_factory=Beside)
    fps: float | None = None
    unit: float | None = None
    start: float = 0.0
    pose_unit: str | None = None
    writer: Writer | None = None
    foreign: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_flag(name: str) -> bool:
    """Whether a column of this name tells which frames have a face."""
    return _compact(name) in _FLAGS | _CONFIDENCES | _LOST_FLAGS | _STATES


def is_person(name: str) -> bool:
    """Whether a column of this name tells faces apart."""
    return _compact(name) in _PERSONS


def to_track(rows: Rows, format: str) -> Track:
    """The track of one face of the rows.  What had to be judged or left out is in its notes.

    Raises :class:`TrackError` where there is no frame.
    """
    notes = rows.notes
    one = _one_person(rows)
    cells = rows.cells[one]
    lost = _lost(rows, one)
    times, untimed = _times(rows, one)
    times = times[one]
    kept = _kept(times, cells, lost, untimed, notes)
    if not kept.any():
        raise TrackError("has a header but no frame", "choose a file with at least one frame", rows.path)
    times, cells, lost = times[kept], cells[kept], lost[kept]
    first = _first_faces(times, cells, bool(rows.beside.numbers), notes)
    times, cells, lost = times[first], cells[first], lost[first]

    hollow = ~np.isfinite(cells).any(axis=0)
    present = np.zeros(CHANNEL_COUNT, bool)
    known = np.array(rows.channels, np.intp)
    present[known[~hollow]] = True
    values = np.zeros((len(cells), CHANNEL_COUNT), np.float32)
    values[:, known[~hollow]] = as_values(cells[:, ~hollow])
    note_missing(present, rows.foreign, notes)
    valid = np.asarray(np.isfinite(values).all(axis=1) & (not hollow.all()) & ~lost)
    values = without_percent(values, valid, notes)
    if not rows.beside.flags:
        _tell_blank(values, valid, notes)
    times, values, valid = order(times, values, valid, notes)
    meta: dict[str, object] = {"notes": notes}
    if untimed:
        meta["untimed"] = True
    if rows.pose_unit is not None:
        meta["pose_unit"] = rows.pose_unit
    return Track.build(
        times,
        values,
        valid,
        present=present,
        name=rows.path.stem,
        format=format,
        start=rows.start,
        meta=meta,
    )


def _kept(
    times: TimeArray, cells: NumberTable, lost: BoolArray, untimed: bool, notes: list[str]
) -> BoolArray:
    """Which rows are frames: those with a time; without times not the hollow ones at the end."""
    filled = ~np.isnan(cells).all(axis=1) | lost
    timed = np.isfinite(times)
    without = int((filled & ~timed).sum())
    if without:
        notes.append(f"{count_words(without, 'row')} without a time left out")
    if untimed:
        timed &= np.cumsum(filled[::-1])[::-1] > 0
    return timed


def without_percent(values: FloatArray, valid: BoolArray, notes: list[str]) -> FloatArray:
    """Values (F, 61) with weights from 0 to 1, also where the file has percent: in many of its rows some
    lie beyond 1 then, none beyond a hundred and some.  Few rows are never taken for percent.  What reaches
    as far and is left as it is, is told."""
    if not np.fmax.reduce(values[:, :SHAPE_COUNT], axis=None) > _PERCENT_FROM:
        return values
    weights = values[valid, :SHAPE_COUNT]
    highest = float(weights.max(initial=0.0))
    if not highest > _PERCENT_FROM:
        return values
    if not (
        len(values) >= _PERCENT_ROWS
        and highest <= _PERCENT_TO
        and float(weights.min()) >= -_PERCENT_TO / 10
        and np.mean(weights.max(axis=1) > _BEYOND_ONE) >= _PERCENT_SHARE
    ):
        notes.append(f"{KEPT_WEIGHTS} {highest:g}: they are kept, as nothing shows another unit than 0 to 1")
        return values
    notes.append(f"its weights reach {highest:g}: read as percent, from 0 to 100")
    scaled = values.copy()
    scaled[:, :SHAPE_COUNT] /= np.float32(100)
    return scaled


def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _one_person(rows: Rows) -> npt.NDArray[np.intp]:
    """The rows of the face that is seen in most, of equals the first one's."""
    everyone = np.arange(len(rows.cells))
    for name, cells in rows.beside.persons:
        names = np.array([cell.strip() for cell in cells])
        seen = ~np.isnan(rows.cells).all(axis=1) & (names != "")
        people, first, counts = np.unique(names[seen], return_index=True, return_counts=True)
        if people.size < 2:
            continue
        chosen = people[np.lexsort((first, -counts))[0]]
        others = ", ".join(str(person) for person in people[np.argsort(first)] if person != chosen)
        rows_read = count_words(int(counts.max()), "row")
        rows.notes.append(
            f"{count_words(people.size, 'face')} by “{name}”: {chosen} was read ({rows_read}), "
            f"{others[:60]} left out"
        )
        # Rows that name nobody are frames without a face.
        return np.flatnonzero((names == chosen) | (names == ""))
    return everyone


def _lost(rows: Rows, one: npt.NDArray[np.intp]) -> BoolArray:
    """Which of the rows a column calls lost."""
    lost = np.zeros(one.size, bool)
    for name, cells in rows.beside.flags:
        says = [re.sub(r"[\s_-]", "", cells[at].lower()) for at in one]
        off = np.array([_says_lost(_compact(name), word) for word in says])
        if off.all():
            if np.nan_to_num(rows.cells[one]).any():
                rows.notes.append(f"“{name}” calls no frame found; it was ignored")
                continue
        elif off.any():
            rows.notes.append(f"{count_words(int(off.sum()), 'frame')} show no face, as “{name}” says")
        lost |= off
    return lost


def _says_lost(name: str, word: str) -> bool:
    """Whether a cell of a column of that name, both without blanks and the like, says that there is no
    face."""
    if name in _CONFIDENCES:
        return _is_zero(word)
    if name in _LOST_FLAGS:
        return word in _YES
    return word in (_LOST_WORDS if name in _STATES else _NO)


def _is_zero(word: str) -> bool:
    try:
        return float(word) == 0.0
    except ValueError:
        return False


def _times(rows: Rows, one: npt.NDArray[np.intp]) -> tuple[TimeArray, bool]:
    """Seconds (R,) as the rows of ``one`` face have them, and whether they are but frame numbers at an
    assumed rate."""
    clocks: list[tuple[TimeArray, list[str]]] = []
    for name, cells in rows.beside.clocks:
        told: list[str] = []
        times = clock.read(name, cells, told, rows.writer, rows.unit)
        if times is not None and _counts_frames(name, cells, times):
            rows.beside.numbers.insert(0, (name, cells))
        elif times is not None:
            clocks.append((times, told))
    numbers = _frame_numbers(rows)
    finer = 0 if numbers is None else 0.6 * np.unique(numbers[1][one]).size
    clocks = [found for found in clocks if np.unique(found[0][one]).size >= finer]
    if clocks:
        times, told = max(clocks, key=lambda found: bool((np.diff(found[0]) >= 0).all()))
        rows.notes.extend(told)
        return times, False
    stated = rows.fps or _stated_rate(rows, one)
    rate = stated or ASSUMED_FPS
    if stated is None:
        using = f"{rate:g} frames per second assumed"
        if numbers is not None:
            using = f"the numbers of {numbers[0]} at {rate:g} a second used"
        rows.notes.append(f"its times are not stated; {using}")
    counted = np.arange(len(rows.cells), dtype=np.float64) if numbers is None else numbers[1]
    return counted / rate, stated is None


def _stated_rate(rows: Rows, one: npt.NDArray[np.intp]) -> float | None:
    """The frame rate that a column has in every row of the face; None where it is another from row to row,
    as where it tells how fast the tracker was."""
    for name, cells in rows.beside.rates:
        rates = clock.numbers_of(cells)[one]
        rates = rates[np.isfinite(rates)]
        if rates.size and np.ptp(rates) == 0 and _LEAST_RATE <= rates[0] <= _MOST_RATE:
            rows.notes.append(f"its times are counted at {rates[0]:g} frames per second, as “{name}” says")
            return float(rates[0])
    return None


def _frame_numbers(rows: Rows) -> tuple[str, TimeArray] | None:
    """The name and the numbers (R,) of the column that numbers the frames."""
    for name, cells in rows.beside.numbers:
        numbers = clock.numbers_of(cells)
        finite = numbers[np.isfinite(numbers)]
        if finite.size and (len(numbers) == 1 or np.ptp(finite) > 0):
            return f"“{name}”" if name else "its first column", numbers
    return None


def _counts_frames(name: str, cells: Sequence[str], times: TimeArray) -> bool:
    """Whether a column that is called a time code numbers the frames instead."""
    whole = "code" in name.lower() and not any("." in cell for cell in cells)
    return whole and times.size > _FEW_NUMBERS and bool((np.diff(times) == 1).all())


def _first_faces(times: TimeArray, cells: NumberTable, numbered: bool, notes: list[str]) -> BoolArray:
    """Which rows are the first of their time, where several rows of one time are several faces."""
    same = np.diff(times) == 0
    first = np.concatenate([[True], ~same])
    if not same.any() or (np.diff(times) < 0).any():
        return np.ones(times.size, bool)
    if not numbered and not _jumps(cells, same):
        return np.ones(times.size, bool)
    notes.append(f"{count_words(int(same.sum()), 'further face')} in the same frames left out")
    return first


def _jumps(cells: NumberTable, same: BoolArray) -> bool:
    """Whether rows of one time are further apart than neighbours of different times: two faces, not
    one whose times were rounded."""
    begins = np.flatnonzero(np.concatenate([[True], ~same]))
    if begins.size < 3 or same.sum() < 0.5 * begins.size:
        return False
    solid = np.nan_to_num(cells)
    aside = np.abs(np.diff(solid, axis=0)[same]).mean()
    onward = np.abs(np.diff(solid[begins], axis=0)).mean()
    return bool(aside > 2 * onward)


def _tell_blank(values: FloatArray, valid: BoolArray, notes: list[str]) -> None:
    """Say where rows in a row hold nothing but zeros: a recorder may mean lost faces by that."""
    blank = valid & ~values[:, :SHAPE_COUNT].any(axis=1)
    if blank.sum() > 1 and not blank[valid].all():
        notes.append(f"{int(blank.sum())} frames hold nothing but zeros; perhaps no face was detected there")
