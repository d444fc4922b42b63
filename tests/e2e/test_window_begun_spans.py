"""A span begun with E is there until it is ended or dropped: over other clips, closing and a kill."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotator.core.begun import BEGUN_KEY
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def open_span(person: Person) -> tuple[float, str] | None:
    begun = person.studio.keyframes.pending
    shown = [span for span in person.window.timeline.emotions.shown if span.open]
    seen = [(span.start, span.label) for span in shown]
    assert seen == ([] if begun is None else [(begun.start, begun.label)])
    return seen[0] if seen else None


def test_a_begun_span_waits_while_another_clip_is_open(person: Person, tmp_path: Path) -> None:
    person.press("Right", "Right", "E", "1", "=")
    begun = open_span(person)
    assert begun is not None and not person.spans
    assert begun[0] == pytest.approx(2 / 30, abs=0.001) and begun[1] == "happiness"
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    assert open_span(person) is None
    assert annotation_of(tmp_path / "demo", FIRST)["emotions"] == []
    person.press("PgUp")
    person.wait_for_clip(FIRST)
    assert open_span(person) == begun and any("still open" in line for line in person.told)
    person.press("Shift+Right", "E")
    (span,) = person.spans
    assert (span.start, span.label, span.intensity) == (begun[0], "happiness", 4)
    assert open_span(person) is None
    person.wait_until_saved()
    written = annotation_of(tmp_path / "demo", FIRST)
    assert BEGUN_KEY not in written and len(written["emotions"]) == 1


def test_a_begun_span_outlives_the_window(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    person = Person(open_window(), qtbot).open(demo)
    person.press("Right", "E", "2")
    begun = open_span(person)
    person.window.close()
    file = demo / "clips" / FIRST / "annotations" / "anna.json"
    held = json.loads(file.read_bytes())
    held[BEGUN_KEY]["somebody's"] = "own"
    file.write_text(json.dumps(held))

    again = Person(open_window(), qtbot).open(demo)
    assert open_span(again) == begun
    again.press("Escape")
    assert open_span(again) is None
    again.press("Ctrl+Z")
    assert open_span(again) == begun
    again.press("Shift+Right", "E")
    assert again.spans[0].extra == {"somebody's": "own"}


def test_from_begin_to_end_is_one_step_and_dropping_one_of_its_own(person: Person) -> None:
    steps = person.clip.history.stack
    before = person.state
    person.press("E", "3", "Right", "Right", "E")
    assert steps.index() == 1 and len(person.spans) == 1 and person.state.status == "in progress"
    person.press("Ctrl+Z")
    assert person.state == before
    person.press("Ctrl+Shift+Z", "Escape", "E")
    hint = person.window.keyframe_panel._hint
    assert hint.isVisible() and hint.text().startswith("An emotion span was begun at 00:00.067.")
    person.press("Escape")
    assert open_span(person) is None and len(person.spans) == 1 and "begun" not in hint.text()
    person.press("E")
    person.press("Ctrl+Z")
    assert open_span(person) is None
