"""Readers of what comes with recordings: tables of their words, takes of Live Link Face, landmarks of a
capture, media roots, and the list of labels."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotator.cli.work.files import facts
from annotator.cli.work.sync import Wanted as WantedOffset
from annotator.cli.work.sync import sync_clips
from annotator.core.capture.capture_file import check_target
from annotator.core.capture.contours import POINTS, region_reliability
from annotator.core.capture.landmark_file import (
    FaceLandmarks,
    captured_report,
    check_landmark_target,
    has_landmarks,
    landmark_path,
    read_landmarks,
    write_landmarks,
)
from annotator.core.capture.landmarker import LANDMARKS
from annotator.core.importing.run import Wanted, import_folder
from annotator.core.storage.config_folder import config_folder
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import change_settings, read_settings
from annotator.core.storage.recorded import read_recorded
from annotator.core.storage.relabelling import (
    count_labels,
    finish_renaming,
    last_renaming,
    rename_labels,
    undo_renaming,
)
from annotator.core.storage.root_places import key_of, known_roots, move_roots, remember_root, roots_file
from annotator.core.storage.validate import validate
from annotator.core.vocabulary import Word
from annotator.session.settings import LeftAt, load_settings, save_settings
from tests import clips
from tests.annotator.core.importing.test_importing import workbook
from tests.soak.reader import Files, Reader
from viewer.core import formats
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import StudioError
from viewer.core.formats.sidecar import sidecar_path
from viewer.core.progress import no_progress
from viewer.core.track import Track

_KINDS = {".json": "json", ".jsonl": "lines", ".xlsx": "zip", ".csv": "cells", ".tsv": "cells"}
_ROOT_ID = "0123456789abcdef"


def recording_readers(folder: Path, dataset: Files) -> list[Reader]:
    """All of them; ``dataset`` are the files of a dataset ``data`` with a clip ``c1``."""
    track = _track_file(folder)
    return [
        *_imports(folder, track),
        *_landmarks(folder, track),
        *_roots(track),
        *_labels(dataset),
        *_offsets(folder, track),
        _left_off(),
    ]


def _track_file(folder: Path) -> bytes:
    wave = np.abs(np.sin(np.arange(6)[:, None] / 5 + np.arange(CHANNEL_COUNT)))
    path = folder / "short.csv"
    formats.write(Track.build(np.arange(6) / 30, wave.astype(np.float32), name="t"), path, "livelink")
    return path.read_bytes()


# ---- imports ---------------------------------------------------------------------------------


def _imports(folder: Path, track: bytes) -> list[Reader]:
    header, rows = "id,track,script,background,emotion,offset,split,tags", []
    for name in ("a", "b", "MySlate_4_anna"):
        rows.append(f'{name},{name}.csv,"Hello, you",A room.,joy,"0,5",train,x;y')
    text = "\n".join([header, *rows])
    line = {"id": "a", "script": "Hello.", "offset": 0.25, "tags": ["x", "y"], "emotion": None}
    tables = {
        "words.csv": text.encode(),
        "words.tsv": text.replace(",", "\t").encode("utf-16"),
        "words.jsonl": b"\n".join(json.dumps({**line, "id": id}).encode() for id in ("a", "b", "c")),
        "words.xlsx": workbook(folder / "words.xlsx").read_bytes(),
    }
    take = json.dumps({"slate": "MySlate", "take": 4, "subject": "anna", "x": {"y": [1, 2]}}).encode()
    request = json.dumps({"messages": [{"role": "user", "content": "Background: A room."}]}).encode()
    recordings = {
        "r/a.csv": track,
        "r/data/b.csv": track,
        "r/texts/b.txt": b"She smiles.#she/PRON smile/VERB\nAgain.#",
        "r/train.txt": b"a\nb\n",
        "r/a.jsonl": request,
        "r/t/take.json": take,
        "r/t/MySlate_4_anna.csv": track,
    }
    told = ("r/t/take.json", "r/texts/b.txt", "r/train.txt", "r/a.jsonl")
    return [
        *(
            Reader(f"import: {name}", {**recordings, name: data}, name, _kind(name), _importing(name))
            for name, data in tables.items()
        ),
        *(
            Reader(f"import: {name}", recordings, name, _kind(name), _importing(""), fenced=True)
            for name in told
        ),
    ]


def _kind(name: str) -> str:
    return _KINDS.get(Path(name).suffix, "bytes")


def _importing(table: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        out = folder / "out"
        words = folder / table if table else None
        done = import_folder(folder / "r", Wanted(out, words, singles=True))
        json.dumps(done.to_json())
        dataset = Dataset.open(out, "anna")
        for entry in dataset.clips:
            dataset.load_clip(entry.id)
        json.dumps(facts(out))
        return done.lines(20)

    return read


# ---- captures --------------------------------------------------------------------------------


def _landmarks(folder: Path, track: bytes) -> list[Reader]:
    path = folder / "c.csv"
    path.write_bytes(track)
    points = np.random.default_rng(1).random((6, LANDMARKS, 3))
    points[2] = np.nan
    face = FaceLandmarks.of(range(6), np.arange(6) / 30, points, np.full(6, 0.75))
    write_landmarks(landmark_path(path), face)
    said = {
        "pose_unit": "radians",
        "backend": {"name": "mediapipe", "version": "1"},
        "video": "v.mp4",
        "video_fingerprint": {"size": 1, "hash": "x"},
        "landmarks": "c.csv.landmarks",
        "missing": ["TongueOut"],
        "full_scale": 45,
        "reliability": {"channels": {"JawOpen": 0.5, "EyeBlinkLeft": None}},
        "notes": [],
    }
    files = {
        "c.csv": track,
        "c.csv.json": json.dumps(said).encode(),
        "c.csv.landmarks": landmark_path(path).read_bytes(),
    }
    return [
        Reader(f"capture: {name}", files, name, kind, _captured)
        for name, kind in (("c.csv.json", "json"), ("c.csv.landmarks", "npz"))
    ]


def _captured(folder: Path) -> object:
    path = folder / "c.csv"
    formats.read(path)
    report = captured_report(path)
    region_reliability(report)
    if has_landmarks(path, report):
        face = read_landmarks(landmark_path(path), POINTS)
        for row in range(len(face.frames)):
            face.shares(face.row_of(int(face.frames[row]), float(face.times[row])))
    with contextlib.suppress(StudioError):
        check_landmark_target(path)
    check_target(path)
    return sidecar_path(path)


# ---- media roots -----------------------------------------------------------------------------


def _roots(track: bytes) -> list[Reader]:
    root = {"name": "NAS", "note": "the lab's recordings", "id": _ROOT_ID}
    described = {"format": "keyframeface-studio", "version": 1, "media_roots": [root, "More"]}
    named = {"script": "", "video": "", "track": "NAS:day 1/take.csv"}
    place = {"media_roots": {key_of("NAS", _ROOT_ID): "{folder}/nas", "other": "relative"}}
    files = {
        "data/dataset.json": json.dumps(described).encode(),
        "data/clips/c1/clip.json": json.dumps(named).encode(),
        "nas/day 1/take.csv": track,
        "config/media-roots.json": json.dumps(place).encode(),
    }
    return [
        Reader(f"roots: {Path(name).name}", files, name, _kind(name), _rooted, fenced="config" not in name)
        for name in files
    ]


def _rooted(folder: Path) -> object:
    held = folder / "config/media-roots.json"
    # The folder is another one at each run.
    held.write_bytes(held.read_bytes().replace(b"{folder}", str(folder).encode()))
    before = os.environ.get("KFSTUDIO_CONFIG_DIR")
    os.environ["KFSTUDIO_CONFIG_DIR"] = str(folder / "config")
    try:
        known_roots()
        validate(folder / "data")
        json.dumps(facts(folder / "data"))
        dataset = Dataset.open(folder / "data", "anna")
        for entry in dataset.clips:
            loaded = dataset.load_clip(entry.id)
            if loaded.track_path is not None:
                read_recorded(loaded)
        for root in dataset.roots.declared:
            remember_root(root.name, root.id, folder / "nas")
        move_roots(folder / "nas", folder / "elsewhere")
        return roots_file()
    finally:
        del os.environ["KFSTUDIO_CONFIG_DIR"]
        if before is not None:
            os.environ["KFSTUDIO_CONFIG_DIR"] = before


# ---- labels ----------------------------------------------------------------------------------


def _labels(dataset: Files) -> list[Reader]:
    described = json.loads(dataset["data/dataset.json"])
    words = [
        "joy",
        {"label": "fear", "key": 2, "complex": True, "synonyms": ["dread"], "x": 1},
        {"label": "awe"},
    ]
    described["vocabulary"] = words
    described["pose"] = {**described.get("pose", {}), "unit": "radians"}
    files = {**dataset, "data/dataset.json": json.dumps(described).encode()}
    name = "data/dataset.json"
    record = json.dumps({"dataset": "d", "renames": {"joy": "fear"}, "before": words, "after": words[1:]})
    noted = json.dumps({"file": "c1/annotations/anna.json", "marks": [["span", "e1", "joy", "fear"]]})
    lines = b"\n".join(text.encode() for text in (record, noted, '{"state": "begun"}'))
    return [
        Reader("labels: dataset.json", files, name, "json", _labelled, fenced=True),
        Reader("labels: record of a renaming", {**files, "kept": lines}, "kept", "lines", _renamed),
    ]


def _labelled(folder: Path) -> object:
    file = folder / "data/dataset.json"
    now = read_settings(file)
    vocabulary = now.vocabulary
    if "awe" in vocabulary:
        vocabulary = vocabulary.removed("awe")
    change_settings(file, now, replace(now, vocabulary=vocabulary.with_all((Word("new"),))))
    dataset = Dataset.open(folder / "data", "anna")
    count_labels(dataset, {"joy": "fear"})
    before = read_settings(file)
    if "joy" in before.vocabulary and "glad" not in before.vocabulary:
        after = replace(before, vocabulary=before.vocabulary.renamed("joy", "glad"))
        rename_labels(dataset, {"joy": "glad"}, before, after)
        done = last_renaming(dataset)
        assert done is not None
        undo_renaming(dataset, done)
    return read_settings(file)


def _renamed(folder: Path) -> object:
    """As after a crash in the middle of a renaming."""
    dataset = Dataset.open(folder / "data", "anna")
    before = read_settings(folder / "data/dataset.json")
    after = replace(before, vocabulary=before.vocabulary.renamed("joy", "glad"))
    rename_labels(dataset, {"joy": "glad"}, before, after)
    done = last_renaming(dataset)
    assert done is not None
    shutil.copyfile(folder / "kept", done.path)
    try:
        begun = last_renaming(dataset)
        if begun is not None:
            begun.words.encode("utf-8", "replace")
            finish_renaming(dataset, begun)
            undo_renaming(dataset, begun)
        return begun
    finally:
        shutil.rmtree(done.path.parent, ignore_errors=True)


# ---- offsets ---------------------------------------------------------------------------------


def _offsets(folder: Path, track: bytes) -> list[Reader]:
    video = clips.make(clips.Clip("sync.mp4", range(20), options=clips.x264()), folder).read_bytes()
    files = {
        "data/dataset.json": b'{"format": "keyframeface-studio", "version": 1}',
        "data/clips/c1/clip.json": b'{"video": "v.mp4", "track": "t.csv", "offset": 0.25, "later": [1]}',
        "data/clips/c1/v.mp4": video,
        "data/clips/c1/t.csv": track,
    }
    return [
        Reader(f"sync: {name}", files, f"data/clips/c1/{name}", kind, read, fenced=True)
        for name, kind, read in (
            ("clip.json", "json", _synced),
            ("t.csv", "cells", _estimated),
            ("v.mp4", "in place", _estimated),
        )
    ]


def _synced(folder: Path) -> object:
    wanted = WantedOffset(timecodes=True, by=0.125, apply=True)
    told = sync_clips([folder / "data"], None, wanted, no_progress)
    json.dumps(told.report, allow_nan=False)
    return told


def _estimated(folder: Path) -> object:
    return sync_clips([folder / "data"], None, WantedOffset(estimate=True), no_progress)


# ---- where work was left ---------------------------------------------------------------------


def _left_off() -> Reader:
    said = {
        "recent": ["/a", "/b"],
        "left": {"/a": {"clip": "c1", "time": 1.5, "workspace": "curves", "more": 1}, "/b": {"clip": "c2"}},
        "go_on": True,
        "splits": {
            "annotate": {"clips": 1, "marks": 2, "inspector": 3, "video": 0.5, "lanes": 0.5, "overview": 0.1}
        },
        "tabs": {"a": "b"},
        "columns": {"name": True},
        "import_columns": {"t": {"id": "name"}},
        "keys": {"play": ["Space"]},
        "profiles": [{"name": "Mine", "backend": "server", "url": "http://127.0.0.1:1", "model": "m"}],
    }
    files: Files = {"settings.json": json.dumps(said).encode()}
    return Reader("settings: where work was left", files, "settings.json", "json", _left)


def _left(folder: Path) -> object:
    before = os.environ.get("KFSTUDIO_CONFIG_DIR")
    os.environ["KFSTUDIO_CONFIG_DIR"] = str(folder)
    try:
        assert config_folder() == folder
        settings = load_settings()
        for left in settings.left.values():
            assert isinstance(left, LeftAt) and isinstance(left.time, float)
        settings.remember(Path("/c"))
        settings.left["/c"] = LeftAt(clip="c3", time=0.5)
        save_settings(settings)
        again = load_settings()
        assert again.recent[0] == "/c" and again.left["/c"].clip == "c3"
        return again
    finally:
        del os.environ["KFSTUDIO_CONFIG_DIR"]
        if before is not None:
            os.environ["KFSTUDIO_CONFIG_DIR"] = before
