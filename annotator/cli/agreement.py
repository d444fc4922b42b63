"""The command that measures how far annotators agree."""

from __future__ import annotations

import math
from pathlib import Path

from annotator.cli.app import Flag, LabelLevelName, UsageError, app
from annotator.cli.terminal import note, progress_line, report


@app.command
def agreement(
    dataset: Path,
    /,
    *,
    annotators: str = "",
    tolerance: str = "40,100,250",
    step: float = 40.0,
    label_level: LabelLevelName = "exact",
    status: str = "",
    iou: float = 0.5,
    bootstrap: int = 1000,
    seed: int = 0,
    gamma: Flag = False,
) -> None:
    """Measure how far the annotators of a dataset agree: labels, intensities, spans and keyframes, as JSON.

    Parameters
    ----------
    dataset
        The folder of the dataset.
    annotators
        Whose work is compared, e.g. ana,ben, in this order; default: everyone who is found.
    tolerance
        Milliseconds up to which keyframes match, each on its own, e.g. 40,100,250.
    step
        Milliseconds from one point at which labels are compared to the next.
    label_level
        basic: compare the basic emotions that the vocabulary names for its labels.
    status
        Whose statuses count, e.g. done,needs review; default: finished work.
    iou
        The least intersection over union of spans that match, above 0 and up to 1.
    bootstrap
        How many resamples of the clips the intervals come from; 0 for none.
    seed
        The seed of their random numbers.
    gamma
        Find γ as well; it takes seconds a clip and a package of its own.
    """
    if not 1 <= step <= 60_000:
        raise UsageError("--step takes milliseconds from 1 to 60,000")
    if not 0 < iou <= 1:
        raise UsageError("--iou takes a number above 0 and up to 1")
    if not 0 <= bootstrap <= 100_000:
        raise UsageError("--bootstrap takes a number from 0 to 100,000")
    if not 0 <= seed < 2**63:
        raise UsageError("--seed takes a whole number from 0")
    tolerances = tuple(dict.fromkeys(map(_milliseconds, _words(tolerance))))
    if not tolerances:
        raise UsageError("--tolerance takes milliseconds, e.g. 40,100,250")

    from annotator.core.agreement.measuring import measure_agreement
    from annotator.core.agreement.report import to_json
    from annotator.core.agreement.settings import FINISHED, Settings

    statuses = tuple(dict.fromkeys(_words(status))) or FINISHED
    names = tuple(_words(annotators))
    settings = Settings(names, tolerances, step, label_level, statuses, iou, bootstrap, seed, gamma)
    with progress_line() as ticker:
        found = measure_agreement(dataset, settings, ticker)
    report(to_json(found))
    if found.clips.notes:
        some = len(found.clips.notes)
        note(f"{some} of the clips' files could not be used – see “notes” of “clips”")


def _words(given: str) -> list[str]:
    return [word.strip() for word in given.split(",") if word.strip()]


def _milliseconds(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1e7:
        raise UsageError(f"“{word}” is no tolerance; --tolerance takes milliseconds, e.g. 40,100,250")
    return number
