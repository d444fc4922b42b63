"""How a report writes numbers, words, pictures and its methods."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from annotator.core.comparison.measures import Both, TrackComparison
from annotator.core.export.markup import Html
from viewer.core.channels import Region

Measure = Callable[[TrackComparison], float | None]
"""A figure of a comparison; None where it has none."""

_MOST_STORY = 700


def number(value: float | None, digits: int = 3) -> str:
    """A number with a true minus; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def percent(share: float) -> str:
    """A share from 0 to 1 in whole percent; a dash for NaN and infinity."""
    return "–" if not math.isfinite(share) else f"{100 * share:.0f} %"


def seconds(value: float) -> str:
    """Seconds with their unit."""
    return f"{number(value, 2)}\N{NO-BREAK SPACE}s"


def p_value(value: float) -> str:
    """The p of a test, as papers write it."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def counted(count: int, noun: str) -> str:
    """A count with its noun in the right number."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def mean_error(found: TrackComparison) -> float | None:
    """Of all blendshapes."""
    return found.overall.mae if found.overall.unit == "weight" else None


def of_region(region: Region) -> Measure:
    """The mean error of one region."""
    return lambda found: found.regions[region].mae if region in found.regions else None


def ratio(peaks: Both[float]) -> float | None:
    """The second peak as a multiple of the first; None where the first is zero."""
    return peaks.b / peaks.a if peaks.a else None


MOVEMENT: tuple[tuple[str, str, Measure, int], ...] = (
    ("Correlation", "mean over the channels that move in both", lambda found: found.overall.correlation, 2),
    (
        "Later by (s)",
        "offset with the best correlation; negative is earlier",
        lambda found: found.lag.seconds,
        2,
    ),
    ("Peak speed", "of the take as a multiple of the recording's", lambda found: ratio(found.speed), 2),
    ("Peak jerk", "likewise", lambda found: ratio(found.jerk), 2),
    ("Blinks", "in the take minus in the recording", lambda found: float(found.blinks.b - found.blinks.a), 1),
    (
        "Limits broken (%)",
        "frames of the take that no face could show",
        lambda found: 100.0 * found.limits.b.frames / max(found.frames, 1),
        1,
    ),
)

Section = tuple[str, str, list[Html]]


def shortened(words: str) -> str:
    """A story that a page has room for."""
    return words if len(words) <= _MOST_STORY else words[:_MOST_STORY].rstrip() + " …"


METHODS: Sequence[str] = (
    "Two convincing performances of one emotion can differ a lot. A small error says that a take does what "
    "this person did here, not that it is believable; a large one does not say that it is not. Only people "
    "can judge that, which is what the votes are for.",
    "Errors: the take is interpolated at the frames of the recording, the annotator's corrections included. "
    "Frames in which either face was not detected, and those outside the take, are left out. Rotations are "
    "compared in degrees, whatever unit their files are in, and never averaged together with shapes.",
    "Takes of one model on one clip are averaged first, so every clip counts once. Intervals are Student's "
    "over clips and take the clips for a sample of all that one cares about. The differences of two "
    "models are paired by clip.",
    "Correlation looks at the shape of a movement and not at its size; channels that rest are left out. "
    "The offset is the one of up to 1 s to either side with the best correlation, and untold below 0.3.",
    "A blink is both lids above 0.5 and back below 0.3 within 0.6 s. Peak speed and jerk are of single "
    "frames and grow with the noise of a recording: a smooth take is often below it.",
    "Of each voter's votes on one pair by one criterion the last counts. The intervals take votes for "
    "independent; with few voters or few clips, who vote many times, they are too narrow. A vote without "
    "preference counts half for each in the Bradley–Terry model, and every two models that met are given "
    "half a vote each beforehand, so that none is infinitely strong.",
    "Many regions, models and criteria are looked at: some differences of this size come by chance. "
    "Decide beforehand which one the decision rests on.",
)
