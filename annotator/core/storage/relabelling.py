"""Renaming and merging emotion labels in everybody's annotations of a dataset, as one step that can be
undone.

Each file is read as it is, changed in its labels alone and replaced in one step; where others were quicker
it is read again.  Before a file is replaced, a line in a record in the state folder says which marks of it
had which label.  So a crash in the middle loses nothing: the rest can be done, or what was done be undone,
also after a restart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from annotator.core.begun import BEGUN_KEY
from annotator.core.findings import Finding
from annotator.core.storage.clip_files import check_version
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings, read_settings
from annotator.core.storage.json_files import decode_object, encode_line, encode_object, read_bytes
from annotator.core.storage.saving_now import note_save
from annotator.core.storage.shared_file import ReplacedError, replace_file, turn
from annotator.core.storage.state_folder import state_folder
from annotator.core.vocabulary import Vocabulary, vocabulary_from_json, vocabulary_to_json
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, DatasetError, StudioError
from viewer.core.files import existing_folders_only, open_record
from viewer.core.progress import Progress, no_progress

_TRIES = 20
_BREATH = 0.02
_KEPT = 20
"""Records of a dataset that are kept."""

Mark = tuple[str, str | int, str, str]
"""``keyframe``, ``span`` or ``begun``; its id, or its place where it has none; its label before and after."""


@dataclass(frozen=True)
class Relabelled:
    """What a renaming found, or did.

    Attributes
    ----------
    marks : Counter of str
        How many marks have, or had, each of the labels.
    files : int
        In how many annotation files they are.
    people : tuple of str
        Whose files these are.
    left_out : tuple of Finding
        Files that cannot be read or written: their marks keep the label they have.
    settings : DatasetSettings or None
        What dataset.json holds afterwards.
    """

    marks: Counter[str] = field(default_factory=Counter)
    files: int = 0
    people: tuple[str, ...] = ()
    left_out: tuple[Finding, ...] = ()
    settings: DatasetSettings | None = None


@dataclass(frozen=True)
class Record:
    """A renaming that was begun: the file that tells of it, what was renamed to what, whether it came to
    its end, and the marks of each file, named from the folder of clips."""

    path: Path
    renames: Mapping[str, str]
    before: Vocabulary
    after: Vocabulary
    finished: bool
    undone: bool
    marks: Mapping[str, tuple[Mark, ...]]

    @property
    def words(self) -> str:
        """What was renamed, for people."""
        return ", ".join(f"“{old}” to “{new}”" for old, new in self.renames.items())


def _labels_in(data: Mapping[str, Any]) -> Iterator[tuple[str, str | int, dict[str, Any], str]]:
    """Kind, id or place, the mark itself and the key of its label, for each mark of an annotation file."""
    for kind, name, key in (("keyframe", "keyframes", "emotion"), ("span", "emotions", "label")):
        marks = data.get(name)
        for place, mark in enumerate(marks if isinstance(marks, list) else ()):
            if isinstance(mark, dict) and isinstance(mark.get(key), str):
                id = mark.get("id")
                yield kind, id if isinstance(id, str) else place, mark, key
    begun = data.get(BEGUN_KEY)
    if isinstance(begun, dict) and isinstance(begun.get("label"), str):
        yield "begun", 0, begun, "label"


def _spelled(label: str) -> str:
    """A label as the vocabulary has it, whatever blanks a file has in it."""
    return " ".join(label.split())


def count_labels(
    dataset: Dataset,
    labels: Mapping[str, str],
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Relabelled:
    """How many marks of all annotators carry the labels that are to be renamed; nothing is changed.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    marks: Counter[str] = Counter()
    people: set[str] = set()
    left_out: list[Finding] = []
    files = 0
    for path, _id, name in _files(dataset, progress, cancel or CancelToken(), left_out):
        try:
            data = _decoded(read_bytes(path), path)
        except StudioError as fault:
            left_out.append(Finding("error", _where(dataset, path), fault.what, fault.todo))
            continue
        found = [_spelled(mark[key]) for _kind, _mark_id, mark, key in _labels_in(data)]
        wanted = [label for label in found if label in labels]
        if wanted:
            marks.update(wanted)
            people.add(name)
            files += 1
    return Relabelled(marks, files, tuple(sorted(people)), tuple(left_out))


def rename_labels(
    dataset: Dataset,
    renames: Mapping[str, str],
    before: DatasetSettings,
    after: DatasetSettings,
    *,
    hold: AbstractContextManager[Any] | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Relabelled:
    """Write the settings, then rename the labels of all marks; a label that is renamed to one that is there
    is merged into it.  ``hold`` is entered while a file is written.

    What a cancel leaves undone can be done or undone later, as after a crash.

    Raises
    ------
    ChangedElsewhereError
        When somebody else has changed the labels since ``before``; nothing is written.
    StudioError
        When dataset.json or the record cannot be written; nothing is renamed.
    Cancelled
        Some files may be renamed.
    """
    record = _Writer.begin(dataset, renames, before.vocabulary, after.vocabulary)
    with record:
        try:
            settings = change_settings(dataset.root / "dataset.json", before, after, cancel)
        except (StudioError, Cancelled):
            record.end("undone")
            raise
        done = _rename_all(dataset, dict(renames), record, hold, progress, cancel)
        record.end("done")
    return replace(done, settings=settings)


def finish_renaming(
    dataset: Dataset,
    begun: Record,
    *,
    hold: AbstractContextManager[Any] | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Relabelled:
    """Rename in the files that a crash or a cancel left out.  Raises as :func:`rename_labels`."""
    with _Writer(begun.path) as record:
        done = _rename_all(dataset, dict(begun.renames), record, hold, progress, cancel, begun.marks)
        record.end("done")
    return replace(done, settings=read_settings(dataset.root / "dataset.json"))


def undo_renaming(
    dataset: Dataset,
    done: Record,
    *,
    hold: AbstractContextManager[Any] | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Relabelled:
    """Give every mark that was renamed, and has that label still, the one it had before; and the dataset
    its labels.  Marks that somebody labelled otherwise since stay as they are.

    Raises :class:`StudioError` when dataset.json cannot be written, :class:`Cancelled`.
    """
    token = cancel or CancelToken()
    settings = _vocabulary_back(dataset, done)
    marks: Counter[str] = Counter()
    left_out: list[Finding] = []
    people: set[str] = set()
    files = 0
    with _Writer(done.path) as record:
        for number, (name, changed) in enumerate(done.marks.items()):
            token.check()
            progress(number, len(done.marks), name)
            path = dataset.root / "clips" / name
            back = {(kind, id): (was, now) for kind, id, was, now in changed}

            def label_before(kind: str, id: str | int, label: str, back: Any = back) -> str:
                was, now = back.get((kind, id), ("", None))
                return was if _spelled(label) == now else label

            try:
                with hold or contextlib.nullcontext():
                    redone = _rewrite(path, label_before, lambda _marks: None)
            except StudioError as fault:
                left_out.append(Finding("error", name, fault.what, fault.todo))
                continue
            if redone:
                _tell_saved(dataset, path)
                marks.update(was for _kind, _id, _now, was in redone)
                people.add(path.stem)
                files += 1
        record.end("undone")
    return Relabelled(marks, files, tuple(sorted(people)), tuple(left_out), settings)


def _vocabulary_back(dataset: Dataset, done: Record) -> DatasetSettings:
    file = dataset.root / "dataset.json"
    now = read_settings(file)
    vocabulary = done.before
    if now.vocabulary != done.after:
        # Somebody went on working on the labels: what was renamed is put back into theirs.
        vocabulary = now.vocabulary
        for word in done.before.words:
            if word.label in done.renames and word.label not in vocabulary:
                vocabulary = Vocabulary((*vocabulary.words, replace(word, key=None)))
    return change_settings(file, now, replace(now, vocabulary=vocabulary))


def _rename_all(
    dataset: Dataset,
    renames: Mapping[str, str],
    record: _Writer,
    hold: AbstractContextManager[Any] | None,
    progress: Progress,
    cancel: CancelToken | None,
    noted: Mapping[str, tuple[Mark, ...]] | None = None,
) -> Relabelled:
    marks: Counter[str] = Counter()
    people: set[str] = set()
    left_out: list[Finding] = []
    files = 0
    for path, _id, name in _files(dataset, progress, cancel or CancelToken(), left_out):
        where = _where(dataset, path)
        begun = {(kind, id): (was, now) for kind, id, was, now in (noted or {}).get(where, ())}

        def renamed(kind: str, id: str | int, label: str, begun: Any = begun) -> str:
            if begun:
                # Two labels may change places: what was renamed already must not be again.
                was, now = begun.get((kind, id), (None, ""))
                return now if label == was else label
            return renames.get(_spelled(label), label)

        try:
            with hold or contextlib.nullcontext():
                changed = _rewrite(path, renamed, lambda marks, where=where: record.note(where, marks))
        except StudioError as fault:
            left_out.append(Finding("error", where, fault.what, fault.todo))
            continue
        if changed:
            _tell_saved(dataset, path)
            marks.update(_spelled(was) for _kind, _mark, was, _now in changed)
            people.add(name)
            files += 1
    return Relabelled(marks, files, tuple(sorted(people)), tuple(left_out))


def _files(
    dataset: Dataset, progress: Progress, cancel: CancelToken, left_out: list[Finding]
) -> Iterator[tuple[Path, str, str]]:
    """Every annotation file with its clip and whose it is."""
    clips = dataset.clips
    for number, entry in enumerate(clips):
        cancel.check()
        progress(number, len(clips), entry.id)
        fault = dataset.annotations_fault(entry.id)
        if fault is not None:
            left_out.append(Finding("error", entry.id, fault.what, fault.todo))
            continue
        for name in dataset.annotators(entry.id):
            yield dataset.root / "clips" / entry.id / "annotations" / f"{name}.json", entry.id, name


def _where(dataset: Dataset, path: Path) -> str:
    return path.relative_to(dataset.root / "clips").as_posix()


def _decoded(data: bytes, path: Path) -> dict[str, Any]:
    value = decode_object(data, path)
    check_version(value, path.name)
    return value


def _rewrite(path: Path, new_label: Any, note: Any) -> tuple[Mark, ...]:
    """Give the marks of a file their labels, ``note`` what changes, and replace it; what was changed."""
    with turn(path), existing_folders_only():
        for _ in range(_TRIES):
            seen = read_bytes(path)
            data = _decoded(seen, path)
            changed: list[Mark] = []
            for kind, id, mark, key in _labels_in(data):
                label = new_label(kind, id, mark[key])
                if label != mark[key]:
                    changed.append((kind, id, mark[key], label))
                    mark[key] = label
            if not changed:
                return ()
            note(changed)
            try:
                replace_file(path, encode_object(data), seen)
            except ReplacedError:
                time.sleep(_BREATH)
                continue
            return tuple(changed)
    raise DatasetError("another program keeps writing it", "close that program and try again", path)


def _tell_saved(dataset: Dataset, path: Path) -> None:
    """What this process has read of the clip is old from now on."""
    with contextlib.suppress(StudioError):
        note_save(dataset.place(path.parent.parent.name, path.stem))


# ---- records -----------------------------------------------------------------------------------


def _folder(dataset: Dataset) -> Path:
    text = os.path.normcase(os.path.realpath(dataset.root))
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return state_folder() / "relabelled" / key


class _Writer:
    """Appends to a record; each line is on the disk before what it tells of is done."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open_record(path)
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            what = f"the record of the renaming cannot be written ({error.strerror})"
            raise DatasetError(what, "free some space and try again", path) from None

    @staticmethod
    def begin(dataset: Dataset, renames: Mapping[str, str], before: Vocabulary, after: Vocabulary) -> _Writer:
        folder = _folder(dataset)
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
        record = _Writer(folder / f"{stamp}.jsonl")
        record._line(
            {
                "dataset": str(dataset.root),
                "renames": dict(renames),
                "before": vocabulary_to_json(before),
                "after": vocabulary_to_json(after),
            }
        )
        for old in sorted(folder.glob("*.jsonl"))[:-_KEPT]:
            old.unlink(missing_ok=True)
        return record

    def note(self, file: str, marks: list[Mark]) -> None:
        self._line({"file": file, "marks": marks})

    def end(self, state: str) -> None:
        self._line({"state": state})

    def _line(self, value: Mapping[str, Any]) -> None:
        try:
            # A line that a crash cut off ends here.
            self._file.write(b"\n" + encode_line(value))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            what = f"the record of the renaming cannot be written ({error.strerror})"
            raise DatasetError(what, "free some space and try again", self._path) from None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._file.close()


def last_renaming(dataset: Dataset) -> Record | None:
    """The newest renaming of a dataset at this place that was not undone; None where there is none."""
    with contextlib.suppress(OSError):
        for path in sorted(_folder(dataset).glob("*.jsonl"), reverse=True):
            record = _read(path)
            if record is not None and not record.undone:
                return record
    return None


def _read(path: Path) -> Record | None:
    header: dict[str, Any] | None = None
    marks: dict[str, list[Mark]] = {}
    state = ""
    try:
        lines = read_bytes(path).splitlines()
    except StudioError:
        return None
    for line in lines:
        try:
            value = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, dict):
            continue
        if header is None:
            header = value
        elif _is_annotation(value.get("file")) and isinstance(value.get("marks"), list):
            noted = [tuple(mark) for mark in value["marks"] if _is_mark(mark)]
            marks.setdefault(value["file"], []).extend(noted)
        else:
            state = str(value.get("state", state))
    if header is None or not isinstance(header.get("renames"), dict):
        return None
    return Record(
        path,
        {str(old): str(new) for old, new in header["renames"].items()},
        vocabulary_from_json(header.get("before"), path.name, []),
        vocabulary_from_json(header.get("after"), path.name, []),
        finished=state in ("done", "undone"),
        undone=state == "undone",
        marks={file: tuple(noted) for file, noted in marks.items()},
    )


def _is_annotation(name: Any) -> bool:
    """Whether it names the annotation file of a clip, from the folder of clips, as :func:`_where` does."""
    parts = name.split("/") if isinstance(name, str) else ()
    return len(parts) == 3 and parts[1] == "annotations" and not {"", ".", ".."} & set(parts)


def _is_mark(value: Any) -> bool:
    """Whether it is a :data:`Mark`, as JSON has it."""
    if not isinstance(value, list) or len(value) != 4:
        return False
    kind, id, was, now = value
    return isinstance(id, str | int) and all(isinstance(each, str) for each in (kind, was, now))
