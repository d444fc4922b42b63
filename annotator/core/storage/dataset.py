"""A dataset: a folder of clips, which is its own database.

One small file per clip and annotator, so a shared drive never has two writers on one file.  See
docs/reference/dataset-folder.md for every key.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from annotator.core.findings import Finding
from annotator.core.model import STATUSES, ClipInfo, Status
from annotator.core.names import identity
from annotator.core.storage.annotators import Spellings, annotation_file, annotators_in, as_spelled
from annotator.core.storage.clip_files import VERSION, check_version, clip_from_json
from annotator.core.storage.dataset_settings import DatasetSettings, settings_from_json, settings_to_json
from annotator.core.storage.git_marks import decode_merged
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.storage.loading import LoadedClip, load, load_loose, may_be_folder
from annotator.core.storage.media_roots import NO_ROOTS, MediaRoots, root_facts
from annotator.core.storage.merge_rules import ANNOTATION_PART, CLIP_PART
from annotator.core.storage.places import (
    PLAIN_TRACKS,
    ClipPlace,
    is_clip_id,
    videos_among,
)
from annotator.core.storage.quick_read import read_small
from annotator.core.storage.same_place import DatasetGoneError, SameDataset
from annotator.core.vocabulary import DEFAULT, Vocabulary
from viewer.core.errors import DatasetError, FileError, StudioError
from viewer.core.fences import fence, root_of, to_read
from viewer.core.files import atomic_write, make_folder
from viewer.core.pose import PoseConvention

FORMAT = "keyframeface-studio dataset"

_FENCED = ("dataset.json", "clips")
"""What a dataset consists of; other files in its folder are the user's own affair."""


@dataclass(frozen=True)
class ClipEntry:
    """A clip in the list: its words, or the fault that keeps it from opening, and how far the
    annotator is with it."""

    id: str
    info: ClipInfo | None
    fault: StudioError | None
    status: Status


class Library(Protocol):
    """What the window opens: a dataset, or a single file that behaves like one with one clip."""

    name: str
    root: Path
    annotator_id: str
    vocabulary: Vocabulary
    pose: PoseConvention
    roots: MediaRoots
    findings: tuple[Finding, ...]

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """All clips in the order of the list, broken ones included; none is read for it."""

    def load_clip(self, id: str, annotator_id: str | None = None) -> LoadedClip:
        """Read a clip with the work of ``annotator_id``, by default the library's own annotator.

        Raises as :func:`annotator.core.storage.loading.load`.
        """

    def refresh(self, id: str) -> ClipEntry:
        """Look at one clip anew and keep what is found in :attr:`clips`."""

    def check_there(self) -> None:
        """Raise :class:`~annotator.core.storage.same_place.DatasetGoneError` unless what was opened is
        still where it was.  Raises OSError where that cannot be found out."""


class _StatusOnly(msgspec.Struct):
    status: Any = "new"
    version: Any = VERSION


_STATUS = msgspec.json.Decoder(_StatusOnly)


class Dataset:
    """An open dataset folder as one annotator sees it.

    Attributes
    ----------
    root : Path
        The folder.
    name : str
        Its name.
    annotator_id : str
        Whose work is seen, where nobody else is named; spelled as in the files that are there.
    vocabulary : Vocabulary
        The emotion labels and their keys.
    pose : PoseConvention
        How the rotations of its recordings are to be read.
    roots : MediaRoots
        The folders elsewhere in which recordings of it stay.
    findings : tuple of Finding
        What is odd in dataset.json.
    """

    def __init__(
        self, root: Path, annotator_id: str, data: Mapping[str, Any], findings: list[Finding]
    ) -> None:
        self.root = root
        self.name = root.resolve().name
        settings = settings_from_json(data, findings)
        self.vocabulary, self.pose = settings.vocabulary, settings.pose
        self.roots = MediaRoots(settings.media_roots)
        self.findings = tuple(findings)
        self._same = SameDataset(root)
        self._spellings = Spellings(annotator_id)
        self._clips_folder = str(root / "clips")
        self._clips: dict[str, ClipEntry] = {}
        self.reload()
        self.annotator_id = self._spellings.name

    @staticmethod
    def create(
        path: Path,
        *,
        vocabulary: Vocabulary = DEFAULT,
        pose: PoseConvention | None = None,
        annotator_id: str = "annotator",
    ) -> Dataset:
        """Make an empty dataset in a new or empty folder and open it.

        Raises :class:`DatasetError` when there is one already, or a :class:`FileError` when the
        folder cannot be written.
        """
        fence(path, *_FENCED)
        if os.path.lexists(path / "dataset.json"):
            raise DatasetError("there is already a dataset here", "open it, or choose another folder", path)
        data = {
            "format": FORMAT,
            "version": VERSION,
            **settings_to_json(DatasetSettings(vocabulary, pose or PoseConvention())),
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            make_folder(path / "clips")
        except StudioError:
            raise
        except OSError as error:
            raise DatasetError(
                f"the folder cannot be written ({error.strerror})", "choose another folder", path
            ) from None
        atomic_write(path / "dataset.json", encode_object(data))
        return Dataset.open(path, annotator_id)

    @staticmethod
    def open(path: Path, annotator_id: str = "annotator") -> Dataset:
        """Open a dataset folder, or its dataset.json.  Broken clips are in the list with their fault.

        Raises :class:`DatasetError` when it is no dataset or of a newer format.
        """
        root = path.parent if path.name == "dataset.json" else path
        file = root / "dataset.json"
        fence(root, *_FENCED)
        if not file.exists():
            raise DatasetError(
                "this folder is not a dataset (dataset.json is missing)", "choose the dataset's folder", root
            )
        data = read_object(file)
        findings: list[Finding] = []
        made_for = data.get("format")
        if made_for != FORMAT:
            what = f"its format is {made_for!r} instead of {FORMAT!r}"
            findings.append(Finding("warning", "dataset.json", what, "check that it is the right file"))
        check_version(data, "dataset.json")
        return Dataset(root, annotator_id, data, findings)

    # ---- clips -------------------------------------------------------------------------------

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """Every clip, sorted by id."""
        return tuple(self._clips.values())

    def reload(self) -> None:
        """Read the clip list again."""
        clips = self.root / "clips"
        try:
            with os.scandir(to_read(clips, root_of(clips) or self.root.resolve())) as entries:
                ids = sorted(
                    entry.name for entry in entries if is_clip_id(entry.name) and may_be_folder(entry)
                )
        except FileNotFoundError:
            ids = []
        except OSError as error:
            raise DatasetError(
                f"its clips cannot be listed ({error.strerror})",
                "check the folder's permissions",
                clips,
            ) from None
        self._clips = {id: self._read_entry(id) for id in ids}

    def refresh(self, id: str) -> ClipEntry:
        """Read one clip of the list again, as after a save."""
        entry = self._read_entry(id)
        self._clips[id] = entry
        return entry

    def check_there(self) -> None:
        """Raise :class:`~annotator.core.storage.same_place.DatasetGoneError` unless the dataset is
        still where it was opened."""
        self._same.check()

    def _read_entry(self, id: str) -> ClipEntry:
        # Thousands are read before the window shows: plain strings, and checks only when in doubt.
        folder = f"{self._clips_folder}/{id}"
        info: ClipInfo | None = None
        status: Status = "new"
        try:
            info = clip_from_json(id, _object(f"{folder}/clip.json"), [])
            annotation = self._spellings.file_in(f"{folder}/annotations")
            if annotation is not None:
                status = _status(annotation)
        except StudioError as fault:
            return ClipEntry(id, info, fault, status)
        except (OSError, RuntimeError, ValueError) as error:
            # Whatever is wrong in one folder, the others open.
            return ClipEntry(id, info, _fault(error, Path(folder)), status)
        return ClipEntry(id, info, None, status)

    def place(self, id: str, annotator_id: str | None = None) -> ClipPlace:
        """Where a clip's files lie.  Raises :class:`DatasetError` for an unknown clip."""
        folder = self.root / "clips" / id
        if not is_clip_id(id) or not folder.is_dir():
            raise DatasetError(f"there is no clip {id!r}", "choose one from the list", self.root)
        annotator_id = self.annotator_id if annotator_id is None else annotator_id
        file = annotation_file(folder / "annotations", annotator_id)
        whose = as_spelled(annotator_id, file.stem)
        files = folder / "clip.json", file, folder / "takes"
        return ClipPlace(id, whose, self.root, folder, *files, self.roots)

    def load_clip(self, id: str, annotator_id: str | None = None) -> LoadedClip:
        """Read a clip with an annotator's work and all its takes.

        Parameters
        ----------
        id : str
            One of the ids in :attr:`clips`.
        annotator_id : str, optional
            Whose keyframes and spans; default: this dataset's annotator.

        Returns
        -------
        LoadedClip
            Its video or track may be missing: then ``faults`` says why.

        Raises
        ------
        DatasetError
            There is no such clip, or its clip.json or annotation file is broken.
        FileError
            One of these cannot be read.
        """
        return load(self.place(id, annotator_id), pose=self.pose)

    def annotations_fault(self, id: str) -> StudioError | None:
        """Why nobody can tell who worked on a clip; None where that can be told."""
        folder = self.root / "clips" / id / "annotations"
        try:
            os.scandir(folder).close()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            what = f"the annotations cannot be listed ({error.strerror})"
            return FileError(what, "check the folder's permissions", folder)
        return None

    def annotators(self, id: str) -> tuple[str, ...]:
        """File names, without suffix, of everyone who worked on a clip."""
        return tuple(annotators_in(self.root / "clips" / id / "annotations"))


class LooseClip:
    """A single video or track without a dataset.  Its annotations go to
    ``<name>.annotations/<who>.json`` beside it, its takes to ``<name>.annotations/takes``."""

    def __init__(self, path: Path, annotator_id: str = "annotator") -> None:
        if not path.is_file():
            what = "it is a folder without a dataset" if path.is_dir() else "the file is missing"
            raise FileError(what, "choose a dataset, a video or a track", path)
        self.path = path
        self.root = path.resolve().parent
        self.name = path.name
        fence(self.root, f"{path.stem}.annotations")
        self.annotator_id = annotator_id
        self.annotator_id = self.place().annotator_id
        self.vocabulary = DEFAULT
        self.pose = PoseConvention()
        self.roots = NO_ROOTS
        self.findings: tuple[Finding, ...] = ()
        self._entry = self._read_entry()

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """The one clip."""
        return (self._entry,)

    def refresh(self, id: str) -> ClipEntry:
        """Look at the files anew; ``id`` is that of the one clip."""
        self._entry = self._read_entry()
        return self._entry

    def check_there(self) -> None:
        """Raise :class:`~annotator.core.storage.same_place.DatasetGoneError` unless the file is still
        where it was opened."""
        if not self.path.exists():
            raise DatasetGoneError(
                "it is not there any more", "put it back, or find it where it is now", self.path
            )

    def _read_entry(self) -> ClipEntry:
        try:
            state = self.load_clip(self.path.stem).state
        except StudioError as fault:
            return ClipEntry(self.path.stem, None, fault, "new")
        return ClipEntry(self.path.stem, state.clip, None, state.status)

    def place(self, annotator_id: str | None = None) -> ClipPlace:
        """Where the work of ``annotator_id`` (default: the own) on this file is kept: beside it."""
        annotator_id = self.annotator_id if annotator_id is None else annotator_id
        folder = self.root / f"{self.path.stem}.annotations"
        file = annotation_file(folder, annotator_id)
        whose = as_spelled(annotator_id, file.stem)
        return ClipPlace(self.path.stem, whose, self.root, self.root, None, file, folder / "takes")

    def load_clip(self, id: str, annotator_id: str | None = None) -> LoadedClip:
        """Read the clip.  Raises as :func:`annotator.core.storage.loading.load`."""
        return load_loose(self.path.resolve(), self.annotator_id, self.place(annotator_id))


def opens_as_folder(path: Path) -> bool:
    """Whether :func:`open_library` opens a folder: a dataset, a part of one, or that of one recording.
    Raises OSError when it cannot be looked into."""
    path = Path(os.path.realpath(path))
    if (path / "dataset.json").is_file() or main_recording(path) is not None:
        return True
    return any(
        folder.parent.name == "clips" and (folder.parent.parent / "dataset.json").is_file()
        for folder in (path, *path.parents)
    )


def open_library(path: Path, annotator_id: str = "annotator") -> tuple[Dataset | LooseClip, str | None]:
    """Open what a person points at, and the id of the clip they mean, if one.

    A dataset folder or its dataset.json; a clip's folder or any file in it; a Live Link take
    folder; a single video or track.  Raises :class:`FileError`, :class:`DatasetError`.
    """
    path = Path(os.path.realpath(path))
    if not path.exists():
        raise FileError("there is no such file or folder", "check the path", path)
    for folder in (path, *path.parents):
        if folder.parent.name == "clips" and (folder.parent.parent / "dataset.json").is_file():
            return Dataset.open(folder.parent.parent, annotator_id), folder.name
    if path.name == "dataset.json" or (path / "dataset.json").is_file():
        return Dataset.open(path, annotator_id), None
    if path.is_dir():
        take = main_recording(path)
        if take is None:
            raise DatasetError(
                "this folder holds neither a dataset nor a recording",
                "choose a dataset folder, a video or a track, or import the folder",
                path,
            )
        path = take
    loose = LooseClip(path, annotator_id)
    return loose, loose.path.stem


def _fault(error: Exception, path: Path) -> StudioError:
    reason = error.strerror if isinstance(error, OSError) else None
    what = f"it cannot be read ({reason or str(error) or type(error).__name__})"
    return FileError(what, "check the folder, and where links in it lead", path)


def main_recording(folder: Path) -> Path | None:
    """The one video of a recording's folder, else its one track that is no calibration sibling."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    videos = videos_among(files)
    tracks = plain_tracks(files)
    for found in (videos, tracks):
        if len(found) == 1:
            return found[0]
    return None


def plain_tracks(files: list[Path]) -> list[Path]:
    """The CSVs and arrays among ``files``, CSVs first, without Live Link's ``_cal``, ``_raw``, ``_neutral``
    siblings."""
    siblings = ("_cal", "_raw", "_neutral")
    found = [
        file
        for file in files
        if file.suffix.lower() in PLAIN_TRACKS
        and not file.stem.lower().endswith(siblings)
        and file.name != "frame_log.csv"
    ]
    return sorted(found, key=lambda file: PLAIN_TRACKS.index(file.suffix.lower()))


def _object(path: str) -> dict[str, Any]:
    data = read_small(path)
    return decode_merged(CLIP_PART, data, Path(path), [], [])


def _status(path: str) -> Status:
    data = read_small(path)
    try:
        read = _STATUS.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        decoded = decode_merged(ANNOTATION_PART, data, Path(path), [], [])
        read = _StatusOnly(decoded.get("status", "new"), decoded.get("version", VERSION))
    if read.version != VERSION:
        check_version({"version": read.version}, Path(path).name)
    return next((status for status in STATUSES if status == read.status), "new")


def dataset_facts(path: Path) -> dict[str, Any]:
    """What ``info`` says of a dataset: ``kind, clips, annotators, status`` (clips by status; several
    annotators count with the one who needs review, else is at work, else is done), ``broken`` (how many
    clips cannot be read whole) and ``faults`` (a line for each thing that is wrong with them).

    Raises as :meth:`Dataset.open`.
    """
    dataset = Dataset.open(path)
    everyone: dict[str, str] = {}
    faults: list[str] = []
    counts: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
    broken = 0
    for entry in dataset.clips:
        folder = dataset.root / "clips" / entry.id / "annotations"
        names = dataset.annotators(entry.id)
        for name in names:
            everyone.setdefault(identity(name), name)
        found: set[str] = set()
        wrong = [dataset.annotations_fault(entry.id)] if entry.info is not None else [entry.fault]
        for name in names:
            try:
                found.add(_status(str(folder / f"{name}.json")))
            except StudioError as fault:
                wrong.append(fault)
        told = [f"{entry.id}: {fault.line()}" for fault in wrong if fault is not None]
        faults += told
        broken += bool(told)
        order = ("needs review", "in progress", "done")
        counts[next((status for status in order if status in found), "new")] += 1
    return {
        "kind": "dataset",
        "clips": len(dataset.clips),
        "annotators": sorted(everyone.values()),
        "status": dict(counts),
        "broken": broken,
        "faults": faults,
        "media_roots": root_facts(dataset.roots.declared),
    }
