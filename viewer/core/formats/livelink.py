"""Live Link Face CSV (Epic Games), which is also KeyframeFace's CSV.

``Timecode,BlendShapeCount,<61 names>``; columns are read by name in any order and spelling.
A frame whose face was lost is a row of two fields.  We write it as a full row that holds the
last known values with a count of 0: Unreal's importer stops at a short row and ignores the
count, and reading it here gives the lost frame back.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, NAMES, SHAPE_COUNT, match
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write
from viewer.core.formats import clock, timecode
from viewer.core.formats import columns as any_table
from viewer.core.formats.counting import Writer
from viewer.core.formats.rows import is_flag, is_person, without_percent
from viewer.core.formats.table import NumberTable, Table, as_values, count_words, open_table, order
from viewer.core.track import BoolArray, FloatArray, TimeArray, Track

HEADER = ",".join(("Timecode", "BlendshapeCount", *NAMES))
_COUNT_NAMES = ("blendshapecount", "blendshape count", "blend shape count", "numproperties")
_ROW = ",%.10f" * CHANNEL_COUNT
_GRID_TOLERANCE = 1e-5
_KEYED_STEP = 0.5
_FEW_ROWS = 64


def is_header(header: list[str]) -> bool:
    """A column is called Timecode, or stands for it beside the count, and some are channels."""
    return _time_column(header) is not None and any(match(name) for name in header)


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read a Live Link CSV.  What had to be interpreted is in ``meta["notes"]``.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    try:
        table = open_table(path, is_header)
    except TrackError as fault:
        raise TrackError(
            "has no header with Timecode and channel names", "choose a Live Link Face CSV", path
        ) from fault
    if any((is_flag(name) and _key(name) not in _COUNT_NAMES) or is_person(name) for name in table.header):
        # Another program's, which tells faces apart or lost ones by further columns.
        return any_table.read(path, is_header, "livelink", cancel)
    notes = table.notes
    columns = _columns(table, notes)
    at_time = _time_column(table.header)
    assert at_time is not None
    at_count = next((i for i, name in enumerate(table.header) if _key(name) in _COUNT_NAMES), None)
    (codes,), (counts, cells) = table.columns(
        [at_time], [] if at_count is None else [at_count], [*columns.values()], precise=False, cancel=cancel
    )
    if cancel is not None:
        cancel.check()
    times = _times(codes, table.header[at_time], _writer(table, at_count, counts), notes)
    if len(codes) > 1 and len(codes[-1]) < len(codes[-2]) and np.isnan(cells[-1]).all():
        # Recording stopped within this timecode: what is left of it reads as another time.
        times[-1] = np.nan
    timed = np.isfinite(times)
    if not timed.all():
        notes.append(f"{count_words(int((~timed).sum()), 'row')} without a readable timecode left out")
        times, counts, cells = times[timed], counts[timed], cells[timed]
    if not times.size:
        if len(timed):
            raise TrackError(
                f"its {count_words(len(timed), 'row')} have no timecode that can be read",
                "export it again with timecodes like 00:00:00:00.000",
                path,
            )
        raise TrackError("has a header but no frame", "record the take again or choose another file", path)
    values, valid, present = _frames(cells, counts, columns, notes)
    values = without_percent(values, valid, notes)
    times, values, valid = order(times, values, valid, notes)
    track = Track.build(
        times, values, valid, present=present, name=path.stem, format="livelink", meta={"notes": notes}
    )
    if not seems_normalized(track):
        return track
    return track.replaced(meta={**track.meta, "pose_unit": "normalized", "pose_unit_from": "guess"})


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write a Live Link CSV in the app's exact order: every row full, at least ten decimals, the
    same float32 values and times within half a thousandth of 1/60 s when read again.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    values = held(track.values, track.valid)
    exact = _exact_in_ten_decimals(values)
    plain_rows = np.asarray(exact.all(axis=1)).tolist()
    codes = timecode.texts(track.start, track.times)
    lines = [HEADER]
    rows = zip(codes, track.valid.tolist(), plain_rows, values, strict=True)
    for at, (code, valid, plain, row) in enumerate(rows):
        if cancel is not None and at % 500 == 0:
            cancel.check()
        count = CHANNEL_COUNT if valid else 0
        cells = _ROW % tuple(row.tolist()) if plain else "".join(map(_cell, row, exact[at].tolist()))
        lines.append(f"{code},{count}{cells}")
    atomic_write(path, "\n".join(lines) + "\n")


def seems_normalized(track: Track) -> bool:
    """Whether it is, by all appearance, one that the paper's converter wrote, whose rotations are
    normalised: all its values lie on a grid of 0.1, and its frames a second from each other.  The
    rotations of ``track`` are the file's numbers."""
    if len(track) > 1 and track.frame_step < _KEYED_STEP:
        return False
    values = track.values[track.valid]
    # Recordings leave the grid at once: most need no look at the rest.
    return bool(values[:, SHAPE_COUNT:].any()) and _on_grid(values[:_FEW_ROWS]) and _on_grid(values)


def _time_column(header: list[str]) -> int | None:
    """The place of the timecodes; some writers call their column a time but have that of counts."""
    keys = [_key(name) for name in header]
    if "timecode" in keys:
        return keys.index("timecode")
    if any(key in _COUNT_NAMES for key in keys):
        return next((at for at, name in enumerate(header) if clock.is_time(name)), None)
    return None


def _writer(table: Table, at_count: int | None, counts: NumberTable) -> Writer:
    if at_count is None:
        return Writer()
    usual = counts[np.isfinite(counts) & (counts > 0)]
    return Writer(_key(table.header[at_count]), int(np.median(usual)) if usual.size else None)


def _times(codes: list[str], name: str, writer: Writer, notes: list[str]) -> TimeArray:
    """Seconds (R,) of timecodes, also where plain seconds stand in their column."""
    if not codes or any(map(timecode.looks_like_one, codes[:3])):
        return timecode.unwrap_midnight(timecode.parse(codes, notes, writer), notes)
    times = clock.read(name, codes, notes, writer)
    if times is None:
        return np.full(len(codes), np.nan)
    notes.append(f"its {name} are not timecodes but times")
    return times


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return name.strip().strip("\ufeff\"'").strip().lower()


def _columns(table: Table, notes: list[str]) -> dict[int, int]:
    """Channel index -> column of the table."""
    columns: dict[int, int] = {}
    foreign = []
    for at, name in enumerate(table.header):
        channel = match(name)
        if channel is not None and channel.index not in columns:
            columns[channel.index] = at
        elif channel is not None:
            notes.append(f"{name} occurs twice; the first column was read")
        elif name and _key(name) != "timecode" and _key(name) not in _COUNT_NAMES:
            foreign.append(name)
    if foreign:
        shown = ", ".join(foreign[:8]) + (", …" if len(foreign) > 8 else "")
        notes.append(f"{count_words(len(foreign), 'further column')} not read: {shown}")
    return columns


def _frames(
    cells: NumberTable, counts: NumberTable, columns: dict[int, int], notes: list[str]
) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Values (F, 61), valid (F,), present (61,) of the cells (F, C) of the known columns and of
    the counts (F, 1) or (F, 0).  A row is lost when its count is 0 or it has no cell at all."""
    values = np.zeros((len(cells), CHANNEL_COUNT), np.float32)
    present = np.zeros(CHANNEL_COUNT, bool)
    known = np.array(list(columns), np.intp)
    given = as_values(cells)
    good = np.isfinite(given)
    whole = np.asarray(good.all(axis=1))
    lost = (counts == 0).any(axis=1)
    hollow = np.zeros(known.size, bool)
    if not whole.all():
        lost |= np.isnan(cells).all(axis=1)
        if not whole.any() and not lost.all():
            hollow = ~good[~lost].any(axis=0)
            whole = np.asarray(good[:, ~hollow].all(axis=1))
    damaged = ~lost & ~whole
    present[known[~hollow]] = True
    if damaged.any():
        notes.append(
            f"{count_words(int(damaged.sum()), 'row')} cut short or with cells that are not numbers; "
            "treated as frames without a face"
        )
    if lost.all():
        notes.append("no face was detected in any frame")
    if not present.all():
        missing = [name for name, here in zip(NAMES, present, strict=True) if not here]
        notes.append(
            f"{count_words(len(missing), 'channel')} missing: {', '.join(missing[:8])}"
            + (", …" if len(missing) > 8 else "")
        )
    if present.all() and (known[1:] > known[:-1]).all():
        values = given
    else:
        values[:, known[~hollow]] = given[:, ~hollow]
    return values, ~(lost | damaged), present


def _on_grid(values: FloatArray) -> bool:
    tenths = values.astype(np.float64) * 10
    return bool(np.abs(tenths - np.round(tenths)).max() < _GRID_TOLERANCE)


def held(values: FloatArray, valid: BoolArray) -> FloatArray:
    """Lost frames hold the last known values; before the first known one, that one's."""
    if valid.all():
        return values
    if not valid.any():
        return np.zeros_like(values)
    last = np.maximum.accumulate(np.where(valid, np.arange(valid.size), -1))
    held: FloatArray = values[np.where(last < 0, int(np.argmax(valid)), last)]
    return held


def _exact_in_ten_decimals(values: FloatArray) -> BoolArray:
    """(F, 61): whether ten decimals name this float32 and no other, with room for a reader that
    errs in the last bit of a float64."""
    rounded = np.round(values.astype(np.float64), 10)
    with np.errstate(over="ignore"):
        low, high = (np.float32(rounded * (1 - 1e-15)), np.float32(rounded * (1 + 1e-15)))
    exact: BoolArray = (low == values) & (high == values)
    return exact


def _cell(value: np.float32, exact: bool) -> str:
    if exact:
        return f",{float(value):.10f}"
    return "," + np.format_float_positional(value, unique=True, trim="0", min_digits=10)
