"""KeyframeFace replies and result files: tolerant reading, exact writing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer.core import formats
from viewer.core.channels import INDEX, NAMES
from viewer.core.errors import StudioError, TrackError
from viewer.core.formats import keyframeface
from viewer.core.formats.keyframeface import number_words, parse_reply, reply_text, result_line
from viewer.core.pose import degree_rows
from viewer.core.track import Track

VALUES = np.round(np.linspace(0, 1, 61), 1).astype(np.float32)
BARE = {name: float(str(value)) for name, value in zip(NAMES, VALUES, strict=True)}
WRAPPED = {"Keyframe_one": BARE}
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def short(name: str) -> str:
    name = camel(name)
    return name[:-4] + "_L" if name.endswith("Left") else name[:-5] + "_R" if name.endswith("Right") else name


SPELLED = {
    short(n) if n not in ("JawLeft", "JawRight", "MouthLeft", "MouthRight") else n: v for n, v in BARE.items()
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps(WRAPPED), "Keyframe_one"),
        (json.dumps(BARE), None),
        (json.dumps({"Keyframe One": BARE}), "Keyframe One"),
        (json.dumps({"keyframe_3": BARE}, indent=2), "keyframe_3"),
        (f"Here is the result:\n```json\n{json.dumps(WRAPPED, indent=1)}\n```\nLet me know!", "Keyframe_one"),
        (f'**Analysis** {{sad}} it\'s a "tense" face.\n\n{json.dumps(BARE)}', None),
        ('<think>{"JawOpen": 0.9} perhaps</think>' + json.dumps(WRAPPED), "Keyframe_one"),
        (json.dumps({"analysis": {"expression_category": "sad"}, "arkit": BARE}), None),
        (
            json.dumps(
                {
                    "Keyframe_one": {
                        "blendshapes": dict(list(BARE.items())[:52]),
                        "pose": dict(list(BARE.items())[52:]),
                    }
                }
            ),
            "Keyframe_one",
        ),
        (json.dumps({camel(n): v for n, v in BARE.items()}), None),
        (json.dumps(SPELLED), None),
        (json.dumps({f"blendShapes.{n}": v for n, v in BARE.items()}), None),
        (json.dumps(json.dumps(WRAPPED)), "Keyframe_one"),
        (json.dumps(WRAPPED)[:-2] + ",}}", "Keyframe_one"),
        (json.dumps(WRAPPED).replace('"', "“"), "Keyframe_one"),
        (json.dumps(WRAPPED)[:-1], None),
        (json.dumps({n: f"{v}" for n, v in BARE.items()}), None),
        (json.dumps(WRAPPED).replace(": 0.", ": ."), "Keyframe_one"),
        (json.dumps(WRAPPED).replace(": 0.", ": +0."), "Keyframe_one"),
    ],
)
def test_every_shape_of_reply_gives_the_same_values(text: str, name: str | None) -> None:
    reply = parse_reply(text)
    np.testing.assert_array_equal(reply.values, VALUES)
    assert reply.present.all() and reply.keyframe_name == name
    assert reply.values.dtype == np.float32 and not reply.values.flags.writeable


def test_minus_zero_and_values_out_of_range_are_kept_and_noted() -> None:
    reply = parse_reply('{"Keyframe_one": {"JawOpen": 1.4, "HeadYaw": -0.0, "EyeBlinkLeft": -0.1}}')
    assert reply.values[INDEX["JawOpen"]] == np.float32(1.4)
    assert any("outside its range: JawOpen 1.4, EyeBlinkLeft -0.1" in note for note in reply.notes)
    assert any(note.startswith("missing") for note in reply.notes)
    assert reply.present.sum() == 3


@pytest.mark.parametrize(
    "bad", ["NaN", "Infinity", "-Infinity", "1e999", "1e39", '"wide"', "null", "true", "[0.3]", "9" * 5000]
)
def test_a_value_that_is_no_number_is_refused_and_said(bad: str) -> None:
    reply = parse_reply(json.dumps(WRAPPED).replace('"JawOpen": 0.3', f'"JawOpen": {bad}'))
    assert not reply.present[INDEX["JawOpen"]] and reply.present.sum() == 60
    assert reply.values[INDEX["JawOpen"]] == 0
    assert "not a number: JawOpen" in reply.notes


def test_a_channel_given_twice_and_several_keyframes_are_said() -> None:
    twice = parse_reply('{"JawOpen": 0.1, "jawOpen": 0.2}')
    assert twice.values[INDEX["JawOpen"]] == np.float32(0.2)
    assert any("given twice" in note for note in twice.notes)
    both = parse_reply('{"Keyframe_one": {"JawOpen": 0.1}, "Keyframe_two": {"JawOpen": 0.2}}')
    assert both.values[INDEX["JawOpen"]] == np.float32(0.1) and both.keyframe_name == "Keyframe_one"
    assert any("2 keyframes" in note for note in both.notes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "I cannot do that.",
        "{}",
        "{'JawOpen': 0.1}",
        "[0.1, 0.2]",
        "null",
        '{"emotion": "sad"}',
        '{"Keyframe_one": {"JawOpen": NaN}}',
        "{" * 3000,
        '{"a":' * 30000,
        '{"Keyframe_one": "sorry"}',
        "\ud800{",
        "}{",
    ],
)
def test_replies_without_values_are_faults(text: str) -> None:
    with pytest.raises(TrackError):
        parse_reply(text)


def test_a_reply_that_ran_out_of_tokens_is_told_as_cut() -> None:
    with pytest.raises(TrackError, match="stops in the middle"):
        parse_reply(json.dumps(WRAPPED)[:700])


@quick
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_any_text_is_values_or_a_fault(text: str) -> None:
    with contextlib.suppress(StudioError):
        parse_reply(text)


@quick
@given(st.integers(0, len(json.dumps(WRAPPED))), st.text(alphabet='{}[]":,.0e\\N ', max_size=6))
def test_damaged_replies_are_values_or_a_fault(at: int, scrap: str) -> None:
    text = json.dumps(WRAPPED)
    try:
        reply = parse_reply(text[:at] + scrap + text[at:])
    except StudioError:
        return
    assert np.isfinite(reply.values).all()


@pytest.mark.slow
@quick
@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=61, max_size=61),
    st.integers(1, 2000),
)
def test_written_replies_parse_back_exactly(cells: list[float], number: int) -> None:
    values = np.array(cells, np.float32)
    reply = parse_reply(json.loads(result_line(values, number))["response"])
    np.testing.assert_array_equal(reply.values, values)
    assert reply.keyframe_name == f"Keyframe_{number_words(number)}"


def test_number_words() -> None:
    numbers = (1, 12, 20, 21, 60, 99, 100, 101, 328, 1000, 2015)
    assert [number_words(n) for n in numbers] == [
        "one",
        "twelve",
        "twenty",
        "twenty_one",
        "sixty",
        "ninety_nine",
        "one_hundred",
        "one_hundred_one",
        "three_hundred_twenty_eight",
        "one_thousand",
        "two_thousand_fifteen",
    ]
    assert len({number_words(n) for n in range(1, 5000)}) == 4999


# ---- files ---------------------------------------------------------------------------------


def test_the_papers_result_is_written_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "keyframeface" / "example_result.jsonl"
    track = formats.read(source)
    assert (track.format, len(track), track.fps) == ("keyframeface", 2, 1.0)
    assert track.meta["pose_unit"] == "normalized" and track.meta["notes"] == []
    formats.write(track, tmp_path / "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_bytes() == source.read_bytes()


def test_its_csv_and_jsonl_hold_the_same(shared: Path) -> None:
    folder = shared / "data" / "keyframeface"
    a, b = formats.read(folder / "example_result.jsonl"), formats.read(folder / "example_result.csv")
    np.testing.assert_array_equal(a.values, b.values)
    np.testing.assert_array_equal(a.times, b.times)


def test_a_file_of_requests_says_so(shared: Path) -> None:
    with pytest.raises(TrackError, match="2 requests and no answer"):
        formats.read(shared / "data" / "keyframeface" / "example.jsonl")


def test_times_stay_right_past_a_minute(tmp_path: Path) -> None:
    track = Track.build(np.arange(75.0), np.tile(VALUES, (75, 1)))
    formats.write(track, tmp_path / "a.jsonl")
    again = formats.read(tmp_path / "a.jsonl")
    np.testing.assert_array_equal(again.times, np.arange(75.0))
    formats.write(again, tmp_path / "a.csv")
    codes = [line.split(",")[0] for line in (tmp_path / "a.csv").read_text().splitlines()[1:]]
    assert codes[59:62] == ["00:00:59:00.000", "00:01:00:00.000", "00:01:01:00.000"]
    np.testing.assert_array_equal(formats.read(tmp_path / "a.csv").times, np.arange(75.0))


def test_a_dense_track_gives_one_keyframe_a_second(tmp_path: Path) -> None:
    ramp = (np.arange(150) / 150)[:, None] * np.ones(61)
    formats.write(Track.build(np.arange(150) / 60, ramp), tmp_path / "a.jsonl")
    np.testing.assert_allclose(formats.read(tmp_path / "a.jsonl").values[:, 0], [0, 60 / 150, 120 / 150])


MESSAGE = {"role": "assistant", "content": reply_text(VALUES, 1)}


@pytest.mark.parametrize(
    "line",
    [
        {"response": reply_text(VALUES, 1)},
        {"response": WRAPPED},
        MESSAGE,
        {"messages": [{"role": "user", "content": "…"}, MESSAGE]},
        {"choices": [{"message": MESSAGE}]},
        WRAPPED,
        BARE,
    ],
)
def test_every_kind_of_line(tmp_path: Path, line: dict[str, object]) -> None:
    path = tmp_path / "odd.name"
    path.write_text(json.dumps(line) + "\n\n" + json.dumps(line) + "\n")
    track = formats.read(path)
    assert track.format == "keyframeface" and len(track) == 2
    np.testing.assert_array_equal(track.values, np.tile(degree_rows(VALUES, 90.0), (2, 1)))


def test_one_object_with_all_keyframes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"Keyframe_one": BARE, "Keyframe_two": BARE}, indent=2))
    assert len(formats.read(path)) == 2


def test_failed_and_broken_lines_are_lost_frames_that_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        "\n".join(
            (
                keyframeface.failed_line("the server was away"),
                result_line(VALUES, 2),
                '{"response": "no',
                "[]",
            )
        )
    )
    track = formats.read(path)
    assert track.valid.tolist() == [False, True, False, False]
    assert "the server was away" in track.meta["notes"][0]
    formats.write(track, tmp_path / "b.jsonl")
    again = formats.read(tmp_path / "b.jsonl")
    assert again.valid.tolist() == track.valid.tolist()
    np.testing.assert_array_equal(again.values, track.values)


def test_nothing_but_failures_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(keyframeface.failed_line("the server was away"))
    with pytest.raises(TrackError, match="the server was away"):
        formats.read(path)
