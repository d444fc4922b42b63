"""Tables that BORIS exports: events one after the other, or aggregated to intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from annotator.core.interchange.boris import paired, split_name
from annotator.core.interchange.marks import (
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    LeftOut,
    Medium,
    Tier,
    number_of,
)

_AGGREGATED = {"behavior", "behavior type", "start (s)", "stop (s)"}
_TABULAR = {"time", "behavior", "status"}

Rows = Sequence[Sequence[str]]


def read_boris_table(path: Path, rows: Rows) -> ForeignFile | None:
    """What a table of BORIS tells; None where it is none."""
    for number, row in enumerate(rows[:200]):
        names = [cell.strip().lower() for cell in row]
        body = (dict(zip(names, each, strict=False)) for each in rows[number + 1 :])
        if set(names) >= _AGGREGATED:
            return _aggregated(path, body)
        if set(names) >= _TABULAR and names[0] == "time":
            return _tabular(path, rows[:number], body)
    return None


def _tabular(path: Path, head: Rows, body: Iterable[Mapping[str, str]]) -> ForeignFile:
    told = {row[0].strip().lower(): row[1].strip() for row in head if len(row) > 1 and row[1].strip()}
    late = number_of(told.get("time offset (s)", "")) or 0.0
    left_out: list[LeftOut] = []
    states: set[str] = set()
    events = []
    media: dict[str, None] = {}
    for number, row in enumerate(body, 1):
        if not any(cell.strip() for cell in row.values()):
            continue
        time = number_of(row.get("time", ""))
        code = row.get("behavior", "").strip()
        if time is None or not code:
            left_out.append(LeftOut(f"row {number} below the head", "it has no time, or no behaviour"))
            continue
        if row.get("status", "").strip().upper() in ("START", "STOP"):
            states.add(code)
        if row.get("media file path", "").strip():
            media[row["media file path"].strip()] = None
        modifier = next((row[name] for name in row if name.startswith("modifier")), "")
        events.append((time, row.get("subject", "").strip(), code, modifier, row.get("comment", "")))
    events.sort(key=lambda event: event[0])
    clip, who = split_name(told.get("observation id", ""))
    tiers = paired(events, states, set(), left_out)
    files = _first(media, late, left_out)
    return ForeignFile(path, "boris", (ForeignMarks(who, clip, files, tiers, left_out=tuple(left_out)),))


def _aggregated(path: Path, body: Iterable[Mapping[str, str]]) -> ForeignFile:
    found: dict[str, dict[str, list[ForeignMark]]] = {}
    files: dict[str, dict[str, None]] = {}
    left_out: dict[str, list[LeftOut]] = {}
    states: set[str] = set()
    for number, row in enumerate(body, 1):
        if not any(cell.strip() for cell in row.values()):
            continue
        name, code = row.get("observation id", ""), row.get("behavior", "").strip()
        start, stop = number_of(row.get("start (s)", "")), number_of(row.get("stop (s)", ""))
        is_state = row.get("behavior type", "").strip().upper() == "STATE"
        if start is None or not code or (is_state and stop is None):
            what = f"row {number} below the head"
            left_out.setdefault(name, []).append(LeftOut(what, "it has no start, no stop or no behaviour"))
            continue
        if is_state:
            states.add(code)
        files.setdefault(name, {})[row.get("media file", "").strip()] = None
        subject = row.get("subject", "").strip()
        told = [row.get("comment start", ""), row.get("comment stop", "")]
        more = ["" if subject == "No focal subject" else subject, row.get("modifiers", "").strip()]
        mark = ForeignMark(
            start,
            stop if is_state else None,
            "" if is_state else "\n".join(filter(None, told)),
            code,
            note="\n".join(filter(None, (*(told if is_state else ()), ", ".join(filter(None, more))))),
        )
        found.setdefault(name, {}).setdefault(code, []).append(mark)
    sets = []
    for name in dict.fromkeys((*found, *left_out)):
        clip, who = split_name(name)
        tiers = tuple(
            Tier(code, tuple(sorted(marks, key=lambda mark: mark.start)), named_by_label=code in states)
            for code, marks in found.get(name, {}).items()
        )
        told_of = left_out.get(name, [])
        media = _first([file for file in files.get(name, {}) if file], 0.0, told_of)
        sets.append(ForeignMarks(who, clip, media, tiers, left_out=tuple(told_of)))
    return ForeignFile(path, "boris", tuple(sets))


def _first(names: Iterable[str], late: float, left_out: list[LeftOut]) -> tuple[Medium, ...]:
    """The medium whose begin on the clock is known: such a table does not say how long each one is."""
    found = list(names)
    if len(found) > 1:
        why = "the table does not say when each begins; times are counted from the first one's begin"
        left_out.append(LeftOut(f"which times belong to {', '.join(found[1:])}", why))
    return tuple(Medium(name, late) for name in found[:1])
