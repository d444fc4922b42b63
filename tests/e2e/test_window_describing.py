"""Perspectives of a keyframe in the real window: asked for, compared, copied, kept and undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.core.description.choice import DescribingChoice
from annotator.core.model import Keyframe, Perspective
from annotator.core.storage.recovery import open_clip
from annotator.description.describe_dialog import DescribeDialog
from annotator.description.perspectives_view import PerspectivesView
from annotator.export.export_dialog import ExportDialog
from annotator.faces.controller import face_of
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at
from tests.model_server import Handler, ModelServer, model_server, never
from tests.present import present
from viewer.core.channels import INDEX, NAMES

LETTER = "02-letter"
VALUES = dict.fromkeys(NAMES, 0.0) | {"MouthSmileLeft": 0.6, "HeadYaw": 0.2, "LeftEyePitch": 0.1}
SEEN = {
    "expression_category": "relief",
    "muscle_movements": "The brows lower strongly and the lips part.",
    "emotional_implication": "She is relieved.",
    "symmetry": "Symmetrical.",
}
REPLY = json.dumps({"analysis": SEEN, "arkit": VALUES})


def says(handler: Handler, body: dict[str, Any]) -> None:
    handler.stream(REPLY)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(says, models=["sees-faces"]) as running:
        yield running


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path, server: ModelServer) -> Person:
    """At the last keyframe of a clip of hers, with a model that sees pictures."""
    session = window.session
    session.settings.annotator = "maria"
    session.settings.profiles = [
        msgspec.structs.replace(profile, url=server.url) if profile.name == "Chat server" else profile
        for profile in session.settings.profiles
    ]
    session.settings.describing = DescribingChoice(image="Chat server")
    person = Person(window, qtbot).open(demo_at(tmp_path), LETTER)
    window.show_tab("keyframe")
    session.select("keyframe", person.state.keyframes[-1].id, move=True)
    return person


def selected(person: Person) -> Keyframe:
    keyframe = person.studio.keyframes.selected_keyframe()
    assert keyframe is not None
    return keyframe


def idle(person: Person) -> None:
    person.wait(lambda: not person.session.jobs.running)


def view(person: Person) -> PerspectivesView:
    shown = person.window.keyframe_panel._keyframe.perspectives
    assert isinstance(shown, PerspectivesView)
    return shown


def test_words_come_by_key_beside_the_annotators_own_and_are_kept(
    person: Person, server: ModelServer, tmp_path: Path
) -> None:
    own = selected(person).description
    person.press("W", "P")
    idle(person)
    told = selected(person).perspectives
    assert told["coefficients"].text.startswith("The inner brows lift")
    assert told["image"].text == SEEN["muscle_movements"] and told["image"].model == "sees-faces"
    assert selected(person).description == own
    rows = view(person).rows
    assert rows["coefficients"].words.text() == told["coefficients"].text and rows["image"].isVisible()
    assert not rows["annotator"].isVisible()
    person.wait_until_saved()
    kept = annotation_of(tmp_path / "demo", LETTER, "maria")["keyframes"][-1]["perspectives"]
    assert kept["image"]["analysis"] == SEEN and kept["image"]["values"]["MouthSmileLeft"] == 0.6
    assert len(server.asked) == 1


def test_any_perspective_is_copied_with_one_key_and_the_own_words_come_back(person: Person) -> None:
    own = selected(person).description
    person.press("W", "P")
    idle(person)
    coefficients, image = (selected(person).perspectives[name].text for name in ("coefficients", "image"))
    person.press("Shift+W")
    assert selected(person).description == coefficients
    assert selected(person).perspectives["annotator"].text == own
    rows = view(person).rows
    assert rows["annotator"].isVisible() and rows["coefficients"].use.text() == "In use"
    person.press("Shift+P")
    assert selected(person).description == image
    assert selected(person).perspectives["annotator"].text == own
    person.press("Shift+Y")
    assert selected(person).description == own and "annotator" not in selected(person).perspectives
    person.press("Ctrl+Z")
    assert selected(person).description == image
    person.press("Ctrl+Z", "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert not selected(person).perspectives and selected(person).description == own


def test_two_versions_of_the_own_words_change_places(person: Person) -> None:
    first = selected(person).description
    person.press("W", "Shift+W", "Return", "Ctrl+A")
    person.type("Second.")
    person.press("Ctrl+Return", "Shift+Y")
    assert selected(person).description == first
    assert selected(person).perspectives["annotator"].text == "Second."
    person.press("Shift+Y")
    assert selected(person).description == "Second."
    assert selected(person).perspectives["annotator"].text == first


def test_a_key_without_words_says_how_to_get_them_and_changes_nothing(person: Person) -> None:
    before = person.work
    for key, told in (("Shift+W", "press W"), ("Shift+P", "press P"), ("Shift+Y", "words of yours")):
        person.press(key)
        assert told in person.told[-1]
    assert person.work == before


def test_the_table_shows_where_the_descriptions_differ(person: Person) -> None:
    person.press("W", "P")
    idle(person)
    table = view(person).table
    person.wait(lambda: any(row.title == "Brow down" for row in table.rows))
    rows = {row.title: row for row in table.rows}
    yours, coefficients, picture = rows["Brow down"].strengths
    assert picture is not None and picture > 0.6 and yours == 0 and coefficients == 0
    assert rows["Brow down"].apart
    assert table.rows[0].apart and "Brow down" in table.accessibleDescription()
    person.press("Shift+P")
    person.wait(lambda: ({r.title: r for r in table.rows}["Brow down"].strengths[0] or 0) > 0.6)


def test_words_about_a_moment_that_the_keyframe_left_say_so(person: Person) -> None:
    person.press("W", "Alt+Left")
    note = view(person).rows["coefficients"]._from
    assert "Written for 00:05.983" in note.text()
    person.press("W")
    assert "Written for" not in note.text()


def test_the_models_values_become_corrections_and_a_take(person: Person) -> None:
    person.press("P")
    idle(person)
    view(person).values.click()
    values = selected(person).values
    assert values["MouthSmileLeft"] == 0.6 and values["JawOpen"] == 0
    # 0.2 of a quarter turn.
    assert values["HeadYaw"] == pytest.approx(18.0, abs=1e-3)
    shown = present(person.clip.recording).row(selected(person).time)
    assert shown[INDEX["MouthSmileLeft"]] == pytest.approx(0.6, abs=0.01)
    person.studio.description.take_from_pictures()
    person.wait(lambda: person.studio.takes.all() and not person.session.jobs.running)
    take = person.studio.takes.all()[0]
    assert take.name.startswith("From pictures")
    assert take.track.row(selected(person).time)[INDEX["MouthSmileLeft"]] == pytest.approx(0.6, abs=0.01)
    assert take.info.provenance.model == "sees-faces"


def test_a_keyframe_that_moves_while_the_model_thinks_keeps_no_words_of_the_other(
    person: Person, server: ModelServer
) -> None:
    def when_released(handler: Handler, body: dict[str, Any]) -> None:
        server.release.wait(20)
        handler.stream(REPLY)

    server.behave = when_released
    person.press("P")
    person.wait(lambda: server.asked)
    person.press("Alt+Left")
    server.release.set()
    idle(person)
    assert "image" not in selected(person).perspectives and "moved in the meantime" in person.told[-1]


def test_asking_can_be_stopped_and_a_refusal_is_told(person: Person, server: ModelServer) -> None:
    server.behave = never
    person.press("P")
    person.wait(lambda: server.asked)
    assert not view(person).rows["image"].describe.isEnabled()
    person.press("Ctrl+.")
    idle(person)
    assert view(person).rows["image"].describe.isEnabled()
    server.behave = lambda handler, body: handler.stream("I'm sorry, but I can't help with that.")
    person.press("P")
    idle(person)
    assert "refused" in person.told[-1] and not selected(person).perspectives


def test_all_keyframes_of_the_clip_are_described_as_one_step(person: Person) -> None:
    person.press("D")
    idle(person)
    assert all({"coefficients", "image"} == set(k.perspectives) for k in person.keyframes)
    person.press("D")
    assert "Every keyframe is described" in person.told[-1]
    person.press("Ctrl+Z")
    assert not any(k.perspectives for k in person.keyframes)


def dialog_of(person: Person) -> DescribeDialog:
    person.press("Ctrl+Shift+D")
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, DescribeDialog) and w.isVisible())


def perspectives_of(root: Path, clip: str) -> list[set[str]]:
    return [set(key["perspectives"]) for key in annotation_of(root, clip, "maria")["keyframes"]]


def test_a_dataset_is_described_in_its_files_and_the_open_clip_as_an_edit(
    person: Person, server: ModelServer, tmp_path: Path
) -> None:
    dialog = dialog_of(person)
    dialog.clips.setCurrentIndex(dialog.clips.findText("All clips (3)"))
    person.click(dialog.go)
    person.wait(lambda: person.studio.description.running)
    idle(person)
    assert "12 keyframes by their coefficients and 12 keyframes by their pictures" in dialog._doing.text()
    assert all(set(k.perspectives) == {"coefficients", "image"} for k in person.keyframes)
    person.wait_until_saved()
    root = tmp_path / "demo"
    for clip in ("01-waiting-room", LETTER, "03-birthday"):
        assert all(found == {"coefficients", "image"} for found in perspectives_of(root, clip))
        folder = root / "clips" / clip / "annotations"
        assert [path.name for path in folder.iterdir()] == ["maria.json"], "nobody's work was split in two"
    asked = len(server.asked)
    person.click(dialog.go)
    idle(person)
    assert "nothing new" in dialog._doing.text() and len(server.asked) == asked
    dialog.reject()


def test_a_batch_can_be_stopped_and_goes_on(person: Person, server: ModelServer, tmp_path: Path) -> None:
    count = 0

    def slow(handler: Handler, body: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        if count == 6:
            never(handler, body)
        else:
            handler.stream(REPLY)

    server.behave = slow
    dialog = dialog_of(person)
    dialog.coefficients.setChecked(False)
    dialog.clips.setCurrentIndex(dialog.clips.findText("All clips (3)"))
    person.click(dialog.go)
    person.wait(lambda: count >= 6)
    person.click(dialog.go)
    idle(person)
    assert "Stopped" in dialog._doing.text()
    server.behave = says
    person.wait_until_saved()
    clips = ("01-waiting-room", LETTER, "03-birthday")
    kept = sum("image" in found for clip in clips for found in perspectives_of(tmp_path / "demo", clip))
    assert 0 < kept < 12
    before = len(server.asked)
    person.click(dialog.go)
    idle(person)
    # What was kept at the stop is not asked for again, and nothing else is left out.
    assert len(server.asked) - before == 12 - kept
    dialog.reject()
    person.wait_until_saved()
    clips = ("01-waiting-room", LETTER, "03-birthday")
    assert all(found == {"image"} for clip in clips for found in perspectives_of(tmp_path / "demo", clip))


def test_a_clip_opened_while_a_batch_runs_is_never_split_in_two(
    person: Person, server: ModelServer, tmp_path: Path
) -> None:
    root = tmp_path / "demo"
    dialog = dialog_of(person)
    dialog.clips.setCurrentIndex(dialog.clips.findText("All clips (3)"))
    person.click(dialog.go)
    dialog.reject()
    for clip in ("01-waiting-room", "03-birthday", LETTER, "01-waiting-room"):
        person.session.open_clip(clip)
        person.wait(lambda clip=clip: person.session.clip_id == clip)
    idle(person)
    person.wait_until_saved()
    for clip in ("01-waiting-room", LETTER, "03-birthday"):
        folder = root / "clips" / clip / "annotations"
        assert [path.name for path in folder.iterdir()] == ["maria.json"]
    person.press("Ctrl+Shift+D")
    again = next(w for w in QApplication.topLevelWidgets() if isinstance(w, DescribeDialog) and w.isVisible())
    again.clips.setCurrentIndex(again.clips.findText("All clips (3)"))
    person.click(again.go)
    idle(person)
    again.reject()
    person.wait_until_saved()
    for clip in ("01-waiting-room", LETTER, "03-birthday"):
        assert all(found == {"coefficients", "image"} for found in perspectives_of(root, clip))


def test_a_clip_that_another_window_works_on_is_left_out(person: Person, tmp_path: Path) -> None:
    library = person.library
    other = open_clip(library.load_clip("03-birthday"))
    try:
        dialog = dialog_of(person)
        dialog.picture.setChecked(False)
        dialog.clips.setCurrentIndex(dialog.clips.findText("All clips (3)"))
        person.click(dialog.go)
        idle(person)
        assert "1 clip was left out" in dialog._doing.text()
        assert "03-birthday" in dialog.problems.toPlainText()
        dialog.reject()
    finally:
        other.saver.close()
    assert perspectives_of(tmp_path / "demo", "03-birthday") == [set()] * 4


def test_without_a_model_for_pictures_the_key_says_where_to_choose_one(person: Person) -> None:
    person.studio.description.choose(image="")
    person.press("P")
    assert "No model was chosen" in person.told[-1]
    dialog = dialog_of(person)
    assert not dialog.picture.isChecked()
    dialog.picture.setChecked(True)
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_perspectives_of_other_programs_are_shown_as_they_are(person: Person) -> None:
    marks = person.studio.keyframes
    old = {"coefficients": Perspective("Words of an earlier version.")}
    marks.change_keyframe(selected(person), perspectives=old)
    assert view(person).rows["coefficients"].words.text() == "Words of an earlier version."
    person.press("Shift+W")
    assert selected(person).description == "Words of an earlier version."


def test_training_data_is_exported_with_what_was_written_just_now(person: Person, tmp_path: Path) -> None:
    person.wait(lambda: face_of(person.window.recorded_frame).model is not None)
    person.press("W")
    person.press("Ctrl+E")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    dialog.format.setCurrentIndex(dialog.format.count() - 1)
    assert dialog.training.isVisible() and not dialog.what.isVisible()
    out = tmp_path / "training"
    dialog.path.setText(str(out))
    dialog.training.ratio.setText("all")
    person.click(dialog.go)
    assert "shares" in dialog._doing.text() and not out.exists()
    dialog.training.ratio.setText("1/0/0")
    dialog.training.words.setCurrentText("Coefficients only")
    person.click(dialog.go)
    idle(person)
    person.wait(lambda: QApplication.activeModalWidget() is None)
    assert "Wrote 1 line (train 1); 11 left out" in person.told[-1]
    messages = json.loads((out / "train.jsonl").read_text("utf-8"))["messages"]
    assert selected(person).perspectives["coefficients"].text in messages[1]["content"]
    assert json.loads(messages[2]["content"])["Keyframe_one"].keys() == set(NAMES)


def test_a_missing_file_is_named_as_it_is(person: Person, tmp_path: Path) -> None:
    (tmp_path / "demo" / "clips" / LETTER / "video.mp4").unlink()
    person.session.open_clip("03-birthday")
    person.wait_for_clip("03-birthday")
    person.session.open_clip(LETTER)
    person.wait_for_clip(LETTER)
    person.session.select("keyframe", person.keyframes[-1].id, move=True)
    person.told.clear()
    person.press("P")
    person.wait(lambda: any("video" in line.lower() for line in person.told))
    assert not [line for line in person.told if "Video.mp4" in line], person.told
