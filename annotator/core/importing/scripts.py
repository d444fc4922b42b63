"""What a table says of clips: which column is what, and which row is for which clip."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from annotator.core.importing.naming import key, stem_of
from annotator.core.importing.plan import Plan, PlannedClip, Words
from annotator.core.importing.tables import Table
from viewer.core.errors import FileError

REFERENCES = ("id", "video", "track")
"""Fields that say which clip a row is for; one of them is needed."""

FIELDS = (*REFERENCES, "script", "background", "emotion", "offset", "split", "tags")
_MOST_SECONDS = 1e6

Mapped = Mapping[str, str]
"""Field to column."""


@dataclass(frozen=True)
class Unmatched:
    """A row, counted from 1, of which something was not taken, and why."""

    row: int
    why: str


@dataclass(frozen=True)
class ScriptsReport:
    """What became of the rows of a table."""

    rows: int = 0
    matched: int = 0
    unmatched: tuple[Unmatched, ...] = ()


def mapping_of(words: Iterable[str]) -> dict[str, str]:
    """``FIELD=COLUMN`` words as a mapping.  Raises ValueError for a word that is none."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, column = word.partition("=")
        name = name.strip().lower()
        if not equals or name not in FIELDS:
            raise ValueError(f"{word!r} is not FIELD=COLUMN with one of {', '.join(FIELDS)}")
        if name in found:
            raise ValueError(f"{name} is mapped twice")
        found[name] = column.strip()
    return found


def by_name(columns: Sequence[str]) -> dict[str, str]:
    """The mapping where columns are called like fields."""
    there = {key(column): column for column in reversed(columns)}
    return {field: there[field] for field in FIELDS if field in there}


def check_mapping(table: Table, mapped: Mapped) -> None:
    """Raise :class:`FileError` for a column that does not exist, or where none says which clip a row is
    for."""
    there = ", ".join(column for column in table.columns if column)
    for column in mapped.values():
        if column not in table.columns:
            raise FileError(f"has no column {column!r}", f"it has {there}", table.path)
    if not any(field in mapped for field in REFERENCES):
        what = "no column says which clip a row is for"
        todo = f"map id, video or track to one of its columns: {there}"
        raise FileError(what, todo, table.path)


def with_words(plan: Plan, table: Table, mapped: Mapped) -> tuple[Plan, ScriptsReport]:
    """The plan with what the table says of its clips.  Raises as :func:`check_mapping`."""
    check_mapping(table, mapped)
    places = {field: table.columns.index(column) for field, column in mapped.items()}
    names = _Names(plan)
    before = {clip.id: clip.words for clip in plan.clips}
    words: dict[str, Words] = {}
    unmatched: list[Unmatched] = []
    first_row: dict[str, int] = {}
    for number, row in enumerate(table.rows, 1):
        cells = {field: row[place] for field, place in places.items()}
        if number in table.broken:
            unmatched.append(Unmatched(number, table.broken[number]))
            continue
        id, why = names.clip_for(cells)
        if id and id in words:
            why = f"row {first_row[id]} is for the clip {id} too"
        if why:
            unmatched.append(Unmatched(number, why))
            continue
        words[id], why = _words(cells, before[id])
        first_row[id] = number
        if why:
            unmatched.append(Unmatched(number, f"{why}; the rest of the row was taken"))
    clips = tuple(replace(clip, words=words.get(clip.id, clip.words)) for clip in plan.clips)
    report = ScriptsReport(len(table.rows), len(table.rows) - len(unmatched), tuple(unmatched))
    return replace(plan, clips=clips), report


def _words(cells: Mapping[str, str], before: Words) -> tuple[Words, str]:
    """What a row says, over what was known ``before``, and what of it was not understood."""
    texts = {name: cells[name] for name in ("script", "background", "emotion", "split") if name in cells}
    said = {name: text for name, text in texts.items() if text.strip()}
    words = replace(before, **said)  # type: ignore[arg-type]
    raw, why = cells.get("offset", "").strip(), ""
    if raw:
        offset = _seconds(raw)
        if offset is None:
            why = f"its offset {raw[:40]!r} is no number of seconds"
        else:
            words = replace(words, offset=offset)
    tags = dict.fromkeys(tag.strip() for tag in cells.get("tags", "").split(";"))
    tags.pop("", None)
    return (replace(words, tags=tuple(tags)) if tags else words), why


def _seconds(text: str) -> float | None:
    try:
        value = float(text.replace(",", ".") if "." not in text else text)
    except ValueError:
        return None
    return value if "_" not in text and math.isfinite(value) and abs(value) <= _MOST_SECONDS else None


class _Names:
    """Clips by all that a row may call them."""

    def __init__(self, plan: Plan) -> None:
        self._by: list[dict[str, set[str]]] = [defaultdict(set) for _ in range(4)]
        ids, paths, files, stems = self._by
        for clip in plan.clips:
            ids[key(clip.id)].add(clip.id)
            for file in _files_of(clip):
                paths[key(file)].add(clip.id)
                files[key(PurePosixPath(file).name)].add(clip.id)
                stems[key(stem_of(file))].add(clip.id)
        self._without_partner = {name for left in plan.unpaired for name in _names_of(left.file)}

    def clip_for(self, cells: Mapping[str, str]) -> tuple[str, str]:
        """The id of the one clip that a row is for, and else why there is none."""
        called = [cells[field].strip() for field in REFERENCES if cells.get(field, "").strip()]
        if not called:
            return "", "it names no clip"
        fitting: set[str] | None = None
        for name in called:
            found = self._called(name)
            if not found:
                alone = key(_path(name)) in self._without_partner
                return "", f"{name} has no partner" if alone else f"no clip is called {name}"
            fitting = found if fitting is None else fitting & found
        assert fitting is not None
        if len(fitting) == 1:
            return next(iter(fitting)), ""
        if not fitting:
            return "", f"{' and '.join(called)} are different clips"
        return "", f"{called[0]} may be {' or '.join(sorted(fitting)[:4])}"

    def _called(self, name: str) -> set[str]:
        wanted = key(_path(name))
        return next((names[wanted] for names in self._by if wanted in names), set())


def _files_of(clip: PlannedClip) -> tuple[str, ...]:
    return (*clip.files, *clip.siblings)


def _names_of(file: str) -> tuple[str, str, str]:
    return key(file), key(PurePosixPath(file).name), key(stem_of(file))


def _path(name: str) -> str:
    """A path as reports write it: forward slashes, nothing before the first folder."""
    plain = unicodedata.normalize("NFC", name.strip()).replace("\\", "/")
    while plain.startswith("./"):
        plain = plain[2:]
    return plain
