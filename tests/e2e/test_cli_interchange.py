"""Annotations out to other tools and in again, through the real command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import PROJECT, Studio

DEMO = PROJECT / "resources" / "demo" / "dataset"
CLIP = "02-letter"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return shutil.copytree(DEMO, tmp_path / "ds")


def annotation(dataset: Path, who: str, clip: str = CLIP) -> Any:
    return json.loads((dataset / "clips" / clip / "annotations" / f"{who}.json").read_text("utf-8"))


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


FILES = {
    "eaf": [f"{CLIP}.eaf"],
    "csv": ["annotations.csv"],
    "srt": [f"{CLIP}.maria.keyframes.srt", f"{CLIP}.maria.emotions.srt"],
    "label-studio": ["tasks.json"],
}


def test_what_is_exported_is_imported_as_it_was(quick_studio: Studio, dataset: Path, tmp_path: Path) -> None:
    was = annotation(dataset, "maria")
    for form, files in FILES.items():
        before = everything(dataset)
        out = tmp_path / form
        told = quick_studio(
            *("export", "annotations", dataset, "--format", form, "--out", out),
            *("--clip", CLIP, "--annotator", "Maria"),
        ).json
        assert list(told) == ["format", "files", "clips", "keyframes", "emotions", "lost"]
        assert (told["format"], told["files"], told["clips"]) == (form, files, 1)
        assert (told["keyframes"], told["emotions"]) == (len(was["keyframes"]), len(was["emotions"]))
        assert all(set(lost) == {"clip", "annotator", "what", "why"} for lost in told["lost"])
        assert sorted(path.name for path in out.iterdir()) == sorted(files)
        assert everything(dataset) == before
        for file in files:
            words = ["import", "annotations", out / file, "--into", dataset, "--as", f"Back {form}"]
            back = quick_studio(*words, *(["--merge"] if file != files[0] else [])).json
            assert list(back) == [
                *("file", "format", "clip", "as", "keyframes", "emotions", "left_out", "unmapped")
            ]
            assert (back["format"], back["clip"], back["as"]) == (form, CLIP, f"Back {form}")
            assert back["left_out"] == [] and back["unmapped"] == []
        now = annotation(dataset, f"Back {form}")
        assert now["status"] == "needs review"
        keys = ("frame", "description")
        assert [[k[key] for key in keys] for k in now["keyframes"]] == [
            [k[key] for key in keys] for k in was["keyframes"]
        ]
        times = [k["time"] for k in was["keyframes"]]
        assert [k["time"] for k in now["keyframes"]] == pytest.approx(times, abs=1e-6)
        assert [s["label"] for s in now["emotions"]] == [s["label"] for s in was["emotions"]]
    report = quick_studio("validate", dataset).json
    assert report["errors"] == 0


def test_the_annotation_that_is_there_is_kept_added_to_or_replaced(
    quick_studio: Studio, home: Path, dataset: Path, tmp_path: Path
) -> None:
    file = tmp_path / "notes.csv"
    file.write_text(
        "kind,start,end,label,text\r\nkeyframe,0.5,,,new words\r\nkeyframe,1.7,,,added\r\n"
        "emotion,0.25,0.75,fear,\r\n",
        "utf-8",
    )
    words = ("import", "annotations", file, "--into", dataset, "--as", "maria", "--clip", CLIP)
    was = annotation(dataset, "maria")
    was["keyframes"][0] |= {"time": 0.5, "frame": 15, "description": "old words", "note": "mine"}
    path = dataset / "clips" / CLIP / "annotations" / "maria.json"
    path.write_text(json.dumps(was), "utf-8")
    before = everything(dataset)
    assert "--merge" in quick_studio(*words).error
    dry = quick_studio(*words, "--merge", "--dry-run").json
    assert everything(dataset) == before
    assert quick_studio(*words, "--merge", "--status", "in progress").json == dry
    merged = annotation(dataset, "maria")
    same = next(k for k in merged["keyframes"] if k["id"] == was["keyframes"][0]["id"])
    assert (same["description"], same["note"]) == ("new words", "mine")
    assert len(merged["keyframes"]) == len(was["keyframes"]) + 1
    assert len(merged["emotions"]) == len(was["emotions"]) + 1 and merged["status"] == "in progress"
    # Once more adds nothing.
    quick_studio(*words, "--merge").json  # noqa: B018
    again = annotation(dataset, "maria")
    assert (again["keyframes"], again["emotions"]) == (merged["keyframes"], merged["emotions"])
    last = path.read_bytes()
    assert quick_studio(*words, "--replace").json["keyframes"] == 2
    now = annotation(dataset, "maria")
    assert [k["description"] for k in now["keyframes"]] == ["new words", "added"]
    assert now["video_fingerprint"] == was["video_fingerprint"]
    kept = home.rglob("*_original-maria.json")
    assert last in [version.read_bytes() for version in kept]
    # One that cannot be read is only ever replaced, and kept too.
    path.write_bytes(b"{broken")
    assert "broken JSON" in quick_studio(*words, "--merge").error
    assert path.read_bytes() == b"{broken"
    assert quick_studio(*words, "--replace").json["keyframes"] == 2
    assert len(annotation(dataset, "maria")["keyframes"]) == 2
    assert b"{broken" in [version.read_bytes() for version in home.rglob("*_original-maria.json")]


def test_several_annotators_clips_and_tiers_have_to_be_named(
    quick_studio: Studio, dataset: Path, tmp_path: Path
) -> None:
    folder = dataset / "clips" / CLIP / "annotations"
    shutil.copyfile(folder / "maria.json", folder / "ben.json")
    (folder / "maria.conflict-20260101-120000.json").write_bytes(b"{}")
    (folder / "zoe.json").write_bytes(b"{")
    told = quick_studio("export", "annotations", dataset, "--format", "eaf", "--out", tmp_path / "o").json
    assert [
        (lost["clip"], lost["annotator"]) for lost in told["lost"] if lost["what"] == "the annotation"
    ] == [(CLIP, "zoe")]
    file = tmp_path / "o" / f"{CLIP}.eaf"
    words = ("import", "annotations", file, "--into", dataset, "--as", "new")
    before = everything(dataset)
    line = quick_studio(*words).error
    assert "ben" in line and "maria" in line and "--from" in line
    assert "zoe" in quick_studio(*words, "--from", "zoe").error
    assert "02-letter" in quick_studio(*words, "--clip", "nowhere", "--from", "ben").error
    moved = shutil.copyfile(file, tmp_path / "o" / "other.eaf")
    # Every clip of the demo has a video.mp4.
    line = quick_studio("import", "annotations", moved, *words[3:], "--from", "ben").error
    assert "01-waiting-room, 02-letter, 03-birthday" in line
    assert everything(dataset) == before
    assert quick_studio(*words, "--from", "BEN").json["clip"] == CLIP
    for wrong in (
        ["--merge", "--replace"],
        ["--status", "finished"],
        ["--map", "values=x"],
        ["--format", "doc"],
    ):
        assert quick_studio(*words, *wrong).usage


def test_a_foreign_file_is_mapped(quick_studio: Studio, dataset: Path, tmp_path: Path) -> None:
    project = {
        "observations": {
            "anything": {
                "file": {"1": ["/far/away/video.mp4"]},
                "events": [
                    [0.1, "", "look", "", "up"],
                    [0.2, "", "smile", "4", ""],
                    [0.9, "", "smile", "4", "wide"],
                ],
            }
        },
        "behaviors_conf": {
            "0": {"type": "Point event", "code": "look"},
            "1": {"type": "State event", "code": "smile"},
        },
    }
    file = tmp_path / f"{CLIP}.boris"
    file.write_text(json.dumps(project), "utf-8")
    words = ("import", "annotations", file, "--into", dataset, "--as", "new")
    line = quick_studio(*words).error
    assert "look (1), smile (1)" in line
    some = quick_studio(*words, "--map", "emotions=smile", "--dry-run").json
    assert some["unmapped"] == [{"tier": "look", "count": 1}]
    assert quick_studio(*words, "--map", "emotions=smile", "keyframes=*").json["left_out"] == []
    now = annotation(dataset, "new")
    assert [(k["description"], k["frame"] is not None) for k in now["keyframes"]] == [("up", True)]
    assert [(s["label"], s["intensity"], s["note"]) for s in now["emotions"]] == [("smile", 4, "wide")]


def test_an_export_touches_no_file_of_the_dataset(
    quick_studio: Studio, dataset: Path, tmp_path: Path
) -> None:
    before = everything(dataset)
    words = ("export", "annotations", dataset, "--format", "csv", "--out")
    for folder in (dataset, dataset / "clips" / CLIP, dataset / "dataset.json"):
        assert quick_studio(*words, folder).error
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "annotations.csv").symlink_to(dataset / "clips" / CLIP / "clip.json")
    assert "never written over" in quick_studio(*words, trap).error
    assert "nowhere" in quick_studio(*words, tmp_path / "x", "--clip", "nowhere").error
    assert "maria" in quick_studio(*words, tmp_path / "x", "--annotator", "nobody").error
    assert not (tmp_path / "x").exists() and everything(dataset) == before
    inside = dataset / "exports"
    assert quick_studio(*words, inside).json["clips"] == 3


def test_a_folder_called_annotations_is_still_imported(quick_studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "annotations"
    folder.mkdir()
    for name, kind in (("a.mp4", "video.mp4"), ("a.csv", "track.csv")):
        shutil.copyfile(DEMO / "clips" / CLIP / kind, folder / name)
    told = quick_studio("import", "./annotations", "--out", tmp_path / "ds", cwd=tmp_path).json
    assert [clip["id"] for clip in told["clips"]] == ["a"]
