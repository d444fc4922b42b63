"""What belongs together in a folder: by name and by take, never by order."""

from __future__ import annotations

import json
import os
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.core.importing.pairing import pair
from annotator.core.importing.plan import Plan
from annotator.core.importing.scanning import scan, scan_files
from annotator.core.names import identity
from tests.systems import make_link, make_pipe
from viewer.core.errors import FileError

TRACK = (
    "Timecode,BlendshapeCount,JawOpen,EyeBlinkLeft\n"
    "00:00:00:00.000,2,0.1,0.2\n00:00:00:01.000,2,0.2,0.1\n00:00:00:02.000,2,0.3,0.1\n"
)
TABLE = "clip,script\nA,hello\n"


def put(root: Path, *files: str) -> Path:
    """Files that are what their names say: a track for each CSV."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TRACK if path.suffix.lower() == ".csv" else "x", "utf-8")
    return root


def plan_of(root: Path) -> Plan:
    return pair(scan(root)).named()


def pairs(plan: Plan) -> dict[str, tuple[str | None, str | None]]:
    return {clip.id: (clip.video, clip.track) for clip in plan.clips}


def looked_at(plan: Plan) -> list[str]:
    left = [each.file for each in (*plan.unpaired, *plan.ignored)]
    return sorted([*left, *(file for clip in plan.clips for file in clip.files)])


def test_a_pair_is_of_one_name_in_one_folder_and_never_of_two_names(tmp_path: Path) -> None:
    plan = plan_of(put(tmp_path, "A.mp4", "B.csv", "sub/C.MOV", "sub/C.CSV", "notes.txt"))
    assert pairs(plan) == {"C": ("sub/C.MOV", "sub/C.CSV")}
    assert {left.file: left.why for left in plan.unpaired} == {
        "A.mp4": "no track of this name",
        "B.csv": "no video of this name",
    }
    assert [(left.file, left.why) for left in plan.ignored] == [("notes.txt", "neither video nor track")]


def test_names_are_compared_after_folding_capitals_and_accents(tmp_path: Path) -> None:
    composed, apart = "Zoë", unicodedata.normalize("NFD", "zoë")
    plan = plan_of(put(tmp_path, f"{composed}.mp4", f"{apart}.csv"))
    assert pairs(plan) == {composed: (f"{composed}.mp4", f"{apart}.csv")}


def test_across_folders_a_name_must_be_the_only_one(tmp_path: Path) -> None:
    one = plan_of(put(tmp_path / "one", "videos/A.mp4", "tracks/A.csv", "videos/B.mp4", "tracks/B_cal.csv"))
    assert pairs(one) == {
        "A": ("videos/A.mp4", "tracks/A.csv"),
        "B": ("videos/B.mp4", "tracks/B_cal.csv"),
    }
    two = plan_of(put(tmp_path / "two", "videos/A.mp4", "tracks/A.csv", "more/A.csv"))
    assert not two.clips and len(two.unpaired) == 3
    # A pair in one folder does not free the name for others.
    third = plan_of(put(tmp_path / "three", "x/A.mp4", "x/A.csv", "y/A.mp4", "z/A.csv"))
    assert pairs(third) == {"A": ("x/A.mp4", "x/A.csv")}
    assert [left.file for left in third.unpaired] == ["y/A.mp4", "z/A.csv"]


def test_two_at_the_same_rank_are_none(tmp_path: Path) -> None:
    plan = plan_of(put(tmp_path, "D.mp4", "D.mov", "D.csv"))
    assert not plan.clips
    assert {left.why for left in plan.unpaired} == {"2 videos have this name: D.mov, D.mp4"}


def test_a_calibrated_track_is_preferred_and_a_name_that_ends_so_is_one(tmp_path: Path) -> None:
    files = "A.mp4 A.csv A_cal.csv A_raw.csv A_neutral.csv sad_neutral.mp4 sad_neutral.csv".split()
    plan = plan_of(put(tmp_path, *files))
    assert pairs(plan) == {"A": ("A.mp4", "A_cal.csv"), "sad_neutral": ("sad_neutral.mp4", "sad_neutral.csv")}
    assert [left.file for left in plan.ignored] == ["A.csv", "A_neutral.csv", "A_raw.csv"]


def test_a_take_folder_is_one_clip(tmp_path: Path) -> None:
    names = "S_1_i.csv S_1_i_cal.csv S_1_i_neutral.csv S_1_i_raw.csv S_1_i.mov frame_log.csv thumbnail.jpg"
    put(tmp_path / "t1", *names.split(), "extra.csv")
    facts = {"slate": "S", "take": 1, "subject": "i", "frames": 3}
    (tmp_path / "t1" / "take.json").write_text(json.dumps(facts), "utf-8")
    (tmp_path / "t1" / "video_metadata.json").write_text('{"frames": 3}', "utf-8")
    put(tmp_path / "t2", "R_raw.csv", "other.mov")
    (tmp_path / "t2" / "take.json").write_text("{}", "utf-8")
    put(tmp_path / "t3", "Q.mov", "Q.csv")
    (tmp_path / "t3" / "take.json").write_text("{broken", "utf-8")
    plan = plan_of(tmp_path)
    assert pairs(plan) == {
        "S_1_i": ("t1/S_1_i.mov", "t1/S_1_i_cal.csv"),
        "R": ("t2/other.mov", "t2/R_raw.csv"),
        "Q": ("t3/Q.mov", "t3/Q.csv"),
    }
    assert {clip.id: clip.live_link for clip in plan.clips}["S_1_i"] == facts
    assert [left.file for left in plan.unpaired] == ["t1/extra.csv"]
    why = {left.file: left.why for left in plan.ignored}
    assert "broken JSON" in why["t3/take.json"]
    assert set(why) == set(looked_at(plan)) - {file for clip in plan.clips for file in clip.files} - {
        "t1/extra.csv"
    }


def test_what_is_no_track_or_not_to_be_looked_at(tmp_path: Path) -> None:
    root = put(tmp_path / "in", "A.mp4", ".h/A.csv", "__MACOSX/A.csv", "A.annotations/A.csv", ".B.csv")
    outside = put(tmp_path / "out", "A.csv")
    (root / "A.csv").write_text(TABLE, "utf-8")
    (root / "empty.csv").write_bytes(b"")
    (root / "head.csv").write_text(TRACK.splitlines()[0] + "\n", "utf-8")
    (root / "binary.csv").write_bytes(b"\0\1\2" * 500)
    make_link(root / "out.csv", outside / "A.csv")
    make_link(root / "gone.mp4", root / "nothing.mp4")
    make_link(root / "loop", root)
    make_pipe(root / "pipe.csv")
    plan = plan_of(root)
    assert not plan.clips and [left.file for left in plan.unpaired] == ["A.mp4"]
    why = {left.file: left.why for left in plan.ignored}
    assert set(why) == {"A.csv", "empty.csv", "head.csv", "binary.csv", "gone.mp4", "pipe.csv"}
    assert "no track: it has a header but no frame" in why["head.csv"] and "empty" in why["empty.csv"]
    with pytest.raises(FileError):
        scan(root / "A.mp4")


def test_clips_of_one_name_are_called_after_their_folders_then_numbered(tmp_path: Path) -> None:
    files = [f"{folder}/S.{end}" for folder in ("a", "b", "x/a") for end in ("mp4", "csv")]
    plan = plan_of(put(tmp_path / "F", *files, "aux.mp4", "aux.csv", "S.mp4", "S.csv"))
    assert [i for i in plan.ids if "aux" not in i] == ["F_S", "a_S", "a_S-2", "b_S"]
    assert any(id.startswith("_aux") for id in plan.ids)
    assert plan_of(tmp_path / "F").ids == plan.ids


def test_a_person_corrects_a_plan_and_every_file_stays_in_one_place(tmp_path: Path) -> None:
    plan = plan_of(put(tmp_path, "A.mp4", "A.csv", "B.mp4", "C.csv", "n.txt"))
    files = looked_at(plan)
    other = plan.given("A", "track", "C.csv")
    assert pairs(other) == {"A": ("A.mp4", "C.csv")} and looked_at(other) == files
    both = plan.made_of("B.mp4", "C.csv").renamed("B", "A")
    assert set(both.ids) == {"A", "A-2"} and looked_at(both) == files
    alone = both.given("A-2", "video", None).given("A-2", "track", None)
    assert alone.ids == ("A",) and looked_at(alone) == files
    assert looked_at(both.without(["A"])) == files
    singles = plan.with_singles().named()
    assert set(singles.ids) == {"A", "B", "C"} and not singles.unpaired and looked_at(singles) == files


def test_files_that_were_chosen_are_paired_by_name_too(tmp_path: Path) -> None:
    put(tmp_path, "x/A.mp4", "y/A.csv", "y/B.csv")
    plan = pair(scan_files([tmp_path / "x/A.mp4", tmp_path / "y/B.csv"])).named()
    assert not plan.clips and len(plan.unpaired) == 2
    plan = pair(scan_files([tmp_path / "x/A.mp4", tmp_path / "y/A.csv"])).named()
    assert pairs(plan) == {"A": ("x/A.mp4", "y/A.csv")}


STEMS = ("A", "a", "B_cal", "B", "B_raw", "B_neutral", "é", "e\u0301", "C.x")
ENDS = (".mp4", ".MOV", ".gif", ".csv", ".CSV", ".txt", ".json")
FOLDERS = ("", "one/", "one/two/", "Two/", ".hidden/", "__MACOSX/")
messes = st.sets(
    st.tuples(st.sampled_from(FOLDERS), st.sampled_from((*STEMS, "take")), st.sampled_from(ENDS)).map(
        "".join
    ),
    max_size=14,
)


def lay_out(root: Path, files: Iterable[str]) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for file in files:
        put(root, file)
        if file.endswith("take.json"):
            (root / file).write_text("{}", "utf-8")
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messes)
def test_every_file_is_in_one_place_and_the_order_of_their_making_does_not_matter(
    tmp_path: Path, mess: set[str]
) -> None:
    first = sorted(mess)
    plan = plan_of(lay_out(tmp_path / "r", first))
    hidden = (".hidden/", "__MACOSX/")
    assert looked_at(plan) == sorted(file for file in mess if not file.startswith(hidden))
    assert len(set(looked_at(plan))) == len(looked_at(plan))
    again = plan_of(lay_out(tmp_path / "r", reversed(first)))
    assert again == plan
    assert len({identity(id) for id in plan.ids}) == len(plan.ids)
    for clip in plan.clips:
        assert clip.video is not None and clip.track is not None
    singles = plan.with_singles().named()
    assert not singles.unpaired and looked_at(singles) == looked_at(plan)
    assert len({identity(id) for id in singles.ids}) == len(singles.clips)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    put(tmp_path, "A.mp4", "shut/A.csv")
    (tmp_path / "shut").chmod(0)
    try:
        if os.access(tmp_path / "shut", os.R_OK):
            pytest.skip("this user may read everything")
        plan = plan_of(tmp_path)
        assert "cannot be listed" in plan.ignored[0].why
    finally:
        (tmp_path / "shut").chmod(0o755)
