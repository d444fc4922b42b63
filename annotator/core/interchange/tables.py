"""Annotations as one table, a row a mark: CSV, TSV and Parquet, for pandas and R."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from annotator.core.interchange.boris_tables import read_boris_table
from annotator.core.interchange.marks import (
    ClipMarks,
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    Kind,
    LeftOut,
    Losses,
    PersonMarks,
    Target,
    Tier,
    confidence_of,
    intensity_of,
    number_of,
)
from viewer.core.errors import FileError
from viewer.core.files import decode_text

TITLE = "a table"

COLUMNS = tuple(
    "clip annotator status kind id start end frame end_frame label text intensity confidence note".split()
)

_ROWS = 5_000_000
_KINDS: Mapping[str, Kind] = {"keyframe": "keyframes", "emotion": "emotions"}
_WHY_CHARACTERS = "text files cannot hold zero characters and halves of surrogate pairs"
_INSTALL = "install it with: pip install keyframeface-studio[tables]"


# ---- reading ---------------------------------------------------------------------------------


def read_csv(path: Path, data: bytes) -> ForeignFile:
    """A table of ours, of BORIS, or another one with at least a column ``start``.

    Raises :class:`FileError`.
    """
    text = decode_text(data, path).lstrip("\ufeff")
    if not text.strip():
        raise FileError("is empty", "choose another table", path)
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    csv.field_size_limit(2**24)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FileError(f"cannot be read as a table ({error})", "save it as a table again", path) from None
    head = [cell.strip().lower() for cell in next((row for row in rows if any(row)), [])]
    if "start" not in head:
        found = read_boris_table(path, rows)
        if found is None:
            raise _no_table(path)
        return found
    body = rows[next(number for number, row in enumerate(rows) if any(row)) + 1 :]
    named = (dict(zip(head, row, strict=False)) for row in body)
    form = "tsv" if delimiter == "\t" else "csv"
    return ForeignFile(path, form, *_sets((row for row in named if any(row.values())), path))


def read_parquet(path: Path, data: bytes) -> ForeignFile:
    """As :func:`read_csv`, of a Parquet file.  Raises :class:`FileError`, also without pyarrow."""
    arrow, parquet = _pyarrow(path)
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        if file.metadata.num_rows > _ROWS:
            raise FileError(f"has more than {_ROWS:,} rows", "choose the table of the annotations", path)
        known = [name for name in file.schema_arrow.names if name.lower() in (*COLUMNS, "time")]
        rows = file.read(columns=known).to_pylist()
    except (arrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError("is no Parquet file that can be read", "export it again", path) from None
    named = [{name.lower(): value for name, value in row.items()} for row in rows]
    if not any(name.lower() == "start" for name in known):
        raise _no_table(path)
    return ForeignFile(path, "parquet", *_sets(named, path))


def _no_table(path: Path) -> FileError:
    what = "is no table of annotations: it has no column start, and is none of BORIS's tables"
    return FileError(what, f"name its columns {', '.join(COLUMNS)}; start is needed", path)


def _sets(
    rows: Iterable[Mapping[str, Any]], path: Path
) -> tuple[tuple[ForeignMarks, ...], tuple[LeftOut, ...]]:
    found: dict[tuple[str, str], dict[str, list[ForeignMark]]] = {}
    left_out: list[LeftOut] = []
    for number, row in enumerate(rows, 1):
        if number > _ROWS:
            raise FileError(f"has more than {_ROWS:,} rows", "choose the table of the annotations", path)
        kind = _cell(row, "kind")
        start, end = number_of(row.get("start")), number_of(row.get("end"))
        if start is None:
            left_out.append(LeftOut(f"row {number}", "its start is no number"))
            continue
        if kind == "emotion" and end is None:
            left_out.append(LeftOut(f"row {number}", "it is an emotion without an end"))
            continue
        tier = found.setdefault((_cell(row, "clip"), _cell(row, "annotator")), {})
        tier.setdefault(kind, []).append(_mark(kind, start, end, row))
    sets = tuple(
        ForeignMarks(who, clip, tiers=tuple(_tier(kind, marks) for kind, marks in tiers.items()))
        for (clip, who), tiers in found.items()
    )
    return sets, tuple(left_out)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _tier(kind: str, marks: list[ForeignMark]) -> Tier:
    marks.sort(key=lambda mark: (mark.start, mark.end or 0.0))
    return Tier(kind or "rows", tuple(marks), _KINDS.get(kind))


def _mark(kind: str, start: float, end: float | None, row: Mapping[str, Any]) -> ForeignMark:
    label, words = _cell(row, "label"), _cell(row, "text")
    intensity, confidence = intensity_of(row.get("intensity")), confidence_of(row.get("confidence"))
    note = _cell(row, "note")
    if kind == "keyframe":
        return ForeignMark(start, None, words, emotion=label, note=note, confidence=confidence)
    told = None if kind != "emotion" and not label else label
    return ForeignMark(start, end, words, told, note=note, intensity=intensity, confidence=confidence)


# ---- writing ---------------------------------------------------------------------------------


def write_table(
    separator: str,
) -> Callable[[Iterable[ClipMarks], Losses, Target], Iterator[tuple[str, bytes]]]:
    """What writes one CSV or TSV of all clips."""
    name = "annotations.tsv" if separator == "\t" else "annotations.csv"

    def write(clips: Iterable[ClipMarks], losses: Losses, _target: Target) -> Iterator[tuple[str, bytes]]:
        text = io.StringIO(newline="")
        # A carriage return within a text is quoted because it is part of the line end.
        lines = csv.writer(text, delimiter=separator, lineterminator="\r\n")
        lines.writerow(COLUMNS)
        for row in _rows(clips, losses, as_text=True):
            lines.writerow(row)
        yield name, text.getvalue().encode()

    return write


def write_parquet(clips: Iterable[ClipMarks], losses: Losses, target: Target) -> Iterator[tuple[str, bytes]]:
    """One Parquet file of all clips.  Raises :class:`FileError` without pyarrow."""
    arrow, parquet = _pyarrow(target.folder / "annotations.parquet")
    rows = list(_rows(clips, losses, as_text=False))
    kinds = {
        **dict.fromkeys(("start", "end", "confidence"), arrow.float64()),
        **dict.fromkeys(("frame", "end_frame", "intensity"), arrow.int64()),
    }
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in COLUMNS])
    columns = {name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}
    buffer = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=schema), buffer)
    yield "annotations.parquet", buffer.getvalue()


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FileError("Parquet needs the package pyarrow, which is not installed", _INSTALL, path) from None
    return pyarrow, pyarrow.parquet


def _rows(clips: Iterable[ClipMarks], losses: Losses, *, as_text: bool) -> Iterator[Sequence[Any]]:
    """A row a mark; numbers as the text of a file, where they are to be."""

    def number(value: float | int | None, decimals: int | None = None) -> Any:
        if value is None:
            return "" if as_text else None
        if not as_text:
            return value if decimals is None else round(value, decimals)
        return f"{value:.{decimals}f}" if decimals is not None else repr(value)

    for clip in clips:
        for person in clip.people:
            odd = 0

            def held(text: str) -> str:
                nonlocal odd
                cleaned = encodable(text, zero=as_text)
                odd += cleaned != text
                return cleaned

            common = (clip.id, person.name, person.status)
            for k in person.keyframes:
                frame = k.frame if k.frame is not None else _frame(clip, k.time)
                cells = (number(k.time, 6), number(None), number(frame), number(None))
                words = (held(k.emotion), held(k.description), number(None), number(k.confidence))
                yield (*common, "keyframe", held(k.id), *cells, *words, held(k.note))
            for s in person.spans:
                ends = (number(s.start, 6), number(s.end, 6))
                frames = (number(_frame(clip, s.start)), number(_frame(clip, s.end)))
                words = (held(s.label), "", number(s.intensity), number(s.confidence))
                yield (*common, "emotion", held(s.id), *ends, *frames, *words, held(s.note))
            _tell(clip, person, losses)
            losses.tell_unwritable(clip.id, person.name, odd, _WHY_CHARACTERS)


def _frame(clip: ClipMarks, time: float) -> int | None:
    return clip.frames.nearest(time) if clip.frames.known else None


def _tell(clip: ClipMarks, person: PersonMarks, losses: Losses) -> None:
    kept = ("keyframe.emotion", "keyframe.note", "keyframe.confidence")
    losses.tell_fields(clip.id, person, *kept, "span.intensity", "span.confidence", "span.note")
    if not person.keyframes and not person.spans and person.status != "new":
        why = "there is a row a mark, and it has none"
        losses.tell(clip.id, person.name, f"the status “{person.status}”", why)


def encodable(text: str, *, zero: bool = True) -> str:
    """The text with half surrogate pairs, and ``zero`` characters, as �."""
    if zero and "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text
