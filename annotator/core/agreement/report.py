"""What is found: every figure with what it rests on, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from annotator.core.agreement.lengths import LengthFrom
from annotator.core.agreement.reading import LeftOut

_DECIMALS = 9


@dataclass(frozen=True)
class Figure:
    """A number and how many units are behind it; None with the reason why it is undefined."""

    value: float | None
    n: int
    reason: str = ""


@dataclass(frozen=True)
class Estimate(Figure):
    """A figure with its 95 % interval, None where too few resamples define it."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Confusion:
    """How many points have which two values: rows are the first annotator's, columns the second's; ``""``
    is no label."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class PairLabels:
    """What two annotators make of the same points."""

    annotators: tuple[str, str]
    observed: Figure
    cohen_kappa: Estimate
    confusion: Confusion


@dataclass(frozen=True)
class LabelPresence:
    """A label on present or absent; ``seconds`` by annotator."""

    label: str
    alpha: Figure
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class ClipLabels:
    """The labels of one clip; ``length_from`` is what tells how long it is."""

    clip: str
    annotators: tuple[str, ...]
    length_s: float
    length_from: LengthFrom
    alpha_nominal: Figure


@dataclass(frozen=True)
class LabelsFound:
    """Labels on the grid of points."""

    alpha_nominal: Estimate
    alpha_nominal_labelled: Estimate
    fleiss_kappa: Estimate
    pairs: tuple[PairLabels, ...]
    per_label: tuple[LabelPresence, ...]
    per_clip: tuple[ClipLabels, ...]


@dataclass(frozen=True)
class IntensityFound:
    """Intensities on the grid of points."""

    alpha_ordinal: Estimate
    alpha_interval: Estimate


@dataclass(frozen=True)
class Match:
    """Matched marks; ``counts`` are those of the first and of the second annotator of each pair.

    ``of`` is whose they are: the names of a pair, a label, a clip, or None for all.  ``means`` are means
    over the matched pairs, by their keys in the JSON.
    """

    of: tuple[str, str] | str | None
    matched: int
    counts: tuple[int, int]
    precision: Figure
    recall: Figure
    f1: Figure
    means: Mapping[str, Figure]


@dataclass(frozen=True)
class Matches:
    """One way of matching marks; ``tolerance_ms`` is that of keyframes."""

    overall: Match
    pairs: tuple[Match, ...]
    per_label: tuple[Match, ...]
    per_clip: tuple[Match, ...]
    tolerance_ms: float | None = None


@dataclass(frozen=True)
class LabelPlace:
    """A place at which annotators have different values, by name: of those whose work counts there.
    ``disagreement`` is the share of their pairs that differ, in seconds of the place."""

    clip: str
    start_s: float
    end_s: float
    values: Mapping[str, str]
    disagreement: float


@dataclass(frozen=True)
class KeyframePlace:
    """A keyframe for which ``without`` have none within the widest tolerance; ``nearest_ms`` is how far
    away the nearest of theirs is, None where they have none."""

    clip: str
    annotator: str
    time_s: float
    label: str
    without: tuple[str, ...]
    nearest_ms: float | None


@dataclass(frozen=True)
class Worst:
    """Where annotators differ most, worst first."""

    labels: tuple[LabelPlace, ...]
    keyframes: tuple[KeyframePlace, ...]


@dataclass(frozen=True)
class ClipsFound:
    """Which clips are compared; ``notes`` tells what is odd about some of them."""

    in_dataset: int
    compared: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """All that ``kfstudio agreement`` prints."""

    dataset: str
    annotators: tuple[str, ...]
    settings: Mapping[str, Any]
    clips: ClipsFound
    labels: LabelsFound
    intensity: IntensityFound
    spans: Matches
    keyframes: tuple[Matches, ...]
    gamma: Figure
    worst: Worst


def to_json(found: Any) -> Any:
    """A report, or a part of one, as JSON has it."""
    match found:
        case Match():
            return _match(found)
        case Figure():
            return _figure(found)
        case Matches():
            rows = {
                "overall": to_json(found.overall),
                "pairs": [{"annotators": to_json(match.of), **_match(match)} for match in found.pairs],
                "per_label": [{"label": match.of, **_match(match)} for match in found.per_label],
                "per_clip": [{"clip": match.of, **_match(match)} for match in found.per_clip],
            }
            if found.tolerance_ms is None:
                return rows
            return {"tolerance_ms": found.tolerance_ms, **rows}
        case float():
            return round(found, _DECIMALS)
        case tuple() | list():
            return [to_json(item) for item in found]
        case Mapping():
            return {key: to_json(item) for key, item in found.items()}
    if is_dataclass(found):
        return {each.name: to_json(getattr(found, each.name)) for each in fields(found)}
    return found


def _figure(figure: Figure) -> dict[str, Any]:
    told: dict[str, Any] = {"value": to_json(figure.value), "n": figure.n}
    if isinstance(figure, Estimate):
        told |= {"low": to_json(figure.low), "high": to_json(figure.high)}
    return told if figure.value is not None else {**told, "reason": figure.reason}


def _match(match: Match) -> dict[str, Any]:
    return {
        "matched": match.matched,
        "counts": list(match.counts),
        "precision": _figure(match.precision),
        "recall": _figure(match.recall),
        "f1": _figure(match.f1),
        **{name: _figure(figure) for name, figure in match.means.items()},
    }
