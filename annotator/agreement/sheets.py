"""A report on agreement as tables: what stands in each cell, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotator.core.agreement.report import Agreement, Estimate, Figure, Match, Matches
from viewer.transport_bar import format_timecode

NO_LABEL = "no label"
DASH = "–"


@dataclass(frozen=True)
class Cell:
    """Words, what they are sorted by, and what more there is to know."""

    text: str
    key: float | str
    tip: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right of its column."""
        return not isinstance(self.key, str)


@dataclass(frozen=True)
class Row:
    """A line of a table; ``clip`` and ``time_in_clip`` (s) are the place that it is about, if one."""

    cells: tuple[Cell, ...]
    clip: str = ""
    time_in_clip: float = 0.0


@dataclass(frozen=True)
class Sheet:
    """A table; ``wide`` is the column that takes what room is left, ``empty`` what is said without rows."""

    title: str
    about: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    wide: int
    empty: str


def figure_words(figure: Figure) -> str:
    """A figure to three decimals."""
    return DASH if figure.value is None else _decimal(figure.value)


def interval_words(figure: Figure) -> str:
    """Its 95 % interval, or why there is none."""
    if figure.value is None:
        return figure.reason
    if isinstance(figure, Estimate) and figure.low is not None and figure.high is not None:
        return f"{_decimal(figure.low)} to {_decimal(figure.high)}"
    return ""


def figure_cell(figure: Figure, *, interval: bool = False) -> Cell:
    """A figure, by which its column is sorted; undefined ones come last."""
    told = interval_words(figure)
    words = figure_words(figure)
    more = f"  ({told})" if interval and told and figure.value is not None else ""
    behind = f"from {figure.n:,}"
    tip = figure.reason if figure.value is None else f"{behind}; 95 %: {told}" if told else behind
    return Cell(words + more, float("inf") if figure.value is None else figure.value, tip)


def sheets_of(found: Agreement) -> tuple[Sheet, ...]:
    """The tables of a report, in the order in which they are looked at."""
    return (_places(found), _keyframes(found), _pairs(found), _labels(found), _clips(found), _left_out(found))


def shown_tolerance(found: Agreement) -> Matches:
    """Of the tolerances that of tables: 100 ms, else the one in the middle."""
    tolerances = [each.tolerance_ms for each in found.keyframes]
    return found.keyframes[tolerances.index(100) if 100 in tolerances else len(tolerances) // 2]


def _places(found: Agreement) -> Sheet:
    rows = tuple(
        Row(
            (
                _text(place.clip),
                _time(place.start_s),
                Cell(f"{place.end_s - place.start_s:.2f} s", place.disagreement),
                _text("  ·  ".join(f"{who}: {label or NO_LABEL}" for who, label in place.values.items())),
            ),
            place.clip,
            place.start_s,
        )
        for place in found.worst.labels
    )
    about = "Where labels differ longest, between most people first. Enter opens the clip there."
    return Sheet(
        "Labels that differ", about, ("Clip", "At", "For", "Who sees what"), rows, 3, "All labels agree."
    )


def _keyframes(found: Agreement) -> Sheet:
    rows = tuple(
        Row(
            (
                _text(place.clip),
                _time(place.time_s),
                _text(f"{place.annotator} has a keyframe, {' and '.join(place.without)} not"),
                Cell(f"{place.nearest_ms:,.0f} ms", place.nearest_ms)
                if place.nearest_ms is not None
                else Cell("none in the clip", float("inf")),
            ),
            place.clip,
            place.time_s,
        )
        for place in found.worst.keyframes
    )
    widest = max(each.tolerance_ms or 0 for each in found.keyframes)
    about = f"Keyframes that others do not have within {widest:g} ms. Enter opens the clip there."
    headers = ("Clip", "At", "Who", "Their nearest")
    return Sheet("Keyframes alone", about, headers, rows, 2, "Every keyframe has one of everybody else.")


def _pairs(found: Agreement) -> Sheet:
    spans, keyframes = found.spans.pairs, shown_tolerance(found)
    rows = tuple(
        Row(
            (
                _text(" and ".join(pair.annotators)),
                figure_cell(pair.cohen_kappa, interval=True),
                figure_cell(pair.observed),
                figure_cell(span.f1, interval=True),
                figure_cell(keyframe.f1, interval=True),
            )
        )
        for pair, span, keyframe in zip(found.labels.pairs, spans, keyframes.pairs, strict=True)
    )
    headers = (
        "Annotators",
        "κ of labels",
        "Same label",
        "Spans, F1",
        f"Keyframes, F1 ({keyframes.tolerance_ms:g} ms)",
    )
    return Sheet("Pairs", "Each two annotators, with 95 % intervals.", headers, rows, 0, "")


def _labels(found: Agreement) -> Sheet:
    spans, keyframes = _by(found.spans.per_label), _by(shown_tolerance(found).per_label)
    rows = tuple(
        Row(
            (
                _text(label.label),
                figure_cell(label.alpha),
                *(Cell(f"{label.seconds[who]:.1f} s", label.seconds[who]) for who in found.annotators),
                _f1(spans, label.label),
                _f1(keyframes, label.label),
            )
        )
        for label in found.labels.per_label
    )
    headers = ("Label", "α", *found.annotators, "Spans, F1", "Keyframes, F1")
    about = "α on present or absent, and how long each person uses the label."
    return Sheet("Labels", about, headers, rows, 0, "Nobody has marked an emotion span.")


def _clips(found: Agreement) -> Sheet:
    spans, keyframes = _by(found.spans.per_clip), _by(shown_tolerance(found).per_clip)
    rows = tuple(
        Row(
            (
                _text(clip.clip),
                figure_cell(clip.alpha_nominal),
                _f1(spans, clip.clip),
                _f1(keyframes, clip.clip),
                Cell(f"{clip.length_s:.1f} s", clip.length_s, f"told by its {clip.length_from}"),
                _text(", ".join(clip.annotators)),
            ),
            clip.clip,
        )
        for clip in found.labels.per_clip
    )
    headers = ("Clip", "α of labels", "Spans, F1", "Keyframes, F1", "Length", "Annotators")
    about = "Each clip on which two or more people count. Enter opens it."
    return Sheet("Clips", about, headers, rows, 5, "No clip has finished work of two people.")


def _left_out(found: Agreement) -> Sheet:
    rows = [
        Row((_text(left.clip), _text(left.annotator), _text(left.why)), left.clip)
        for left in found.clips.left_out
    ]
    for note in found.clips.notes:
        clip, _, what = note.partition(": ")
        rows.append(Row((_text(clip), _text("", "\uffff"), _text(what)), clip))
    about = "Whose work does not count, and files of clips that could not be used."
    headers = ("Clip", "Annotator", "Why")
    return Sheet("Left out", about, headers, tuple(rows), 2, "Everybody's work counts.")


def _decimal(number: float) -> str:
    return f"{number:.3f}".replace("-", "−")


def _by(matches: Sequence[Match]) -> Mapping[object, Match]:
    return {match.of: match for match in matches}


def _f1(matches: Mapping[object, Match], of: str) -> Cell:
    match = matches.get(of)
    return Cell(DASH, float("inf"), "nobody has one") if match is None else figure_cell(match.f1)


def _text(words: str, key: str | None = None) -> Cell:
    return Cell(words, words.casefold() if key is None else key)


def _time(seconds: float) -> Cell:
    return Cell(format_timecode(seconds), seconds)
