"""What ``import annotator`` gives a script: datasets, generating, comparing, describing."""

from __future__ import annotations

import doctest
import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import annotator
import viewer
from annotator.core.storage.clip_writer import ClipWriter
from annotator.session.settings import Settings, own_annotator_id, save_settings
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX, NAMES, SHAPE_COUNT
from viewer.core.errors import Cancelled, DatasetError, FileError, GenerationError, TrackError

PROJECT = Path(__file__).resolve().parents[2]
DEMO = PROJECT / "resources" / "demo" / "dataset"
FUNCTIONS = [
    annotator.capture_video,
    annotator.compare,
    annotator.describe,
    annotator.generate,
    annotator.open_dataset,
    annotator.read_recording,
    annotator.read_take,
]
HEAVY = ("PySide6", "pyqtgraph", "vtkmodules", "pyvista", "pandas", "scipy", "av", "cv2", "numpy", "openai")


def test_importing_is_cheap() -> None:
    code = (
        "import sys, annotator, viewer\n"
        f"print(sorted(set({HEAVY!r}) & {{name.partition('.')[0] for name in sys.modules}}))\n"
        "[getattr(package, name) for package in (annotator, viewer) for name in package.__all__]\n"
        "print(sorted({'PySide6', 'pyqtgraph', 'vtkmodules', 'pyvista'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["[]", "[]"]


def test_every_public_name_is_there_and_listed() -> None:
    for name in annotator.__all__:
        assert getattr(annotator, name) is not None
        assert name in dir(annotator)
    with pytest.raises(ImportError, match="cannot import name 'animate' from 'annotator'"):
        from annotator import animate  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_docstrings_tell_what_a_script_relies_on(function: object) -> None:
    told = inspect.getdoc(function) or ""
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in told
    sections = told.partition("Returns\n-------")[0]
    named = {name.strip() for line in sections.splitlines() for name in line.partition(" : ")[0].split(",")}
    assert set(inspect.signature(function).parameters) <= named  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [annotator, *FUNCTIONS], ids=lambda place: place.__name__)
def test_examples_run(place: object, demo_checkout: Path) -> None:
    tests = doctest.DocTestFinder(recurse=False).find(place, getattr(place, "__name__", ""))
    failed = [doctest.DocTestRunner().run(test).failed for test in tests if test.examples]
    assert failed == [0]


# ---- datasets ----------------------------------------------------------------------------------


def test_a_dataset_is_seen_as_its_own_annotator_unless_another_is_named() -> None:
    save_settings(Settings(annotator="anna"))
    assert own_annotator_id() == "anna"
    own, hers = annotator.open_dataset(DEMO), annotator.open_dataset(str(DEMO / "dataset.json"), "maria")
    assert isinstance(own, annotator.Dataset) and own.annotator_id == "anna"
    assert own.load_clip("02-letter").state.keyframes == ()
    assert len(hers.load_clip("02-letter").state.keyframes) == 4
    assert own.load_clip("02-letter", "maria").state == hers.load_clip("02-letter").state


def test_a_recording_has_its_corrections_and_is_in_degrees(demo_checkout: Path) -> None:
    file = demo_checkout / "resources/demo/dataset/clips/02-letter/annotations/maria.json"
    data = json.loads(file.read_text("utf-8"))
    data["keyframes"][1]["values"] = {"JawOpen": 0.75}
    data["keyframes"][1]["rotations_degrees"] = {"HeadYaw": 21.0}
    file.write_text(json.dumps(data), "utf-8")
    dataset = annotator.open_dataset("resources/demo/dataset", "maria")
    clip = dataset.load_clip("02-letter")
    assert clip.track_path is not None and clip.video_path is not None
    raw, recording = viewer.read_track(clip.track_path), annotator.read_recording(dataset, clip)
    time_in_track = clip.state.keyframes[1].time - clip.state.clip.offset
    assert recording.row(time_in_track)[INDEX["JawOpen"]] == pytest.approx(0.75, abs=0.02)
    assert raw.row(time_in_track)[INDEX["JawOpen"]] < 0.5
    assert recording.row(time_in_track)[INDEX["HeadYaw"]] == pytest.approx(21.0, abs=0.5)
    others = [INDEX[name] for name in NAMES[SHAPE_COUNT:] if name != "HeadYaw"]
    np.testing.assert_array_equal(recording.values[:, others], raw.values[:, others])
    by_id = annotator.read_recording(dataset, "02-letter")
    np.testing.assert_array_equal(by_id.values, recording.values)
    assert recording.meta["pose_unit"] == "radians"


def test_takes_are_read_by_value_id_or_name(demo_checkout: Path) -> None:
    dataset = annotator.open_dataset("resources/demo/dataset", "maria")
    clip = dataset.load_clip("02-letter")
    made = annotator.generate(emotion="Joy.", fps=30)
    ClipWriter(clip).save(replace(clip.state, takes=(made.info,)))
    clip = dataset.load_clip("02-letter")
    (info,) = clip.state.takes
    for asked in (info, info.id, info.name):
        track = annotator.read_take(clip, asked)
        np.testing.assert_allclose(track.values, made.track.values, atol=1e-6)
    with pytest.raises(DatasetError, match="there is no take 'none' – choose one of Built-in 1"):
        annotator.read_take(clip, "none")


# ---- generating, comparing, describing -----------------------------------------------------------


def test_a_take_tells_what_was_said_for_each_keyframe() -> None:
    take = annotator.generate(
        keyframes=["The jaw drops wide open.", "A broad smile."], times=[1.0, 2.5], duration=4.0, fps=30
    )
    assert isinstance(take, annotator.GeneratedTake)
    assert take.track.duration == pytest.approx(4.0) and take.track.fps == pytest.approx(30)
    assert take.track.meta["key_times"] == [1.0, 2.5]
    assert [answer.time_in_clip for answer in take.info.answers] == [1.0, 2.5]
    assert [answer.description for answer in take.info.answers] == [
        "The jaw drops wide open.",
        "A broad smile.",
    ]
    assert {reason.channel for reason in take.info.answers[0].reasons} >= {"JawOpen"}
    assert take.info.provenance.backend == "facs"
    assert take.track.row(1.0)[INDEX["JawOpen"]] > 0.5
    assert take.info.performance is not None
    named = annotator.generate(keyframes=["A broad smile."], profile="Built-in")
    assert named.info.provenance.backend == "facs"


def test_without_keyframes_the_model_plans_and_a_seed_repeats_the_layers() -> None:
    def lively(seed: int) -> viewer.Track:
        told = annotator.generate(
            "He waits.", "Fear behind a smile.", blinks=True, micro_motion=True, seed=seed
        )
        assert len(told.info.answers) >= 2
        return told.track

    one, again, other = lively(3), lively(3), lively(4)
    np.testing.assert_array_equal(one.values, again.values)
    assert one.values.shape != other.values.shape or not np.array_equal(one.values, other.values)


def test_progress_is_told_and_generating_can_be_cancelled() -> None:
    told: list[tuple[int, int, str]] = []
    annotator.generate(keyframes=["A smile."], progress=lambda *news: told.append(news))
    assert told and told[-1][0] == told[-1][1]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        annotator.generate(keyframes=["A smile."], cancel=token)


def test_tracks_are_compared_in_degrees(tmp_path: Path) -> None:
    radians = viewer.read_track(DEMO / "clips/02-letter/track.csv")
    dataset = annotator.open_dataset(DEMO, "maria")
    recording = annotator.read_recording(dataset, "02-letter")
    found = annotator.compare(radians, recording, [0.5, 99.0])
    assert isinstance(found, annotator.TrackComparison)
    assert found.regions["head"].max < 1e-5 and found.overall.max == 0
    assert [each.mae for each in found.keyframes] == [0.0, None]
    later = annotator.compare(radians, recording, offset=0.5)
    assert later.overall.mae > 0
    assert (later.overall.unit, later.regions["head"].unit) == ("weight", "degrees")


def test_words_are_the_same_in_any_unit() -> None:
    radians = viewer.read_track(DEMO / "clips/02-letter/track.csv")
    recording = annotator.read_recording(annotator.open_dataset(DEMO, "maria"), "02-letter")
    assert annotator.describe(recording, 3.175) == annotator.describe(radians, 3.175)
    assert "inner brows lift" in annotator.describe(recording, 3.175)


def test_errors_say_what_happened_and_what_to_do(tmp_path: Path) -> None:
    dataset = annotator.open_dataset(DEMO, "maria")
    track = annotator.read_recording(dataset, "02-letter")
    lost = track.replaced(values=np.full_like(track.values, np.nan))
    (tmp_path / "dataset.json").write_text("[1", "utf-8")
    bare = tmp_path / "bare"
    (bare / "clips" / "c1").mkdir(parents=True)
    (bare / "dataset.json").write_text((DEMO / "dataset.json").read_text("utf-8"), "utf-8")
    (bare / "clips" / "c1" / "clip.json").write_text("{}", "utf-8")
    without = annotator.open_dataset(bare, "maria")
    generate = annotator.generate
    for error, told, call in (
        (
            FileError,
            "missing: there is no such file or folder",
            lambda: annotator.open_dataset(tmp_path / "missing"),
        ),
        (DatasetError, "this folder is not a dataset", lambda: annotator.open_dataset(DEMO / "clips")),
        (annotator.StudioError, "dataset.json", lambda: annotator.open_dataset(tmp_path)),
        (DatasetError, "there is no clip '04'", lambda: annotator.read_recording(dataset, "04")),
        (TrackError, "the clip has no recording", lambda: annotator.read_recording(without, "c1")),
        (
            DatasetError,
            "there is no take 'x' – generate one first",
            lambda: annotator.read_take(without.load_clip("c1"), "x"),
        ),
        (GenerationError, "there is nothing to work from", generate),
        (GenerationError, "give a list", lambda: generate(keyframes="A smile.")),
        (GenerationError, "there is no backend 'gpt'", lambda: generate("a", backend="gpt")),  # type: ignore[arg-type]
        (GenerationError, "there is no profile “gpt”", lambda: generate("a", profile="gpt")),
        (GenerationError, "already says which", lambda: generate("a", profile="Built-in", url="http://x")),
        (GenerationError, "no model server was named", lambda: generate("a", backend="server")),
        (GenerationError, "0 frames per second", lambda: generate("", "joy", fps=0)),
        (GenerationError, "-1 is not a usable seed", lambda: generate("", "joy", seed=-1)),
        (GenerationError, "a duration is not a number", lambda: generate("", "joy", duration=float("nan"))),
        (GenerationError, "a time is not a number", lambda: generate(keyframes=["A smile."], times=[-1.0])),
        (
            TrackError,
            "99 s is outside the track – choose a time from 0 to 7.000",
            lambda: annotator.describe(track, 99),
        ),
        (TrackError, "-1 s is outside", lambda: annotator.describe(track, -1)),
        (TrackError, "nan s is outside", lambda: annotator.describe(track, float("nan"))),
        (
            TrackError,
            "no face was detected at 1 s – choose another time",
            lambda: annotator.describe(lost, 1),
        ),
        (TrackError, "share no frame with a face", lambda: annotator.compare(track, lost)),
        (TrackError, "share no frame with a face", lambda: annotator.compare(track, track, offset=100)),
    ):
        with pytest.raises(error) as caught:
            call()
        assert told in str(caught.value) and " – " in str(caught.value)
