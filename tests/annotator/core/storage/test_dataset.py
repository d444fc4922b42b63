"""The dataset folder: what is read, kept, repaired and refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from annotator.core import edits as e
from annotator.core.findings import Finding
from annotator.core.model import ClipState
from annotator.core.names import safe_name
from annotator.core.rules import check_state
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_files import (
    Annotation,
    annotation_from_json,
    annotation_to_json,
    clip_from_json,
    clip_to_json,
    keyframe_from_json,
    keyframe_to_json,
)
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset, LooseClip, dataset_facts, open_library
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings
from annotator.core.storage.inside import inside
from annotator.core.storage.json_files import decode_object, encode_object
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.places import ClipPlace, fingerprint
from annotator.core.storage.recovery import open_clip
from annotator.core.storage.take_file import take_from_json, take_to_json
from annotator.core.vocabulary import DEFAULT
from tests.annotator.core.edit_strategies import states
from tests.present import present
from tests.systems import make_link, make_pipe
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, DatasetError, FileError, StudioError
from viewer.core.pose import PoseConvention


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "data", annotator_id="anna")


def clip_folder(dataset: Dataset, id: str = "c1", **words: object) -> Path:
    folder = dataset.root / "clips" / id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clip.json").write_bytes(encode_object(words))
    dataset.reload()
    return folder


def annotation(folder: Path, text: str | bytes, annotator_id: str = "anna") -> Path:
    path = folder / "annotations" / f"{annotator_id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def save(loaded: LoadedClip, state: ClipState) -> None:
    ClipWriter(loaded).save(state)


# ---- reading and writing ---------------------------------------------------------------------


@pytest.mark.slow
@given(states())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_written_is_what_is_read(state: ClipState) -> None:
    findings: list[Finding] = []

    def through_a_file(value: dict[str, Any]) -> dict[str, Any]:
        return decode_object(encode_object(value), Path("x.json"))

    mine = Annotation(state.status, state.keyframes, state.spans, {"bytes": 3}, None, state.extra)
    again = annotation_from_json(through_a_file(annotation_to_json(mine)), "x.json", findings)
    assert again == mine
    assert clip_from_json("c1", through_a_file(clip_to_json(state.clip)), findings) == state.clip
    for take in state.takes:
        assert take_from_json(take.id, through_a_file(take_to_json(take)), findings) == take
    assert not findings


def test_unknown_keys_survive_at_every_level(dataset: Dataset) -> None:
    folder = clip_folder(dataset, script="s", future={"a": [1, {"b": "é"}]})
    path = annotation(
        folder,
        json.dumps(
            {
                "version": 1,
                "mine": True,
                "keyframes": [{"id": "k", "time": 1, "x": [None]}],
                "emotions": [{"id": "e", "start": 0, "end": 1, "y": "😀"}],
            }
        ),
    )
    (folder / "takes").mkdir()
    (folder / "takes" / "t.json").write_text('{"name": "t", "model": "m", "z": {"deep": 1}}')
    loaded = dataset.load_clip("c1")
    assert not loaded.findings
    state = loaded.state
    for edit in (
        e.change_keyframe(state, "k", description="new"),
        e.change_clip(state, script="new"),
        e.change_take(state, "t", name="new"),
    ):
        state = edit.apply(state)
    save(loaded, state)
    saved = json.loads(path.read_bytes())
    assert saved["mine"] is True and saved["keyframes"][0]["x"] == [None]
    assert saved["emotions"][0]["y"] == "😀" and saved["keyframes"][0]["description"] == "new"
    assert json.loads((folder / "clip.json").read_bytes())["future"] == {"a": [1, {"b": "é"}]}
    assert json.loads((folder / "takes/t.json").read_bytes()) == {
        "name": "new",
        "created": "",
        "model": "m",
        "z": {"deep": 1},
    }
    before = DatasetSettings(dataset.vocabulary, dataset.pose)
    more = replace(before, vocabulary=DEFAULT.added("schadenfreude"))
    change_settings(dataset.root / "dataset.json", before, more)
    data = json.loads((dataset.root / "dataset.json").read_bytes())
    (dataset.root / "dataset.json").write_text(json.dumps({**data, "lab": "ours"}))
    # Pose is changed by somebody who has not seen the new label.
    turned = replace(before, pose=PoseConvention(unit="radians", pitch_sign=-1))
    change_settings(dataset.root / "dataset.json", before, turned)
    again = Dataset.open(dataset.root)
    assert json.loads((dataset.root / "dataset.json").read_bytes())["lab"] == "ours"
    assert "schadenfreude" in again.vocabulary and again.pose == PoseConvention("radians", 1, -1)


def test_half_a_surrogate_pair_and_huge_numbers_can_be_saved(dataset: Dataset) -> None:
    folder = clip_folder(dataset)
    annotation(folder, '{"keyframes": [{"id": "k", "time": 1}], "big": 123456789012345678901234567890}')
    loaded = dataset.load_clip("c1")
    state = e.change_keyframe(loaded.state, "k", description="\ud83d half").apply(loaded.state)
    save(loaded, state)
    assert dataset.load_clip("c1").state == state


# ---- repairs ---------------------------------------------------------------------------------

BROKEN_ANNOTATION = """{"version": "one", "status": "finished", "keyframes": [
 {"id": "a", "time": 1.0, "confidence": 7, "ease": "bounce", "values": {"JawOpen": 0.5, "Nose": 1}},
 {"id": "a", "time": 1.0001, "description": 12},
 {"id": "b"}, "nonsense", {"id": "c", "time": NaN}, {"time": -3, "frame": 2.5}],
 "emotions": [{"id": "e", "start": 3, "end": 1, "intensity": 9}, {"id": "f", "start": 2, "end": 2},
 {"id": "g", "start": "early", "end": 1}], "video_fingerprint": []}"""


def test_a_hand_edited_annotation_is_repaired_aloud_and_nothing_dropped(dataset: Dataset) -> None:
    path = annotation(clip_folder(dataset), BROKEN_ANNOTATION)
    loaded = dataset.load_clip("c1")
    state = loaded.state
    assert [(k.time, k.confidence) for k in state.keyframes] == [(0, None), (1.0, 1.0), (1.001, None)]
    assert len({k.id for k in state.keyframes}) == 3
    assert [(s.start, s.end, s.intensity) for s in state.spans] == [(1, 3, 5), (2, 2.1, 3)]
    assert all(finding.todo for finding in loaded.findings) and len(loaded.findings) > 10
    check_state(state)

    edited = e.set_status(state, "done").apply(state)
    save(loaded, edited)
    text = path.read_text()
    for kept in ("bounce", "nonsense", "early", "finished", '"Nose"', "2.5"):
        assert kept in text
    again = dataset.load_clip("c1")
    assert again.state == edited and not again.findings
    (original,) = Backups(loaded.place).all()
    assert original.path.read_text() == BROKEN_ANNOTATION
    assert "original-" in original.path.name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0\0",
        b"{",
        b"[1, 2]",
        b"null",
        b'{"keyframes": [',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"version": 99, "keyframes": []}',
    ],
)
def test_a_broken_annotation_is_a_fault_of_its_clip_alone(dataset: Dataset, content: bytes) -> None:
    clip_folder(dataset, "good", script="fine")
    path = annotation(clip_folder(dataset, "bad"), content)
    with pytest.raises(StudioError) as caught:
        dataset.load_clip("bad")
    assert caught.value.todo and "\n" not in caught.value.line()
    dataset.reload()
    faults = {entry.id: entry.fault for entry in dataset.clips}
    assert faults["good"] is None and faults["bad"] is not None
    assert dataset.load_clip("good").state.clip.script == "fine"
    assert path.read_bytes() == content


@pytest.mark.parametrize("break_it", ["remove", "folder", "cut", "list", "pipe"])
def test_a_broken_clip_shows_its_fault_and_the_others_work(dataset: Dataset, break_it: str) -> None:
    clip_folder(dataset, "good", script="fine")
    file = clip_folder(dataset, "bad", script="x") / "clip.json"
    if break_it in ("remove", "folder", "pipe"):
        file.unlink()
    if break_it == "pipe":
        make_pipe(file)
    if break_it == "folder":
        file.mkdir()
    if break_it == "cut":
        file.write_bytes(b'{"script": "x')
    if break_it == "list":
        file.write_bytes(b"[]")
    (dataset.root / "clips" / "stray.txt").write_text("x")
    opened = Dataset.open(dataset.root, "anna")
    bad, good = opened.clips
    assert bad.fault is not None and bad.info is None and good.info is not None
    with pytest.raises(StudioError):
        opened.load_clip("bad")


def test_a_broken_take_is_left_out_and_the_clip_opens(dataset: Dataset) -> None:
    folder = clip_folder(dataset)
    (folder / "takes").mkdir()
    (folder / "takes" / "good.json").write_text('{"name": "Good", "deleted": "yes"}')
    (folder / "takes" / "bad.json").write_text("{")
    loaded = dataset.load_clip("c1")
    assert [take.name for take in loaded.state.takes] == ["Good"]
    assert len(loaded.faults) == 1 and loaded.findings


@pytest.mark.parametrize("value", ["..", "", ".", "a/../b", "a\\b", "c1\0", "no such"])
def test_only_clips_of_the_list_can_be_loaded(dataset: Dataset, value: str) -> None:
    clip_folder(dataset)
    with pytest.raises(DatasetError):
        dataset.load_clip(value)


# ---- paths -----------------------------------------------------------------------------------


def test_paths_in_a_file_never_lead_out_of_the_dataset(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"x")
    folder = clip_folder(dataset)
    make_link(folder / "link.mp4", tmp_path / "secret.mp4")
    outside = [
        "../../../secret.mp4",
        str(tmp_path / "secret.mp4"),
        "C:\\x.mp4",
        "\\\\host\\x",
        "link.mp4",
        "..\\..\\..\\secret.mp4",
        "\0",
    ]
    for path in outside:
        clip_folder(dataset, video=path)
        loaded = dataset.load_clip("c1")
        assert loaded.video_path is None
        assert [type(fault) for fault in loaded.faults] == [DatasetError], path
    shared = dataset.root / "videos"
    shared.mkdir()
    (shared / "a.mp4").write_bytes(b"video")
    clip_folder(dataset, video="../../videos/a.mp4", track="gone.csv")
    loaded = dataset.load_clip("c1")
    assert loaded.video_path == (shared / "a.mp4").resolve()
    assert [type(fault) for fault in loaded.faults] == [FileError]
    assert loaded.place.relative(shared / "a.mp4") == "../../videos/a.mp4"
    with pytest.raises(DatasetError):
        loaded.place.relative(tmp_path / "secret.mp4")
    with pytest.raises(DatasetError):
        inside(dataset.root, dataset.root, "../x")


def test_names_become_safe_file_names_and_stay_apart() -> None:
    names = [
        "Anna",
        "../../etc/passwd",
        "a/b",
        "a_b",
        "",
        "con",
        "x" * 300,
        "Zoë 😀",
        " . ",
        "a\0b",
        "NUL.txt",
        "x.conflict-20260101-000000",
    ]
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    assert safe[0] == "Anna" and safe[4] == "annotator"
    for name in safe:
        assert not set(name) & set('/\\:\0*?"<>|') and len(name) < 80 and not name.startswith(".")
        assert safe_name(name) == name


# ---- the video an annotation belongs to ------------------------------------------------------


def test_another_video_is_a_warning_and_no_loss(dataset: Dataset) -> None:
    folder = clip_folder(dataset, video="a.mp4")
    (folder / "a.mp4").write_bytes(b"one" * 1000)
    loaded = dataset.load_clip("c1")
    save(loaded, e.add_keyframe(loaded.state, 1.0).apply(loaded.state))
    assert not dataset.load_clip("c1").findings
    (folder / "a.mp4").write_bytes(b"two" * 1000)
    changed = dataset.load_clip("c1")
    assert [finding.level for finding in changed.findings] == ["warning"]
    assert len(changed.state.keyframes) == 1
    save(changed, e.set_status(changed.state, "done").apply(changed.state))
    assert dataset.load_clip("c1").findings, "it goes on warning until the annotator accepts"
    opened = open_clip(dataset.load_clip("c1"))
    opened.saver.accept_video(fingerprint(folder / "a.mp4"))
    assert opened.saver.close()
    assert not dataset.load_clip("c1").findings


# ---- opening ---------------------------------------------------------------------------------


def test_one_opens_a_dataset_a_clip_or_a_file(dataset: Dataset, tmp_path: Path) -> None:
    folder = clip_folder(dataset)
    for path, clip in (
        (dataset.root, None),
        (dataset.root / "dataset.json", None),
        (folder, "c1"),
        (folder / "clip.json", "c1"),
    ):
        library, id = open_library(path, "anna")
        assert isinstance(library, Dataset) and id == clip
    loose = tmp_path / "loose"
    loose.mkdir()
    with pytest.raises(DatasetError):
        open_library(loose)
    with pytest.raises(FileError):
        open_library(tmp_path / "nothing")
    with pytest.raises(DatasetError):
        Dataset.create(dataset.root)
    with pytest.raises(DatasetError):
        Dataset.open(tmp_path)
    (loose / "dataset.json").write_text('{"version": 2}')
    with pytest.raises(DatasetError, match="newer"):
        Dataset.open(loose)


def test_a_loose_video_finds_its_track_and_keeps_its_words_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    video, track = folder / "day one.MP4", folder / "day one.csv"
    video.write_bytes(b"video")
    track.write_text("x")
    for path in (video, track):
        library, id = open_library(path, "anna")
        assert isinstance(library, LooseClip) and id == "day one"
        loaded = library.load_clip("day one")
        assert (loaded.video_path, loaded.track_path) == (video.resolve(), track.resolve())
    opened = open_clip(loaded)
    state = e.add_keyframe(loaded.state, 1.0).apply(loaded.state)
    state = e.change_clip(state, script="words").apply(state)
    opened.saver.submit(state)
    assert opened.saver.close()
    assert (folder / "day one.annotations" / "anna.json").is_file()
    again = LooseClip(video, "anna")
    assert again.load_clip("day one").state == state
    assert again.clips[0].info is not None and again.clips[0].info.script == "words"
    track.unlink()
    gone = LooseClip(video, "anna").load_clip("day one")
    assert gone.track_path is None and len(gone.faults) == 1
    (folder / "day one.json").write_text("{}")
    other = LooseClip(video, "anna").load_clip("day one")
    assert other.track_path == (folder / "day one.json").resolve() and not other.faults


def test_adding_a_clip_copies_its_files_whole_or_not_at_all(dataset: Dataset, tmp_path: Path) -> None:
    video, track = tmp_path / "My clip.mp4", tmp_path / "My clip.csv"
    video.write_bytes(b"v" * 1000)
    track.write_bytes(b"t")
    seen: list[tuple[int, int]] = []
    first = add_clip(dataset, video, track, progress=lambda done, total, what: seen.append((done, total)))
    second = add_clip(dataset, video, how="link", info=replace(present(first.info), script="words", track=""))
    assert (first.id, second.id) == ("My clip", "My clip-2")
    assert seen[-1] == (1001, 1001)
    assert second.info is not None and (second.info.script, second.info.track) == ("words", "")
    assert present(dataset.load_clip("My clip").track_path).read_bytes() == b"t"
    inner = dataset.root / "videos" / "x.mp4"
    inner.parent.mkdir()
    inner.write_bytes(b"x")
    referenced = add_clip(dataset, inner, how="reference")
    assert dataset.load_clip(referenced.id).video_path == inner.resolve()
    with pytest.raises(DatasetError):
        add_clip(dataset, video, id="out", how="reference")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        add_clip(dataset, video, id="cancelled", cancel=cancel)
    with pytest.raises(FileError):
        add_clip(dataset, tmp_path / "none.mp4")
    names = {path.name for path in (dataset.root / "clips").iterdir()}
    assert names == {"My clip", "My clip-2", "x"} == {entry.id for entry in Dataset.open(dataset.root).clips}


def test_facts_count_clips_annotators_and_status(dataset: Dataset) -> None:
    annotation(clip_folder(dataset, "a"), '{"status": "done"}')
    annotation(clip_folder(dataset, "b"), '{"status": "done"}')
    annotation(dataset.root / "clips/b", '{"status": "in progress"}', "ben")
    annotation(dataset.root / "clips/b", "{}", "ben.conflict-20260101-000000")
    clip_folder(dataset, "c")
    (clip_folder(dataset, "d") / "clip.json").write_text("{")
    facts = dataset_facts(dataset.root)
    (fault,) = facts.pop("faults")
    assert fault.startswith("d: clip.json: it is broken JSON")
    assert facts.pop("media_roots") == []
    assert facts == {
        "kind": "dataset",
        "clips": 4,
        "annotators": ["anna", "ben"],
        "broken": 1,
        "status": {"new": 2, "in progress": 1, "done": 1, "needs review": 0},
    }


def test_a_place_outside_a_dataset_keeps_to_its_folder(tmp_path: Path) -> None:
    place = ClipPlace("x", "anna", tmp_path, tmp_path, None, tmp_path / "a.json", tmp_path / "t")
    with pytest.raises(DatasetError):
        place.file("../other.mp4")


def test_fingerprints_tell_recordings_apart(tmp_path: Path) -> None:
    data = bytes(range(256)) * 100
    whole, same = tmp_path / "whole.mp4", tmp_path / "copy" / "whole.mp4"
    same.parent.mkdir()
    whole.write_bytes(data)
    same.write_bytes(data)
    assert fingerprint(same) == fingerprint(whole)
    assert fingerprint(whole)["bytes"] == len(data)
    same.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert fingerprint(same) != fingerprint(whole)
    for file, end in ((whole, b"end"), (same, b"END")):
        file.write_bytes(bytes(3 << 20) + end)
    assert fingerprint(same) != fingerprint(whole)
    with pytest.raises(FileError):
        fingerprint(tmp_path / "missing.mp4")


def test_perspectives_are_read_in_both_forms_and_nothing_of_them_is_lost() -> None:
    whole = {
        "text": "From the image.",
        "model": "m",
        "time": "2026-01-01",
        "at": 0.5,
        "values": {"JawOpen": 0.5},
        "analysis": {"symmetry": "even"},
        "their": {"own": [1]},
    }
    written = {"coefficients": "Bare words.", "image": whole, "somebody": {"text": "Else."}}
    findings: list[Finding] = []
    keyframe = keyframe_from_json({"id": "k", "time": 0.5, "perspectives": written}, "k", findings)
    assert keyframe is not None and not findings
    assert keyframe.perspectives["image"].values == {"JawOpen": 0.5}
    assert keyframe_to_json(keyframe)["perspectives"] == {**written, "somebody": "Else."}
    broken: dict[str, Any] = {
        "coefficients": 5,
        "image": {"words": "no text"},
        "other": {"text": "Kept.", "values": {"JawOpen": "wide", "Ear": 1}, "at": "noon"},
    }
    keyframe = keyframe_from_json({"id": "k", "time": 0.5, "perspectives": broken}, "k", findings)
    assert keyframe is not None and findings
    kept = keyframe_to_json(keyframe)
    assert kept["unreadable"]["perspectives"] == broken
    assert kept["perspectives"]["other"]["unreadable"]["values"] == broken["other"]["values"]
