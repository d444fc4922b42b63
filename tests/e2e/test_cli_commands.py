"""Every command of the command line on good input, held to its contract."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clips import EXACT_CLIPS, Clip, make, picture_at, read_number, tone, x264
from tests.e2e.conftest import PROJECT, Studio
from tests.model_server import Handler, model_server, paper_reply
from viewer.core.channels import INDEX, NAMES, SHAPE_COUNT
from viewer.core.formats import read
from viewer.core.formats.keyframeface import reply_text

DEMO = PROJECT / "resources" / "demo" / "dataset"
CLIP = DEMO / "clips" / "01-waiting-room"
TRACK, VIDEO = CLIP / "track.csv", CLIP / "video.mp4"


def _request(*descriptions: str, target: int = 1) -> str:
    words = ["One", "Two", "Three"]
    lines = "\n".join(f"- Keyframe {words[i]}: {text}" for i, text in enumerate(descriptions))
    user = (
        f"Keyframe Description Sequence:\n{lines}\n\nBackground: A corridor.\nEmotion: Calm.\n\n"
        f"Task Instruction: Generate the facial expression parameters for Keyframe {words[target - 1]}."
    )
    return json.dumps({"messages": [{"role": "user", "content": user}]})


def _number(path: Path) -> int:
    return read_number(picture_at(path))


# Help and version


def test_help_and_version(studio: Studio, quick_studio: Studio) -> None:
    said = studio("--version")
    assert (said.code, said.err, said.out.decode().strip()) == (0, "", "0.2.0")
    top = quick_studio("--help").out.decode()
    commands = "open demo info frame convert generate profiles animate describe render compare report"
    for command in (*commands.split(), "face-model", "validate", "export"):
        assert command in top
        told = quick_studio(command, "--help")
        assert told.code == 0 and told.err == ""
        assert f"kfstudio {command}" in told.out.decode()


# info


def test_info_of_a_video(quick_studio: Studio, tmp_path: Path) -> None:
    clip = Clip("Café clip.mov", range(30), options=x264(), rotation=90, sound=tone(1.0))
    facts = quick_studio("info", make(clip, tmp_path).name, cwd=tmp_path).json
    wanted = "kind codec width height frames duration vfr rotation audio".split()
    assert next(iter(facts)) == "kind" and set(wanted) <= facts.keys()
    assert (facts["kind"], facts["codec"], facts["frames"]) == ("video", "h264", 30)
    assert (facts["width"], facts["height"]) == (192, 144)
    assert facts["duration"] == pytest.approx(1.0, abs=1e-3)
    assert (facts["vfr"], facts["audio"]) == (False, True) and facts["rotation"] in (90, 270)


def test_info_of_a_model_and_a_dataset(quick_studio: Studio, tmp_path: Path) -> None:
    written = quick_studio("face-model", "--npz", "new folder/head.npz", cwd=tmp_path).json
    facts = quick_studio("info", tmp_path / "new folder" / "head.npz").json
    assert facts["kind"] == "face model"
    assert facts["vertices"] == written["vertices"] > 5000
    assert (facts["shapes"], facts["missing"]) == (52, [])
    facts = quick_studio("info", DEMO).json
    assert {"kind", "clips", "annotators", "status"} <= facts.keys()
    assert (facts["kind"], facts["clips"], facts["annotators"]) == ("dataset", 3, ["maria"])
    assert sum(facts["status"].values()) == 3
    assert facts == quick_studio("info", DEMO / "dataset.json").json


def test_info_goes_by_the_contents_not_the_name(quick_studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "film.csv").write_bytes(VIDEO.read_bytes())
    (tmp_path / "track.mp4").write_bytes(TRACK.read_bytes())
    assert quick_studio("info", tmp_path / "film.csv").json["kind"] == "video"
    assert quick_studio("info", tmp_path / "track.mp4").json["kind"] == "track"


REAL = {
    "myslate_3_60fps": (328, 60, 0),
    "s88_30fps_face_lost": (1939, 30, 277),
    "lower_camel_right_first_60fps": (651, 60, 0),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_recording_survives_every_format(
    name: str, quick_studio: Studio, shared: Path, tmp_path: Path
) -> None:
    frames, fps, lost = REAL[name]
    source = shared / "data" / "live_link_csv" / f"{name}.csv"
    facts = quick_studio("info", source).json
    wanted = "kind format frames fps duration channels invalid_frames gaps".split()
    assert set(wanted) <= facts.keys()
    assert (facts["kind"], facts["format"], facts["frames"]) == ("track", "livelink", frames)
    assert round(facts["fps"]) == fps and facts["channels"] == 61
    rows = source.read_text("utf-8-sig").splitlines()[1:]
    assert facts["invalid_frames"] == sum(row.split(",")[1:] == ["0"] for row in rows if row) == lost

    there, back, beat = tmp_path / "there.csv", tmp_path / "back.csv", tmp_path / "deep er" / "träck.json"
    told = quick_studio("convert", source, there).json
    assert (told["frames"], told["lost"], told["pose_unit"]) == (frames, lost, "radians")
    header = there.read_text("utf-8").splitlines()[0].split(",")
    assert header == ["Timecode", "BlendshapeCount", *NAMES]
    quick_studio("convert", there, beat)
    quick_studio("convert", beat, back)
    original = read(source)
    for path in (there, beat, back):
        other = read(path)
        assert len(other) == frames
        half_a_subframe = 0.5 / 60 / 1000 + 1e-9
        np.testing.assert_allclose(other.times, original.times, atol=2 * half_a_subframe)
        seen, meant = other.values[original.valid], original.values[original.valid]
        np.testing.assert_array_equal(seen[:, :SHAPE_COUNT], meant[:, :SHAPE_COUNT])
        np.testing.assert_allclose(seen[:, SHAPE_COUNT:], meant[:, SHAPE_COUNT:], atol=1e-4)
    assert len(read(there)) == len(there.read_text("utf-8").splitlines()) - 1


def test_a_track_like_in_a_mirror_is_put_right(quick_studio: Studio, tmp_path: Path) -> None:
    mirrored, back = tmp_path / "mirrored.csv", tmp_path / "back.csv"
    quick_studio("convert", TRACK, mirrored, "--mirror")
    quick_studio("convert", mirrored, back, "--mirror")
    recorded = read(TRACK).values
    seen = read(mirrored).values
    np.testing.assert_allclose(seen[:, INDEX["EyeBlinkLeft"]], recorded[:, INDEX["EyeBlinkRight"]], atol=1e-6)
    np.testing.assert_allclose(seen[:, INDEX["HeadYaw"]], -recorded[:, INDEX["HeadYaw"]], atol=1e-4)
    np.testing.assert_allclose(seen[:, INDEX["HeadPitch"]], recorded[:, INDEX["HeadPitch"]], atol=1e-4)
    np.testing.assert_allclose(read(back).values, recorded, atol=1e-4)


def test_every_readable_format_becomes_every_writable_one(
    quick_studio: Studio, shared: Path, tmp_path: Path
) -> None:
    data = shared / "data"
    sources = {
        "keyframeface": data / "keyframeface" / "example_result.jsonl",
        "livelink": data / "keyframeface" / "example_result.csv",
        "mediapipe": data / "other" / "pyfeat_mediapipe_columns.csv",
    }
    made = {"livelink": "a.csv", "keyframeface": "a.jsonl", "beat": "a.json", "audio2face": "b.csv"}
    for to, name in made.items():
        assert quick_studio("convert", TRACK, tmp_path / name, "--to", to, "--fps", "30").json["format"] == to
    sources |= {f"{to}, ours": tmp_path / name for to, name in made.items()}
    for source in sources.values():
        original = read(source)
        for to, name in made.items():
            target = tmp_path / "out" / f"{source.stem} {name}"
            told = quick_studio("convert", source, target, "--to", to).json
            converted = read(target, to)
            assert told["frames"] == len(converted)
            if to != "keyframeface":
                assert len(converted) == len(original)
            elif len(original) > len(converted):
                assert "one frame per second" in told["notes"][-1]
            frames = [original.frame_at(t) for t in converted.times]
            np.testing.assert_allclose(converted.values[:, :51], original.values[frames, :51], atol=6e-6)


# frame


@pytest.mark.parametrize("name", ["vfr.mp4", "open_gop.mp4", "transport_open_gop.ts", "edit_list.mp4"])
def test_frames_are_exactly_those_asked_for(name: str, quick_studio: Studio, tmp_path: Path) -> None:
    clip = next(clip for clip in EXACT_CLIPS if clip.name == name)
    video = make(clip, tmp_path)
    count = len(clip.numbers)
    facts = quick_studio("info", video).json
    assert facts["frames"] == count
    assert facts["vfr"] is (name == "vfr.mp4")
    wanted = [0, count - 1, 13, 12, 11, count // 2, count // 2]
    numbers = ",".join(map(str, wanted))
    told = quick_studio("frame", video, "--index", numbers, "--out", tmp_path / "fr ames").json
    assert [entry["index"] for entry in told["frames"]] == wanted
    assert [_number(Path(entry["file"])) for entry in told["frames"]] == [clip.numbers[i] for i in wanted]
    for entry in told["frames"]:
        assert entry["time"] == pytest.approx(clip.times[entry["index"]], abs=1e-3)
    middle = (clip.times[7] + clip.times[8]) / 2
    one = tmp_path / "deep" / "one.png"
    told = quick_studio("frame", video, "--time", f"{middle:.5f}", "--out", one).json
    assert told["frames"][0]["index"] == 7
    assert _number(one) == clip.numbers[7]


# generate


def test_the_papers_own_requests_are_answered(studio: Studio, shared: Path, tmp_path: Path) -> None:
    requests = shared / "data" / "keyframeface" / "example.jsonl"
    shown = studio("generate", requests, "--backend", "facs")
    assert (shown.code, shown.err) == (0, "")
    summary = studio("generate", requests, "--backend", "facs", "--out", tmp_path / "r.jsonl").json
    assert (summary["total"], summary["failed"]) == (2, 0)
    assert (tmp_path / "r.jsonl").read_bytes() == shown.out
    replies = [json.loads(json.loads(line)["response"]) for line in shown.out.decode().splitlines()]
    assert [list(reply) for reply in replies] == [["Keyframe_one"], ["Keyframe_two"]]
    one, two = replies[0]["Keyframe_one"], replies[1]["Keyframe_two"]
    assert set(one) == set(two) == set(NAMES)
    assert min(one["EyeLookDownLeft"], one["EyeLookDownRight"]) > 0.2
    assert one["BrowInnerUp"] > 0.15 and one["MouthPressLeft"] > 0.2
    assert 0.1 < two["MouthSmileLeft"] < 0.6 and two["BrowInnerUp"] > 0.15


def test_failed_lines_keep_their_place_and_the_next_run_mends_them(
    quick_studio: Studio, tmp_path: Path
) -> None:
    requests, results = tmp_path / "requests.jsonl", tmp_path / "sub" / "results.jsonl"
    lines = [_request("Smiles.", "Frowns.", target=k) for k in (1, 2)]
    requests.write_text("\n".join([lines[0], "{oops", lines[1]]) + "\n", "utf-8")
    ran = quick_studio("generate", requests, "--out", results)
    assert "1 of 3 lines failed" in ran.error
    assert json.loads(ran.out)["failed"] == 1
    records = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert [sorted(record) for record in records] == [["response"], ["error", "response"], ["response"]]
    assert records[1]["response"] == "" and records[1]["error"]


def test_a_model_server_answers(quick_studio: Studio, tmp_path: Path) -> None:
    requests = tmp_path / "requests.jsonl"
    requests.write_text("\n".join(_request("Smiles.", "Frowns.", target=k) for k in (1, 2)), "utf-8")

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        said = body["messages"][-1]["content"]
        if "parameters for Keyframe Two" in said:
            handler.stream("I would rather not.")
        else:
            handler.stream(paper_reply(0.4))

    with model_server(behave) as server:
        there = ("--backend", "server", "--url", f"{server.url}/v1")
        ran = quick_studio("generate", requests, "--out", tmp_path / "r.jsonl", *there, "--jobs", "2")
        assert "1 of 2 lines failed" in ran.error
        records = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
        assert json.loads(records[0]["response"])["Keyframe_one"]["MouthSmileLeft"] == 0.4
        assert records[1]["response"] == "" and records[1]["error"]
        assert server.asked[0]["temperature"] == 0
        told = quick_studio("animate", "--keyframe", "A smile.", *there, "--out", tmp_path / "a.csv").json
        assert told["provenance"]["backend"] == "server"
    assert read(tmp_path / "a.csv").values[:, INDEX["MouthSmileLeft"]].max() == pytest.approx(0.4, abs=1e-6)


def test_the_phrase_benchmark(quick_studio: Studio, shared: Path, tmp_path: Path) -> None:
    scorer = shared / "benchmarks" / "score_generation.py"
    cases = shared / "benchmarks" / "phrases_dev.jsonl"
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    ask = [sys.executable, str(scorer), "--make-requests", str(cases), str(requests)]
    subprocess.run(ask, check=True, capture_output=True)
    assert quick_studio("generate", requests, "--out", results, seconds=60).json["failed"] == 0
    report = tmp_path / "report.json"
    score = [sys.executable, str(scorer), str(cases), str(results), "--json", str(report)]
    subprocess.run(score, check=True, capture_output=True)
    assert json.loads(report.read_text("utf-8"))["score"] >= 0.5


# animate and describe


def test_a_story_becomes_a_track(quick_studio: Studio, tmp_path: Path) -> None:
    track, plan = tmp_path / "Ärger" / "take one.csv", tmp_path / "plans" / "plan.json"
    told = quick_studio(
        "animate",
        "--background",
        "He waits for the result.",
        "--emotion",
        "Fear behind a polite smile.",
        "--script",
        "All good.",
        "--out",
        track,
        "--plan",
        plan,
        "--fps",
        "30",
    ).json
    facts = quick_studio("info", track).json
    assert (facts["frames"], round(facts["fps"]), facts["invalid_frames"]) == (told["frames"], 30, 0)
    planned = json.loads(plan.read_text("utf-8"))
    assert planned["keyframes"] == told["keyframes"] and len(planned["keyframes"]) >= 2
    times = [keyframe["time"] for keyframe in planned["keyframes"]]
    assert times == sorted(times) and times[-1] <= told["duration"]
    again = tmp_path / "again.csv"
    assert (
        told["frames"]
        == quick_studio(
            "animate",
            "--emotion=Fear behind a polite smile.",
            "--background",
            "He waits for the result.",
            "--script",
            "All good.",
            "--out",
            again,
            "--fps",
            "30",
        ).json["frames"]
    )
    assert again.read_bytes() == track.read_bytes()


def test_life_between_keyframes_is_asked_for_and_seeded(quick_studio: Studio, tmp_path: Path) -> None:
    def animated(name: str, *options: str) -> np.ndarray:
        quick_studio(
            "animate",
            "--keyframe",
            "A smile.",
            "--keyframe",
            "The jaw drops.",
            *options,
            "--out",
            tmp_path / name,
        )
        return read(tmp_path / name).values

    still, again = animated("still.csv"), animated("again.csv", "--seed", "3")
    alive = animated("alive.csv", "--blinks", "--micro-motion", "--seed", "3")
    assert np.array_equal(still, again) and alive.shape == still.shape
    assert np.abs(alive - still).max() > 0 and not np.array_equal(
        alive, animated("other.csv", "--micro-motion", "--seed", "4")
    )
    animated("same.csv", "--blinks", "--micro-motion", "--seed", "3")
    assert (tmp_path / "same.csv").read_bytes() == (tmp_path / "alive.csv").read_bytes()


def test_keyframes_are_performed_and_put_into_words_again(quick_studio: Studio, tmp_path: Path) -> None:
    track = tmp_path / "track.csv"
    told = quick_studio(
        "animate", "--keyframe", "The jaw drops wide open.", "--keyframe", "A broad smile.", "--out", track
    ).json
    first, second = (keyframe["time"] for keyframe in told["keyframes"])
    said = [quick_studio("describe", track, "--time", str(time)) for time in (first, second)]
    assert all((one.code, one.err) == (0, "") for one in said)
    assert "open" in said[0].out.decode()
    assert "lip corners pull up" in said[1].out.decode()


def test_words_for_the_head_do_not_depend_on_the_unit(quick_studio: Studio, tmp_path: Path) -> None:
    values = np.zeros(61)
    values[INDEX["HeadYaw"]] = 0.3
    (tmp_path / "normalized.jsonl").write_text(json.dumps({"response": reply_text(values, 1)}), "utf-8")
    row = ["0.0"] * 61
    row[INDEX["HeadYaw"]] = f"{np.radians(0.3 * 90):.10f}"
    lines = [",".join(["Timecode", "BlendshapeCount", *NAMES])]
    lines += [",".join([f"00:00:00:{frame:02d}.000", "61", *row]) for frame in range(3)]
    (tmp_path / "radians.csv").write_text("\n".join(lines) + "\n", "utf-8")
    files = [tmp_path / "normalized.jsonl", tmp_path / "radians.csv"]
    said = {quick_studio("describe", file, "--time", "0").out for file in files}
    assert len(said) == 1 and b"to the left" in said.pop()
    told = quick_studio("compare", files[1], files[0]).json
    assert told["channels"]["HeadYaw"]["mae"] == pytest.approx(0, abs=1e-5)


# demo


def test_a_copy_of_the_demo_to_try_commands_on(quick_studio: Studio, tmp_path: Path) -> None:
    told = quick_studio("demo", "--copy", "new/practice", cwd=tmp_path).json
    practice = tmp_path / told["copied"]
    assert quick_studio("info", practice).json["clips"] == 3
    answered = quick_studio("generate", tmp_path / told["requests"], "--out", tmp_path / "r.jsonl").json
    assert (answered["total"], answered["failed"]) == (4, 0)
    assert "practice: is already there" in quick_studio("demo", "--copy", practice).error
    assert "--copy only copies" in quick_studio("demo", "--copy", "p", "--headless").usage


# report


def test_a_report_of_a_dataset(quick_studio: Studio, tmp_path: Path) -> None:
    dataset, out = tmp_path / "dataset", tmp_path / "report.html"
    shutil.copytree(CLIP, dataset / "clips" / CLIP.name)
    shutil.copy(DEMO / "dataset.json", dataset)
    quick_studio("generate", dataset, "--annotator", "maria")
    shutil.copytree(DEMO / "clips" / "02-letter", dataset / "clips" / "02-letter")
    told = quick_studio("report", dataset, "--out", out, "--pictures", "0").json
    assert told["clips"] == 1 and told["models"] == ["Built-in"] and told["written"] == str(out)
    assert "has no take" in told["left_out"][0]["why"]
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")
    other = quick_studio("report", dataset, "--out", out, "--clips", "nothing, 02-letter")
    assert "nothing" in other.error
    assert "not an HTML file" in quick_studio("report", dataset, "--out", tmp_path / "r.pdf").error


# compare


def test_comparing_two_tracks(quick_studio: Studio, tmp_path: Path) -> None:
    same = quick_studio("compare", TRACK, TRACK).json
    tables = tmp_path / "new" / "tables.csv"
    assert quick_studio("compare", TRACK, TRACK, "--csv", tables).json == same
    assert "Regions" in tables.read_text("utf-8") and "Motion" in tables.read_text("utf-8")
    assert same["lag"] == {"seconds": 0.0, "correlation": 1.0} and same["moments"] == []
    assert same["overall"]["mae"] == 0 and same["overall"]["correlation"] == 1
    assert len(same["channels"]) == 61 and "mouth" in same["regions"]
    marks = json.loads((CLIP / "annotations" / "maria.json").read_text("utf-8"))["keyframes"]
    assert [k["time"] for k in same["keyframes"]] == [pytest.approx(mark["time"], abs=1e-5) for mark in marks]
    louder = tmp_path / "louder.csv"
    rows = TRACK.read_text("utf-8").splitlines()
    at = rows[0].split(",").index("JawOpen")
    cells = [row.split(",") for row in rows[1:]]
    for row in cells:
        row[at] = str(float(row[at]) + 0.1)
    louder.write_text("\n".join([rows[0], *map(",".join, cells)]) + "\n", "utf-8")
    told = quick_studio("compare", TRACK, louder, "--at", "0.5,1").json
    channel = told["channels"]["JawOpen"]
    assert channel["mae"] == pytest.approx(0.1, abs=1e-5) and channel["bias"] == pytest.approx(0.1, abs=1e-5)
    assert channel["correlation"] == pytest.approx(1, abs=1e-4)
    assert channel["speed_a"] == pytest.approx(channel["speed_b"], abs=1e-3)
    assert [(k["time"], k["worst"]) for k in told["keyframes"]] == [(0.5, "JawOpen"), (1, "JawOpen")]


# render


def test_a_moment_is_drawn(quick_studio: Studio, tmp_path: Path) -> None:
    told = quick_studio(
        "render", TRACK, "--out", tmp_path / "a b" / "face.png", "--at", "2", "--size", "320x240"
    ).json
    assert (told["width"], told["height"], told["time"]) == (320, 240, 2)
    picture = picture_at(Path(told["written"]))
    assert picture.shape == (240, 320, 3) and picture[60:180, 110:210].std() > 15


def test_a_film_shows_video_and_two_faces_with_sound(quick_studio: Studio, tmp_path: Path) -> None:
    video = make(Clip("spoken.mp4", range(15), options=x264(), sound=tone(0.5)), tmp_path)
    for name, text in (("calm", "A neutral face."), ("loud", "The jaw drops wide open.")):
        told = quick_studio("animate", "--keyframe", text, "--out", tmp_path / f"{name}.jsonl").json
        assert told["frames"] == 1
    out = tmp_path / "film.mp4"
    out.write_bytes(b"an older film")
    told = quick_studio(
        "render",
        "calm.jsonl",
        "--out",
        out,
        "--video",
        video,
        "--beside",
        "loud.jsonl",
        "--size",
        "416x158",
        "--fps",
        "8",
        seconds=60,
        cwd=tmp_path,
    ).json
    facts = quick_studio("info", out).json
    assert (facts["width"], facts["height"], facts["audio"]) == (416, 158, True)
    assert facts["frames"] == told["frames"] and facts["fps"] == 8
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


# face-model


def test_the_default_head_is_judged_by_the_reference(
    quick_studio: Studio, shared: Path, tmp_path: Path
) -> None:
    npz = tmp_path / "head.npz"
    assert quick_studio("face-model", "--npz", npz).json["written"] == str(npz)
    with np.load(npz, allow_pickle=False) as arrays:
        count, shapes = len(arrays["vertices"]), len(arrays["names"])
        assert arrays["vertices"].dtype == arrays["deltas"].dtype == np.float32
        assert arrays["triangles"].dtype == np.int32 and arrays["triangles"].max() < count
        assert arrays["deltas"].shape == (shapes, count, 3) and shapes == 52
    judge = shared / "reference" / "compare_head.py"
    ask = [sys.executable, str(judge), str(npz)]
    judged = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert "score: mean cosine" in judged.stdout.splitlines()[-1]


def test_a_models_file_becomes_arrays(quick_studio: Studio, shared: Path, tmp_path: Path) -> None:
    model = shared / "data" / "avatar" / "facecap.glb"
    told = quick_studio("face-model", model, "--npz", tmp_path / "x.npz").json
    assert told["shapes"] == 51 and told["missing"] == ["TongueOut"]
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert len(arrays["vertices"]) == told["vertices"]


# validate and demo


def test_checking_lists_findings(quick_studio: Studio, tmp_path: Path) -> None:
    report = quick_studio("validate", DEMO).json
    assert (report["kind"], report["errors"]) == ("dataset", 0)
    (tmp_path / "broken.csv").write_text("no track\n", "utf-8")
    ran = quick_studio("validate", tmp_path / "broken.csv")
    assert "1 finding is an error" in ran.error
    assert json.loads(ran.out)["findings"][0]["level"] == "error"


def test_the_demo_does_the_main_job_without_a_window(studio: Studio, tmp_path: Path) -> None:
    told = studio("demo", "--headless", "--out", "de mo", cwd=tmp_path, seconds=100).json
    made = {what: Path(path) for what, path in told["made"].items()}
    assert all(path.is_file() for path in made.values())
    assert json.loads(Path(told["annotations"]).read_text("utf-8"))["keyframes"]
    assert len(read(made["take"])) > 100 and len(read(made["edited recording"])) > 100
    assert picture_at(made["picture"]).std() > 20
    from viewer.core.video import video_facts

    assert video_facts(made["film"])["frames"] == 48
    assert sorted(path.name for path in tmp_path.iterdir()) == ["de mo"]
