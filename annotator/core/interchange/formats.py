"""The formats there are, and which of them a file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.core.interchange import (
    boris,
    cvat,
    eaf,
    eaf_reading,
    eaf_writing,
    label_studio,
    subtitles,
    tables,
)
from annotator.core.interchange.marks import ClipMarks, ForeignFile, Losses, Target
from viewer.core.errors import FileError
from viewer.core.files import read_bytes
from viewer.core.limits import MB

_BYTES = 64 * MB
_MANY_THINGS = (".json", ".xml")
"""Suffixes that say little of what a file is."""

Read = Callable[[Path, bytes], ForeignFile]
Write = Callable[[Iterable[ClipMarks], Losses, Target], Iterator[tuple[str, bytes]]]


@dataclass(frozen=True)
class Format:
    """A format by its name on the command line; ``title`` is what a person calls it, ``why`` begins a
    sentence on what it lacks; ``needs_frames`` is False where an export looks into no video."""

    name: str
    title: str
    why: str
    suffix: str
    read: Read
    write: Write
    needs_frames: bool = True


FORMATS = {
    each.name: each
    for each in (
        Format("eaf", "ELAN (.eaf)", eaf.TITLE, ".eaf", eaf_reading.read_eaf, eaf_writing.write_eaf),
        Format("boris", "BORIS (.boris)", boris.TITLE, ".boris", boris.read_boris, boris.write_boris),
        Format("csv", "Table (.csv)", tables.TITLE, ".csv", tables.read_csv, tables.write_table(",")),
        Format("tsv", "Table (.tsv)", tables.TITLE, ".tsv", tables.read_csv, tables.write_table("\t")),
        Format(
            "parquet", "Table (.parquet)", tables.TITLE, ".parquet", tables.read_parquet, tables.write_parquet
        ),
        Format(
            "srt",
            "Subtitles (.srt)",
            subtitles.TITLE,
            ".srt",
            subtitles.read_subtitles,
            subtitles.write_subtitles("srt"),
            needs_frames=False,
        ),
        Format(
            "vtt",
            "Subtitles (.vtt)",
            subtitles.TITLE,
            ".vtt",
            subtitles.read_subtitles,
            subtitles.write_subtitles("vtt"),
            needs_frames=False,
        ),
        Format(
            "label-studio",
            "Label Studio (.json)",
            label_studio.TITLE,
            ".json",
            label_studio.read_label_studio,
            label_studio.write_label_studio,
        ),
        Format("cvat", "CVAT for video (.xml)", cvat.TITLE, ".xml", cvat.read_cvat, cvat.write_cvat),
    )
}
"""By the name on the command line."""

IMPORTED_FILES = f"Annotations (*{' *'.join(dict.fromkeys(form.suffix for form in FORMATS.values()))})"
"""The filter of every dialog that asks for a file of annotations."""


def read_foreign(path: Path, name: str | None = None) -> ForeignFile:
    """Read a file of another tool; ``name`` is its format, else its suffix tells, else its contents.

    Raises :class:`FileError` for what cannot be read or is not what it says.
    """
    data = read_bytes(path, _BYTES)
    if name is not None:
        return FORMATS[name].read(path, data)
    suffix = path.suffix.lower()
    form = next((form for form in FORMATS.values() if form.suffix == suffix), None)
    if form is None or suffix in _MANY_THINGS:
        form = _by_contents(data) or form
    if form is None:
        suffixes = ", ".join(dict.fromkeys(form.suffix for form in FORMATS.values()))
        todo = f"choose one of these: {suffixes}; another name needs --format"
        raise FileError("is none of the files that are read here", todo, path)
    return form.read(path, data)


def _by_contents(data: bytes) -> Format | None:
    head = data[:4096]
    marks = {
        b"<ANNOTATION_DOCUMENT": "eaf",
        b"<annotations": "cvat",
        b'"observations"': "boris",
        b'"project_format_version"': "boris",
        b'"timelinelabels"': "label-studio",
        b"WEBVTT": "vtt",
        b"-->": "srt",
        b"PAR1": "parquet",
    }
    head = head.replace(b"\0", b"")
    return next((FORMATS[name] for mark, name in marks.items() if mark in head), None)
