"""Any table with a column per channel and, perhaps, some for times, faces and whether one was seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from viewer.core.cancel import CancelToken
from viewer.core.channels import match
from viewer.core.errors import TrackError
from viewer.core.files import read_head
from viewer.core.formats.rows import FOREIGN_SHOWN, Beside, Rows, to_track
from viewer.core.formats.table import head_text, open_table
from viewer.core.track import Track


def first_character(path: Path) -> str:
    """The first character that is no blank.  Raises :class:`~viewer.core.errors.FileError`."""
    return head_text(read_head(path, 4096), path).lstrip()[:1]


def read(
    path: Path,
    is_header: Callable[[list[str]], bool],
    format: str,
    cancel: CancelToken | None = None,
    unit: float | None = None,
) -> Track:
    """Read channels by name; columns for times, frame numbers, faces and lost frames by theirs.
    ``unit`` are the units a second of times, where the format states them.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    table = open_table(path, is_header)
    notes = table.notes
    at: dict[int, int] = {}
    beside = Beside()
    helpers: list[int] = []
    foreign: list[str] = []
    for column, name in enumerate(table.header):
        channel = match(name)
        if channel is not None and channel.index in at:
            notes.append(f"{name} occurs twice; the first column was read")
        elif channel is not None:
            at[channel.index] = column
        elif beside.of(name) is not None:
            helpers.append(column)
        elif name:
            foreign.append(name)
    texts, (cells,) = table.columns(helpers, [*at.values()], cancel=cancel)
    if not len(cells):
        raise TrackError("has a header but no frame", "choose a file with at least one frame", path)
    if cancel is not None:
        cancel.check()
    for column, text in zip(helpers, texts, strict=True):
        name = table.header[column]
        present = beside.of(name)
        assert present is not None
        present.append((name, text))
    shown = foreign if len(foreign) <= FOREIGN_SHOWN else []
    return to_track(Rows(path, [*at], cells, beside, unit=unit, foreign=shown, notes=notes), format)
