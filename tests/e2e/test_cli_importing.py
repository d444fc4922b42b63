"""A messy folder through the real command line: the dataset is exactly that of the report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.e2e.conftest import PROJECT, Studio

DEMO = PROJECT / "resources" / "demo" / "dataset" / "clips" / "02-letter"


def messy(root: Path) -> Path:
    """Pairs, a take with siblings, files that are alone, doubled, hidden, empty, or nothing at all."""
    videos = "A.mp4 alone.mov two/D.mp4 two/D.mkv take/S_1_i.mov videos/É.MP4 .hidden/H.mp4 x/S.mp4 y/S.mp4"
    tracks = "A.csv take/S_1_i.csv take/S_1_i_cal.csv take/S_1_i_raw.csv take/S_1_i_neutral.csv"
    tracks += " take/frame_log.csv tracks/e\u0301.csv two/D.csv __MACOSX/H.csv x/S.csv y/S.csv"
    for names, source in ((videos, "video.mp4"), (tracks, "track.csv")):
        for name in names.split():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(DEMO / source, root / name)
    (root / "take/take.json").write_text('{"slate": "S", "take": 1, "subject": "i"}', "utf-8")
    (root / "empty.csv").write_bytes(b"")
    (root / "notes.txt").write_text("no track", "utf-8")
    (root / "words.csv").write_text("file,says,labels\nA.mp4,Hello,a; b\nx/S.csv,There,\nwho,,\n", "utf-8")
    return root


def test_a_messy_folder_becomes_the_dataset_of_its_report(quick_studio: Studio, tmp_path: Path) -> None:
    folder, out = messy(tmp_path / "in"), tmp_path / "out"
    words = ["--scripts", folder / "words.csv", "--map", "video=file", "script=says", "--map", "tags=labels"]
    dry = quick_studio("import", folder, "--out", out, *words, "--dry-run")
    assert dry.code == 0 and not out.exists()
    ran = quick_studio("import", folder, "--out", out, *words)
    report = json.loads(ran.out)
    assert report == {**json.loads(dry.out), "dry_run": False} and report["dataset"] == str(out)
    assert "4 files were left without a partner" in ran.err
    assert {clip["id"]: (clip["video"], clip["track"], clip["script"]) for clip in report["clips"]} == {
        "A": ("A.mp4", "A.csv", "Hello"),
        "S_1_i": ("take/S_1_i.mov", "take/S_1_i_cal.csv", None),
        "x_S": ("x/S.mp4", "x/S.csv", "There"),
        "y_S": ("y/S.mp4", "y/S.csv", None),
        "É": ("videos/É.MP4", "tracks/e\u0301.csv", None),
    }
    assert [left["file"] for left in report["unpaired"]] == [
        "alone.mov",
        "two/D.csv",
        "two/D.mkv",
        "two/D.mp4",
    ]
    assert [left["file"] for left in report["ignored"]] == [
        "empty.csv",
        "notes.txt",
        *(f"take/{name}" for name in ("S_1_i.csv", "S_1_i_neutral.csv", "S_1_i_raw.csv")),
        "take/frame_log.csv",
        "take/take.json",
        "words.csv",
    ]
    assert report["scripts"] == {
        "rows": 3,
        "matched": 2,
        "unmatched": [{"row": 3, "why": "no clip is called who"}],
    }
    facts = quick_studio("info", out).json
    assert facts["clips"] == 5 and facts["broken"] == 0
    made = {path.parent.name: json.loads(path.read_text("utf-8")) for path in out.glob("clips/*/clip.json")}
    assert set(made) == {clip["id"] for clip in report["clips"]}
    assert made["A"]["tags"] == ["a", "b"] and made["S_1_i"]["live_link"]["take"] == 1

    again = quick_studio("import", folder, "--out", out)
    assert "not empty" in again.error
    added = quick_studio("import", folder, "--out", out, "--add", "--singles", "--link")
    assert added.code == 0
    assert [clip["id"] for clip in json.loads(added.out)["clips"]] == ["alone", "two_D", "two_D-2", "two_D-3"]


def test_wrong_calls_say_what_to_do(quick_studio: Studio, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copyfile(DEMO / "video.mp4", folder / "A.mp4")
    table = tmp_path / "words.csv"
    table.write_text("clip,text\nA,hello\n", "utf-8")
    ran = quick_studio("import", folder, "--out", out)
    assert "nothing could be paired" in ran.error and json.loads(ran.out)["unpaired"][0]["file"] == "A.mp4"
    assert (
        "clip, text"
        in quick_studio("import", folder, "--out", out, "--scripts", table, "--map", "id=name").error
    )
    assert (
        "FIELD=COLUMN"
        in quick_studio("import", folder, "--out", out, "--scripts", table, "--map", "words=text").usage
    )
    assert "exclude" in quick_studio("import", folder, "--out", out, "--link", "--copy").usage
    assert "no such folder" in quick_studio("import", tmp_path / "gone", "--out", out).error
    assert not out.exists()
