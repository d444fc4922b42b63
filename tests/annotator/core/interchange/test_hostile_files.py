"""Files that are no such files, cut off, empty, huge or hostile: one plain sentence each, and quickly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.core.interchange.choosing import parse_map, taken
from annotator.core.interchange.clip_frames import ClipFrames
from annotator.core.interchange.formats import FORMATS, read_foreign
from viewer.core.errors import FileError, StudioError

BOMB = (
    "<!DOCTYPE a ["
    + "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    + '<!ENTITY l0 "lol">]>'
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
EAF = "<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER>{}</TIME_ORDER>{}</ANNOTATION_DOCUMENT>"


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def tier_of(annotations: str, name: str = "keyframes@a") -> str:
    return f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="t">{annotations}</TIER>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *((f"x{form.suffix}", "") for form in FORMATS.values() if form.name not in ("srt", "vtt", "parquet")),
        ("x.srt", ""),
        ("x.eaf", "not xml"),
        ("x.eaf", "<ANNOTATION_DOCUMENT><HEADER>"),
        ("x.eaf", "<svg/>"),
        ("x.eaf", BOMB + "<a>&l9;</a>"),
        ("x.xml", OUTSIDE + "<a>&x;</a>"),
        ("x.xml", '<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><annotations/>'),
        ("x.eaf", "<a>" * 5000 + "</a>" * 5000),
        ("x.eaf", '<?xml version="1.0" encoding="nonsense"?><ANNOTATION_DOCUMENT/>'),
        ("x.xml", "<annotations><image id='0'/></annotations>"),
        ("x.boris", "[" * 100_000),
        ("x.boris", '{"observations": ' + "[" * 80 + "]" * 80 + "}"),
        ("x.boris", '{"observations": [1]}'),
        ("x.boris", "[]"),
        ("x.json", '{"a": 1}'),
        ("x.json", '[{"data": {}}]'),
        ("x.json", b"\x00\x01\x02"),
        ("x.csv", "a,b\n1,2\n"),
        ("x.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x01\x02"),
        ("x.srt", "just words\n\nand more"),
        ("x.parquet", "PAR1"),
        ("x.png", b"\x89PNG\r\n"),
        ("x", "something"),
    ],
)
def test_what_is_no_such_file_is_told_in_one_sentence(tmp_path: Path, name: str, data: str | bytes) -> None:
    with pytest.raises(FileError) as told:
        read_foreign(written(tmp_path, name, data))
    line = told.value.line()
    assert name in line and " – " in line and "\n" not in line and "passwd" not in line


def test_utf_16_is_read_where_the_format_allows_it(tmp_path: Path) -> None:
    slots = '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="9"/>'
    mark = (
        '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">'
        "<ANNOTATION_VALUE>é😀</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )
    eaf = '<?xml version="1.0" encoding="UTF-16"?>' + EAF.format(slots, tier_of(mark))
    csv = "kind,start,text\nkeyframe,1,é😀\n"
    srt = "1\n00:00:00,000 --> 00:00:01,000\né😀\n"
    boris = json.dumps(
        {"observations": {"x": {"events": [[1, "", "keyframe", "", "é😀"]]}}, "behaviors_conf": {}}
    )
    for name, text in (("x.eaf", eaf), ("x.csv", csv), ("x.srt", srt), ("x.boris", boris)):
        file = read_foreign(written(tmp_path, name, text.encode("utf-16")))
        found = taken(file, file.sets[0], parse_map(["keyframes=*"]), (), ClipFrames())
        assert [k.description for k in found.keyframes] == ["é😀"], name


def test_times_that_are_none_are_left_out_and_told(tmp_path: Path) -> None:
    table = "kind,start,end,text,label\n" + "".join(
        f"{kind},{start},{end},t,l\n"
        for kind, start, end in [
            ("keyframe", "NaN", ""),
            ("keyframe", "inf", ""),
            ("keyframe", "-3", ""),
            ("keyframe", "1e300", ""),
            ("keyframe", "", ""),
            ("emotion", "2", "NA"),
            ("emotion", "2", "2"),
            ("emotion", "3", "2"),
            ("keyframe", "1,5", ""),
            ("emotion", "1", "2"),
        ]
    )
    table = table.replace("1,5", '"1,5"')
    file = read_foreign(written(tmp_path, "x.csv", table))
    found = taken(file, file.sets[0], {}, (), ClipFrames())
    assert [k.time for k in found.keyframes] == [1.5]
    assert [(s.start, s.end) for s in found.spans] == [(1.0, 2.0)]
    assert len(found.left_out) == 7
    events = [
        ["x", "", "keyframe", "", ""],
        [float("nan"), "", "keyframe", "", ""],
        ["1.250", "", "keyframe"],
    ]
    project = json.dumps({"observations": {"x": {"events": [*events, 7, []]}}, "behaviors_conf": 3})
    marks = read_foreign(written(tmp_path, "x.boris", project)).sets[0]
    assert [m.start for m in marks.tiers[0].marks] == [1.25] and len(marks.left_out) == 4


def test_references_in_a_circle_and_slots_without_any_time_end(tmp_path: Path) -> None:
    refs = "".join(
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{id}" ANNOTATION_REF="{to}">'
        "<ANNOTATION_VALUE>v</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
        for id, to in (("a", "b"), ("b", "a"), ("c", "gone"))
    )
    timeless = (
        '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="d" TIME_SLOT_REF1="x" TIME_SLOT_REF2="y">'
        "<ANNOTATION_VALUE>v</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
    )
    eaf = EAF.format('<TIME_SLOT TIME_SLOT_ID="x"/><TIME_SLOT TIME_SLOT_ID="y"/>', tier_of(refs + timeless))
    file = read_foreign(written(tmp_path, "x.eaf", eaf))
    assert [out.what for out in file.left_out] == ["4 annotations on the tier “keyframes@a”"]
    assert file.sets[0].tiers[0].marks == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_files_that_are_cut_or_scrambled_never_crash(
    tmp_path: Path, shared: Path, data: st.DataObject
) -> None:
    real = shared / "data" / "interchange"
    names = "eaf/dante_2.8.eaf boris/project_v7.boris boris/tabular_events.csv boris/aggregated_events.tsv"
    names += " labelstudio/timeline_labels.json cvat/video_1.1.xml subtitles/sample.vtt subtitles/sample.srt"
    path = real / data.draw(st.sampled_from(names.split()))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    try:
        file = read_foreign(written(tmp_path, path.name, bytes(raw)))
        for marks in file.sets:
            found = taken(file, marks, parse_map(["keyframes=*"]), (), ClipFrames())
            assert all(k.time >= 0 for k in found.keyframes)
    except StudioError as fault:
        assert "\n" not in fault.line()
