"""Exporting the annotations of a dataset for other tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.begun import begun_span
from annotator.core.change_summary import counted
from annotator.core.interchange.clip_frames import ClipFrames, frames_of
from annotator.core.interchange.formats import FORMATS, Format
from annotator.core.interchange.marks import ClipMarks, Losses, Lost, PersonMarks, Target
from annotator.core.names import identity
from annotator.core.storage.clip_files import UNREADABLE
from annotator.core.storage.dataset import ClipEntry, Dataset
from annotator.core.storage.loading import LoadedClip
from viewer.core.cancel import CancelToken
from viewer.core.errors import ExportError, StudioError
from viewer.core.files import atomic_write, make_folder
from viewer.core.progress import Progress, no_progress


@dataclass(frozen=True)
class Exported:
    """What was written: paths in the folder, how many clips and marks, and what was lost."""

    format: str
    files: tuple[str, ...]
    clips: int
    keyframes: int
    emotions: int
    lost: tuple[Lost, ...]

    def to_json(self) -> dict[str, Any]:
        """The report of the command line."""
        return {
            "format": self.format,
            "files": list(self.files),
            "clips": self.clips,
            "keyframes": self.keyframes,
            "emotions": self.emotions,
            "lost": [each.to_json() for each in self.lost],
        }


def export_annotations(
    dataset: Dataset,
    out: Path,
    name: str,
    *,
    clips: Sequence[str] = (),
    annotators: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Exported:
    """Write the annotations of ``clips`` by ``annotators`` (all where none is named) into the folder ``out``
    in the format called ``name``.  A ``dry_run`` writes nothing and looks into no video: what a format loses
    by counting frames is not told.

    Raises :class:`StudioError` for a clip or an annotator that is not there, and where it cannot be
    written; :class:`~viewer.core.errors.Cancelled`.  Each file is written whole or not at all.
    """
    form = FORMATS[name]
    entries = _chosen(dataset, clips)
    _check_annotators(dataset, entries, annotators)
    _check_folder(dataset, out)
    reading = _Reading(
        dataset,
        entries,
        annotators,
        form,
        progress,
        cancel or CancelToken(),
        look_at_videos=form.needs_frames and not dry_run,
    )
    target = Target(out, dataset.vocabulary.labels)
    taken = _media(dataset, entries)
    if not dry_run:
        make_folder(out)
    written: dict[str, str] = {}
    for file, data in form.write(reading.clips(), reading.losses, target):
        path = out / file
        if identity(file) in written:
            what = f"{file} would replace {written[identity(file)]} on Windows and macOS"
            raise ExportError(what, "export them one by one with --clip", path)
        _check_file(dataset, path, taken)
        if not dry_run:
            atomic_write(path, data)
        written[identity(file)] = file
    return Exported(
        name,
        tuple(written.values()),
        reading.count,
        reading.keyframes,
        reading.emotions - reading.losses.unwritten_spans,
        tuple(reading.losses.told),
    )


def _chosen(dataset: Dataset, clips: Sequence[str]) -> tuple[ClipEntry, ...]:
    there = {identity(entry.id): entry for entry in dataset.clips}
    for id in clips:
        if identity(id) not in there:
            raise ExportError(f"there is no clip {id!r}", "choose one from the list", dataset.root)
    wanted = {identity(id) for id in clips}
    return tuple(entry for key, entry in there.items() if not wanted or key in wanted)


def _check_annotators(dataset: Dataset, entries: Iterable[ClipEntry], annotators: Sequence[str]) -> None:
    if not annotators:
        return
    there = {identity(name): name for entry in entries for name in dataset.annotators(entry.id)}
    for name in annotators:
        if identity(name) not in there:
            known = ", ".join(sorted(there.values())) or "nobody"
            raise ExportError(
                f"{name!r} has annotated none of these clips", f"choose from: {known}", dataset.root
            )


def _check_folder(dataset: Dataset, out: Path) -> None:
    root, folder = dataset.root.resolve(), out.resolve()
    if folder == root or folder.is_relative_to(root / "clips"):
        what = "this folder belongs to the dataset itself, whose files are never written over"
        raise ExportError(what, "choose another folder", out)
    if out.exists() and not out.is_dir():
        raise ExportError("is a file, not a folder", "choose a folder", out)


def _media(dataset: Dataset, entries: Iterable[ClipEntry]) -> set[Path]:
    """The recordings of clips, which may lie anywhere in the dataset's folder."""
    found = set()
    for entry in entries:
        names = () if entry.info is None else (entry.info.video, entry.info.track)
        found |= {(dataset.root / "clips" / entry.id / name).resolve() for name in names if name}
    return found


def _check_file(dataset: Dataset, path: Path, taken: set[Path]) -> None:
    root, real = dataset.root.resolve(), path.resolve()
    if real in taken or real.is_relative_to(root / "clips") or real == root / "dataset.json":
        raise ExportError(
            "is a file of the dataset, which is never written over", "choose another folder", path
        )


class _Reading:
    """Reads the clips one after the other as they are asked for, and counts."""

    def __init__(
        self,
        dataset: Dataset,
        entries: Sequence[ClipEntry],
        annotators: Sequence[str],
        form: Format,
        progress: Progress,
        cancel: CancelToken,
        *,
        look_at_videos: bool,
    ) -> None:
        self._look_at_videos = look_at_videos
        self._dataset, self._entries = dataset, entries
        self._people = {identity(name) for name in annotators}
        self._progress, self._cancel = progress, cancel
        self.losses = Losses(form.why)
        self.count = self.keyframes = self.emotions = 0

    def clips(self) -> Iterator[ClipMarks]:
        """Those that somebody annotated."""
        for number, entry in enumerate(self._entries):
            self._cancel.check()
            self._progress(number, len(self._entries), entry.id)
            clip = self._clip(entry)
            if clip is not None:
                self.count += 1
                self.keyframes += sum(len(person.keyframes) for person in clip.people)
                self.emotions += sum(len(person.spans) for person in clip.people)
                yield clip

    def _clip(self, entry: ClipEntry) -> ClipMarks | None:
        fault = self._dataset.annotations_fault(entry.id)
        if fault is not None:
            self.losses.tell(entry.id, "", "all annotations", fault.line())
            return None
        people: list[PersonMarks] = []
        video: Path | None = None
        for name in self._dataset.annotators(entry.id):
            if self._people and identity(name) not in self._people:
                continue
            try:
                loaded = self._dataset.load_clip(entry.id, name)
            except StudioError as unreadable:
                self.losses.tell(entry.id, name, "the annotation", f"it cannot be read: {unreadable.line()}")
                continue
            video = loaded.video_path or video
            self._tell_rest(entry.id, name, loaded)
            state = loaded.state
            people.append(PersonMarks(name, state.status, state.keyframes, state.spans))
        if not people:
            return None
        marked = self._look_at_videos and any(person.keyframes or person.spans for person in people)
        frames = frames_of(video, self._cancel) if marked else ClipFrames()
        return ClipMarks(entry.id, tuple(people), frames, video)

    def _tell_rest(self, clip: str, name: str, loaded: LoadedClip) -> None:
        """What is in the file beside keyframes and spans."""
        if begun_span(loaded.state) is not None:
            self.losses.tell(clip, name, "an emotion span that was begun", "it has no end yet")
        refused = loaded.state.extra.get(UNREADABLE)
        if isinstance(refused, Mapping):
            for kind, noun in (("keyframes", "keyframe"), ("emotions", "emotion span")):
                marks = refused.get(kind)
                if isinstance(marks, list) and marks:
                    self.losses.tell(
                        clip, name, counted(len(marks), noun), "the file holds no usable time of it"
                    )
