"""What is edited is what is shown: the playhead goes to a mark first, or nothing is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.window.timeline_menu import timeline_menu
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import LEFT, Person, demo_at, target_of
from viewer.timeline.lane import Lane

FIRST = "01-waiting-room"
LATER = 5.0


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """A clip whose track goes on for some seconds after its video has ended."""
    demo = demo_at(tmp_path)
    file = demo / "clips" / FIRST / "clip.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "offset": LATER}))
    made = Person(window, qtbot).open(demo, FIRST)
    facts = made.session.playback.facts
    assert facts is not None and made.session.playback.duration > facts.duration + 1.0
    return made


def double_click(lane: Lane, place: QPoint) -> None:
    target, above = target_of(lane)
    QTest.mouseClick(target, LEFT, pos=above + place)
    QTest.mouseDClick(target, LEFT, pos=above + place)


def marked(person: Person, *frames: int) -> list[str]:
    """Keyframes on these frames; the playhead is back at the start, and nothing is selected."""
    for frame in frames:
        person.session.playback.seek(float(person.session.playback.frame_times[frame]))
        person.press("M")
    person.press("Escape", "Home")
    assert person.frame == 0 and person.session.selection == ("", "")
    return [keyframe.id for keyframe in person.keyframes]


def test_a_double_click_shows_what_it_marks(person: Person) -> None:
    double_click(person.window.timeline.keyframes, person.on_keyframes(2.0))
    (keyframe,) = person.keyframes
    assert keyframe.frame == person.frame > 0
    person.press("Home")
    double_click(person.window.timeline.keyframes, person.on_keyframes(2.0))
    assert len(person.keyframes) == 1 and person.frame == keyframe.frame


def test_after_the_end_of_the_video_nothing_is_marked(person: Person) -> None:
    facts = person.session.playback.facts
    assert facts is not None
    after = facts.duration + 1.0
    double_click(person.window.timeline.keyframes, person.on_keyframes(after))
    assert not person.keyframes and "There is no frame to mark" in person.told[-1]
    person.session.playback.seek(after)
    person.press("M")
    assert not person.keyframes
    person.session.playback.seek(float(person.session.playback.frame_times[-1]))
    person.press("M")
    assert [k.frame for k in person.keyframes] == [person.session.playback.frames - 1]


def test_the_end_of_the_clip_is_the_last_frame(person: Person) -> None:
    facts = person.session.playback.facts
    assert facts is not None
    person.session.playback.seek(facts.duration)
    person.press("M")
    assert [k.frame for k in person.keyframes] == [person.session.playback.frames - 1]


def test_a_span_after_the_video_is_where_it_was_begun(person: Person) -> None:
    facts = person.session.playback.facts
    assert facts is not None
    person.session.playback.seek(facts.duration + 0.5)
    person.press("E")
    person.session.playback.seek(facts.duration + 1.5)
    person.press("E")
    (span,) = person.spans
    assert (span.start, span.end) == pytest.approx((facts.duration + 0.5, facts.duration + 1.5))


def test_the_menu_shows_what_it_is_about(person: Person) -> None:
    person.session.playback.seek(1.0)
    person.press("E")
    person.session.playback.seek(2.0)
    person.press("E")
    (keyframe,) = marked(person, 40)
    window = person.window
    for kind, id in (("mark", keyframe), ("span", person.spans[0].id)):
        person.press("Home")
        menu = timeline_menu(person.session, person.studio.keyframes, window.actions_by_id, kind, id, window)
        menu.deleteLater()
        assert person.frame == (40 if kind == "mark" else 30)


def test_a_span_pressed_is_shown_and_one_that_is_shown_stays_as_it_is(person: Person) -> None:
    person.session.playback.seek(1.0)
    person.press("E")
    person.session.playback.seek(2.0)
    person.press("E", "Escape", "Home")
    lane = person.window.timeline.emotions
    person.click(lane, person.on_spans(1.5))
    assert person.frame == 30
    person.press("Right", "Right", "Right", "Escape")
    person.click(lane, person.on_spans(1.5))
    assert person.frame == 33


@pytest.mark.parametrize("key", ["3", "C", "Return", "Delete"])
def test_a_key_for_a_mark_that_is_out_of_sight_shows_it(person: Person, key: str) -> None:
    marked(person, 20, 40)
    person.press(".")
    person.press("Home", key)
    assert person.frame == 20
    if key == "Delete":
        assert [k.frame for k in person.keyframes] == [40] and person.session.selection[1]
        person.press("3")
        assert person.frame == 40


def test_a_field_for_a_mark_that_is_out_of_sight_shows_it(person: Person) -> None:
    marked(person, 20)
    person.press(".", "Home")
    field = person.window.keyframe_panel._keyframe.description
    field.setFocus()
    person.type("a smile")
    person.wait(lambda: person.keyframes[0].description == "a smile")
    assert person.frame == 20 and QApplication.focusWidget() is field
    assert field.textCursor().position() == len("a smile")


def test_what_plays_goes_on_while_somebody_writes(person: Person) -> None:
    marked(person, 20)
    person.press(".", "Space")
    person.window.keyframe_panel._keyframe.description.setFocus()
    person.type("a smile")
    person.wait(lambda: person.keyframes[0].description == "a smile")
    assert person.session.playback.clock.playing


def test_a_row_that_is_chosen_already_is_shown_again(person: Person) -> None:
    marked(person, 20, 40)
    panel = person.window.marks_panel
    panel.table.setFocus()
    place = panel.table.visualRect(panel.model.index(1, 0)).center()
    for _ in range(2):
        QTest.mouseClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
        assert person.frame == 40
        person.press("Home")
        assert person.frame == 0


def test_a_handle_of_a_curve_is_dragged_where_its_key_is_shown(person: Person) -> None:
    person.window.generate_panel.show_rows([("She smiles broadly.", 1.0, ""), ("Her jaw drops.", 3.0, "")])
    person.window.generate_panel.generate()
    person.wait(lambda: person.studio.takes.active is not None and not person.session.jobs.running)
    person.window.presenter.set_channels(("JawOpen",))
    QApplication.processEvents()
    person.press("Home", "Space")
    curves = person.window.timeline.curves
    handle = next(h for h in curves.handles() if h.key == 1)
    spot = handle.spot.toPoint()
    person.drag(curves, spot, spot + QPoint(0, 12))
    assert not person.session.playback.clock.playing
    assert person.time == pytest.approx(3.0, abs=1 / 30) and person.studio.performance.key == 1
