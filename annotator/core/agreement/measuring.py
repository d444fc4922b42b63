"""Agreement over a dataset, from its folder to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotator.core.agreement.gamma import gamma_of
from annotator.core.agreement.grid import make_grid
from annotator.core.agreement.labels import Labels
from annotator.core.agreement.lengths import Length, Lengths
from annotator.core.agreement.on_grid import intensities_on_grid, labels_on_grid
from annotator.core.agreement.on_marks import KEYFRAME_MEANS, SPAN_MEANS, matches_of
from annotator.core.agreement.reading import ComparedClip, read_work
from annotator.core.agreement.report import Agreement, ClipsFound
from annotator.core.agreement.resampling import Resamples
from annotator.core.agreement.settings import Settings, microseconds
from annotator.core.agreement.tallies import tally_keyframes, tally_spans
from annotator.core.agreement.worst import worst_places
from annotator.core.storage.dataset import Dataset
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress, no_progress


def measure_agreement(
    path: Path,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Agreement:
    """How far the annotators of a dataset agree.

    Raises :class:`~viewer.core.errors.DatasetError` where there is no dataset, an annotator or status is
    unknown or there are fewer than two annotators, and :class:`~viewer.core.errors.Cancelled`.
    """
    settings, cancel = settings or Settings(), cancel or CancelToken()
    progress(0, 0, "opening the dataset")
    dataset = Dataset.open(path)
    labels = Labels(dataset.vocabulary, settings.label_level)
    found = read_work(dataset, settings, labels, progress, cancel)
    clips, names = found.clips, found.annotators
    lengths = _lengths(dataset, clips, progress, cancel)
    step = settings.step
    parts = 3 + len(settings.tolerances_ms)
    progress(0, parts, "comparing labels")
    resamples = Resamples(len(clips), settings.bootstrap, settings.seed, cancel)
    grid = make_grid(clips, [length.time for length in lengths], len(names), step, labels)
    of_labels = labels_on_grid(grid, clips, lengths, names, labels, step, resamples)
    intensity = intensities_on_grid(grid, len(clips), resamples)
    progress(1, parts, "matching spans")
    ids = [clip.entry.id for clip in clips]
    tally = tally_spans(clips, len(names), settings.iou)
    spans = matches_of(tally, SPAN_MEANS, "span", names, ids, labels, resamples)
    keyframes = []
    for number, tolerance_ms in enumerate(settings.tolerances_ms):
        cancel.check()
        progress(2 + number, parts, "matching keyframes")
        tally = tally_keyframes(clips, len(names), microseconds(tolerance_ms / 1000))
        keyframes.append(
            matches_of(tally, KEYFRAME_MEANS, "keyframe", names, ids, labels, resamples, tolerance_ms)
        )
    widest = microseconds(max(settings.tolerances_ms) / 1000)
    return Agreement(
        dataset.name,
        names,
        _told(settings),
        ClipsFound(found.in_dataset, len(clips), found.left_out, _notes(clips, lengths)),
        of_labels,
        intensity,
        spans,
        tuple(keyframes),
        gamma_of(clips, labels, settings, progress, cancel),
        worst_places(grid, clips, lengths, names, labels, step, widest),
    )


def _lengths(
    dataset: Dataset, clips: tuple[ComparedClip, ...], progress: Progress, cancel: CancelToken
) -> list[Length]:
    known = Lengths(dataset)
    try:
        made = []
        for number, clip in enumerate(clips):
            if number % 16 == 0:
                cancel.check()
                progress(number, len(clips), "looking up how long clips are")
            made.append(known.of(clip))
        return made
    finally:
        known.keep()


def _notes(clips: tuple[ComparedClip, ...], lengths: list[Length]) -> tuple[str, ...]:
    return tuple(
        f"{clip.entry.id}: {fault}"
        for clip, length in zip(clips, lengths, strict=True)
        for fault in length.faults
    )


def _told(settings: Settings) -> dict[str, Any]:
    return {
        "step_ms": _plain(settings.step_ms),
        "tolerances_ms": [_plain(tolerance) for tolerance in settings.tolerances_ms],
        "iou": settings.iou,
        "label_level": settings.label_level,
        "statuses": list(settings.statuses),
        "bootstrap": settings.bootstrap,
        "seed": settings.seed,
    }


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number
