"""Tables of text: comma, semicolon or tab between cells, whichever program saved them."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, TrackError
from viewer.core.files import decode_text, open_plain, read_bytes, read_head, read_text
from viewer.core.limits import MB, TEXT_FILE_BYTES, TRACK_FRAMES, megabytes
from viewer.core.track import FloatArray, TimeArray

if TYPE_CHECKING:
    import pandas as pd

HEAD_BYTES = 65536
HEADER_LINES = 40
_LINE_END = re.compile(r"\r\n?|\n")
_LOOKED_AT = 32 * MB
_DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+(?:[eE][-+]?\d+)?\s*")
_TOO_MANY_COLUMNS = 20000
_WIDE = 256
"""Columns from which on only those needed are parsed; rows that are too long pass unseen then."""

_FAR = 86400.0
"""Seconds; nothing is recorded without a pause for longer."""

NumberTable = npt.NDArray[np.floating[Any]]


@dataclass
class Table:
    """A table whose header was found.  ``header`` are its stripped names; :meth:`columns`
    reads the rows."""

    path: Path
    header: list[str]
    delimiter: str
    decimal: str
    skip: int
    text: str | None
    overlong: bool = False
    notes: list[str] = field(default_factory=list)

    def columns(
        self,
        words: Sequence[int],
        *groups: Sequence[int],
        precise: bool = True,
        cancel: CancelToken | None = None,
    ) -> tuple[list[list[str]], list[NumberTable]]:
        """The ``words`` columns as lists of R strings ("" where empty), and each group of number
        columns as (R, len(group)) float64 (float32 if not ``precise``; too large is infinite there),
        NaN where a cell is empty, missing or no number.

        Rows without any cell are left out.  Raises :class:`FileError`,
        :class:`~viewer.core.errors.Cancelled`.
        """
        if cancel is not None:
            cancel.check()
        found = self._quickly(words, groups, np.float64 if precise else np.float32)
        if found is None:
            found = self._row_by_row(words, groups, cancel)
        texts, values = found
        if words and "" in texts[0]:
            kept = np.array([bool(text) for text in texts[0]], bool)
            for group in values:
                kept |= ~np.isnan(group).all(axis=1)
            texts = [[t for t, keep in zip(column, kept, strict=True) if keep] for column in texts]
            values = [group[kept] for group in values]
        return texts, values

    def _quickly(
        self, words: Sequence[int], groups: Sequence[Sequence[int]], kind: type[np.floating[Any]]
    ) -> tuple[list[list[str]], list[NumberTable]] | None:
        """pandas' C parser with its own guess of types; None when a row or cell is not regular."""
        width = len(self.header)
        if self.delimiter == self.decimal or self.overlong:
            return None
        wanted = sorted({*words, *itertools.chain(*groups)})
        source = open_plain(self.path) if self.text is None else io.StringIO(self.text)
        try:
            with source:
                # Its columns are numbers, which the stubs do not know of.
                frame: Any = _pandas().read_csv(
                    source,
                    sep=self.delimiter,
                    decimal=self.decimal,
                    skiprows=self.skip,
                    header=0,
                    names=range(width),
                    usecols=wanted if width > _WIDE else None,
                    index_col=False,
                    on_bad_lines="error",
                )
        except (ValueError, OverflowError):
            return None
        except OSError as error:
            raise FileError(f"cannot be read ({error.strerror})", "check the disk", self.path) from error
        # Taking the words out and the rest as one array is several times faster than column by column.
        texts = [_strings(frame.pop(column)) for column in words]
        if len(frame.columns) > len(wanted) - len(words):
            frame = frame[[column for column in wanted if column not in words]]
        if any(found.kind not in "fiu" for found in set(frame.dtypes.to_list())):
            return None
        with np.errstate(over="ignore"):
            numbers = frame.to_numpy(kind)
        place = {column: at for at, column in enumerate(frame.columns)}
        return texts, [numbers[:, _slice([place[column] for column in group])] for group in groups]

    def _row_by_row(
        self, words: Sequence[int], groups: Sequence[Sequence[int]], cancel: CancelToken | None
    ) -> tuple[list[list[str]], list[NumberTable]]:
        text = self.text if self.text is not None else read_text(self.path)
        texts: list[list[str]] = [[] for _ in words]
        numbers = list(itertools.chain(*groups))
        # A row as an array takes a quarter of what its cells take as numbers of Python.
        values: list[npt.NDArray[np.float64]] = []
        overlong = 0
        for at, line in enumerate(itertools.islice(_each_line(text), self.skip + 1, None)):
            if cancel is not None and at % 500 == 0:
                cancel.check()
            if not line.strip():
                continue
            cells = split(line, self.delimiter)
            for column, index in zip(texts, words, strict=True):
                column.append(cells[index].strip() if index < len(cells) else "")
            if any(map(str.strip, cells[len(self.header) :])):
                # A stray separator shifts all cells after it: no telling which.
                overlong += 1
                cells = []
            row = [_number(cells[i], self.decimal) if i < len(cells) else np.nan for i in numbers]
            values.append(np.array(row, np.float64))
        if overlong:
            rows = count_words(overlong, "row")
            self.notes.append(
                f"{rows} with more cells than the header has names; treated as frames without a face"
            )
        table = np.array(values, np.float64).reshape(len(values), len(numbers))
        ends = np.cumsum([len(group) for group in groups])
        return texts, np.split(table, ends[:-1], axis=1) if groups else []


def open_table(path: Path, is_header: Callable[[list[str]], bool]) -> Table:
    """Find the header line of a table within its first lines.

    Raises :class:`FileError` for what is no readable text, :class:`TrackError` when no line
    is the header asked for.
    """
    head = read_head(path, HEAD_BYTES)
    text = head_text(head, path)
    whole = None if _plain_utf8(head) else decode_text(read_bytes(path), path)
    if whole is None:
        _check_size(path)
    elif max(whole.count("\n"), whole.count("\r")) > TRACK_FRAMES:
        raise _too_long(path)
    lines = head_lines(text if whole is None else whole[: len(text) * 2])
    for skip, line in enumerate(lines):
        delimiter = max(",;\t|", key=line.count)
        header = [cell.strip().strip("\ufeff") for cell in split(line, delimiter)]
        if len(header) <= _TOO_MANY_COLUMNS and is_header(header):
            following = lines[skip + 1 : skip + 9]
            # The C parser believes the first row: were it longer, it would cut all others silently.
            first = next((split(row, delimiter) for row in following if row.strip()), [])
            overlong = any(map(str.strip, first[len(header) :]))
            return Table(path, header, delimiter, _decimal(following, delimiter), skip, whole, overlong)
    raise TrackError("has no header line with the columns' names", "choose another file or format", path)


def head_text(head: bytes, path: Path) -> str:
    """The first bytes of a file as text.  Raises :class:`FileError` for an empty or binary file
    and for a web page or spreadsheet under a wrong name."""
    if not head.strip(b" \t\r\n\0"):
        raise FileError("is empty" if not head else "contains only white space", "choose another file", path)
    if head.startswith(b"PK\x03\x04"):
        raise FileError(
            "is a spreadsheet or a ZIP archive", "save it as CSV or unpack it, then open that file", path
        )
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"%PDF", b"RIFF", b"glTF")):
        raise FileError("is a binary file, not text", "choose the text file it should be", path)
    text = decode_text(head, path).lstrip("\ufeff")
    if re.match(r"\s*(<!doctype html|<html|<head|<\?xml)", text, re.IGNORECASE):
        raise FileError(
            "is a web page saved under this name", "download the file itself (its raw form) again", path
        )
    return text


def lines_of(text: str) -> list[str]:
    """Its lines, whichever of the three line ends it uses."""
    return [line.rstrip("\n") for line in io.StringIO(text, newline=None)]


def _each_line(text: str) -> Iterator[str]:
    """As :func:`lines_of`, one after the other: of a long table a list would hold all of it once more."""
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def head_lines(text: str) -> list[str]:
    """Its first lines, among which a header is looked for."""
    return [line.rstrip("\n") for line in itertools.islice(io.StringIO(text, newline=None), HEADER_LINES)]


def split(line: str, delimiter: str) -> list[str]:
    """The cells of one line; quotes hold a cell together, an unclosed one does not."""
    if '"' in line:
        try:
            return next(csv.reader([line], delimiter=delimiter))
        except (csv.Error, StopIteration):
            return [cell.strip('"') for cell in line.split(delimiter)]
    return line.split(delimiter)


def as_values(numbers: NumberTable) -> FloatArray:
    """float64 to float32; what is too large becomes infinite, and its frame invalid."""
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers.astype(np.float32, copy=False)


def order(
    times: TimeArray, values: FloatArray, valid: npt.NDArray[np.bool_], notes: list[str]
) -> tuple[TimeArray, FloatArray, npt.NDArray[np.bool_]]:
    """Sort frames by time, drop exact repeats and times that lie days from the others, and spread
    what shares one time evenly up to the next.  Says in ``notes`` what it did.

    Raises :class:`TrackError` for times that lie days apart, not just a few of them.
    """
    far = np.abs(times - np.median(times)) > _FAR if times.size else np.zeros(0, bool)
    if far.any():
        if times.size < 3 or far.sum() > max(1, 0.1 * times.size):
            days = float(np.ptp(times)) / _FAR
            raise TrackError(f"its times lie {days:.0f} days apart", "check its times and export it again")
        rows = count_words(int(far.sum()), "row")
        notes.append(f"{rows} whose time is days from the others left out")
        times, values, valid = times[~far], values[~far], valid[~far]
    if times.size < 2 or not (np.diff(times) <= 0).any():
        return times, values, valid
    if (np.diff(times) < 0).any():
        backward = int((np.diff(times) < 0).sum())
        notes.append(f"rows were out of order in {backward} places; they were sorted by time")
        by_time = np.argsort(times, kind="stable")
        times, values, valid = times[by_time], values[by_time], valid[by_time]
    same_time = np.diff(times) == 0
    same_row = (np.nan_to_num(values[1:]) == np.nan_to_num(values[:-1])).all(axis=1)
    repeats = np.concatenate([[False], same_time & same_row & (valid[1:] == valid[:-1])])
    if repeats.any():
        notes.append(f"{count_words(int(repeats.sum()), 'row')} repeated the row before; left out")
        times, values, valid = times[~repeats], values[~repeats], valid[~repeats]
    begins = np.flatnonzero(np.concatenate([[True], np.diff(times) > 0]))
    counts = np.diff(np.append(begins, times.size))
    if (counts > 1).any():
        shared = int((counts - 1).sum())
        notes.append(f"{count_words(shared, 'row')} shared the time of the row before; spread up to the next")
        starts = times[begins]
        steps = np.diff(starts)
        usual = float(np.median(steps)) if steps.size else float(counts[0]) / 60.0
        room = np.minimum(np.append(steps, usual), usual)
        within = np.arange(times.size) - np.repeat(begins, counts)
        times = np.repeat(starts, counts) + within * np.repeat(room / counts, counts)
        rising = np.concatenate([[True], np.diff(times) > 0])
        times, values, valid = times[rising], values[rising], valid[rising]
    return times, values, valid


def count_words(count: int, thing: str) -> str:
    """``1 row``, ``3 rows``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


@cache
def _pandas() -> Any:
    """pandas, loaded with the first table rather than with the window."""
    import pandas

    # Columns of mixed types and rows longer than the header are met on purpose and handled here;
    # changing the filters around each call instead would not be safe between threads.
    warnings.filterwarnings("ignore", category=pandas.errors.DtypeWarning)
    warnings.filterwarnings("ignore", category=pandas.errors.ParserWarning)
    return pandas


def _strings(column: pd.Series) -> list[str]:
    cells: list[str] = column.to_list()
    if isinstance(column.dtype, _pandas().StringDtype) and not column.hasnans:
        return cells
    return ["" if cell != cell else str(cell).strip() for cell in cells]


def _slice(places: list[int]) -> slice | list[int]:
    """Neighbours in order as a slice, which copies nothing."""
    if places and places == list(range(places[0], places[0] + len(places))):
        return slice(places[0], places[0] + len(places))
    return places


def _number(cell: str, decimal: str) -> float:
    """A cell's number, ``50 %`` as a half; NaN where it is none."""
    text = cell.strip()
    whole = 100.0 if text.endswith("%") else 1.0
    text = text.removesuffix("%").rstrip()
    if decimal == "," or _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text) / whole if "_" not in text else np.nan
    except ValueError:
        return np.nan


def _decimal(lines: list[str], delimiter: str) -> str:
    cells = [cell for line in lines for cell in split(line, delimiter)[1:]]
    return "," if delimiter != "," and any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells) else "."


def _plain_utf8(head: bytes) -> bool:
    if b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        # A character may be cut at the end of the head.
        head[: max(len(head) - 4, 0)].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 8
    return True


def _check_size(path: Path) -> None:
    """The limits, before the C parser takes memory for all of it: short rows may be a great many."""
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > TEXT_FILE_BYTES:
            raise FileError(
                f"is larger than the {megabytes(TEXT_FILE_BYTES)} that are read",
                "choose a smaller file or split it",
                path,
            )
        if size > _LOOKED_AT:
            rows = sum(block.count(b"\n") for block in iter(lambda: file.read(MB), b""))
            if rows > TRACK_FRAMES:
                raise _too_long(path)


def _too_long(path: Path) -> TrackError:
    return TrackError(
        f"has more than {TRACK_FRAMES:,} rows", "split it, or leave out what is not needed", path
    )
