"""A researcher changes a take after it was made, and everything of it can be undone and is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.core.edits import change_take
from annotator.core.performance import Layers
from annotator.core.storage.take_file import take_from_json, take_to_json
from annotator.export.export_dialog import ExportDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import LEFT, Person, demo_at, target_of
from tests.present import present
from viewer.core.channels import INDEX
from viewer.core.formats import read

JAW = INDEX["JawOpen"]


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """The demo's letter with a take of two keys."""
    made = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    window.generate_panel.show_rows([("She smiles broadly.", 1.0, ""), ("Her jaw drops.", 3.0, "")])
    window.generate_panel.generate()
    made.wait(lambda: made.studio.takes.active is not None and not made.session.jobs.running)
    return made


def values(person: Person) -> np.ndarray:
    take = person.studio.takes.active
    assert take is not None
    return take.track.values


def test_a_moved_key_moves_the_track_and_undo_moves_it_back(person: Person) -> None:
    performing, before = person.studio.performance, values(person)
    assert performing.move_key(1, 4.0)
    assert values(person)[240, JAW] == before[180, JAW] > 0.5 and values(person)[150, JAW] < before[150, JAW]
    assert performing.move_key(1, 0.2), "it stays behind the first key"
    assert performing.performance is not None and performing.performance.keys[1].time > 1.0
    assert not performing.move_key(1, 90_000.0) and "minutes at most" in person.told[-1]
    person.press("Ctrl+Z", "Ctrl+Z")
    assert np.array_equal(values(person), before)
    person.press("Ctrl+Shift+Z")
    assert values(person)[240, JAW] == before[180, JAW]


def test_what_was_changed_is_in_both_files_and_there_again(person: Person, tmp_path: Path) -> None:
    performing = person.studio.performance
    performing.choose(1)
    assert performing.key == 1 and performing.set_value("JawOpen", 0.25)
    assert performing.set_strength("mouth", 0.5) and performing.lock(["BrowInnerUp"], True)
    changed = values(person).copy()
    take = person.studio.takes.active
    person.wait_until_saved()
    clip = person.session.current
    assert take is not None and clip is not None
    on_disk = read(clip.loaded.place.take_track(take.id))
    assert np.array_equal(on_disk.values, changed)
    person.press("PgDown")
    person.wait_for_clip("03-birthday")
    person.press("PgUp")
    person.wait_for_clip("02-letter")
    assert np.array_equal(values(person), changed)
    assert performing.performance is not None and "BrowInnerUp" in performing.performance.locked


def test_one_key_is_generated_again_and_the_rest_stays_bit_for_bit(person: Person) -> None:
    performing, before = person.studio.performance, values(person)
    performing.choose(1)
    performing.set_value("BrowInnerUp", 0.8)
    person.studio.generation.regenerate(1, "Her lips pucker.")
    person.wait(lambda: not person.studio.generation.running)
    after = values(person)
    assert np.array_equal(after[:61], before[:61]), "up to the first key nothing changed"
    row = after[180]
    assert row[INDEX["MouthPucker"]] > 0.3 and row[JAW] < 0.2 and row[INDEX["BrowInnerUp"]] == np.float32(0.8)
    take = person.studio.takes.active
    assert take is not None and take.info.answers[1].description == "Her lips pucker."
    assert any("Key 2" in line for line in person.told)
    person.press("Ctrl+Z")
    assert values(person)[180, JAW] > 0.5


def test_a_key_gets_other_words_and_is_generated_again_with_them(person: Person) -> None:
    before = values(person)
    person.press("Shift+F8")
    card = present(person.window.generate_panel.performance.cards.card_of(1))
    card._words.setFocus()
    card._words.selectAll()
    person.type("Her lips pucker.")
    person.click(card._again)
    person.wait(lambda: not person.studio.generation.running)
    after = values(person)
    assert after[180, INDEX["MouthPucker"]] > 0.3 and after[180, JAW] < 0.2
    assert np.array_equal(after[:61], before[:61])
    take = person.studio.takes.active
    assert take is not None and take.info.request.descriptions[1] == "Her lips pucker."
    person.press("Escape", "Ctrl+Z", "Ctrl+Z")
    assert np.array_equal(values(person), before) and card._words.toPlainText() == "Her jaw drops."


def test_values_are_set_at_keys_only_and_locks_are_told(person: Person) -> None:
    performing = person.studio.performance
    person.session.playback.seek(2.0)
    assert not performing.set_value("JawOpen", 0.5) and "on no key" in person.told[-1]
    performing.choose(0)
    assert performing.lock(["JawOpen"], True) and "MouthClose" in person.told[-1]
    assert not performing.set_value("JawOpen", 0.5) and "locked" in person.told[-1]


def test_layers_come_and_go(person: Person) -> None:
    performing, before = person.studio.performance, values(person)
    assert performing.set_layers(Layers(True, True, 4)) and not np.array_equal(values(person), before)
    assert performing.set_layers(Layers()) and np.array_equal(values(person), before)


def test_blinks_and_micro_motion_leave_the_studio_only_if_chosen(person: Person, tmp_path: Path) -> None:
    plain = values(person)
    assert person.studio.performance.set_layers(Layers(False, True, 4))
    alive = values(person)
    take = person.studio.takes.active
    assert take is not None

    def exported(name: str, chosen: bool) -> np.ndarray:
        person.press("Ctrl+E")
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        dialog.what.setCurrentIndex(dialog.what.findData(take.id))
        assert dialog._life.isVisible() and not dialog._micro.isChecked()
        dialog._micro.setChecked(chosen)
        dialog.path.setText(str(tmp_path / name))
        person.click(dialog.go)
        person.wait(lambda: QApplication.activeModalWidget() is None and not person.session.jobs.running)
        return read(tmp_path / name).values

    assert np.allclose(exported("plain.csv", False), plain, atol=1e-6)
    assert np.allclose(exported("alive.csv", True), alive, atol=1e-6)


def test_the_keys_of_the_take_lie_on_the_timeline_and_can_be_dragged(person: Person) -> None:
    lane = person.window.timeline.take_keys
    assert lane.isVisible() and [mark.time for mark in lane.shown] == [1.0, 3.0]
    before = values(person)
    middle = lane.height() // 2
    start, end = (QPoint(round(lane.axis.x_of(t)), middle) for t in (3.0, 4.2))
    person.drag(lane, start, end)
    performance = person.studio.performance.performance
    assert performance is not None and performance.keys[1].time == pytest.approx(4.2, abs=0.1)
    person.press("Ctrl+Z")
    assert np.array_equal(values(person), before), "the whole drag is one step"
    person.press("Ctrl+Left", "Ctrl+Left")
    assert person.session.playback.time == pytest.approx(1.0, abs=1 / 30)
    person.press("Ctrl+Right")
    assert person.studio.performance.key == 1 and lane.shown[1].selected


def test_alt_and_arrows_move_what_was_chosen_last(person: Person) -> None:
    performing, session = person.studio.performance, person.session
    person.press("Ctrl+Right")
    performance = performing.performance
    assert performance is not None and performing.key == 0
    first = performance.keys[0].time
    person.press("Alt+Right", "Alt+Right", "Alt+Right")
    moved = performing.performance
    assert moved is not None and first + 0.05 < moved.keys[0].time < first + 0.15
    assert performing.key == 0 and session.playback.time == pytest.approx(moved.keys[0].time, abs=1e-6)
    person.press("Ctrl+Z")
    assert performing.performance == performance, "one walk is one step"
    person.press("M")
    keyframe = person.studio.keyframes.selected_keyframe()
    assert keyframe is not None
    person.press("Alt+Right")
    after = person.studio.keyframes.selected_keyframe()
    assert after is not None and after.time > keyframe.time
    assert performing.performance == performance, "a keyframe was chosen, so it moved"


def test_the_track_of_a_long_take_follows_in_the_background(person: Person) -> None:
    performing = person.studio.performance
    take, performance = person.studio.takes.active, performing.performance
    assert take is not None and performance is not None
    long = replace(performance, duration=120.0)
    assert person.session.apply(change_take(person.state, take.id, performance=long))
    for strength in (0.2, 0.9, 0.5):
        assert performing.set_strength("jaw", strength)
    person.wait(lambda: not person.session.jobs.running)
    assert len(values(person)) == 7200
    half = 0.5 * performance.keys[1].values["JawOpen"]
    assert values(person)[180, JAW] == pytest.approx(half), "the last change wins"


def test_a_rotation_is_set_and_shown_in_degrees_and_kept_as_models_know_it(person: Person) -> None:
    performing = person.studio.performance
    performing.choose(0)
    assert performing.set_value("HeadYaw", 27.0)
    key = present(performing.performance).keys[0]
    assert key.manual["HeadYaw"] == pytest.approx(0.3)
    assert person.take.track.row(key.time)[INDEX["HeadYaw"]] == pytest.approx(27.0, abs=1e-3)


def test_a_curve_is_dragged_at_a_key_of_the_take(person: Person) -> None:
    window, curves = person.window, person.window.timeline.curves
    window.presenter.set_channels(("JawOpen",))
    handle = next(h for h in curves.handles() if h.key == 1)
    person.drag(curves, handle.spot.toPoint(), handle.spot.toPoint() + QPoint(0, 12))
    performance = person.studio.performance.performance
    assert performance is not None
    lowered = performance.keys[1].manual["JawOpen"]
    assert 0.0 <= lowered < 0.9 * performance.keys[1].values["JawOpen"]
    assert values(person)[180, JAW] == pytest.approx(lowered, abs=1e-6)
    person.press("Ctrl+Z")
    assert present(person.studio.performance.performance).keys[1].manual == {}


def test_bars_and_locks_of_the_channels_change_the_take(person: Person) -> None:
    panel, performing = person.window.channels_panel, person.studio.performance
    person.window.show_tab("channels")
    performing.choose(1)
    panel._take.click()
    rows = panel.rows
    line = next(line for line in rows._lines if rows._names(line) == {"BrowInnerUp"})
    bar = rows._bar(line.y)
    person.drag(rows, bar.center().toPoint(), QPoint(round(bar.right()) - 2, round(bar.center().y())))
    assert performing.performance is not None
    assert performing.performance.keys[1].manual["BrowInnerUp"] > 0.9
    person.click(rows, rows._lock_box(line).center().toPoint())
    assert "BrowInnerUp" in performing.performance.locked
    person.click(rows, rows._lock_box(line).center().toPoint())
    assert not performing.performance.locked


def test_the_performance_is_typed_and_slid(person: Person) -> None:
    person.press("Shift+F8")
    view = person.window.generate_panel.performance
    assert view.isVisible() and len(view.cards.items) == 2
    field = present(view.cards.card_of(1))._time
    field.setFocus()
    field.selectAll()
    person.type("3.5")
    person.press("Return")
    performance = person.studio.performance.performance
    assert performance is not None and performance.keys[1].time == 3.5
    row = view._strengths["mouth"]
    row.slider.setValue(50)
    assert present(person.studio.performance.performance).strength["mouth"] == 0.5
    assert row.value.text() == "50%"
    view._blinks.click()
    assert present(person.studio.performance.performance).layers.blinks


def test_a_take_without_keys_says_so(person: Person) -> None:
    take = person.studio.takes.active
    assert take is not None
    person.session.apply(change_take(person.state, take.id, performance=None))
    person.press("Shift+F8")
    view = person.window.generate_panel.performance
    assert view._empty.isVisible() and "no keys" in view._empty.text()
    assert not person.window.timeline.take_keys.isVisible()


@pytest.mark.parametrize("broken", ["request", "keyframes", "descriptions"])
def test_a_take_with_a_broken_record_can_be_changed(person: Person, broken: str) -> None:
    take, before, done = person.take, values(person), person.clip.history.stack.index()
    performing = person.studio.performance
    odd_values: tuple[object, ...] = (5, True, "words", {"a": 1}, [None], [[]])
    for value in odd_values:
        file = take_to_json(take.info)
        if broken == "descriptions":
            file["request"] = {**file["request"], "descriptions": value}
        else:
            file[broken] = value
        odd = take_from_json(take.id, file, [])
        edit = change_take(person.state, take.id, request=odd.request, answers=odd.answers, extra=odd.extra)
        assert person.session.apply(edit), value
        person.press("Shift+F8")
        assert len(performing.marks()) == 2, value
        performing.describe(0, "Her lips pucker.")
        assert performing.set_value("BrowInnerUp", 0.5, key=1), value
        assert values(person)[180, INDEX["BrowInnerUp"]] == 0.5, value
        person.studio.generation.regenerate(0, "Her lips pucker.")
        person.wait(lambda: not person.studio.generation.running)
        assert not [line for line in person.told if "unexpected" in line], value
        while person.clip.history.stack.index() > done:
            person.press("Ctrl+Z")
        assert person.take.info == take.info and np.array_equal(values(person), before), value


def test_keys_are_chosen_where_no_frame_is(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    for name in ("video.mp4", "track.csv"):
        (root / "clips" / "02-letter" / name).unlink()
    person = Person(window, qtbot).open(root, "02-letter")
    session = person.session
    window.generate_panel.show_rows([("She smiles broadly.", 1.0, ""), ("Her jaw drops.", 3.0, "")])
    window.generate_panel.generate()
    person.wait(lambda: person.studio.takes.active is not None and not session.jobs.running)
    assert session.playback.frames == len(values(person)), "without a video the take's frames are stepped"
    session.playback.seek(2.0)
    assert person.studio.performance.key == -1 and not person.studio.performance.set_value("JawOpen", 0.4)
    person.studio.performance.choose(1)
    assert person.studio.performance.set_value("JawOpen", 0.4) and person.studio.performance.key == 1
    assert values(person)[180, JAW] == np.float32(0.4)


def test_keys_after_the_end_of_the_video_are_each_their_own(person: Person) -> None:
    session = person.session
    rows = [("She smiles broadly.", 9.0, ""), ("Her jaw drops.", 11.0, "")]
    person.window.generate_panel.show_rows(rows)
    person.window.generate_panel.generate()
    person.wait(lambda: len(person.studio.takes.all()) == 2 and not session.jobs.running)
    performance = person.studio.performance.performance
    assert performance is not None and performance.keys[1].time > present(session.playback.facts).duration
    person.studio.performance.choose(1)
    assert person.studio.performance.set_value("BrowInnerUp", 0.6) and person.studio.performance.key == 1
    session.playback.seek(performance.keys[1].time - 0.5)
    assert person.studio.performance.key == -1


def test_a_drag_never_goes_on_with_another_take(person: Person) -> None:
    session, window = person.session, person.window
    window.generate_panel.generate()
    person.wait(lambda: len(person.studio.takes.all()) == 2 and not session.jobs.running)
    first, second = person.studio.takes.all()
    window.presenter.set_channels(("JawOpen",))
    window.show_tab("channels")
    window.channels_panel._take.click()
    person.studio.performance.choose(1)
    rows, lane, curves = window.channels_panel.rows, window.timeline.take_keys, window.timeline.curves
    line = next(line for line in rows._lines if rows._names(line) == {"BrowInnerUp"})
    on_key = QPoint(round(lane.axis.x_of(3.0)), lane.height() // 2)
    on_curve = next(h for h in curves.handles() if h.key == 1).spot.toPoint()
    for widget, start in ((lane, on_key), (curves, on_curve), (rows, rows._bar(line.y).center().toPoint())):
        person.studio.takes.activate(second.id)
        target, above = target_of(widget)
        QTest.mousePress(target, LEFT, pos=above + start)
        QTest.mouseMove(target, above + start + QPoint(12, 8))
        assert present(person.studio.takes.find(second.id)).info != second.info, f"{widget} drags"
        person.studio.takes.activate(first.id)
        QTest.mouseMove(target, above + start + QPoint(24, 12))
        QTest.mouseRelease(target, LEFT, pos=above + start + QPoint(24, 12))
        other = present(person.studio.takes.find(first.id))
        assert other.info == first.info, f"{widget} went on with the other take"
        person.press("Ctrl+Z")
        assert present(person.studio.takes.find(second.id)).info == second.info


def test_a_long_name_leaves_the_export_its_labels(person: Person) -> None:
    take = person.studio.takes.active
    assert take is not None
    person.studio.takes.rename(take.id, "x" * 300)
    person.press("Ctrl+E")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    label = dialog._form.labelForField(dialog.what)
    assert label is not None and label.width() >= label.sizeHint().width()
    dialog.reject()
