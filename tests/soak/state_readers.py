"""Readers of what the studio keeps in the user's state folder, which nobody but itself writes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from annotator.core.batch.log import BatchLog
from annotator.core.faults.crash_file import take_crashes
from annotator.core.generation.backends import model_of
from annotator.core.generation.keys import KEY_VARIABLE, server_key
from annotator.core.generation.profiles import PRESETS
from annotator.core.generation.protocol import GenerationRequest, KeyframeResult, PlannedKeyframe
from annotator.core.merging import MISSING
from annotator.core.storage.clashes import clashes_file, drop_decided, keep_undecided, still_open
from annotator.core.storage.clip_parts import taking_theirs
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.journal import place_key, unsaved_work
from annotator.core.storage.merge_rules import ANNOTATION_PART, CLIP_PART, PartClash
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.shared_file import current_bytes, replace_file, taken_by_turns, turn
from tests.soak.reader import Files, Reader
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import StudioError

SERVER = "https://api.example.org/v1"
ASKED = GenerationRequest("A room.", "joy", "Hello.", ("smiles", "frowns"))


def state_readers(folder: Path, dataset: Files, journal: bytes) -> list[Reader]:
    """One for each kind of file; ``dataset`` are the files of a dataset ``data`` with a clip ``c1``,
    ``journal`` is one of that clip."""
    with _state_of(folder):
        clashes, hosts, batch = _clashes(folder), _hosts(), _batch(folder)
    crash = b"Started 2026-01-01 10:00:00, Python 3.11\nFatal Python error: Segmentation fault\n"
    written = b"\n".join(b"%032x" % number for number in range(5))
    found: tuple[tuple[str, bytes, str, Callable[[Path], object]], ...] = (
        ("undecided parts", clashes, "json", _reading_clashes),
        ("journal of a crash", journal, "lines", _reading_journals),
        ("hosts of keys", hosts, "json", _reading_hosts),
        ("batch", batch, "lines", _reading_batch),
        ("crash", crash, "bytes", _reading_crash),
        ("notes of turns", written, "bytes", _reading_notes),
    )
    return [
        Reader(f"state: {name}", {**dataset, "kept": data}, "kept", kind, read)
        for name, data, kind, read in found
    ]


@contextlib.contextmanager
def _state_of(folder: Path) -> Iterator[Path]:
    """``folder`` holds a state folder meanwhile."""
    before = os.environ.get("KFSTUDIO_STATE_DIR")
    state = folder / "own state"
    state.mkdir(exist_ok=True)
    os.environ["KFSTUDIO_STATE_DIR"] = str(state)
    try:
        yield state
    finally:
        shutil.rmtree(state, ignore_errors=True)
        del os.environ["KFSTUDIO_STATE_DIR"]
        if before is not None:
            os.environ["KFSTUDIO_STATE_DIR"] = before


def _put(folder: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "kept", path)


def _clashes(folder: Path) -> bytes:
    place = Dataset.open(folder / "data", "anna").place("c1")
    keyframe = (ANNOTATION_PART, ("keyframes", "k1"))
    keep_undecided(
        place,
        (
            PartClash(CLIP_PART, ("script",), "Hello.", "Bye."),
            PartClash(*keyframe, {"id": "k1", "time": 0.5}, MISSING),
            PartClash(ANNOTATION_PART, ("status",), "done", "new"),
            PartClash("take t1", ("performance", "keys", "#0"), {"time": 0.5}, {"time": 0.6}),
        ),
    )
    return clashes_file(place).read_bytes()


def _reading_clashes(folder: Path) -> object:
    with _state_of(folder):
        loaded = Dataset.open(folder / "data", "anna").load_clip("c1")
        _put(folder, clashes_file(loaded.place))
        found = still_open(loaded.state, loaded)
        for clash in found:
            with contextlib.suppress(StudioError):
                taking_theirs(loaded.state, loaded, clash)
        keep_undecided(loaded.place, [PartClash(CLIP_PART, ("script",), "a", "b")])
        drop_decided(loaded.place, found)
    return found


def _reading_journals(folder: Path) -> object:
    """As at a start: what is to be recovered is told, and comes back as the clip is opened."""
    with _state_of(folder) as state:
        loaded = Dataset.open(folder / "data", "anna").load_clip("c1")
        _put(folder, state / "journals" / f"{place_key(loaded.place)}-0.jsonl")
        told = unsaved_work()
        open_clip(loaded).saver.close()
    return told


def _hosts() -> bytes:
    with _key("sound"):
        server_key(SERVER).used()
    return (Path(os.environ["KFSTUDIO_STATE_DIR"]) / "key-hosts.json").read_bytes()


def _reading_hosts(folder: Path) -> object:
    with _state_of(folder) as state, _key("sound"):
        _put(folder, state / "key-hosts.json")
        server_key(SERVER).used()
        return server_key(SERVER).host


@contextlib.contextmanager
def _key(text: str) -> Iterator[None]:
    os.environ[KEY_VARIABLE] = text
    try:
        yield
    finally:
        del os.environ[KEY_VARIABLE]


def _batch(folder: Path) -> bytes:
    log = BatchLog(folder / "data", "Mine", model_of(PRESETS[0]), (1, None))
    log.keep_plan(ASKED, (PlannedKeyframe(0.5, "smiles"),))
    values = np.full(CHANNEL_COUNT, 0.25, np.float32)
    log.keep_keyframe(ASKED, KeyframeResult(0, "smiles", values, (), ("odd",), "{}"))
    log.keep_take("c1", ASKED, "t1")
    log.close(remove=False)
    return log.path.read_bytes()


def _reading_batch(folder: Path) -> object:
    with _state_of(folder):
        made = BatchLog(folder / "data", "Mine", model_of(PRESETS[0]), (1, None))
        made.close(remove=True)
        _put(folder, made.path)
        log = BatchLog(folder / "data", "Mine", model_of(PRESETS[0]), (1, None))
        found = log.seeds, log.plan(ASKED), log.keyframe(ASKED, 0), log.has_take("c1", ASKED)
        json.dumps(found[0])
        log.close(remove=False)
    return found


def _reading_crash(folder: Path) -> object:
    with _state_of(folder) as state:
        _put(folder, state / "crashes" / "crash-1.txt")
        return take_crashes()


def _reading_notes(folder: Path) -> object:
    """All notes of who wrote last are damaged, whichever file they are of."""
    with _state_of(folder) as state:
        path = folder / "written.json"
        for number in range(64):
            _put(folder, state / "locks" / f"{number:02d}.written")
        with turn(path):
            replace_file(path, b"{}", current_bytes(path))
        return taken_by_turns(path, b"{}")
