"""The labels and the pose convention of a dataset, set in the window."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from annotator.clips.dataset_dialog import DatasetDialog
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings
from annotator.core.vocabulary import Vocabulary
from annotator.faces.controller import face_of
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present
from viewer.core.channels import INDEX
from viewer.core.pose import PoseConvention
from viewer.face_pane import FacePane

FIRST = "01-waiting-room"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path), FIRST)


def settings_of(person: Person) -> DatasetDialog:
    """Open the dialog."""
    person.window.actions_by_id["dataset_settings"].trigger()
    person.wait(lambda: isinstance(QApplication.activeModalWidget(), DatasetDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, DatasetDialog)
    return dialog


def wait_until_closed(person: Person) -> None:
    person.wait(lambda: not person.window.findChildren(DatasetDialog) and not person.session.jobs.running)


def written(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "dataset.json").read_bytes())
    return read


def write(root: Path, **keys: object) -> None:
    """Somebody else writes into dataset.json."""
    (root / "dataset.json").write_text(json.dumps({**written(root), **keys}))


def test_settings_need_a_dataset(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> None:
    person = Person(window, qtbot)
    demo = demo_at(tmp_path)
    action = window.actions_by_id["dataset_settings"]
    assert not action.isEnabled()
    person.open(demo / "clips" / FIRST / "video.mp4")
    assert action.isEnabled()
    video = tmp_path / "alone.mp4"
    video.write_bytes((demo / "clips" / FIRST / "video.mp4").read_bytes())
    person.open(video, "alone")
    assert not action.isEnabled() and "No dataset is open" in action.toolTip()


def test_labels_are_changed_by_keyboard_and_digit_keys_follow(
    person: Person, tmp_path: Path, open_window: Callable[[], StudioWindow], qtbot: QtBot
) -> None:
    root = tmp_path / "demo"
    person.press("M", "2")
    assert person.keyframes[0].emotion == "sadness"
    before, listed = written(root), person.session.clip_rows()
    resets: list[None] = []
    person.session.clips_changed.connect(lambda: resets.append(None))

    dialog = settings_of(person)
    form = dialog.labels
    assert QApplication.focusWidget() is form.table and form.label.text() == "happiness"
    person.press("F2")
    person.type("joy")
    person.press("Return")
    assert dialog.isVisible() and QApplication.focusWidget() is form.table
    assert "“happiness” becomes “joy”." in form.told.text()
    person.press("Down", "Delete")
    assert "“sadness” is removed; 1 mark of this clip keeps it." in form.told.text()
    assert form.label.text() == "fear"
    person.press("Alt+Up", "7")
    assert form.vocabulary.labels[:2] == ("fear", "joy")
    assert form.vocabulary.keys[7] == "fear" and "contempt" not in form.vocabulary.keys.values()
    person.press("Ins")
    person.type("schadenfreude")
    person.press("Return")
    assert form.vocabulary.keys[2] == "schadenfreude"
    assert person.session.label_of_key(2) == "sadness", "nothing is changed before it is saved"
    person.press("Return")
    person.wait(lambda: dialog.findChild(QMessageBox) is not None)
    question = present(dialog.findChild(QMessageBox))
    assert "“happiness” becomes “joy” on" in question.text() and "maria" in question.text()
    next(button for button in question.buttons() if button.text() == "Only in the list").click()
    wait_until_closed(person)

    after = written(root)
    labels = {word["label"]: word.get("key") for word in after["vocabulary"]}
    assert (labels["joy"], labels["fear"], labels["schadenfreude"], labels["contempt"]) == (1, 7, 2, None)
    assert "sadness" not in labels and "happiness" not in labels
    assert after["pose"] == before["pose"]
    assert person.keyframes[0].emotion == "sadness", "marks keep their label"
    assert not resets and person.session.clip_rows() == listed
    editor = person.window.keyframe_panel._keyframe._emotion
    assert [editor.itemText(i) for i in range(2)] == ["fear", "joy"] and editor.currentText() == "sadness"
    person.press("2")
    assert person.keyframes[0].emotion == "schadenfreude"
    assert person.window.actions_by_id["vocabulary_3"].isEnabled() is False
    assert "No emotion is on key 3" in person.window.actions_by_id["vocabulary_3"].toolTip()

    again = Person(open_window(), qtbot).open(root, FIRST)
    assert again.session.label_of_key(7) == "fear" and "schadenfreude" in again.session.vocabulary


def test_a_label_that_is_none_is_refused_where_it_is_typed(person: Person, tmp_path: Path) -> None:
    before = (tmp_path / "demo" / "dataset.json").read_bytes()
    dialog = settings_of(person)
    form = dialog.labels
    person.press("F2")
    person.type("fear")
    person.press("Return")
    assert form.label.hasFocus() and "already in the list" in form.told.text()
    person.click(dialog.save)
    assert dialog.isVisible() and dialog._job is None
    form.label.clear()
    person.click(dialog.save)
    assert dialog.isVisible() and "cannot be empty" in form.told.text()
    person.press("Escape")
    assert dialog.isVisible(), "Escape leaves the field first"
    person.press("Escape")
    wait_until_closed(person)
    assert (tmp_path / "demo" / "dataset.json").read_bytes() == before


def pitch_at(person: Person) -> float:
    """Degrees of the recorded head at the playhead."""
    return float(present(person.clip.recording).row(person.time)[INDEX["HeadPitch"]])


def shown_pitch(pane: FacePane) -> float:
    """Degrees of the head that a pane was last asked for."""
    return float(present(pane._request.values)[INDEX["HeadPitch"]])


def test_the_pose_is_explained_at_the_playhead_and_turns_the_face(person: Person, tmp_path: Path) -> None:
    session, root = person.session, tmp_path / "demo"
    person.press("Shift+Right")
    pane = face_of(person.window.recorded_frame)
    before = present(session.library).pose
    value = pitch_at(person)
    degrees = abs(value)
    assert degrees > 0.1
    person.wait(lambda: shown_pitch(pane) == pytest.approx(value))

    dialog = settings_of(person)
    form = dialog.rotations
    line, way = form.lines["HeadPitch"], "up" if value > 0 else "down"
    assert line.text() == f"HeadPitch at the playhead: {degrees:.1f}° {way}"
    form.signs["pitch_sign"].setFocus()
    person.press("Down" if before.pitch_sign > 0 else "Up")
    other = "down" if way == "up" else "up"
    assert line.text() == f"HeadPitch at the playhead: {degrees:.1f}° {other}"
    person.wait(lambda: shown_pitch(form.face) == pytest.approx(-value, abs=1e-3))
    form.unit.setFocus()
    person.press("Home")
    form.scale.setFocus()
    form.scale.selectAll()
    person.type("45")
    told = f"HeadPitch at the playhead: {degrees:.1f}° {other}"
    assert line.text() == told, "a Live Link CSV is in radians, whatever the dataset says"
    person.wait(lambda: "The unit applies to none" in form.about.text())
    assert pitch_at(person) == pytest.approx(value) and present(session.library).pose == before
    wanted = replace(form.pose)
    assert wanted == PoseConvention("normalized", before.yaw_sign, -before.pitch_sign, before.roll_sign, 45.0)
    person.press("Return")
    wait_until_closed(person)
    assert present(session.library).pose == wanted
    person.wait(lambda: pitch_at(person) == pytest.approx(-value, abs=1e-3))
    person.wait(lambda: shown_pitch(pane) == pytest.approx(-value, abs=1e-3))
    assert Dataset.open(root).pose == wanted
    assert "saved" in person.told[-1]


def test_cancel_changes_nothing(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "demo" / "dataset.json"
    pose = present(person.session.library).pose
    before, labels = file.read_bytes(), person.session.vocabulary
    dialog = settings_of(person)
    person.press("Delete", "5")
    dialog.rotations.unit.setFocus()
    person.press("End")
    person.press("Escape")
    wait_until_closed(person)
    assert file.read_bytes() == before
    assert (present(person.session.library).pose, person.session.vocabulary) == (pose, labels)


def test_what_others_wrote_meanwhile_is_kept_or_refused(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    write(root, lab="ours", vocabulary=[{"label": "calm", "key": 1, "colour": "blue"}, {"lable": "slip"}])
    dialog = settings_of(person)
    assert dialog.labels.vocabulary.labels == ("calm",), "the dialog shows the file as it is now"
    assert person.session.label_of_key(1) == "calm"

    # Others change the pose while labels are changed here: both stay.
    write(root, pose={"unit": "degrees", "from": "the recorder"})
    person.press("Ins")
    person.type("angry")
    person.press("Return", "Return")
    wait_until_closed(person)
    found = written(root)
    assert found["vocabulary"] == [
        {"label": "calm", "key": 1, "colour": "blue"},
        {"label": "angry", "key": 2},
        {"lable": "slip"},
    ]
    assert found["lab"] == "ours" and found["pose"] == {"unit": "degrees", "from": "the recorder"}
    assert present(person.session.library).pose.unit == "degrees"

    # Both change the labels: the second one is told, and nothing is overwritten.
    dialog = settings_of(person)
    person.press("Delete")
    write(root, vocabulary=["shy", "calm", "angry"])
    taken = (root / "dataset.json").read_bytes()
    person.press("Return")
    person.wait(lambda: dialog.problem.isVisible())
    assert (
        "dataset.json" in dialog.problem.text()
        and "changed elsewhere in the meantime" in dialog.problem.text()
    )
    assert (root / "dataset.json").read_bytes() == taken
    assert list(dialog.labels.vocabulary.labels) == ["angry"], "what was changed here is still to be seen"
    person.click(dialog.reread)
    person.wait(lambda: dialog.labels.vocabulary.labels == ("shy", "calm", "angry"))
    assert not dialog.problem.isVisible() and not dialog.reread.isVisible()
    dialog.labels.table.setFocus()
    person.press("4", "Return")
    wait_until_closed(person)
    assert person.session.label_of_key(4) == "shy"
    assert written(root)["pose"]["from"] == "the recorder"


def test_a_file_that_cannot_be_read_or_written_is_told(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "demo"
    dialog = settings_of(person)
    person.press("Delete")
    held = (root / "dataset.json").read_bytes()
    (root / "dataset.json").write_text("{ broken")
    person.press("Return")
    person.wait(lambda: dialog.problem.isVisible())
    assert "dataset.json" in dialog.problem.text() and not dialog.reread.isVisible()
    assert (root / "dataset.json").read_text() == "{ broken"
    person.press("Escape")
    wait_until_closed(person)
    assert person.session.label_of_key(1) == "happiness"
    person.window.actions_by_id["dataset_settings"].trigger()
    person.wait(lambda: any(line.startswith("dataset.json") for line in person.told))
    assert QApplication.activeModalWidget() is None
    (root / "dataset.json").write_bytes(held)


def test_the_same_change_made_twice_is_no_conflict(tmp_path: Path) -> None:
    root = demo_at(tmp_path)
    before = DatasetSettings(Dataset.open(root).vocabulary, Dataset.open(root).pose)
    after = DatasetSettings(Vocabulary().added("calm"), PoseConvention("radians"))
    file = root / "dataset.json"
    assert change_settings(file, before, after) == change_settings(file, before, after) == after


def test_a_label_is_renamed_and_merged_in_everybodys_annotations_and_back(
    person: Person, tmp_path: Path
) -> None:
    root = tmp_path / "demo"
    person.press("M", "2", "Right", "M", "5", "Right", "M", "3")
    person.wait_until_saved()
    theirs = next(root.glob("clips/02*")) / "annotations" / "ben.json"
    marks = [{"id": f"k{n}", "time": n / 10, "emotion": e} for n, e in enumerate(("sadness", "fear"))]
    theirs.write_text(json.dumps({"version": 1, "keyframes": marks}))

    dialog = settings_of(person)
    form = dialog.labels
    form.table.setCurrentCell(1, 1)
    person.press("F2")
    person.type("grief")
    person.press("Return")
    form.table.setCurrentCell(form.vocabulary.labels.index("fear"), 1)
    form._merge("surprise")
    assert form.renames == {"sadness": "grief", "fear": "surprise"}
    assert "“fear” is merged into “surprise”" in form.told.text()
    form._lists.actions()[1].trigger()
    assert "sadly disgusted" in form.vocabulary and "sadly angry" in form.vocabulary
    form.table.setCurrentCell(form.vocabulary.labels.index("grief"), 1)
    form.synonyms.setFocus()
    person.type("sorrow, woe")
    person.press("Tab")
    form.colour.setFocus()
    person.type("T")
    assert form.colour.currentText() == "Teal"
    form.colour.activated.emit(form.colour.currentIndex())
    dialog.save.click()
    person.wait(lambda: dialog.findChild(QMessageBox) is not None)
    question = present(dialog.findChild(QMessageBox))
    assert "“sadness” becomes “grief” on" in question.text() and "ben" in question.text()
    question.buttons()[0].click()
    wait_until_closed(person)
    assert [m["emotion"] for m in json.loads(theirs.read_text())["keyframes"]] == ["grief", "surprise"]
    person.wait(lambda: [k.emotion for k in person.keyframes] == ["grief", "surprise", "surprise"])
    assert "grief" in person.session.vocabulary and "fear" not in person.session.vocabulary
    assert person.session.library is not None
    grief = person.session.library.vocabulary.words[1]
    assert (grief.synonyms, grief.hue) == (("sorrow", "woe"), 165)
    assert Dataset.open(root, "anna").vocabulary.words[1] == grief
    marks_shown = {mark.colour for mark in person.window.timeline.keyframes.shown}
    assert person.session.label_colours["grief"] in marks_shown

    person.window.actions_by_id["undo_renaming"].trigger()
    asked = QApplication.activeModalWidget()
    assert isinstance(asked, QMessageBox) and "“sadness” to “grief”" in asked.text()
    asked.buttons()[0].click()
    person.wait(lambda: [k.emotion for k in person.keyframes] == ["sadness", "surprise", "fear"])
    person.wait(lambda: not person.session.jobs.running)
    assert json.loads(theirs.read_text())["keyframes"] == marks
    assert "fear" in person.session.vocabulary
