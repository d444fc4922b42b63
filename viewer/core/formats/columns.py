"""Any table with a column per channel and, perhaps, one for the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, match
from viewer.core.errors import TrackError
from viewer.core.files import read_head
from viewer.core.formats.json_file import note_missing
from viewer.core.formats.table import NumberTable, Table, as_values, count_words, head_text, open_table, order
from viewer.core.track import TimeArray, Track

ASSUMED_FPS = 30.0
_FOREIGN_SHOWN = 64
"""More further columns than this are a feature table (landmarks, …): not worth a note."""


def first_character(path: Path) -> str:
    """The first character that is no blank.  Raises :class:`~viewer.core.errors.FileError`."""
    return head_text(read_head(path, 4096), path).lstrip()[:1]


def read(
    path: Path,
    is_header: Callable[[list[str]], bool],
    time_columns: Mapping[str, float],
    format: str,
    cancel: CancelToken | None = None,
) -> Track:
    """Read channels by name.  ``time_columns`` maps the lower-case name of a time column to its
    units a second, best first; ``frame`` numbers serve where none holds rising numbers.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    table = open_table(path, is_header)
    notes = table.notes
    at: dict[int, int] = {}
    lower = [name.lower() for name in table.header]
    for column, name in enumerate(table.header):
        channel = match(name)
        if channel is not None and channel.index in at:
            notes.append(f"{name} occurs twice; the first column was read")
        elif channel is not None:
            at[channel.index] = column
    clocks = [(lower.index(name), unit) for name, unit in time_columns.items() if name in lower]
    if "frame" in lower:
        clocks.append((lower.index("frame"), ASSUMED_FPS))
    _, (cells,) = table.columns([], [*at.values(), *(column for column, _ in clocks)], cancel=cancel)
    some = ~np.isnan(cells).all(axis=1) if cells.size else np.zeros(0, bool)
    cells = cells[some]
    if not len(cells):
        raise TrackError("has a header but no frame", "choose a file with at least one frame", path)
    if cancel is not None:
        cancel.check()
    numbers, clock_cells = cells[:, : len(at)], cells[:, len(at) :]
    times = _times(clock_cells, clocks, table, notes)
    timed = np.isfinite(times)
    if not timed.all():
        notes.append(f"{count_words(int((~timed).sum()), 'row')} without a time left out")
        times, numbers = times[timed], numbers[timed]
    if "frame" in lower:
        first_face = np.concatenate([[True], np.diff(times) != 0])
        if not first_face.all() and (np.diff(times) >= 0).all():
            further = count_words(int((~first_face).sum()), "further face")
            notes.append(f"{further} in the same frames left out")
            times, numbers = times[first_face], numbers[first_face]
    hollow = ~np.isfinite(numbers).any(axis=0)
    present = np.zeros(CHANNEL_COUNT, bool)
    known = np.array(list(at), np.intp)
    present[known[~hollow]] = True
    values = np.zeros((len(numbers), CHANNEL_COUNT), np.float32)
    values[:, known[~hollow]] = as_values(numbers[:, ~hollow])
    taken = {*at.values(), *(column for column, _ in clocks)}
    foreign = [name for column, name in enumerate(table.header) if name and column not in taken]
    note_missing(present, foreign if len(foreign) <= _FOREIGN_SHOWN else [], notes)
    valid = np.asarray(np.isfinite(values).all(axis=1) & (not hollow.all()))
    times, values, valid = order(times, values, valid, notes)
    return Track.build(
        times, values, valid, present=present, name=path.stem, format=format, meta={"notes": notes}
    )


def _times(cells: NumberTable, clocks: list[tuple[int, float]], table: Table, notes: list[str]) -> TimeArray:
    rows = len(cells)
    for column, (at, unit) in enumerate(clocks):
        times = cells[:, column]
        finite = times[np.isfinite(times)]
        if finite.size and (rows == 1 or np.ptp(finite) > 0):
            if table.header[at].lower() == "frame":
                notes.append(f"its times are not stated; frame numbers at {ASSUMED_FPS:g} a second used")
            return np.asarray(times / unit)
    notes.append(f"its times are not stated; {ASSUMED_FPS:g} frames a second assumed")
    return np.arange(rows) / ASSUMED_FPS
