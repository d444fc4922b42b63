"""What is exported and imported again is the same: every format, every text."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotator.core.interchange.choosing import Taken, marks_of, sets_for, taken
from annotator.core.interchange.clip_frames import ClipFrames
from annotator.core.interchange.formats import FORMATS
from annotator.core.interchange.marks import ClipMarks, Losses, PersonMarks, Target
from annotator.core.model import EmotionSpan, Keyframe, Perspective

RATE = 29.97
FRAMES = ClipFrames(np.arange(300) / RATE, RATE, 300 / RATE, (640, 480))
VIDEO = Path("/videos/take.mp4")
LABELS = ("happiness", "restrained smile")
TEXT_ONLY = ("srt", "vtt")
TABLES = ("csv", "tsv", "parquet")
COUNTS_FRAMES = ("label-studio", "cvat")
HAS_NOTES = ("eaf", *TABLES, *COUNTS_FRAMES)
NO_CONTROL = st.characters(blacklist_categories=("Cs", "Cc"))
SPACES = st.sampled_from([*list("\n\r\t "), "\r\n", "\n\n"])
HARD = st.sampled_from(
    [
        "<&>",
        '"quoted"',
        "'",
        "]]>",
        "--",
        "-->",
        "<i>",
        "</v>",
        "<b>x",
        "&amp;",
        "&#10;",
        "{\\an8}",
        "1",
        "😀",
        "שלום",
        "مرحبا",
        "\u2028",
        "\u200b",
        "\u2060",
        ",",
        ";",
        "|",
        "\\",
        "=1+1",
        "NaN",
        "00:00:01,000",
        "_",
    ]
)
TEXTS = st.lists(st.one_of(st.text(NO_CONTROL, max_size=6), SPACES, HARD), max_size=6).map("".join)
SHORT = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def people(draw: st.DrawFn) -> PersonMarks:
    """Keyframes on frames and between them, and spans of which some overlap."""
    places = draw(st.lists(st.integers(0, 299), unique=True, max_size=5))
    times = sorted(float(FRAMES.times[place]) for place in places)
    keyframes = tuple(
        Keyframe(f"k{n}", time, FRAMES.nearest(time), draw(TEXTS), emotion=draw(TEXTS), note=draw(TEXTS))
        for n, time in enumerate(times)
    )
    spans = []
    for number in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, 290))
        last = draw(st.integers(first + 1, 299))
        label = draw(st.one_of(TEXTS, st.sampled_from(("keyframe", "_keyframe", "", "_", *LABELS))))
        ends = float(FRAMES.times[first]), float(FRAMES.times[last])
        note, intensity = draw(TEXTS), draw(st.integers(1, 5))
        spans.append(EmotionSpan(f"e{number}", *ends, f"{label}", intensity, note=note))
    spans.sort(key=lambda span: (span.start, span.end))
    return PersonMarks("maria k.", "done", keyframes, tuple(spans))


def back(form: str, person: PersonMarks, folder: Path, frames: ClipFrames = FRAMES) -> tuple[Taken, Losses]:
    """What comes back of an export."""
    losses = Losses(FORMATS[form].why)
    other = PersonMarks("ben", "new", (Keyframe("k", 1.0, None, "another one's"),), ())
    clip = ClipMarks("take-1", (other, person), frames, VIDEO)
    found: list[Taken] = []
    for name, data in FORMATS[form].write([clip], losses, Target(folder, LABELS)):
        if ".ben." in name:
            continue
        file = FORMATS[form].read(folder / name, data)
        sets = sets_for(file, "take-1", VIDEO.name)
        marks = sets[0] if form in TEXT_ONLY else marks_of(file, sets, person.name)
        found.append(taken(file, marks, {}, LABELS, frames, VIDEO.name))
    whole = Taken(
        tuple(k for each in found for k in each.keyframes),
        tuple(s for each in found for s in each.spans),
        tuple(out for each in found for out in each.left_out),
    )
    return whole, losses


def near(form: str, frames: ClipFrames = FRAMES) -> float:
    return 0.5 / frames.rate + 1e-6 if form in COUNTS_FRAMES else 0.001 + 1e-6


def has(form: str) -> bool:
    return form != "parquet" or importlib.util.find_spec("pyarrow") is not None


@pytest.mark.parametrize("form", list(FORMATS))
@SHORT
@given(person=people())
@example(person=PersonMarks("maria k.", "done", (), ()))
def test_marks_come_back_as_they_were(form: str, person: PersonMarks, tmp_path: Path) -> None:
    if not has(form):
        pytest.skip("needs pyarrow")
    if not person.keyframes and not person.spans and form in (*TABLES, "cvat"):
        # Who has no marks has no row, and no track.
        return
    found, losses = back(form, person, tmp_path)
    spans = list(person.spans)
    if form == "boris":
        # Those of one label that overlap cannot be held, and are told.
        ends: dict[str, float] = {}
        kept = [s for s in spans if s.start >= ends.get(s.label, 0) and not ends.update({s.label: s.end})]
        assert losses.unwritten_spans == len(spans) - len(kept)
        spans = kept
    assert [k.description for k in found.keyframes] == [k.description for k in person.keyframes]
    assert all(
        abs(a.time - b.time) < near(form) for a, b in zip(found.keyframes, person.keyframes, strict=True)
    )
    assert [k.frame for k in found.keyframes] == [k.frame for k in person.keyframes]

    def told(span: EmotionSpan) -> tuple[object, ...]:
        ends = round(span.start * RATE), round(span.end * RATE), span.label
        return ends if form in TEXT_ONLY else (*ends, span.intensity, span.note)

    assert sorted(map(told, found.spans)) == sorted(map(told, spans))
    for one in found.spans:
        assert any(abs(one.start - s.start) < near(form) and abs(one.end - s.end) < near(form) for s in spans)
    if form in HAS_NOTES:
        assert [k.note for k in found.keyframes] == [k.note for k in person.keyframes]
        assert [k.emotion for k in found.keyframes] == [k.emotion for k in person.keyframes]


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in COUNTS_FRAMES])
def test_times_between_frames_come_back_within_a_millisecond(form: str, tmp_path: Path) -> None:
    if not has(form):
        pytest.skip("needs pyarrow")
    times = [0.0, 0.0005, 0.4444, 1.23456, 1.2353, 7.0]
    keyframes = tuple(Keyframe(str(n), time, None, f"at {time}") for n, time in enumerate(times))
    spans = (EmotionSpan("e", 0.1234, 0.1236, "fear"), EmotionSpan("f", 2.00049, 3.99951, "fear"))
    person = PersonMarks("maria k.", "new", keyframes, spans)
    for frames in (FRAMES, ClipFrames()):
        found, _losses = back(form, person, tmp_path, frames)
        assert [k.description for k in found.keyframes] == [k.description for k in keyframes]
        got = [k.time for k in found.keyframes] + [t for s in found.spans for t in (s.start, s.end)]
        assert got == pytest.approx([*times, 0.1234, 0.1236, 2.00049, 3.99951], abs=0.00101)


@pytest.mark.parametrize("form", list(COUNTS_FRAMES))
def test_a_video_of_variable_rate_keeps_half_a_frame(form: str, tmp_path: Path) -> None:
    steps = np.tile([0.033, 0.033, 0.034, 0.05], 50)
    times = np.concatenate([[0.0], np.cumsum(steps)])
    frames = ClipFrames(times, 1 / float(np.median(steps)), float(times[-1]) + 0.033, (2, 2))
    keyframes = tuple(Keyframe(str(n), float(times[n]), n, str(n)) for n in (0, 3, 50, 200))
    person = PersonMarks(
        "maria k.", "new", keyframes, (EmotionSpan("e", float(times[8]), float(times[90]), "x"),)
    )
    found, _losses = back(form, person, tmp_path, frames)
    assert [k.time for k in found.keyframes] == pytest.approx([k.time for k in keyframes], abs=0.0167)
    assert found.spans[0].end == pytest.approx(float(times[90]), abs=0.0167)


@pytest.mark.parametrize("form", list(FORMATS))
def test_what_a_format_cannot_hold_is_told(form: str, tmp_path: Path) -> None:
    if not has(form):
        pytest.skip("needs pyarrow")
    keyframe = Keyframe(
        "k",
        1.0,
        None,
        "bell\x07 \0zero \ud800half",
        {"image": Perspective("seen")},
        "fear",
        0.5,
        "hold",
        {"jawOpen": 0.2},
        "n",
    )
    person = PersonMarks(
        "maria k.", "done", (keyframe,), (EmotionSpan("e", 1.0, 2.0, "fear", 4, 0.25, "why"),)
    )
    found, losses = back(form, person, tmp_path)
    told = {lost.what for lost in losses.told if lost.annotator == "maria k." and lost.clip == "take-1"}
    assert {"corrected values of 1 keyframe", "the easing of 1 keyframe"} <= told
    assert "other descriptions (perspectives) of 1 keyframe" in told
    assert ("the confidence of 1 keyframe" in told) is (form in ("eaf", "boris", *TEXT_ONLY))
    changed = any(what.startswith("characters in") for what in told)
    (back_again,) = found.keyframes
    assert changed is (back_again.description != keyframe.description)
    assert "\ufffd" not in back_again.description or changed


def test_overlapping_spans_lie_on_further_tiers_of_elan(tmp_path: Path) -> None:
    spans = tuple(EmotionSpan(str(n), n * 0.1, 5.0 + n, f"l{n}", n % 5 + 1, note=f"n{n}") for n in range(4))
    clip = ClipMarks("take-1", (PersonMarks("a@b", "done", (), spans),), FRAMES, VIDEO)
    ((_name, data),) = FORMATS["eaf"].write([clip], Losses("ELAN"), Target(tmp_path, LABELS))
    for tier in ("emotions@a@b", "emotions-2@a@b", "emotions-4@a@b", "emotion-note-3@a@b"):
        assert f'TIER_ID="{tier}"'.encode() in data
    file = FORMATS["eaf"].read(tmp_path / "x.eaf", data)
    assert [each.annotator for each in file.sets] == ["a@b"]
    found = taken(file, file.sets[0], {}, LABELS, FRAMES)
    assert [(s.label, s.intensity, s.note) for s in found.spans] == [
        (s.label, s.intensity, s.note) for s in spans
    ]
