"""Live Link CSV: every variant met in the wild, exact writing, and what is said about odd rows."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from viewer.core import formats
from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME, CHANNEL_COUNT, INDEX, NAMES, SHAPE_COUNT
from viewer.core.errors import Cancelled, TrackError
from viewer.core.formats import livelink, timecode
from viewer.core.track import Track

HEADER = "Timecode,BlendShapeCount," + ",".join(NAMES)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def row(code: str, value: float = 0.25, count: int = 61) -> str:
    cells = [f"{value + i / 1000:.10f}" for i in range(61)]
    return f"{code},{count}," + ",".join(cells)


def take(path: Path, *lines: str, header: str = HEADER) -> Track:
    path.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return formats.read(path)


def same(a: Track, b: Track) -> None:
    """The same weights to the bit; rotations pass through radians, of which a bit may be lost."""
    np.testing.assert_array_equal(a.values[:, :SHAPE_COUNT], b.values[:, :SHAPE_COUNT])
    np.testing.assert_allclose(a.rotations_degrees, b.rotations_degrees, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(a.valid, b.valid)
    assert a.values.dtype == b.values.dtype == np.float32


# ---- the real recordings -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "frames", "fps", "lost", "gaps", "start"),
    [
        ("myslate_3_60fps", 328, 59.94, 0, 0, 1929.131),
        ("s88_30fps_face_lost", 1939, 30.0, 277, 3, 60519.721),
        ("lower_camel_right_first_60fps", 651, 59.94, 0, 1, 101 * 3600 + 29 * 60 + 40 + 15.084 / 60),
    ],
)
def test_real_recordings_are_told_right_and_survive_a_round_trip(
    shared: Path, tmp_path: Path, name: str, frames: int, fps: float, lost: int, gaps: int, start: float
) -> None:
    track = formats.read(shared / "data" / "live_link_csv" / f"{name}.csv")
    facts = formats.describe_track(track)
    assert (facts["kind"], facts["format"], facts["channels"]) == ("track", "livelink", 61)
    assert (facts["frames"], facts["invalid_frames"], len(facts["gaps"])) == (frames, lost, gaps)
    assert facts["fps"] == pytest.approx(fps, abs=0.01)
    assert facts["start"] == pytest.approx(start, abs=1e-3)
    assert (facts["pose_unit"], facts["pose_unit_from"], facts["notes"]) == ("radians", "format", [])
    formats.write(track, tmp_path / "copy.csv")
    again = formats.read(tmp_path / "copy.csv")
    same(track, again)
    np.testing.assert_array_equal(track.times, again.times)
    assert again.start == track.start


def test_what_we_write_is_what_the_app_wrote(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "live_link_csv" / "myslate_3_60fps.csv"
    formats.write(formats.read(source), tmp_path / "copy.csv")
    theirs = [line.split(",") for line in source.read_text().splitlines()]
    ours = [line.split(",") for line in (tmp_path / "copy.csv").read_text().splitlines()]
    assert [line[: 2 + SHAPE_COUNT] for line in ours[1:]] == [line[: 2 + SHAPE_COUNT] for line in theirs[1:]]
    radians = [np.array([line[2 + SHAPE_COUNT :] for line in each[1:]], float) for each in (ours, theirs)]
    np.testing.assert_allclose(radians[0], radians[1], atol=1e-7)


def test_header_is_the_released_one(shared: Path) -> None:
    header = (shared / "data" / "keyframeface" / "example_result.csv").read_text().splitlines()[0]
    assert header == livelink.HEADER


def test_channels_go_by_name_not_by_place(shared: Path) -> None:
    path = shared / "data" / "live_link_csv" / "lower_camel_right_first_60fps.csv"
    track = formats.read(path)
    with path.open() as file:
        first = next(csv.DictReader(file))
    for name in NAMES:
        spelled = name if name in first else name[0].lower() + name[1:]
        written = float(first[spelled])
        told = np.degrees(written) if BY_NAME[name].is_rotation else written
        assert track.values[0, INDEX[name]] == pytest.approx(told, rel=1e-6)


def test_keyframeface_csv_has_normalized_rotations(shared: Path) -> None:
    track = formats.read(shared / "data" / "keyframeface" / "example_result.csv")
    assert track.format == "livelink"
    assert (track.meta["pose_unit"], track.meta["pose_unit_from"]) == ("normalized", "guess")
    assert track.values[0, INDEX["HeadPitch"]] == -9.0
    np.testing.assert_array_equal(track.times, [0.0, 1.0])


# ---- writing -------------------------------------------------------------------------------

finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
seen = st.sampled_from([-0.024, 1.076, 0.0, 6.4039e-6, 1e-30])
weights = st.one_of(st.floats(0, 1, width=32), seen, finite32)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    frames = draw(st.integers(1, 6))
    steps = draw(st.lists(st.floats(1e-6, 100), min_size=frames, max_size=frames))
    cells = draw(st.lists(weights, min_size=8, max_size=8))
    values = np.resize(np.array(cells, np.float32), (frames, CHANNEL_COUNT))
    values[:, SHAPE_COUNT:] = np.clip(values[:, SHAPE_COUNT:], -180, 180)
    valid = draw(st.lists(st.booleans(), min_size=frames, max_size=frames))
    start = draw(st.floats(0, 400_000))
    return Track.build(np.cumsum(steps), values, valid, start=start)


@quick
@given(track=tracks())
def test_written_values_read_back_exactly(track: Track, tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    formats.write(track, path)
    lines = path.read_text().splitlines()
    assert lines[0] == livelink.HEADER
    assert {line.count(",") for line in lines} == {62}, "every row is full"
    codes = [line.split(",")[0] for line in lines[1:]]
    assert len(set(codes)) == len(track)
    assert all(int(code.split(":")[3].split(".")[0]) < 60 for code in codes)
    again = formats.read(path)
    same(track, again)
    half = 0.5 / 60_000 + 1e-9
    assert abs(again.start - track.start) <= half
    np.testing.assert_allclose(again.times, track.times, rtol=0, atol=half)


@quick
@example(start=0.0, steps=[1.15625, 1.15625])
@example(start=1.25, steps=[1.5, 0.625, 2.25, 1.5, 0.5])
@given(start=st.floats(0, 1e6), steps=st.lists(st.floats(1e-9, 1e4), min_size=1, max_size=30))
def test_timecodes_never_repeat_and_never_say_frame_60(start: float, steps: list[float]) -> None:
    times = np.cumsum([0.0, *steps])
    if (np.diff(times) <= 0).any():
        return
    codes = timecode.texts(start, times)
    assert len(set(codes)) == len(codes)
    parts = [code.split(":") for code in codes]
    assert all(int(p[1]) < 60 and int(p[2]) < 60 and int(p[3].split(".")[0]) < 60 for p in parts)
    notes: list[str] = []
    seconds = timecode.parse(codes, notes)
    # Few frames far apart may be those of another rate, too: then the reading says what it assumed.
    if not notes:
        np.testing.assert_allclose(seconds - seconds[0], times, atol=0.5 / 60_000 + 1e-7)


def test_ordinary_timecodes_have_three_digits() -> None:
    assert timecode.texts(3661.0, np.array([0.0, 0.5, 1 - 1e-9])) == [
        "01:01:01:00.000",
        "01:01:01:30.000",
        "01:01:02:00.000",
    ]


def test_lost_frames_are_full_rows_that_stay_lost(tmp_path: Path) -> None:
    track = Track.build([0, 0.1, 0.2], np.full((3, 61), 0.5), [False, True, False])
    formats.write(track, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == ["0", "61", "0"]
    assert all(line.split(",")[2] == "0.5000000000" for line in lines)
    assert formats.read(tmp_path / "a.csv").valid.tolist() == [False, True, False]


def test_resampling_while_writing(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 61)[:, None] * np.ones(61)
    formats.write(Track.build(np.arange(61) / 60, ramp), tmp_path / "a.csv", fps=24)
    again = formats.read(tmp_path / "a.csv")
    assert len(again) == 25 and again.fps == pytest.approx(24, abs=0.01)
    np.testing.assert_allclose(again.values[:, 0], again.times, atol=1e-4)


def test_writing_can_be_cancelled_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        formats.write(Track.build([0.0], np.zeros((1, 61))), path, cancel=token)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


# ---- variants ------------------------------------------------------------------------------

PLAIN = "\n".join((HEADER, row("00:00:01:02.500"), row("00:00:01:04.500", 0.5))) + "\n"


def semicolons(text: str) -> str:
    codes = text.replace(",", ";").splitlines()
    lines = [line.split(";") for line in codes]
    return "\n".join(";".join([c[0], *(cell.replace(".", ",") for cell in c[1:])]) for c in lines)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.replace("BlendShapeCount", "BlendshapeCount").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        semicolons(PLAIN).encode(),
        ("sep=,\n" + PLAIN).encode(),
        ("\n\n" + PLAIN + "\n\n  \n").encode(),
        PLAIN.replace("\n00", "\n\n00").encode(),
        (PLAIN.strip()).encode(),
        (PLAIN + "," * 62 + "\n" + "," * 62 + "\n").encode(),
        PLAIN.replace("\n", ",\n").encode(),
        PLAIN.replace(",", ", ").encode(),
        HEADER.lower().encode() + PLAIN[len(HEADER) :].encode(),
        HEADER.upper().encode() + PLAIN[len(HEADER) :].encode(),
        ",".join(f'"{name}"' for name in HEADER.split(",")).encode() + PLAIN[len(HEADER) :].encode(),
        PLAIN.encode() + b"\0" * 4096,
        PLAIN.replace("BlendShapeCount", "Z\u00e4hler").encode("cp1252"),
    ],
    ids="plain count-case bom crlf cr utf16 utf16-no-bom semicolon tab decimal-comma sep-line blank-ends "
    "blank-between no-last-newline empty-rows trailing-comma spaces lower upper quoted "
    "nul-tail cp1252".split(),
)
def test_every_way_of_saving_gives_the_same_track(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    track = formats.read(tmp_path / "a.csv")
    assert track.format == "livelink" and track.present.all() and track.valid.all()
    assert track.start == pytest.approx(1 + 2.5 / 60)
    np.testing.assert_allclose(track.times, [0, 2 / 60])
    expected = [round(0.25 + i / 1000, 10) for i in range(61)]
    expected[SHAPE_COUNT:] = np.degrees(expected[SHAPE_COUNT:]).tolist()
    np.testing.assert_allclose(track.values[0], expected, rtol=1e-6)


def test_any_column_order_and_spelling(tmp_path: Path) -> None:
    order = np.random.default_rng(3).permutation(61)
    spelled = [NAMES[i][0].lower() + NAMES[i][1:] for i in order]
    spelled = [
        n[:-4] + "_L" if n.endswith("Left") else n[:-5] + "_R" if n.endswith("Right") else n for n in spelled
    ]
    cells = ",".join(f"{i / 100:.4f}" for i in order)
    track = take(
        tmp_path / "a.csv",
        f"61,{cells},00:00:00:00.000",
        header="BlendShapeCount," + ",".join(spelled) + ",Timecode",
    )
    expected = [i / 100 if i < SHAPE_COUNT else np.degrees(i / 100) for i in range(61)]
    np.testing.assert_allclose(track.values[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("codes", "times"),
    [
        (["00:00:00:00", "00:00:00:02", "00:00:00:04"], [0, 2 / 60, 4 / 60]),
        (["101:00:00:59.500", "101:00:01:00.500"], [0, 1 / 60]),
        (["23:59:59:59.000", "00:00:00:00.000", "00:00:00:01.000"], [0, 1 / 60, 2 / 60]),
        (["9:5:1:0.5", "9:5:1:1.50", "10:5:1:1.500"], [0, 1 / 60, 3600 + 1 / 60]),
        (["00:00:59:00.000", "00:00:60:00.000", "00:00:61:00.000"], [0, 1, 2]),
        (["00:00:00.000", "00:00:00.033", "00:00:00.067"], [0, 0.033, 0.067]),
        (
            ["00:00:01:00.000", "00:00:01:02.033", "00:00:01:04.067", "00:00:01:06.100", "00:00:01:08.133"],
            [0, 0.033, 0.067, 0.1, 0.133],
        ),
        ([f"00:00:0{s}:{f:02d}.000" for s in range(3) for f in range(24)], np.arange(72) / 24),
    ],
    ids="no-subframe uptime midnight ragged beyond-59 milliseconds frames-and-milliseconds base-24".split(),
)
def test_timecode_variants(tmp_path: Path, codes: list[str], times: list[float]) -> None:
    track = take(tmp_path / "a.csv", *(row(c, i / 500) for i, c in enumerate(codes)))
    np.testing.assert_allclose(track.times, times, atol=1e-9)


def test_a_file_with_emotions_beside_the_channels(tmp_path: Path) -> None:
    emotions = "Neutral,Happy,Sad,Angry,Fear,Disgust,Surprise"
    track = take(
        tmp_path / "a.csv",
        *(row(f"00:00:00:{2 * i:02d}.{round(i * 1000 / 30):03d}", i / 10) + ",1" * 7 for i in range(5)),
        header=f"{HEADER},{emotions}",
    )
    assert len(track) == 5 and track.present.all()
    np.testing.assert_allclose(track.times, [0, 0.033, 0.067, 0.1, 0.133])
    assert any("7 further columns" in note for note in track.meta["notes"])


def test_exponents_of_a_spreadsheet(tmp_path: Path) -> None:
    track = take(tmp_path / "a.csv", "00:00:00:00.000,61,6.4039E-06" + ",1e-1" * 60)
    assert track.values[0, 0] == np.float32(6.4039e-6)
    assert track.values[0, 1] == np.float32(0.1)


# ---- lost and damaged rows -----------------------------------------------------------------


@pytest.mark.parametrize("lost", ["{},0", "{}", "{},0" + "," * 61, "{},,,,"])
def test_lost_rows_keep_their_time_and_no_values(tmp_path: Path, lost: str) -> None:
    track = take(tmp_path / "a.csv", row("00:00:00:00"), lost.format("00:00:00:02"), row("00:00:00:04"))
    assert track.valid.tolist() == [True, False, True]
    assert np.isnan(track.values[1]).all()
    assert track.times[1] == pytest.approx(2 / 60)
    assert formats.describe_track(track)["lost"] == [
        {"start": pytest.approx(2 / 60, abs=1e-5), "end": pytest.approx(4 / 60, abs=1e-5), "frames": 1}
    ]


def test_lost_rows_first_and_everywhere(tmp_path: Path) -> None:
    first = take(tmp_path / "a.csv", "00:00:00:00.000,0", row("00:00:00:02.000"))
    assert first.valid.tolist() == [False, True] and first.present.all()
    nothing = take(tmp_path / "b.csv", "00:00:00:00.000,0", "00:00:00:02.000,0")
    assert nothing.invalid_frames == 2
    assert "no face was detected in any frame" in nothing.meta["notes"]
    formats.write(nothing, tmp_path / "c.csv")
    assert formats.read(tmp_path / "c.csv").invalid_frames == 2


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf", "oops", "1e99", "", "0.1.2", "0x1p3"])
def test_cells_that_are_no_numbers_make_the_frame_invalid(tmp_path: Path, bad: str) -> None:
    broken = row("00:00:00:02.000").replace("0.2550000000", bad)
    track = take(tmp_path / "a.csv", row("00:00:00:00.000"), broken, row("00:00:00:04.000"))
    assert track.valid.tolist() == [True, False, True]
    assert any("1 row cut short" in note for note in track.meta["notes"])


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("more", ["", ",Happy"])
def test_a_stray_separator_never_shifts_values(tmp_path: Path, at: int, more: str) -> None:
    rows = [row(f"00:00:00:0{i}.000", i / 10) + (",1" if more else "") for i in range(3)]
    cells = rows[at].split(",")
    rows[at] = ",".join([*cells[:9], "0", *cells[9:]])
    track = take(tmp_path / "a.csv", *rows, header=HEADER + more)
    assert track.valid.tolist() == [i != at for i in range(3)]
    assert any("more cells" in note for note in track.meta["notes"])


def test_a_recording_cut_off_in_its_last_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(PLAIN + row("00:00:01:06.500")[:100])
    track = formats.read(path)
    assert track.valid.tolist() == [True, True, False]
    path.write_text(PLAIN + "00:00:0")
    track = formats.read(path)
    assert len(track) == 2 and any("without a readable timecode" in note for note in track.notes)


def test_rows_out_of_order_are_sorted_and_said(tmp_path: Path) -> None:
    rows = row("00:00:00:04", 0.4), row("00:00:00:00", 0.0), row("00:00:00:02", 0.2)
    track = take(tmp_path / "a.csv", *rows)
    np.testing.assert_allclose(track.values[:, 0], [0, 0.2, 0.4])
    assert "out of order" in track.notes[-1]


def test_rows_with_one_timecode_are_spread_and_repeats_dropped(tmp_path: Path) -> None:
    rows = row("00:00:00:00", 0.1), row("00:00:00:00", 0.2), row("00:00:00:02", 0.3)
    shared_time = take(tmp_path / "a.csv", *rows)
    np.testing.assert_allclose(shared_time.times, [0, 1 / 60, 2 / 60])
    assert "shared the time" in shared_time.notes[-1]
    repeated = take(tmp_path / "b.csv", row("00:00:00:00"), row("00:00:00:00"), row("00:00:00:02"))
    assert len(repeated) == 2 and "repeated" in repeated.notes[-1]


def test_missing_empty_and_doubled_columns(tmp_path: Path) -> None:
    header = HEADER.replace(",TongueOut", "").replace("JawOpen", "jawOpen") + ",JawOpen"
    full = row("00:00:00:00.000").split(",")
    del full[2 + INDEX["TongueOut"]]
    full[2 + INDEX["CheekPuff"]] = ""
    track = take(tmp_path / "a.csv", ",".join([*full, "0.9"]), header=header)
    assert track.missing_channels == ["CheekPuff", "TongueOut"]
    assert track.valid.all() and track.values[0, INDEX["TongueOut"]] == 0
    assert track.values[0, INDEX["JawOpen"]] == np.float32(0.25 + INDEX["JawOpen"] / 1000)
    notes = " ".join(track.meta["notes"])
    assert "2 channels missing" in notes and "JawOpen occurs twice" in notes


def test_gaps_say_how_many_frames_are_missing(tmp_path: Path) -> None:
    codes = [0, 1, 2, 3, 17, 18, 19]
    track = take(tmp_path / "a.csv", *(row(f"00:00:00:{c:02d}.000", c / 100) for c in codes))
    (gap,) = formats.describe_track(track)["gaps"]
    assert gap["frames_missing"] == 13
    assert (gap["start"], gap["end"]) == (pytest.approx(3 / 60, abs=1e-5), pytest.approx(17 / 60, abs=1e-5))


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PLAIN)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        formats.read(tmp_path / "a.csv", cancel=token)


def test_header_without_a_row_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match="no frame"):
        take(tmp_path / "a.csv")
