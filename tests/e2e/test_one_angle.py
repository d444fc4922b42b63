"""One head, one angle: the same degrees in every command, every file and every kind of dataset."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from annotator.comparison.vote_stage import VoteStage
from annotator.core.comparison.models import RECORDING
from annotator.core.comparison.polling import prepare
from annotator.core.comparison.votes import Ballot, Contender
from annotator.core.export.film import layout
from annotator.core.performance import derive
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.clip_writer import ClipWriter
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recorded import read_corrected
from tests.e2e.conftest import Studio
from tests.present import present
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT
from viewer.core.formats import read, write
from viewer.core.formats.keyframeface import parse_reply, reply_text
from viewer.core.models import load_face_model
from viewer.core.pose import PoseConvention, Unit
from viewer.core.track import Track
from viewer.core.video import VideoFile
from viewer.face_renderer import FaceRenderer
from viewer.palette import DARK

PITCH, YAW = INDEX["HeadPitch"], INDEX["HeadYaw"]
UP, LEFT = 32.0, 50.0
FORMATS = {
    "livelink": "a.csv",
    "beat": "a.json",
    "audio2face": "b.json",
    "keyframeface": "a.jsonl",
    "npz": "a.npz",
    "parquet": "a.parquet",
}


def nodding(fps: float = 60.0) -> Track:
    """Two seconds: the head goes up and to its own left while the jaw opens."""
    times = np.arange(round(2 * fps) + 1) / fps
    values = np.zeros((times.size, CHANNEL_COUNT), np.float32)
    values[:, INDEX["JawOpen"]] = times / 4
    values[:, PITCH], values[:, YAW] = UP * times / 2, LEFT * times / 2
    values[:, INDEX["LeftEyeYaw"]] = 11.25
    return Track.build(times, values)


def degrees_of(facts: dict[str, Any]) -> list[float]:
    """The highest pitch and yaw that ``info`` tells."""
    return [facts["pose_degrees"][name][1] for name in ("HeadPitch", "HeadYaw")]


def dataset_with(
    folder: Path, unit: Unit, track: Path, says: str = "She looks up to her left.", at: float = 2.0
) -> Dataset:
    dataset = Dataset.create(folder, pose=PoseConvention(unit), annotator_id="anna")
    add_clip(dataset, track=track, id="c1")
    file = dataset.root / "clips" / "c1" / "annotations" / "anna.json"
    file.parent.mkdir()
    words = {"id": "k1", "time": at, "description": says}
    file.write_text(json.dumps({"version": 1, "status": "done", "keyframes": [words]}))
    return Dataset.open(folder, "anna")


SHARES = (0.5, 0.64, 0.8, 1.0, 1.25, 1.57)
"""Of an angle; 0.64 and 1.57 are what radians taken for normalised numbers make of it, and the reverse."""


def share_seen(picture: npt.NDArray[np.uint8], row: npt.NDArray[np.float32]) -> float:
    """By what share of the angles (in degrees) of ``row`` (61,) the head in ``picture`` (H, W, 3) is turned:
    that of :data:`SHARES` whose head looks most like it."""
    height, width = picture.shape[:2]
    renderer = FaceRenderer(load_face_model(None), (width, height))
    renderer.set_theme(DARK)
    apart = []
    for share in SHARES:
        turned = row.copy()
        turned[SHAPE_COUNT : SHAPE_COUNT + 3] *= share
        renderer.set_values(turned)
        apart.append(np.abs(renderer.render().astype(np.int16) - picture).mean())
    renderer.close()
    return SHARES[int(np.argmin(apart))]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loose") / "nodding.csv"
    write(nodding(), path)
    return path


def test_a_loose_recording_keeps_its_degrees_through_every_format(
    quick_studio: Studio, recording: Path, tmp_path: Path
) -> None:
    facts = quick_studio("info", recording).json
    assert (facts["pose_unit"], facts["pose_unit_from"]) == ("radians", "format")
    assert degrees_of(facts) == pytest.approx([UP, LEFT], abs=1e-3)
    original = read(recording)
    for form, name in FORMATS.items():
        made, back = tmp_path / name, tmp_path / f"back from {form}.csv"
        told = quick_studio("convert", recording, made, "--to", form).json
        keys = "written format frames fps lost missing clamped pose_unit notes".split()
        assert list(told) == keys
        assert told["pose_unit"] == ("normalized" if form == "keyframeface" else "radians")
        assert degrees_of(quick_studio("info", made).json) == pytest.approx([UP, LEFT], abs=1e-3)
        quick_studio("convert", made, back)
        again = read(back)
        assert degrees_of(quick_studio("info", back).json) == pytest.approx([UP, LEFT], abs=1e-3)
        frames = [original.frame_at(time) for time in again.times]
        np.testing.assert_array_equal(again.values[:, :SHAPE_COUNT], original.values[frames, :SHAPE_COUNT])
        np.testing.assert_allclose(again.times, original.times[frames], atol=0.5 / 60_000 + 1e-9)
        np.testing.assert_allclose(again.rotations_degrees, original.rotations_degrees[frames], atol=1e-3)
        assert quick_studio("compare", recording, made).json["regions"]["head"]["max"] < 1e-3


@pytest.mark.parametrize("unit", ["normalized", "radians", "degrees"])
def test_a_recording_has_the_same_degrees_in_a_dataset_of_any_unit(
    quick_studio: Studio, recording: Path, tmp_path: Path, unit: Unit
) -> None:
    dataset = dataset_with(tmp_path / "data", unit, recording)
    inside = dataset.root / "clips" / "c1" / "nodding.csv"
    facts = quick_studio("info", inside).json
    assert (facts["pose_unit"], facts["pose_unit_from"]) == ("radians", "format")
    assert degrees_of(facts) == pytest.approx([UP, LEFT], abs=1e-3)
    window = read_corrected(dataset.load_clip("c1"))
    np.testing.assert_array_equal(window.values, read(recording).values)
    said = [quick_studio("describe", path, "--time", "1.5").out for path in (recording, inside)]
    assert said[0] == said[1] and b"left" in said[0]
    apart = quick_studio("compare", recording, inside, "--at", "1").json
    assert apart["regions"]["head"] | {"worst": None} == {
        "unit": "degrees",
        "mae": 0.0,
        "rmse": 0.0,
        "max": 0.0,
        "correlation": 1.0,
        "worst": None,
    }
    quick_studio("export", "training", dataset.root, "--out", tmp_path / "out")
    (file,) = list((tmp_path / "out").glob("*.jsonl"))
    answer = json.loads(file.read_text().splitlines()[0])["messages"][-1]["content"]
    learnt = parse_reply(answer).values
    assert [learnt[PITCH] * 90, learnt[YAW] * 90] == pytest.approx([UP, LEFT], abs=1e-3)


@pytest.mark.slow
def test_pictures_of_a_head_are_the_same_loose_and_in_a_dataset(
    quick_studio: Studio, recording: Path, tmp_path: Path
) -> None:
    dataset = dataset_with(tmp_path / "data", "normalized", recording)
    inside = dataset.root / "clips" / "c1" / "nodding.csv"
    keyed = tmp_path / "keyed.jsonl"
    quick_studio("convert", recording, keyed)
    pictures = []
    for number, path in enumerate((recording, inside, keyed)):
        out = tmp_path / f"{number}.png"
        quick_studio("render", path, "--at", "2", "--out", out, "--size", "128x128")
        pictures.append(np.asarray(Image.open(out), np.int16))
    assert (pictures[0] == pictures[1]).all()
    # A value that went through another unit differs in its last bit.
    assert np.abs(pictures[0] - pictures[2]).max() <= 2
    straight = tmp_path / "straight.png"
    quick_studio("render", recording, "--at", "0", "--out", straight, "--size", "128x128")
    assert np.abs(pictures[0] - np.asarray(Image.open(straight), np.int16)).max() > 40


@pytest.mark.slow
def test_a_film_a_vote_and_a_report_turn_the_heads_of_a_recording_and_a_take_as_far(
    quick_studio: Studio, recording: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    says = "She turns her head far to her left."
    dataset = dataset_with(tmp_path / "data", "normalized", recording, says, at=1.5)
    quick_studio("generate", dataset.root, "--annotator", "anna")
    loaded = dataset.load_clip("c1")
    (take,) = loaded.state.takes
    known = nodding(), derive(present(take.performance))
    rows = [track.shown_row(1.5) for track in known]
    assert min(np.abs(row[SHAPE_COUNT : SHAPE_COUNT + 3]).max() for row in rows) > 15

    film, inside = tmp_path / "film.mp4", dataset.root / "clips" / "c1" / "nodding.csv"
    beside = loaded.place.take_track(take.id)
    quick_studio("render", inside, "--beside", beside, "--out", film, "--size", "264x158", "--fps", "2")
    with VideoFile.open(film) as opened:
        picture = opened.frame(3)
    for (x, y, width, height), row in zip(layout(2, 264, 158).boxes, rows, strict=True):
        assert share_seen(picture[y : y + height, x : x + width], row) == 1.0

    ballot = Ballot("c1", Contender(RECORDING, "Recording"), Contender(take.id, "built-in"))
    pair = prepare(dataset, ballot, with_video=False)
    stage = VoteStage(load_face_model(None), DARK, muted=True)
    qtbot.addWidget(stage)
    stage.resize(560, 300)
    stage.show_ballot(replace(pair, rows=(pair.rows[0][90:91], pair.rows[1][90:91])))
    stage.show()
    qtbot.waitUntil(lambda: all(face.picture() is not None for face in stage.faces))
    for face, row in zip(stage.faces, rows, strict=True):
        assert share_seen(present(face.picture()), row) == 1.0
    stage.release()

    page = tmp_path / "report.html"
    quick_studio("report", dataset.root, "--out", page, "--pictures", "0")
    inner = known[0].times[known[0].times <= known[1].duration]
    heads = [track.sample(inner)[:, SHAPE_COUNT : SHAPE_COUNT + 3] for track in known]
    told = re.search(r"head, degrees</t[hd]>\s*<td[^>]*>(?:<[^>]+>)*([\d.]+)", page.read_text("utf-8"))
    assert float(present(told)[1]) == pytest.approx(np.abs(heads[0] - heads[1]).mean(), abs=2e-3)


def test_a_take_has_the_same_degrees_in_its_csv_as_its_keys_ask_for(
    quick_studio: Studio, recording: Path, tmp_path: Path
) -> None:
    dataset = dataset_with(tmp_path / "data", "normalized", recording)
    quick_studio("generate", dataset.root, "--annotator", "anna")
    loaded = dataset.load_clip("c1")
    (take,) = loaded.state.takes
    assert take.performance is not None
    file = loaded.place.take_track(take.id)
    track = derive(take.performance)
    assert np.abs(track.rotations_degrees).max() > 3
    facts = quick_studio("info", file).json
    assert (facts["pose_unit"], facts["notes"]) == ("radians", [])
    turned = track.rotations_degrees[:, :2]
    assert facts["pose_degrees"]["HeadYaw"] == pytest.approx(
        [turned[:, 0].min(), turned[:, 0].max()], abs=1e-3
    )
    assert facts["pose_degrees"]["HeadPitch"] == pytest.approx(
        [turned[:, 1].min(), turned[:, 1].max()], abs=1e-3
    )
    np.testing.assert_allclose(read(file).rotations_degrees, track.rotations_degrees, atol=1e-3)
    loose = tmp_path / "loose.csv"
    loose.write_bytes(file.read_bytes())
    assert quick_studio("compare", file, loose).json["regions"]["head"]["max"] < 1e-3
    for form, name in FORMATS.items():
        made = tmp_path / name
        quick_studio("convert", file, made, "--to", form)
        again = read(made)
        frames = [track.frame_at(time) for time in again.times]
        np.testing.assert_allclose(again.rotations_degrees, track.rotations_degrees[frames], atol=1e-3)


def test_another_full_scale_turns_what_models_say_and_no_recording(
    quick_studio: Studio, recording: Path, tmp_path: Path
) -> None:
    dataset = dataset_with(tmp_path / "data", "normalized", recording)
    quick_studio("generate", dataset.root, "--annotator", "anna")
    loaded = dataset.load_clip("c1")
    take = loaded.place.take_track(loaded.state.takes[0].id)
    before = quick_studio("info", take).json["pose_degrees"]["HeadYaw"]
    file = dataset.root / "dataset.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "pose": {"unit": "radians", "full_scale": 45}}))
    told = quick_studio("info", take).json
    assert told["pose_degrees"]["HeadYaw"] == pytest.approx([value / 2 for value in before], abs=1e-3)
    assert any("the take's keys" in note for note in told["notes"])
    inside = dataset.root / "clips" / "c1" / "nodding.csv"
    assert degrees_of(quick_studio("info", inside).json) == pytest.approx([UP, LEFT], abs=1e-3)
    answers = tmp_path / "answers.jsonl"
    row = np.zeros(CHANNEL_COUNT, np.float32)
    row[PITCH] = 0.5
    answers.write_text(json.dumps({"response": reply_text(row, 1)}))
    added = Dataset.open(dataset.root)
    add_clip(added, track=answers, id="c2")
    facts = quick_studio("info", added.root / "clips" / "c2" / "answers.jsonl").json
    assert facts["pose_degrees"]["HeadPitch"] == pytest.approx([22.5, 22.5], abs=1e-3)


def test_a_clip_may_say_its_own_unit_and_a_file_its_own_beside_it(
    quick_studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    write(nodding(), path)
    lines = path.read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    for row in rows:
        row[2 + SHAPE_COUNT :] = [f"{np.degrees(float(cell)):.6f}" for cell in row[2 + SHAPE_COUNT :]]
    path.write_text("\n".join([lines[0], *(",".join(row) for row in rows)]) + "\n")
    wrong = quick_studio("info", path).json
    assert any("further than heads do" in note for note in wrong["notes"])

    dataset = dataset_with(tmp_path / "data", "radians", path)
    clip = dataset.root / "clips" / "c1"
    words = json.loads((clip / "clip.json").read_text())
    (clip / "clip.json").write_text(json.dumps({**words, "pose": {"unit": "degrees"}}))
    facts = quick_studio("info", clip / "odd.csv").json
    assert (facts["pose_unit"], facts["pose_unit_from"]) == ("degrees", "clip")
    assert degrees_of(facts) == pytest.approx([UP, LEFT], abs=1e-3)
    assert read_corrected(Dataset.open(dataset.root).load_clip("c1")).rotations_degrees[-1, 1] == (
        pytest.approx(UP, abs=1e-3)
    )

    (tmp_path / "odd.csv.json").write_text(json.dumps({"pose_unit": "degrees"}))
    facts = quick_studio("info", path).json
    assert (facts["pose_unit"], facts["pose_unit_from"]) == ("degrees", "sidecar")
    assert degrees_of(facts) == pytest.approx([UP, LEFT], abs=1e-3)


def test_takes_and_corrections_of_an_earlier_version_are_turned_and_told(
    quick_studio: Studio, recording: Path, tmp_path: Path
) -> None:
    dataset = dataset_with(tmp_path / "data", "normalized", recording)
    quick_studio("generate", dataset.root, "--annotator", "anna")
    loaded = dataset.load_clip("c1")
    (take,) = loaded.state.takes
    assert take.performance is not None
    track = derive(take.performance)
    json_file, csv_file = loaded.place.take_file(take.id), loaded.place.take_track(take.id)
    # As an earlier version wrote it: normalised numbers, and not a word of it.
    numbers = track.values.copy()
    numbers[:, SHAPE_COUNT:] = np.degrees(numbers[:, SHAPE_COUNT:] / 90.0)
    write(track.replaced(values=numbers), csv_file, sidecar=False)
    data = json.loads(json_file.read_text())
    del data["pose_unit"], data["performance"]
    json_file.write_text(json.dumps(data))
    yaw = [track.rotations_degrees[:, 0].min(), track.rotations_degrees[:, 0].max()]
    facts = quick_studio("info", csv_file).json
    assert facts["pose_unit"] == "normalized"
    assert facts["pose_degrees"]["HeadYaw"] == pytest.approx(yaw, abs=1e-3)

    annotation = loaded.place.annotation_file
    work = json.loads(annotation.read_text())
    work["keyframes"][0]["values"] = {"JawOpen": 0.75, "HeadPitch": 0.5}
    annotation.write_text(json.dumps(work))
    found = quick_studio("validate", dataset.root).json["findings"]
    (told,) = [each for each in found if "earlier version" in each["what"]]
    assert "radians" in told["what"] and "HeadPitch 0.5 as 28.6°" in told["todo"]
    loaded = dataset.load_clip("c1")
    (keyframe,) = loaded.state.keyframes
    assert keyframe.values["HeadPitch"] == pytest.approx(np.degrees(0.5))
    assert read_corrected(loaded).values[-1, PITCH] == pytest.approx(np.degrees(0.5), abs=1e-3)

    state = loaded.state
    renamed = replace(state.takes[0], name="renamed")
    keyframes = (replace(keyframe, note="looked at"),)
    ClipWriter(loaded).save(replace(state, takes=(renamed,), keyframes=keyframes))
    assert json.loads(json_file.read_text())["pose_unit"] == "radians"
    assert read(csv_file).rotations_degrees[:, 0].max() == pytest.approx(yaw[1], abs=1e-3)
    written = json.loads(annotation.read_text())["keyframes"][0]
    assert written["values"] == {"JawOpen": 0.75}
    assert written["rotations_degrees"]["HeadPitch"] == pytest.approx(np.degrees(0.5))
    assert not [f for f in quick_studio("validate", dataset.root).json["findings"] if "earlier" in f["what"]]


def test_what_was_never_measured_stays_missing_through_a_live_link_csv(
    quick_studio: Studio, tmp_path: Path
) -> None:
    present = np.zeros(CHANNEL_COUNT, bool)
    present[[INDEX["JawOpen"], PITCH]] = True
    track = nodding().replaced(present=present)
    source, made = tmp_path / "few.json", tmp_path / "few.csv"
    write(track, source)
    told = quick_studio("convert", source, made).json
    assert len(told["missing"]) == CHANNEL_COUNT - 2 and "few.csv.json" in told["notes"][-1]
    again = read(made)
    np.testing.assert_array_equal(again.present, present)
    assert again.values[-1, PITCH] == pytest.approx(UP, abs=1e-3)
    # Written over by a whole track, nothing of it is missing any more.
    write(nodding(), made)
    assert read(made).present.all()
