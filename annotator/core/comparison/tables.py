"""What was measured as tables for people: by region, keyframe, channel, motion and worst moment."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from annotator.core.comparison.differences import sorted_differences
from annotator.core.comparison.measures import BrokenLimits, Errors, Moment, RegionErrors, TrackComparison
from viewer.core.channels import BY_NAME, REGIONS


@dataclass(frozen=True)
class Cell:
    """``text`` is shown, ``value`` what it stands for; ``time`` seconds of the clip where to look."""

    text: str
    value: float | None = None
    time: float | None = None
    tip: str = ""
    best: bool = False


@dataclass(frozen=True)
class Row:
    """``channel`` is the one whose curve tells more, if one; ``take`` the number of the take that
    the whole row is about, -1 for none.  A row that ``turns`` is of rotations: its values are degrees."""

    label: str
    cells: tuple[Cell, ...]
    channel: str = ""
    time: float | None = None
    take: int = -1
    turns: bool = False


@dataclass(frozen=True)
class Sheet:
    """``head`` names the columns after the first; a number stands for a take's column."""

    name: str
    label: str
    head: tuple[str | int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Measured:
    """Results of :func:`annotator.core.comparison.metrics.compare` for the takes called ``names``
    (None where one could not be compared); ``offset`` is added to their times to get the clip's."""

    reference: str
    names: tuple[str, ...]
    found: tuple[TrackComparison | None, ...]
    offset: float = 0.0


def sheets(measured: Measured) -> tuple[Sheet, ...]:
    """All tables, in the order in which they are offered."""
    return regions(measured), keyframes(measured), channels(measured), motion(measured), moments(measured)


def _number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def _amount(value: float | None, turns: bool, digits: int = 3, sign: bool = False) -> str:
    """A weight, or an angle with a digit less."""
    text = _number(value, digits - turns, sign)
    return f"{text}°" if turns and text != "–" else text


def _with_best(cells: Sequence[Cell], largest: bool = False) -> tuple[Cell, ...]:
    """Mark the smallest (or largest) value where several are there to compare."""
    values = [cell.value for cell in cells if cell.value is not None]
    if len(values) < 2 or min(values) == max(values):
        return tuple(cells)
    best = max(values) if largest else min(values)
    return tuple(Cell(cell.text, cell.value, cell.time, cell.tip, cell.value == best) for cell in cells)


def regions(measured: Measured) -> Sheet:
    """Errors by region: one column a take, or for a single take more about it."""
    single = len(measured.found) == 1
    found = measured.found
    shown = [r for r in REGIONS if any(f and r in f.regions and f.regions[r].max for f in found)]
    rows = []
    for region in (None, *shown):
        parts = [None if f is None else f.overall if region is None else f.regions.get(region) for f in found]
        if single:
            cells = _single(measured, parts[0])
        else:
            cells = _with_best([_error_cell(measured, part, f) for part, f in zip(parts, found, strict=True)])
        turns = any(part is not None and part.unit == "degrees" for part in parts)
        rows.append(Row(region or "all shapes", cells, _worst_channel(parts), turns=turns))
    head: tuple[str | int, ...] = (
        ("Error", "Largest", "Correlation") if single else tuple(range(len(measured.found)))
    )
    return Sheet("Regions", "Region", head, tuple(rows))


def _worst(part: Errors, found: TrackComparison) -> Moment | None:
    return part.worst if isinstance(part, RegionErrors) else next(iter(found.moments), None)


def _error_cell(measured: Measured, part: Errors | None, found: TrackComparison | None) -> Cell:
    if part is None or found is None:
        return Cell("–")
    worst = _worst(part, found)
    time_in_clip = None if worst is None else worst.time_in_track + measured.offset
    turns = part.unit == "degrees"
    tip = f"largest {_amount(part.max, turns)}, r {_number(part.correlation, 2)}"
    if worst is not None:
        difference = _amount(worst.difference, turns, 2, True)
        tip += f"; worst at {time_in_clip:.2f} s: {worst.channel} {difference}"
    return Cell(_amount(part.mae, turns), part.mae, time_in_clip, tip)


def _single(measured: Measured, part: Errors | None) -> tuple[Cell, ...]:
    first = _error_cell(measured, part, measured.found[0])
    if part is None:
        return first, Cell("–"), Cell("–")
    return (
        first,
        Cell(_amount(part.max, part.unit == "degrees"), part.max, first.time, first.tip),
        Cell(_number(part.correlation, 2), part.correlation, None, "Correlation"),
    )


def _worst_channel(parts: Iterable[Errors | None]) -> str:
    moments = [part.worst for part in parts if isinstance(part, RegionErrors) and part.worst is not None]
    worst = max(moments, key=lambda moment: moment.error, default=None)
    return "" if worst is None else worst.channel


def keyframes(measured: Measured) -> Sheet:
    """Errors at each keyframe, one column a take."""
    count = max((len(f.keyframes) for f in measured.found if f is not None), default=0)
    rows = []
    for i in range(count):
        parts = [None if f is None else f.keyframes[i] for f in measured.found]
        time_in_clip = next(part.time_in_track for part in parts if part is not None) + measured.offset
        cells = [
            Cell("–")
            if part is None or part.mae is None
            else Cell(
                _number(part.mae), part.mae, time_in_clip, f"largest {_number(part.max)} in {part.worst}"
            )
            for part in parts
        ]
        rows.append(Row(f"{time_in_clip:.2f} s", _with_best(cells), time=time_in_clip))
    return Sheet("Keyframes", "Keyframe", tuple(range(len(measured.found))), tuple(rows))


def channels(measured: Measured) -> Sheet:
    """Channels sorted by where any take differs most; those without a difference are left out."""
    rows = []
    digits = 3 if len(measured.found) < 3 else 2
    for entry in sorted_differences(measured.found):
        if entry.largest < 0.0005:
            continue
        turns = BY_NAME[entry.channel].is_rotation
        cells = [
            Cell(_amount(error, turns, digits), error, None, f"{_amount(error, turns)}, r {_number(r, 2)}")
            for error, r in zip(entry.errors, entry.correlations, strict=True)
        ]
        if len(cells) == 1:
            cells.append(Cell(_number(entry.correlations[0], 2), entry.correlations[0]))
            rows.append(Row(entry.channel, tuple(cells), entry.channel, turns=turns))
        else:
            rows.append(Row(entry.channel, _with_best(cells), entry.channel, turns=turns))
    single = len(measured.found) == 1
    head: tuple[str | int, ...] = ("Error", "Correlation") if single else tuple(range(len(measured.found)))
    return Sheet("Channels", "Channel", head, tuple(rows))


Of = Callable[[TrackComparison], float | None]


def _share_broken(found: TrackComparison, limits: BrokenLimits) -> float:
    """Percent of the frames."""
    return 100.0 * limits.frames / max(found.frames, 1)


def motion(measured: Measured) -> Sheet:
    """How it moves: speed, jerk, blinks, limits and timing, beside the reference."""
    known = [f for f in measured.found if f is not None]
    own = known[0] if known else None

    def row(label: str, tip: str, digits: int, of: Of, reference: Of | None = None) -> Row:
        first = reference(own) if own is not None and reference is not None else None
        cells = [Cell(_number(first, digits), first, None, tip)]
        for f in measured.found:
            value = None if f is None else of(f)
            cells.append(Cell(_number(value, digits), value, None, tip))
        return Row(label, tuple(cells))

    rows = (
        row("correlation", "mean over the channels that move in both", 2, lambda f: f.overall.correlation),
        row(
            "later by, s", "offset with the best correlation; negative is earlier", 2, lambda f: f.lag.seconds
        ),
        row("peak speed, 1/s", "fastest change of a shape", 1, lambda f: f.speed.b, lambda f: f.speed.a),
        row("peak jerk, 1/s³", "most sudden change of a shape", 0, lambda f: f.jerk.b, lambda f: f.jerk.a),
        row(
            "blinks",
            "both lids closed and open again within 0.6 s",
            0,
            lambda f: float(f.blinks.b),
            lambda f: float(f.blinks.a),
        ),
        row(
            "limits broken, %",
            "frames that no face could show",
            1,
            lambda f: _share_broken(f, f.limits.b),
            lambda f: _share_broken(f, f.limits.a),
        ),
        row("frames compared", "frames in which both show a face", 0, lambda f: float(f.frames)),
    )
    return Sheet("Motion", "Measure", (measured.reference, *range(len(measured.found))), rows)


def moments(measured: Measured) -> Sheet:
    """The worst moments of all takes, worst first."""
    found = [
        (moment, place) for place, f in enumerate(measured.found) if f is not None for moment in f.moments
    ]
    rows = []
    for moment, place in sorted(found, key=lambda entry: -entry[0].error):
        time_in_clip = moment.time_in_track + measured.offset
        turns = BY_NAME[moment.channel].is_rotation
        cells = (
            Cell(moment.channel, None, time_in_clip, f"{moment.region}: {measured.names[place]}"),
            Cell(
                _amount(moment.difference, turns, 2, True),
                moment.difference,
                time_in_clip,
                f"take minus {measured.reference}",
            ),
        )
        rows.append(Row(f"{time_in_clip:.2f} s", cells, moment.channel, time_in_clip, place, turns))
    return Sheet("Moments", "Time", ("Channel", "Difference"), tuple(rows))


# ---- carrying it away --------------------------------------------------------------------------


def as_lines(sheet: Sheet, measured: Measured) -> list[list[str]]:
    """A table as lines of text, numbers with a plain minus, the take's name where it matters."""
    takes = any(row.take >= 0 for row in sheet.rows)
    head = [measured.names[name] if isinstance(name, int) else name for name in sheet.head]
    lines = [[sheet.label or sheet.name, *head, *(["Take"] if takes else [])]]
    for row in sheet.rows:
        cells = [_plain(cell) for cell in row.cells]
        label = f"{row.label}, degrees" if row.turns else row.label
        lines.append([label, *cells, *([measured.names[row.take]] if takes else [])])
    return [[safe_cell(text) for text in line] for line in lines]


def _plain(cell: Cell) -> str:
    if cell.value is not None:
        return f"{cell.value:.6g}"
    return "" if cell.text == "–" else cell.text


def safe_cell(text: str) -> str:
    """Text that a spreadsheet takes for text or a number, never for a formula or a second cell."""
    flat = " ".join(text.split())
    try:
        float(flat)
    except ValueError:
        return "'" + flat if flat[:1] in ("=", "+", "-", "@", "|") else flat
    return flat


def as_tsv(sheet: Sheet, measured: Measured) -> str:
    """One table for the clipboard."""
    return "".join("\t".join(line) + "\n" for line in as_lines(sheet, measured))


def as_csv(measured: Measured) -> str:
    """All tables in one file, an empty line between them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Compared with", safe_cell(measured.reference)])
    for sheet in sheets(measured):
        writer.writerow([])
        writer.writerow([sheet.name])
        writer.writerows(as_lines(sheet, measured))
    return out.getvalue()
