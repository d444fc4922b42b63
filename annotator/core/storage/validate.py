"""Checking a dataset, a clip, a track or a video: what is wrong, where, and what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from annotator.core.begun import begun_span
from annotator.core.change_summary import counted
from annotator.core.findings import Finding
from annotator.core.model import ClipState
from annotator.core.performance import pose_of_take
from annotator.core.storage.dataset import ClipEntry, Dataset, LooseClip, open_library
from annotator.core.storage.loading import load
from annotator.core.storage.media_roots import MissingRootError
from annotator.core.storage.name_findings import clip_name_findings, file_name_findings
from annotator.core.storage.places import VIDEO_SUFFIXES, sibling
from annotator.core.storage.recording_findings import (
    clip_findings,
    fault_finding,
    length_findings,
    reading_findings,
    video_file_findings,
)
from annotator.core.storage.track_files import read_track
from annotator.core.vocabulary import Vocabulary, unlisted
from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME
from viewer.core.errors import FileError, StudioError
from viewer.core.files import TEMPORARY_PREFIX
from viewer.core.formats import read
from viewer.core.progress import Progress

_TOLERANCE = 0.05


class Report(msgspec.Struct, frozen=True):
    """What was checked and what was found; encodes to the JSON of the command line."""

    path: str
    kind: str
    errors: int
    warnings: int
    findings: list[Finding]


def _report(path: Path, kind: str, findings: list[Finding]) -> Report:
    order = {"error": 0, "warning": 1, "note": 2}
    ordered = sorted(findings, key=lambda finding: order[finding.level])
    levels = [finding.level for finding in findings]
    return Report(str(path), kind, levels.count("error"), levels.count("warning"), ordered)


def _quiet(done: int, total: int, what: str) -> None:
    return None


def validate(path: Path, cancel: CancelToken | None = None, progress: Progress = _quiet) -> Report:
    """Check a dataset folder, a clip of one, an annotation file, a track or a video.

    A file that is broken is a finding; only a path with nothing at it raises :class:`FileError`.
    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    if not path.exists():
        raise FileError("there is no such file or folder", "check the path", path)
    try:
        library, clip = open_library(path)
    except StudioError as fault:
        return _report(path, "unknown", [fault_finding(fault, path.name)])
    if isinstance(library, LooseClip):
        return _loose(path, library, cancel)
    if clip is None:
        return _dataset(path, library, cancel, progress)
    chosen = path.stem if path.parent.name == "annotations" else None
    entry = next((entry for entry in library.clips if entry.id == clip), None)
    if entry is None:
        finding = Finding("error", clip, "it is not a clip", "choose a folder under clips/")
        return _report(path, "clip", [finding])
    findings = _clip(library, entry, cancel, chosen)
    return _report(path, "annotation" if chosen else "clip", findings)


def _dataset(path: Path, dataset: Dataset, cancel: CancelToken, progress: Progress) -> Report:
    findings = list(dataset.findings)
    findings += clip_name_findings(dataset.root / "clips")
    if not dataset.clips:
        findings.append(Finding("warning", "clips", "there is no clip", "add one"))
    away: Counter[str] = Counter()
    for number, entry in enumerate(dataset.clips):
        cancel.check()
        progress(number, len(dataset.clips), entry.id)
        findings += _clip(dataset, entry, cancel, away=away)
    for root, count in sorted(away.items()):
        what = f"{counted(count, 'file')} in it could not be checked: it is not here"
        todo = "say where it is with kfstudio roots, then check again"
        findings.append(Finding("warning", f"media root {root}", what, todo))
    return _report(path, "dataset", findings)


def _clip(
    dataset: Dataset,
    entry: ClipEntry,
    cancel: CancelToken,
    only: str | None = None,
    away: Counter[str] | None = None,
) -> list[Finding]:
    """Findings of a clip's files and of everyone's annotations, or of those in the file ``only``.  Files in
    media roots that are not here are counted in ``away``."""
    findings: list[Finding] = []
    folder = dataset.root / "clips" / entry.id
    if only is None:
        findings += file_name_findings(folder)
    if entry.info is None:
        assert entry.fault is not None
        return [*findings, fault_finding(entry.fault, entry.id)]
    try:
        # The clip by itself, without anyone's annotations.
        nobody = replace(dataset.place(entry.id), annotation_file=folder / ".nobody.json")
        loaded = load(nobody, pose=dataset.pose)
    except StudioError as fault:
        return [*findings, fault_finding(fault, entry.id)]
    for each in loaded.faults:
        if away is not None and isinstance(each, MissingRootError):
            away[each.root.name] += 1
        else:
            findings.append(fault_finding(each, entry.id))
    findings += loaded.findings
    if not entry.info.video and not entry.info.track:
        findings.append(Finding("warning", entry.id, "it has neither video nor track", "add one of them"))
    length, more = clip_findings(loaded, entry.id, cancel)
    findings += more
    for take in loaded.state.takes:
        if not take.deleted:
            where = f"{entry.id}/takes/{take.id}.csv"
            pose = pose_of_take(take.pose_unit, loaded.full_scale)
            file = loaded.place.take_track(take.id)
            findings += reading_findings(partial(read, file, cancel=cancel, pose=pose), where)[1]
    unlisted = dataset.annotations_fault(entry.id)
    if unlisted is not None:
        findings.append(fault_finding(unlisted, entry.id))
    for name in dataset.annotators(entry.id) if only is None else (only,):
        where = f"{entry.id}/annotations/{name}.json"
        place = dataset.place(entry.id, name)
        if place.annotation_file.stem != name:
            what = "its name is none the studio gives"
            findings.append(Finding("warning", where, what, f"rename it {place.annotation_file.name}"))
            continue
        try:
            work = dataset.load_clip(entry.id, name)
        except StudioError as fault:
            findings.append(fault_finding(fault, f"{entry.id}/annotations/{name}.json"))
            continue
        known = set(loaded.findings)
        findings += [finding for finding in work.findings if finding not in known]
        findings += annotation_findings(work.state, where, length, dataset.vocabulary)
    for stray in sorted(folder.glob(f"annotations/{TEMPORARY_PREFIX}*.tmp")):
        findings.append(Finding("note", f"{entry.id}/{stray.name}", "a crash left it behind", "delete it"))
    return findings


def _loose(path: Path, library: LooseClip, cancel: CancelToken) -> Report:
    kind = "video" if path.suffix.lower() in VIDEO_SUFFIXES else "track"
    if kind == "video":
        findings = video_file_findings(path, path.name)[1]
    else:
        track, findings = reading_findings(partial(read_track, path, cancel=cancel), path.name)
        beside = sibling(path, VIDEO_SUFFIXES)
        if beside is not None and track is not None:
            length = video_file_findings(beside, beside.name)[0]
            findings += length_findings(length, track.duration, 0.0, path.name)
    for annotator_id in sorted(path.parent.glob(f"{path.stem}.annotations/*.json")):
        try:
            loaded = library.load_clip(path.stem, annotator_id.stem)
        except StudioError as fault:
            findings.append(fault_finding(fault, annotator_id.name))
            continue
        findings += loaded.findings
        findings += annotation_findings(
            loaded.state, f"{annotator_id.parent.name}/{annotator_id.name}", None, library.vocabulary
        )
    return _report(path, kind, findings)


def annotation_findings(
    state: ClipState, where: str, length: float | None, vocabulary: Vocabulary
) -> list[Finding]:
    """Keyframes and spans beyond the clip's ``length`` (s, None: unknown), overlapping spans of one
    label, labels that ``vocabulary`` does not list, a span that was never ended, corrected values out of
    range, and work that was called done too early."""
    findings = _label_findings(state, where, vocabulary)
    end = np.inf if length is None else length + 1e-3
    for keyframe in state.keyframes:
        here = f"{where}, keyframe at {keyframe.time:.3f} s"
        if keyframe.time > end:
            findings.append(
                Finding(
                    "error",
                    here,
                    f"it is beyond the clip, which ends at {length:.3f} s",
                    "move or delete it, or check the video",
                )
            )
        for name, value in keyframe.values.items():
            channel = BY_NAME[name]
            if not channel.least - _TOLERANCE <= value <= channel.most + _TOLERANCE:
                findings.append(
                    Finding(
                        "warning",
                        here,
                        f"{name} is {channel.shown(value)}",
                        f"give it a value from {channel.least:g} to {channel.most:g}{channel.unit}",
                    )
                )
        if state.status == "done" and not keyframe.description.strip():
            findings.append(Finding("warning", here, "it has no description", "describe it"))
    for span in state.spans:
        here = f"{where}, emotion at {span.start:.3f} s"
        if span.end > end:
            findings.append(
                Finding(
                    "error",
                    here,
                    f"it ends at {span.end:.3f} s, beyond the clip's end at {length:.3f} s",
                    "shorten it, or check the video",
                )
            )
        if not span.label.strip():
            findings.append(Finding("warning", here, "it has no label", "choose one"))
    by_label: dict[str, list[tuple[float, float]]] = {}
    for span in state.spans:
        by_label.setdefault(span.label, []).append((span.start, span.end))
    for label, spans in by_label.items():
        for (_, first_end), (start, _) in pairwise(spans):
            if start < first_end:
                findings.append(
                    Finding(
                        "warning",
                        f"{where}, emotion at {start:.3f} s",
                        f"two spans of {label!r} overlap",
                        "join them or shorten one",
                    )
                )
    if state.status == "done" and not state.keyframes:
        findings.append(Finding("warning", where, "it is marked as done and has no keyframe", "add some"))
    return findings


def _label_findings(state: ClipState, where: str, vocabulary: Vocabulary) -> list[Finding]:
    findings: list[Finding] = []
    labelled = [(f"keyframe at {k.time:.3f} s", k.emotion) for k in state.keyframes]
    labelled += [(f"emotion at {s.start:.3f} s", s.label) for s in state.spans]
    for thing, label in labelled:
        if unlisted(label, vocabulary.labels):
            what = f"its label {label!r} is not in the dataset's list of labels"
            todo = "choose one of the dataset's labels, or add it in the dataset's settings"
            findings.append(Finding("note", f"{where}, {thing}", what, todo))
    begun = begun_span(state)
    if begun is not None:
        here = f"{where}, emotion at {begun.start:.3f} s"
        findings.append(Finding("warning", here, "it was begun and never ended", "end it, or drop it"))
    return findings
