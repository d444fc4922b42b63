"""A folder becomes the dataset of its report: copies, links, additions, and what a table says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from annotator.core.importing.fitting import fit_of
from annotator.core.importing.fresh_dataset import fresh_dataset
from annotator.core.importing.pairing import pair
from annotator.core.importing.run import Report, Wanted, import_folder
from annotator.core.importing.scanning import scan
from annotator.core.importing.scripts import mapping_of
from annotator.core.importing.tables import read_table
from annotator.core.storage.dataset import Dataset
from tests.annotator.core.importing.test_pairing import TRACK, put
from tests.present import present
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, DatasetError, FileError
from viewer.core.formats import read, write

PROJECT = Path(__file__).parents[4]
DEMO = PROJECT / "resources/demo/dataset/clips/02-letter"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put(tmp_path / "in", "A.mp4", "A.csv", "B.mp4", "B.csv", "s/C.mov", "n.txt", "s/D.csv")


def clips_of(out: Path) -> dict[str, dict[str, object]]:
    return {
        path.parent.name: json.loads(path.read_text("utf-8"))
        for path in sorted(out.glob("clips/*/clip.json"))
    }


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_dry_run_prints_what_is_then_done(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    dry = import_folder(folder, Wanted(out, dry_run=True)).to_json()
    assert not out.exists()
    before = contents(folder)
    done = import_folder(folder, Wanted(out)).to_json()
    assert {**dry, "dry_run": False} == done
    assert done["clips"][0] == {"id": "A", "video": "A.mp4", "track": "A.csv", "script": None, "offset": 0.0}
    assert [clip["id"] for clip in done["clips"]] == ["A", "B"] == list(clips_of(out))
    assert [left["file"] for left in done["unpaired"]] == ["s/C.mov", "s/D.csv"]
    assert contents(folder) == before
    assert (out / "clips/A/A.csv").read_text("utf-8") == TRACK
    assert not (out / "clips/A/A.csv").samefile(folder / "A.csv")


def test_links_are_the_same_file_and_singles_are_clips_too(folder: Path, tmp_path: Path) -> None:
    report = import_folder(folder, Wanted(tmp_path / "out", singles=True, how="link"))
    assert report.plan.ids == ("A", "B", "C", "D") and not report.plan.unpaired
    assert (tmp_path / "out/clips/C/C.mov").samefile(folder / "s/C.mov")
    loaded = Dataset.open(tmp_path / "out").load_clip("D")
    assert loaded.video_path is None and loaded.track_path is not None


def test_adding_leaves_out_what_is_there_byte_for_byte(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_folder(folder, Wanted(out))
    again = import_folder(folder, Wanted(out, add=True))
    assert not again.plan.clips and again.already_there
    why = {left.file: left.why for left in again.plan.ignored}
    assert why["A.mp4"] == why["A.csv"] == "it is in the dataset already, as A"
    (folder / "A.csv").write_text(TRACK.replace("0.3", "0.4"), "utf-8")
    more = import_folder(folder, Wanted(out, add=True))
    assert more.plan.ids == ("A-2",) and list(clips_of(out)) == ["A", "A-2", "B"]
    for wrong in (out, out / "clips"):
        with pytest.raises(DatasetError):
            import_folder(wrong, Wanted(out, add=True))


def test_a_folder_that_is_not_empty_is_not_touched(folder: Path, tmp_path: Path) -> None:
    out = put(tmp_path / "out", "mine.txt")
    for target in (out, folder, out / "mine.txt"):
        before = contents(tmp_path)
        with pytest.raises(DatasetError):
            import_folder(folder, Wanted(target))
        assert contents(tmp_path) == before
    with pytest.raises(DatasetError):
        import_folder(folder, Wanted(tmp_path / "none", add=True))
    # A dataset inside the folder is no part of it.
    inner = import_folder(folder, Wanted(folder / "dataset"))
    assert inner.plan.ids == ("A", "B")
    (folder / "E.mp4").write_text("e")
    (folder / "E.csv").write_text(TRACK)
    assert import_folder(folder, Wanted(folder / "dataset", add=True)).plan.ids == ("E",)


def test_nothing_to_pair_makes_no_dataset(tmp_path: Path) -> None:
    put(tmp_path / "in", "A.mp4", "B.csv")
    assert not import_folder(tmp_path / "in", Wanted(tmp_path / "out")).plan.clips
    assert not (tmp_path / "out").exists()


def test_a_cancel_leaves_whole_clips_only(tmp_path: Path) -> None:
    put(tmp_path / "in", *(f"{n}.{end}" for n in range(40) for end in ("mp4", "csv")))
    token = CancelToken()

    def stop(done: int, _total: int, what: str) -> None:
        if what.startswith("Added") and done >= 3:
            token.cancel()

    with pytest.raises(Cancelled):
        import_folder(tmp_path / "in", Wanted(tmp_path / "out"), cancel=token, progress=stop)
    made = Dataset.open(tmp_path / "out")
    assert 3 <= len(made.clips) < 40 and all(entry.fault is None for entry in made.clips)
    assert {path.name for path in (made.root / "clips").iterdir()} == {entry.id for entry in made.clips}
    for entry in made.clips:
        assert {p.name for p in (made.root / "clips" / entry.id).iterdir()} == {
            "clip.json",
            f"{entry.id}.mp4",
            f"{entry.id}.csv",
        }


def test_a_cancel_before_the_first_clip_leaves_no_dataset(folder: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def stop(_done: int, _total: int, what: str) -> None:
        if what.startswith("Comparing B"):
            token.cancel()

    for out in (tmp_path / "new" / "out", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(Cancelled), fresh_dataset(out):
            import_folder(folder, Wanted(out, add=True), cancel=token, progress=stop)
    assert not (tmp_path / "new").exists() and list((tmp_path / "empty").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of files")
def test_a_disk_without_room_ends_an_import_and_is_told(tmp_path: Path) -> None:
    put(tmp_path / "in", *(f"{n}.{end}" for n in range(6) for end in ("mp4", "csv")))
    # No file may be larger than a clip's own JSON.
    words = ["import", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
        "from annotator.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    for number in range(6):
        (tmp_path / "in" / f"{number}.mp4").write_bytes(bytes(4000))
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    assert ended.returncode == 1 and ended.stdout == ""
    assert "cannot be written" in ended.stderr and ended.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_take_keeps_what_it_says_and_a_track_its_sidecar(tmp_path: Path) -> None:
    put(tmp_path / "in/t", "S_1_i.mov", "S_1_i_cal.csv")
    (tmp_path / "in/t/take.json").write_text('{"slate": "S", "take": 1, "subject": "i"}')
    (tmp_path / "in/t/S_1_i_cal.csv.json").write_text('{"pose_unit": "degrees"}')
    report = import_folder(tmp_path / "in", Wanted(tmp_path / "out"))
    clip = clips_of(tmp_path / "out")["S_1_i"]
    assert clip["live_link"] == {"slate": "S", "take": 1, "subject": "i"}
    assert (tmp_path / "out/clips/S_1_i/S_1_i_cal.csv.json").is_file()
    assert "goes with it" in {left.file: left.why for left in report.plan.ignored}["t/S_1_i_cal.csv.json"]


# ---- tables ------------------------------------------------------------------------------------


def said(folder: Path, table: Path, *mapped: str) -> Report:
    wanted = Wanted(folder / "none", table, mapping_of(mapped) if mapped else None, dry_run=True)
    return import_folder(folder, wanted)


def test_a_table_says_what_clips_are_about(folder: Path, tmp_path: Path) -> None:
    rows = (
        "who;says;where;at;kind;labels",
        'A.mp4;"Line one\nline ""two""";a room;0,25;train;x; y',
        "nobody;no;;;;",
        "B;yes;;soon;;",
        "s/C.mov;alone;;;;",
        "b;again;;;;",
    )
    table = tmp_path / "words.csv"
    table.write_bytes("\r\n".join(rows).encode("utf-8-sig").replace(b"x; y", b'"x; y;"'))
    mapped = "video=who script=says background=where offset=at split=kind tags=labels".split()
    report = said(folder, table, *mapped)
    words = {clip.id: clip.words for clip in report.plan.clips}
    assert words["A"].script == 'Line one\nline "two"' and words["A"].background == "a room"
    assert (words["A"].offset, words["A"].split, words["A"].tags) == (0.25, "train", ("x", "y"))
    assert words["B"].script == "yes" and words["B"].offset == 0.0
    assert (report.scripts.rows, report.scripts.matched) == (5, 1)
    why = {each.row: each.why for each in report.scripts.unmatched}
    assert why[2] == "no clip is called nobody" and "no number of seconds" in why[3]
    assert "no partner" in why[4] and "row 3" in why[5]


def test_columns_are_named_where_one_does_not_exist(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "words.tsv"
    table.write_text("clip\ttext\nA\thello\n", "utf-8")
    with pytest.raises(FileError, match="clip, text"):
        said(folder, table, "id=name", "script=text")
    with pytest.raises(FileError, match="which clip a row is for"):
        said(folder, table, "script=text")
    with pytest.raises(ValueError, match="FIELD=COLUMN"):
        mapping_of(["words=text"])
    table.write_text("id\tscript\nA\thello\n", "utf-8")
    assert said(folder, table).plan.clips[0].words.script == "hello"


def test_json_lines_and_workbooks_are_tables_too(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "words.jsonl"
    lines.write_text(
        '{"id": "A", "script": "α", "tags": ["x", "y"]}\n\nbroken\n[1]\n{"id": "B", "offset": 1}\n'
    )
    report = said(folder, lines)
    words = {clip.id: clip.words for clip in report.plan.clips}
    assert words["A"].script == "α" and words["A"].tags == ("x", "y") and words["B"].offset == 1.0
    assert [(each.row, each.why) for each in report.scripts.unmatched] == [
        (2, "it is broken JSON"),
        (3, "it is no JSON object"),
    ]
    sheet = read_table(workbook(tmp_path / "words.xlsx"))
    assert sheet.columns == ("id", "script", "offset") and sheet.rows == (("A", "hé", "2"), ("7", "", "0.5"))


def workbook(path: Path) -> Path:
    """The smallest workbook of two sheets that Excel would open."""
    cells = (
        '<row r="1"><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>script</t></is></c>'
        '<c t="inlineStr"><is><t>offset</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>A</t></is></c>'
        '<c r="B2" t="inlineStr"><is><t>hé</t></is></c><c r="C2"><v>2</v></c></row>'
        '<row r="4"><c r="A4"><v>7</v></c><c r="C4"><v>0.5</v></c></row>'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    vendor = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{kinds}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{vendor}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet1.xml" ContentType="{vendor}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="one" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="sheet1.xml"/></Relationships>',
        "xl/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("data", [b"", b"\0\1\2\3" * 900, b"PK\x03\x04 cut off", b"\xff\xfe\x41"])
def test_what_is_no_table_is_one_plain_fault(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    try:
        table = read_table(tmp_path / name)
    except FileError as fault:
        assert fault.todo and fault.path is not None
    else:
        assert table.columns


# ---- layouts that are known --------------------------------------------------------------------


def test_express4d_tells_scripts_and_splits(tmp_path: Path) -> None:
    root = put(tmp_path / "in", *(f"E/data/S_{n}_i_cal.csv" for n in (1, 2, 3)))
    texts = {
        "E/texts/S_1_i_cal.txt": "A person smiles.#a/DET person/NOUN#0.0#0.0\nShe grins.#she/PRON\n",
        "E/texts/S_2_i.txt": "A person frowns.",
        "E/texts/other.txt": "Nobody.",
        "E/train.txt": "S_1_i_cal\nS_3_i_cal.csv\n",
        "E/test.txt": "S_2_i_cal\nnone\n",
    }
    (root / "E/texts").mkdir()
    for name, text in texts.items():
        (root / name).write_text(text, "utf-8")
    report = import_folder(root, Wanted(tmp_path / "out", singles=True, dry_run=True))
    words = {clip.id: (clip.words.script, clip.words.split) for clip in report.plan.clips}
    assert words == {
        "S_1_i_cal": ("A person smiles.\nShe grins.", "train"),
        "S_2_i_cal": ("A person frowns.", "test"),
        "S_3_i_cal": ("", "train"),
    }
    why = {left.file: left.why for left in report.plan.ignored}
    assert set(why) == set(texts) and "Express4D" in why["E/train.txt"]
    assert why["E/texts/other.txt"] == "neither video nor track"
    assert report.layouts == ("read as Express4D: the scripts of 2 clips and the splits of 3",)


def test_keyframeface_requests_tell_background_and_emotion(tmp_path: Path, shared: Path) -> None:
    for name in ("example.jsonl", "example_result.csv"):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copyfile(shared / "data" / "keyframeface" / name, tmp_path / "in" / name)
    report = import_folder(tmp_path / "in", Wanted(tmp_path / "out", singles=True))
    clip = clips_of(tmp_path / "out")["example_result"]
    assert "interview" in str(clip["background"]) and "Anxiety" in str(clip["emotion"])
    assert "KeyframeFace" in report.plan.ignored[0].why and report.layouts


# ---- do they fit -------------------------------------------------------------------------------


def test_files_that_do_not_fit_are_told(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for name in ("fits", "short", "broken"):
        shutil.copyfile(DEMO / "video.mp4", root / f"{name}.mp4")
    shutil.copyfile(DEMO / "track.csv", root / "fits.csv")
    shutil.copyfile(DEMO / "track.csv", root / "broken.csv")
    (root / "broken.mp4").write_bytes(b"no video")
    track = read(DEMO / "track.csv")
    write(track.replaced(times=track.times / 2), root / "short.csv")
    plan = pair(scan(root)).named()
    fits = {clip.id: fit_of(plan, clip) for clip in plan.clips}
    assert not fits["fits"].findings
    assert present(fits["fits"].video) == pytest.approx(present(fits["fits"].track), abs=0.05)
    assert "the track ends at" in fits["short"].findings[-1].what
    assert fits["broken"].findings[0].level == "error" and fits["broken"].video is None
