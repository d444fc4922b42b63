"""Tables of many origins: their times, faces, lost frames and percent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer.core import formats
from viewer.core.channels import INDEX, SHAPES
from viewer.core.errors import TrackError
from viewer.core.formats import clock
from viewer.core.track import Track

quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = [shape.arkit_name for shape in SHAPES]
ROWS = 50
EACH = np.arange(ROWS)


def table(path: Path, columns: Mapping[str, Sequence[object]], jaw: Sequence[float] | None = None) -> Track:
    """A CSV of these columns and 52 weights, of which jawOpen is ``jaw`` (default: it rises)."""
    jaw = (EACH / 100).tolist() if jaw is None else jaw
    lines = [",".join([*columns, *NAMES])]
    for at, value in enumerate(jaw):
        weights = [value if name == "jawOpen" else 0.01 for name in NAMES]
        lines.append(",".join(map(str, [*(cells[at] for cells in columns.values()), *weights])))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return formats.read(path)


def rises_at(track: Track, rate: float, within: float = 1e-6) -> None:
    np.testing.assert_allclose(track.times, EACH / rate, atol=within)
    np.testing.assert_array_equal(track.values[:, INDEX["JawOpen"]], (EACH / 100).astype(np.float32))
    assert track.fps == pytest.approx(rate, rel=1e-3) and not track.gaps() and not track.untimed


# ---- what times are called, and what they count ---------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("time", 1), ("Time", 1), ("time_sec", 1), ("Time (s)", 1), ("timeline", 1), ("timestamp", 1),
        ("seconds", 1), ("t", 1), ("TimeInSeconds", 1), ("elapsed_time", 1), ("timestamp", 1e3),
        ("time", 1e3), ("time_ms", 1e3), ("timeMs", 1e3), ("Timestamp [ms]", 1e3), ("milliseconds", 1e3),
        ("t_ms", 1e3), ("timestamp", 1e6), ("timestamp_us", 1e6), ("pts", 1e6), ("timestamp_ns", 1e9),
        ("time", 1e9), ("video_time_millis", 1e3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rate", [25.0, 60.0])
def test_any_name_and_unit(tmp_path: Path, name: str, unit: float, rate: float) -> None:
    times = EACH / rate * unit
    cells = times.round().astype(int) if unit > 1 else times.round(6)
    track = table(tmp_path / "a.csv", {name: cells.tolist()})
    rises_at(track, rate, max(0.6 / unit, 1e-6) if unit > 1 else 1e-6)


@quick
@given(
    rate=st.floats(10, 120),
    unit=st.sampled_from([1.0, 1e3, 1e6, 1e9]),
    start=st.sampled_from([0.0, 3.5, 1_700_000_000.0]),
)
def test_the_steps_tell_the_unit(tmp_path: Path, rate: float, unit: float, start: float) -> None:
    times = (start + EACH / rate) * unit
    track = table(tmp_path / "a.csv", {"timestamp": [repr(float(t)) for t in times]})
    np.testing.assert_allclose(track.times, EACH / rate, atol=1e-5 if start > 1e6 else 1e-9)
    assert track.start == pytest.approx(start)
    judged = any("as their steps" in note for note in track.notes)
    assert judged is (unit != 1.0), "what was judged is told"


def test_a_name_that_contradicts_its_steps_is_told(tmp_path: Path) -> None:
    track = table(tmp_path / "a.csv", {"time_sec": (EACH * 40).tolist()})
    rises_at(track, 25)
    assert any("not as seconds" in note for note in track.notes)


@pytest.mark.parametrize(
    "text",
    [
        lambda t: f"00:00:{t:06.3f}",
        lambda t: f"0:00:{t:09.6f}",
        lambda t: f"00:{t:06.3f}",
        lambda t: f"2026-05-01T12:00:{t:06.3f}Z",
        lambda t: f"2026-05-01 12:00:{t:06.3f}",
        lambda t: f"{t * 1000:.0f} ms",
        lambda t: f"{t:.3f}s",
    ],
    ids="clock timedelta minutes iso date-and-time with-ms with-s".split(),
)
def test_times_as_texts(tmp_path: Path, text: Callable[[float], str]) -> None:
    rises_at(table(tmp_path / "a.csv", {"timestamp": [text(n / 25) for n in EACH]}), 25, 1e-5)


def test_live_link_timecodes_under_another_name(tmp_path: Path) -> None:
    codes = [f"00:00:0{n // 30}:{n % 30:02d}" for n in EACH]
    rises_at(table(tmp_path / "a.csv", {"Time": codes}), 30)
    track = table(tmp_path / "b.csv", {"Time": codes, "BlendshapeCount": [52] * ROWS})
    assert track.format == "livelink"
    rises_at(track, 30)


@pytest.mark.parametrize(
    "codes", [(EACH / 30).round(6), (EACH / 30 * 1000).round(3)], ids="seconds milliseconds".split()
)
def test_timecodes_that_are_numbers(tmp_path: Path, codes: np.ndarray) -> None:
    track = table(tmp_path / "a.csv", {"Timecode": codes.tolist(), "BlendShapeCount": [52] * ROWS})
    assert track.format == "livelink" and any("not timecodes" in note for note in track.notes)
    rises_at(track, 30, 1e-5)


def test_a_duration_is_no_time(tmp_path: Path) -> None:
    cost = np.random.default_rng(1).uniform(8, 20, ROWS).round(2).tolist()
    rises_at(table(tmp_path / "a.csv", {"processing_time_ms": cost, "time": (EACH / 25).tolist()}), 25)


def test_without_times_the_frames_are_counted(tmp_path: Path) -> None:
    for columns in ({"frame": [*range(ROWS)]}, {"frame_id": [*range(ROWS)]}, {}):
        track = table(tmp_path / "a.csv", columns)
        np.testing.assert_allclose(track.times, EACH / 30)
        assert track.untimed and "not stated" in track.notes[0]


def test_times_too_coarse_for_the_frames_give_way_to_their_numbers(tmp_path: Path) -> None:
    columns = {"approx_time": [f"00:0{n // 30}" for n in EACH], "frame": [*range(ROWS)]}
    track = table(tmp_path / "a.csv", columns)
    assert len(track) == ROWS and track.untimed


# ---- other faces, no face -------------------------------------------------------------------


def test_times_count_for_one_face_although_another_has_them_too(tmp_path: Path) -> None:
    rows = [(n, who) for n in EACH.astype(int).tolist() for who in ("a", "b")]
    columns = {"frame": [*range(len(rows))], "timestamp": [n / 25 for n, _ in rows]}
    track = table(
        tmp_path / "a.csv",
        {**columns, "face_id": [who for _, who in rows]},
        [n / 100 if who == "a" else 0.9 for n, who in rows],
    )
    np.testing.assert_allclose(track.times, EACH / 25, atol=1e-9)
    assert not track.untimed


@pytest.mark.parametrize("name", ["face_id", "face", "person_id", "FaceIndex", "track_id"])
def test_of_two_faces_the_one_seen_most_is_read(tmp_path: Path, name: str) -> None:
    rows = [(n, who) for n in range(30) for who in ("b", "a") if who == "a" or n % 3]
    track = table(
        tmp_path / "a.csv",
        {"frame": [n for n, _ in rows], "time": [n / 25 for n, _ in rows], name: [who for _, who in rows]},
        [n / 100 if who == "a" else 0.9 for n, who in rows],
    )
    assert len(track) == 30
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], np.arange(30) / 100, rtol=1e-6)
    assert any("a was read" in note and "b left out" in note for note in track.notes)


def test_a_second_face_without_an_id_is_left_out(tmp_path: Path) -> None:
    rows = [(n, who) for n in range(30) for who in (0, 1)]
    for columns in ({"frame": [n for n, _ in rows]}, {"time": [n / 25 for n, _ in rows]}):
        track = table(tmp_path / "a.csv", columns, [n / 100 if not who else 0.9 for n, who in rows])
        assert len(track) == 30 and track.values[:, INDEX["JawOpen"]].max() < 0.3
        assert any("30 further faces" in note for note in track.notes)


@pytest.mark.parametrize("name", ["face_detected", "success", "FaceFound", "tracking", "is_valid"])
@pytest.mark.parametrize(("yes", "no"), [(1, 0), ("True", "False"), ("true", "false"), ("1.0", "0.0")])
def test_a_column_tells_lost_faces(tmp_path: Path, name: str, yes: object, no: object) -> None:
    flags = [no if 20 <= n < 30 else yes for n in EACH]
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist(), name: flags})
    assert np.flatnonzero(~track.valid).tolist() == list(range(20, 30)) and len(track) == ROWS
    assert any(f"“{name}”" in note for note in track.notes)


@pytest.mark.parametrize(
    ("name", "seen", "gone"),
    [
        ("lost", 0, 1), ("face_lost", "False", "True"), ("status", "ok", "LOST"),
        ("tracking_state", "tracked", "not detected"), ("FaceStatus", "fine", "no face"),
    ],
)  # fmt: skip
def test_a_column_tells_lost_faces_the_other_way_round_or_in_words(
    tmp_path: Path, name: str, seen: object, gone: object
) -> None:
    said = [gone if 20 <= n < 30 else seen for n in EACH]
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist(), name: said})
    assert np.flatnonzero(~track.valid).tolist() == list(range(20, 30)) and len(track) == ROWS


def test_numbers_of_a_status_mean_nothing_known(tmp_path: Path) -> None:
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist(), "status": [int(n < 9) for n in EACH]})
    assert track.valid.all()


def test_no_confidence_is_a_lost_face_and_little_is_none(tmp_path: Path) -> None:
    sure = [0 if n < 5 else 0.05 for n in EACH]
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist(), "confidence": sure})
    assert track.invalid_frames == 5


def test_faces_and_flags_beside_live_link_timecodes(tmp_path: Path) -> None:
    rows = [(n, who) for n in range(40) for who in (0, 1)]
    track = table(
        tmp_path / "a.csv",
        {
            "Timecode": [f"00:00:0{n // 30}:{n % 30:02d}" for n, _ in rows],
            "BlendShapeCount": [0 if n == 7 else 52 for n, _ in rows],
            "face_id": [who for _, who in rows],
            "face_detected": [int(n != 3) for n, _ in rows],
        },
        [n / 100 if not who else 0.9 for n, who in rows],
    )
    assert track.format == "livelink" and len(track) == 40 and track.fps == pytest.approx(30)
    assert np.flatnonzero(~track.valid).tolist() == [3, 7]
    assert track.values[-1, INDEX["JawOpen"]] == pytest.approx(0.39)


def test_a_flag_that_is_off_everywhere_is_not_believed(tmp_path: Path) -> None:
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist(), "success": [0] * ROWS})
    assert track.valid.all() and any("ignored" in note for note in track.notes)


# ---- values ---------------------------------------------------------------------------------


def test_percent_is_told_and_read_as_weights(tmp_path: Path) -> None:
    times = {"time": (EACH / 25).tolist()}
    track = table(tmp_path / "a.csv", times, (EACH * 1.5).tolist())
    assert any("percent" in note for note in track.notes)
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], EACH * 0.015, rtol=1e-5)


@pytest.mark.parametrize("written", ["{:.1f}%", "{:.1f} %", '"{:.1f}%"'])
def test_a_percent_sign_says_it(tmp_path: Path, written: str) -> None:
    jaw = [written.format(n) for n in EACH]
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist()}, jaw)  # type: ignore[arg-type]
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], EACH * 0.01, rtol=1e-5)
    assert track.valid.all()


@pytest.mark.parametrize("highest", [1.0, 1.076, 1.8, 400.0])
def test_what_is_no_percent_stays(tmp_path: Path, highest: float) -> None:
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist()}, (EACH / 49 * highest).tolist())
    assert track.values[-1, INDEX["JawOpen"]] == pytest.approx(highest)


def test_one_wild_value_makes_no_percent(tmp_path: Path) -> None:
    jaw = [30.0 if n == 7 else 0.5 for n in EACH]
    track = table(tmp_path / "a.csv", {"time": (EACH / 25).tolist()}, jaw)
    assert track.values[0, INDEX["JawOpen"]] == 0.5 and track.values[7, INDEX["JawOpen"]] == 30


def test_one_time_days_off_is_left_out_and_many_are_a_fault(tmp_path: Path) -> None:
    times = (EACH / 25).tolist()
    track = table(tmp_path / "a.csv", {"time": [*times[:-1], 425 * 86400.0]})
    assert len(track) == ROWS - 1 and track.duration < 3
    assert any("days from the others" in note for note in track.notes)
    with pytest.raises(TrackError, match="days apart"):
        table(tmp_path / "b.csv", {"time": [*times[:25], *(t + 425 * 86400.0 for t in times[25:])]})


@given(st.text(max_size=20))
def test_any_name_is_a_time_or_is_not(name: str) -> None:
    assert clock.is_time(name) in (True, False) and not (clock.is_time(name) and clock.is_frame_number(name))


# ---- what a file states, or only seems to ----------------------------------------------------


def test_a_column_may_state_the_frame_rate(tmp_path: Path) -> None:
    numbers = EACH.tolist()
    stated = table(tmp_path / "a.csv", {"frame": numbers, "FPS": [25] * ROWS})
    rises_at(stated, 25.0)
    assert "its times are counted at 25 frames per second, as “FPS” says" in stated.notes
    # That of a tracker which was now quick, now slow, is none.
    measured = table(tmp_path / "b.csv", {"frame": numbers, "fps": (24 + EACH / 50).tolist()})
    assert measured.untimed and any("not stated" in note for note in measured.notes)
    # Times are better than any rate.
    rises_at(table(tmp_path / "c.csv", {"fps": [30] * ROWS, "time": (EACH / 25).tolist()}), 25.0)


def test_weights_beyond_any_unit_are_kept_and_told(tmp_path: Path) -> None:
    bytes_ = table(tmp_path / "a.csv", {"time": (EACH / 30).tolist()}, (EACH * 5).tolist())
    assert bytes_.values[:, INDEX["JawOpen"]].max() == 245
    few = (tmp_path / "b.csv", "time,jawOpen,mouthClose\n0,1,5\n0.1,40,6\n0.2,90,7\n")
    few[0].write_text(few[1], "utf-8")
    for track in (bytes_, formats.read(few[0])):
        assert any(note.startswith("its weights reach") and "kept" in note for note in track.notes)


def test_a_table_of_times_and_one_channel_is_a_track(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time;jawOpen\n0;0,1\n0,04;0,2\n0,08;0,3\n", "utf-8")
    track = formats.read(path)
    assert track.fps == pytest.approx(25) and track.present.sum() == 1
    np.testing.assert_allclose(track.values[:, INDEX["JawOpen"]], [0.1, 0.2, 0.3], atol=1e-6)
    path.write_text("name,jawOpen\nAda,0.1\n", "utf-8")
    with pytest.raises(TrackError):
        formats.read(path)
