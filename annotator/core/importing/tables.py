"""Tables that say something of clips: CSV, TSV, JSON lines, and the first sheet of an Excel workbook."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError
from viewer.core.files import decode_text, read_bytes
from viewer.core.limits import MB, megabytes

SUFFIXES = (".csv", ".tsv", ".jsonl", ".xlsx")
TABLES = f"Table (*{' *'.join(SUFFIXES)})"
"""The filter of every dialog that asks for one."""

_BYTES = 64 * MB
_UNPACKED = 256 * MB
_ROWS = 200_000
_COLUMNS = 2_000


@dataclass(frozen=True)
class Table:
    """``rows`` hold a text for each of ``columns``; a row that cannot be read is in ``broken``, by its
    number, which counts from 1, with why."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    broken: dict[int, str]


def read_table(path: Path, cancel: CancelToken | None = None) -> Table:
    """Read a whole table.  Rows without any text are left out.

    Raises :class:`FileError` for what is no such table, :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError("is no table that is read here", f"choose one of these: {', '.join(SUFFIXES)}", path)
    data = read_bytes(path, _BYTES)
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise FileError("is empty", "choose another table", path)
    if suffix == ".jsonl":
        return _json_lines(path, data, cancel)
    rows = _workbook(path, data) if suffix == ".xlsx" else _text_rows(path, data, suffix)
    return _with_header(path, rows, cancel)


def _with_header(path: Path, rows: Iterator[Sequence[str]], cancel: CancelToken) -> Table:
    header = next((row for row in rows if any(cell.strip() for cell in row)), None)
    if header is None:
        raise FileError("has no row with the names of its columns", "choose another table", path)
    columns = tuple(cell.strip().strip("\ufeff") for cell in header)
    if len(columns) > _COLUMNS:
        raise FileError(f"has more than {_COLUMNS:,} columns", "choose the table of the clips", path)
    found: list[tuple[str, ...]] = []
    for number, row in enumerate(rows):
        if number % 1000 == 0:
            cancel.check()
        if not any(cell.strip() for cell in row):
            continue
        if len(found) == _ROWS:
            raise _too_long(path)
        found.append((*row[: len(columns)], *[""] * (len(columns) - len(row))))
    return Table(path, columns, tuple(found), {})


def _text_rows(path: Path, data: bytes, suffix: str) -> Iterator[Sequence[str]]:
    text = decode_text(data, path).lstrip("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = "\t" if suffix == ".tsv" else max(",;\t|", key=first.count)
    # A quote that is never closed would take all that follows into one cell.
    quote = None if text.count('"') % 2 else '"'
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    except csv.Error as error:
        raise FileError(f"cannot be read as a table ({error})", "save it as a table again", path) from None


def _json_lines(path: Path, data: bytes, cancel: CancelToken) -> Table:
    text = decode_text(data, path)
    columns: dict[str, None] = {}
    objects: list[dict[str, Any]] = []
    broken: dict[int, str] = {}
    # Not splitlines: a text may hold other line ends, which JSON does not escape.
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        if number % 1000 == 0:
            cancel.check()
        if not line.strip():
            continue
        if len(objects) == _ROWS:
            raise _too_long(path)
        value: Any = None
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            broken[len(objects) + 1] = "it is broken JSON"
        if isinstance(value, dict):
            columns.update(dict.fromkeys(map(str, value)))
        elif len(objects) + 1 not in broken:
            broken[len(objects) + 1] = "it is no JSON object"
        objects.append(value if isinstance(value, dict) else {})
    if not columns:
        raise FileError("holds no JSON objects, one in a line", "choose another table", path)
    if len(columns) > _COLUMNS:
        raise FileError(f"has more than {_COLUMNS:,} keys", "choose the table of the clips", path)
    rows = tuple(tuple(_text(each.get(name)) for name in columns) for each in objects)
    return Table(path, tuple(columns), rows, broken)


def _workbook(path: Path, data: bytes) -> Iterator[Sequence[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_unpacked(path, data)
    wrong = FileError("is no Excel workbook that can be read", "save it again as .xlsx, or as CSV", path)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            if not book.sheet_names:
                raise FileError("has no sheet", "choose another workbook", path)
            rows = book.get_sheet_by_index(0).to_python(nrows=_ROWS + 2)
    except (CalamineError, ValueError, OSError) as error:
        if isinstance(error, FileError):
            raise
        raise wrong from None
    except BaseException as error:
        # What its Rust code did not expect comes as an exception that is none of Exception's.
        if type(error).__name__ == "PanicException":
            raise wrong from None
        raise
    for row in rows:
        yield [_text(cell) for cell in row]


def _check_unpacked(path: Path, data: bytes) -> None:
    """A few bytes of an archive may come to any number of them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise FileError(
            "is no Excel workbook that can be read", "save it again as .xlsx, or as CSV", path
        ) from None
    if size > _UNPACKED:
        raise FileError(
            f"comes to more than the {megabytes(_UNPACKED)} that are read",
            "save its first sheet as CSV",
            path,
        )


def _text(value: Any) -> str:
    """A cell as text: whole numbers without a point, a list with semicolons."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ";".join(map(_text, value))
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False, default=str)


def _too_long(path: Path) -> FileError:
    return FileError(f"has more than {_ROWS:,} rows", "choose the table of the clips", path)
