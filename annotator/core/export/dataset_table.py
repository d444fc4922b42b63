"""The tracks of a whole dataset as one table, for notebooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from annotator.core.performance import read_take
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recorded import read_recorded
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, NAMES
from viewer.core.errors import ExportError, StudioError
from viewer.core.files import WriteError, keep_apart
from viewer.core.formats import parquet
from viewer.core.formats.rotations import in_numbers
from viewer.core.pose import FULL_SCALE
from viewer.core.progress import Progress, no_progress
from viewer.core.track import Track


@dataclass
class WrittenTable:
    """What :func:`write_dataset_table` wrote: how many ``frames`` of how many ``clips`` and ``takes``, how
    many of the frames ``lost`` the face, the channels that none of the tracks has (``missing``), the rate
    that all tracks share (None where they differ), and ``notes`` on what was left out."""

    clips: int = 0
    takes: int = 0
    frames: int = 0
    lost: int = 0
    fps: float | None = None
    missing: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def write_dataset_table(
    dataset: Dataset,
    target: Path,
    *,
    fps: float | None = None,
    mirror: bool = False,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> WrittenTable:
    """Write the recordings, as recorded, and the takes of all clips below each other, a row a frame, as
    Parquet with the columns ``clip`` and ``take``, which is null for a recording.

    A clip without a track, or with one that cannot be read, is left out and noted.  ``fps`` resamples,
    ``mirror`` swaps left and right.

    Raises :class:`ExportError` where there is no track at all, :class:`~viewer.core.errors.FileError`
    where the file cannot be written or pyarrow is missing, :class:`~viewer.core.errors.Cancelled`.
    """
    if target.resolve().is_relative_to((dataset.root / "clips").resolve()):
        raise WriteError("lies among the clips that are read", "choose a place outside of them", target)
    told = WrittenTable()
    present = np.zeros(CHANNEL_COUNT, bool)
    rates: Counter[float] = Counter()

    def rows() -> Iterator[parquet.Stacked]:
        for number, entry in enumerate(dataset.clips):
            progress(number, len(dataset.clips), entry.id)
            for take, track in _tracks(dataset, entry.id, target, told, cancel):
                try:
                    shown = track.mirrored() if mirror else track
                    shown = shown if fps is None else shown.resampled(fps)
                except StudioError as fault:
                    told.notes.append(f"{entry.id}: {fault.what}; left out")
                    continue
                told.clips += take is None
                told.takes += take is not None
                told.frames += len(shown)
                told.lost += shown.invalid_frames
                rates[round(shown.fps, 4)] += 1
                present[shown.present] = True
                yield parquet.Stacked(entry.id, take, in_numbers(shown, "radians", FULL_SCALE))
        if not told.frames:
            raise ExportError("none of its clips has a track", "add recordings to it first", dataset.root)

    parquet.write_stacked(rows(), target, "radians")
    told.fps = next(iter(rates)) if len(rates) == 1 else None
    told.missing = tuple(name for name, here in zip(NAMES, present, strict=True) if not here)
    return told


def _tracks(
    dataset: Dataset, id: str, target: Path, told: WrittenTable, cancel: CancelToken | None
) -> Iterator[tuple[str | None, Track]]:
    """The recording of a clip, under None, and its takes; what cannot be read is noted."""
    if cancel is not None:
        cancel.check()
    try:
        loaded = dataset.load_clip(id)
    except StudioError as fault:
        told.notes.append(f"{id}: {fault.what}; left out")
        return
    keep_apart(target, loaded.track_path)
    try:
        yield None, read_recorded(loaded, cancel)
    except StudioError as fault:
        told.notes.append(f"{id}: {fault.what}; left out")
    for take in loaded.state.takes:
        if take.deleted:
            continue
        try:
            file = loaded.place.take_track(take.id)
            yield take.id, read_take(take, file, loaded.full_scale, cancel)
        except StudioError as fault:
            told.notes.append(f"{id}, take {take.id}: {fault.what}; left out")
