"""An annotator's whole path through the real window."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QToolButton
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, Person, annotation_of, demo_at, target_of
from tests.present import present
from viewer.core.channels import INDEX

FIRST, SECOND = "01-waiting-room", "02-letter"
SENTENCE = "m e 1 9 jkl io x , . [ ] - = c t 0 Lips press, the Gaze drops"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def test_by_keyboard_alone(person: Person, tmp_path: Path) -> None:
    session = person.session
    assert session.clip_id == FIRST
    person.press("Right", "Right", "M")
    assert (person.frame, person.keyframes[0].frame) == (2, 2)

    person.press("Return")
    person.type(SENTENCE)
    person.press("Ctrl+Return")
    person.press("1")
    assert (person.keyframes[0].description, person.keyframes[0].emotion) == (SENTENCE, "happiness")
    assert len(person.keyframes) == 1 and not person.spans and not session.playback.clock.playing

    person.press("Shift+Right", "E")
    assert person.studio.keyframes.pending is not None and not person.spans
    person.press("9", "=", "Shift+Right", "E", "C")
    (span,) = person.spans
    assert (span.label, span.intensity, span.confidence) == ("anxiety", 4, 1.0)
    assert span.end - span.start == pytest.approx(1.0, abs=1 / 30)
    person.press("Left", "]", "Alt+Right")
    (moved,) = person.spans
    assert moved.start == pytest.approx(span.start + 1 / 30) and moved.end == pytest.approx(span.end)

    person.press("Home", ".", "Alt+Right", "Alt+Right")
    assert person.keyframes[0].frame == 4
    person.press("Shift+Right", "M", "Delete")
    assert len(person.keyframes) == 1
    assert status(person) == "in progress"
    person.press("Ctrl+D", "F5")
    assert status(person) == "done"
    person.wait_until_saved()

    found = annotation_of(tmp_path / "demo", FIRST)
    assert set(found) >= {"version", "status", "keyframes", "emotions", "video_fingerprint"}
    assert found["status"] == "done"
    assert set(found["keyframes"][0]) >= {
        "id",
        "time",
        "frame",
        "description",
        "perspectives",
        "emotion",
        "confidence",
        "ease",
        "values",
        "note",
    }
    assert (found["keyframes"][0]["frame"], found["keyframes"][0]["description"]) == (4, SENTENCE)
    assert set(found["emotions"][0]) >= {"id", "start", "end", "label", "intensity", "confidence", "note"}
    assert annotation_of(tmp_path / "demo", FIRST, "maria")["keyframes"]


def status(person: Person) -> str:
    return person.state.status


def test_the_first_mark_begins_the_clip_in_one_step_of_undo(person: Person) -> None:
    state = person.session.state
    assert state is not None and state.status == "new"
    person.press("M")
    assert status(person) == "in progress" and len(person.keyframes) == 1
    person.press("Ctrl+Z")
    assert status(person) == "new" and not person.keyframes


def test_by_mouse_alone(person: Person, qtbot: QtBot) -> None:
    window, session = person.window, person.session
    lanes = window.timeline
    target, above = target_of(lanes.keyframes)
    QTest.mouseDClick(target, Qt.MouseButton.LeftButton, pos=above + person.on_keyframes(1.0))
    assert [k.frame for k in person.keyframes] == [30]
    person.drag(lanes.keyframes, person.on_keyframes(1.0), person.on_keyframes(2.0))
    assert [k.frame for k in person.keyframes] == [60]
    assert person.frame == 60

    person.drag(lanes.emotions, person.on_spans(1.0), person.on_spans(3.0))
    (span,) = person.spans
    assert (span.start, span.end) == pytest.approx((1.0, 3.0), abs=1 / 30)
    person.drag(lanes.emotions, person.on_spans(3.0), person.on_spans(4.0))
    assert person.spans[0].end == pytest.approx(4.0, abs=1 / 30)
    person.drag(lanes.emotions, person.on_spans(2.0), person.on_spans(2.5))
    assert person.spans[0].start == pytest.approx(1.5, abs=1 / 30)
    assert person.spans[0].end == pytest.approx(4.5, abs=1 / 30)

    window.show_tab("keyframe")
    person.click(lanes.keyframes, person.on_keyframes(2.0))
    editor = window.keyframe_panel
    person.click(editor._keyframe.description.viewport())
    person.type("a smile")
    person.click(lanes.emotions, person.on_spans(3.0))
    assert person.keyframes[0].description == "a smile"
    assert session.selection[0] == "span"

    undo = next(b for b in window.top_bar.findChildren(QToolButton) if "Undo" in b.accessibleName())
    for _ in range(6):
        person.click(undo)
    assert not person.keyframes and not person.spans
    person.wait(lambda: not undo.isEnabled())


def test_everything_is_undone_and_redone_in_steps(person: Person) -> None:
    before = [person.work]

    def step(*keys: str) -> None:
        person.press(*keys)
        assert person.work != before[-1]
        before.append(person.work)

    step("M")
    step("1")
    step("C")
    step("Shift+Right", "M")
    step("Alt+Right")
    person.press("Shift+Right", "E", "2", "Shift+Right")
    step("E")
    step("=")
    step("C")
    step("Left", "]")
    step("Alt+Left")
    step("Delete")
    step("Ctrl+D")
    person.press("F5")
    script = person.window.story_panel._texts["script"]
    script.setFocus()
    person.type("He sighs. ")
    person.press("Escape")
    before.append(person.work)
    person.press(",", "Return")
    person.type("first")
    person.press("Escape")
    before.append(person.work)
    correct = person.studio.keyframes.correct
    assert correct("JawOpen", 0.5, "drag") and correct("JawOpen", 0.7, "drag")
    before.append(person.work)

    for held in reversed(before[:-1]):
        person.press("Ctrl+Z")
        assert person.work == held
    person.press("Ctrl+Z")
    for held in before[1:]:
        person.press("Ctrl+Shift+Z")
        assert person.work == held
    assert not person.clip.history.stack.canRedo()


def test_undo_stays_in_its_clip_and_edits_in_flight_are_kept(person: Person, tmp_path: Path) -> None:
    session = person.session
    person.press("M", "Return")
    person.type("half a sent")
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    assert annotation_of(tmp_path / "demo", FIRST)["keyframes"][0]["description"] == "half a sent"
    person.press("Ctrl+Z")
    assert not person.keyframes
    person.press("M", "M", "Right", "M")
    person.press("PgUp")
    person.wait_for_clip(FIRST)
    assert [k.description for k in person.keyframes] == ["half a sent"]
    person.press("Ctrl+Z")
    assert [k.description for k in person.keyframes] == [""], "each clip has its own steps"
    person.press("Ctrl+Shift+Z")
    assert [k.description for k in person.keyframes] == ["half a sent"]
    assert len(annotation_of(tmp_path / "demo", SECOND)["keyframes"]) == 2
    person.press("PgUp")
    assert session.clip_id == FIRST


def test_letters_go_into_every_field_and_never_run_commands(person: Person) -> None:
    window = person.window
    person.press("M", "Home")
    held = person.work
    window.show_tab("generate")
    for tab in ("story", "keyframe", "channels", "generate"):
        window.show_tab(tab)
        for field in [f for f in window.tabs.currentWidget().findChildren(QLineEdit) if f.isVisible()]:
            field.setFocus()
            if QApplication.focusWidget() is not field or field.isReadOnly():
                continue
            field.clear()
            person.type("mej 1kl x")
            assert field.text() == "mej 1kl x"
            field.clear()
            person.press("Escape")
            assert QApplication.focusWidget() is window
    assert person.time == 0.0 and not person.session.playback.clock.playing
    assert person.work[2:] == held[2:]
    person.press("Ctrl+F")
    person.type("m e")
    assert window.clips_panel._search.text() == "m e"
    person.press("Escape", "Right")
    assert person.frame == 1


def test_playing_stepping_and_looping_by_keys(person: Person) -> None:
    session, clock = person.session, person.session.playback.clock
    person.press("Space")
    person.wait(lambda: person.frame > 2)
    person.press("Space")
    assert not clock.playing
    person.press("L", "L")
    assert clock.playing and clock.rate == 2.0
    person.press("K")
    assert not clock.playing
    person.press("End")
    assert person.frame == session.playback.frames - 1
    person.press("J")
    person.wait(lambda: person.frame < session.playback.frames - 2)
    person.press("K", "Home", "Shift+Right", "I", "Shift+Right", "O")
    assert clock.loop == pytest.approx((1.0, 2.0), abs=1 / 30)
    person.press("Home", "Shift+Right", "Ctrl+Up", "L", "L", "L")
    seen: list[float] = []
    session.playback.time_changed.connect(seen.append)
    person.wait(lambda: any(b < a for a, b in itertools.pairwise(seen)))
    person.press("K")
    assert max(seen) <= clock.loop[1] + 1e-6
    person.press("X")
    assert clock.loop is None
    person.press("Home", "Left")
    assert person.frame == 0
    person.press("Right", "Right", "Left")
    assert person.frame == 1


def test_correcting_a_channel_with_the_mouse_is_one_step(person: Person, tmp_path: Path) -> None:
    window = person.window
    person.press("Shift+Right", "M", "F7")
    name = "BrowInnerUp"
    before = present(person.clip.recording).row(person.time)[INDEX[name]]
    rows = window.channels_panel.rows
    line = next(line for line in rows._lines if line.channel is not None and line.channel.name == name)
    bar = rows._bar(line.y)
    start = QPoint(round(bar.left() + 4), round(bar.center().y()))
    person.drag(rows, start, QPoint(round(bar.left() + 0.9 * bar.width()), start.y()))
    (keyframe,) = person.keyframes
    assert keyframe.values[name] == pytest.approx(0.9, abs=0.02)
    assert present(person.clip.recording).row(person.time)[INDEX[name]] == pytest.approx(0.9, abs=0.02)
    assert person.clip.history.stack.count() == 2

    # The playhead comes back to the keyframe, so that the face shows what is corrected.
    person.press("Shift+Right", "Shift+Up")
    assert person.time == pytest.approx(keyframe.time)
    assert person.keyframes[0].values[name] > keyframe.values[name]
    person.press("Ctrl+Z", "Ctrl+Z")
    assert person.keyframes[0].values == {}
    assert present(person.clip.recording).row(person.time)[INDEX[name]] == pytest.approx(before)
    person.press("Ctrl+Shift+Z")
    person.wait_until_saved()
    assert annotation_of(tmp_path / "demo", FIRST)["keyframes"][0]["values"] == keyframe.values


def test_buttons_lists_and_tabs_by_key(person: Person) -> None:
    window, session = person.window, person.session
    panel = window.generate_panel
    person.press("F8")
    panel._add.setFocus()
    person.press("Space")
    person.type("a smile e")
    rows = [present(panel.rows.card_of(asked)) for asked in panel.rows.items]
    assert [row.words.toPlainText() for row in rows] == ["a smile e"]
    person.press("F6")
    assert QApplication.focusWidget() is window
    assert not session.playback.clock.playing and person.studio.keyframes.pending is None
    window.clips_panel._list.setFocus()
    person.press("Down", "Return")
    person.wait_for_clip(SECOND)
    person.press("Ctrl+F")
    person.type("birthday")
    person.press("Return")
    person.wait_for_clip("03-birthday")
    assert window.clips_panel.visible_ids() == ["03-birthday"]


def test_edits_of_the_story_show_in_the_list_and_survive(person: Person, tmp_path: Path) -> None:
    window, session = person.window, person.session
    person.press("F5")
    tags = window.story_panel._tags
    tags.setFocus()
    tags.clear()
    person.type("calm, e m")
    window.story_panel._texts["script"].setFocus()
    person.press("Ctrl+A")
    person.type("He laughs.")
    person.press("PgDown")
    person.wait_for_clip(SECOND)
    row = next(row for row in session.clip_rows() if row.id == FIRST)
    assert row.summary == "He laughs." and "calm" in row.search_text
    clip = json.loads((tmp_path / "demo" / "clips" / FIRST / "clip.json").read_bytes())
    assert (clip["script"], clip["tags"]) == ("He laughs.", ["calm", "e m"])
    assert (tmp_path / "demo" / "clips" / SECOND / "clip.json").read_bytes() == (
        DEMO / "clips" / SECOND / "clip.json"
    ).read_bytes()


def test_undo_goes_on_where_the_undo_of_a_field_ends(person: Person) -> None:
    person.press("M", "Return")
    person.type("ab")
    field = QApplication.focusWidget()
    assert isinstance(field, QPlainTextEdit)
    person.press("Ctrl+Z")
    assert field.toPlainText() == ""
    assert len(person.keyframes) == 1
    person.press("Ctrl+Z")
    assert not person.keyframes and QApplication.focusWidget() is person.window
