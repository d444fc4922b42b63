"""A researcher's path: generating, comparing, keeping and exporting takes in the real window."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import av
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.export.export_dialog import ExportDialog
from annotator.faces.controller import face_of
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.model_server import honest, model_server, never
from tests.present import present
from viewer.core.formats import read

FIRST, SECOND = "01-waiting-room", "02-letter"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    return Person(window, qtbot).open(demo_at(tmp_path))


def a_take(person: Person) -> str:
    """Generate with the built-in model and wait for everything that follows."""
    held = len(person.studio.takes.all())
    person.press("Ctrl+G")
    person.wait(lambda: len(person.studio.takes.all()) == held + 1 and not person.session.jobs.running)
    return person.studio.takes.active_id


def test_a_take_is_timed_compared_shown_kept_and_undone(person: Person, tmp_path: Path) -> None:
    window, _session = person.window, person.session
    person.describe(30, "The gaze drops and the lips press.")
    person.describe(90, "A broad smile, the eyes wide.")
    id = a_take(person)
    assert person.take.track.meta["key_times"] == pytest.approx([1.0, 3.0], abs=1 / 30)
    assert window.take_frames[0].isVisible()
    window.show_tab("takes")
    table = window.comparison_panel.table
    person.wait(lambda: table.rowCount() > 1)
    rows = [present(table.item(i, 0)).text() for i in range(table.rowCount())]
    assert {"brows", "eyes", "jaw", "mouth", "head"} <= {row.lower() for row in rows}
    face = face_of(window.take_frames[0])
    person.wait(lambda: face.picture() is not None)

    person.wait_until_saved()
    folder = tmp_path / "demo" / "clips" / FIRST / "takes"
    record = json.loads((folder / f"{id}.json").read_bytes())
    assert [k["time"] for k in record["keyframes"]] == pytest.approx([1.0, 3.0], abs=1 / 30)
    assert record["keyframes"][0]["reasons"] and record["provenance"]
    assert read(folder / f"{id}.csv").duration > 3.0

    person.studio.takes.rename(id, "restrained")
    assert window.take_frames[0]._title.text() or person.take.name == "restrained"
    window.takes_panel.list.setFocus()
    person.press("Delete")
    assert person.studio.takes.all() == [] and len(person.keyframes) == 2
    person.wait(lambda: not window.take_frames[0].isVisible())
    person.press("Escape", "Ctrl+Z")
    assert [take.name for take in person.studio.takes.all()] == ["restrained"]
    person.press("Ctrl+Z")
    assert person.take.name == "Built-in 1"
    person.press("Ctrl+Z")
    assert person.studio.takes.all() == []
    person.press("Ctrl+Shift+Z")
    assert [take.id for take in person.studio.takes.all()] == [id]


def test_without_keyframes_the_model_plans_and_the_annotator_may_type_on(person: Person) -> None:
    window, _session = person.window, person.session
    person.press("M", "Return")
    person.type("typing")
    window.generate_panel.generate()
    person.type(" goes on")
    person.wait(lambda: person.studio.takes.active is not None)
    person.type(" m e")
    assert window.keyframe_panel._keyframe.description.toPlainText() == "typing goes on m e"
    assert len(person.keyframes) == 1 and person.studio.keyframes.pending is None


def test_a_real_server_answers_and_can_be_cancelled(
    person: Person, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.describe(30, "A smile.")
    with model_server(honest) as server:
        person.ask_server(server.url)
        a_take(person)
        assert person.take.track.values.max() > 0.3
        assert server.asked
    with model_server(never) as server:
        person.ask_server(server.url)
        person.press("Ctrl+G")
        person.wait(lambda: server.asked)
        assert person.window.generate_panel._cancel.isVisible()
        with qtbot.waitSignal(person.studio.generation.changed, timeout=10_000):
            person.press("Ctrl+.")
    assert len(person.studio.takes.all()) == 1 and not person.studio.generation.running
    # Four more tries follow, each after a longer pause.
    monkeypatch.setattr("annotator.core.generation.chat._FIRST_PAUSE", 0.01)
    person.ask_server("http://127.0.0.1:9/v1")
    person.press("Ctrl+G")
    person.wait(lambda: not person.studio.generation.running)
    assert "127.0.0.1:9" in person.window.banner.text
    assert person.window.banner.isVisible() and "Traceback" not in person.window.banner.text


def test_an_answer_that_comes_too_late_joins_no_other_clip(person: Person) -> None:
    session = person.session
    person.describe(30, "A smile.")
    with model_server(never) as server:
        person.ask_server(server.url)
        person.press("Ctrl+G")
        person.wait(lambda: server.asked)
        person.press("PgDown")
        person.wait_for_clip(SECOND)
        server.release.set()
        person.wait(lambda: not session.jobs.running)
    assert person.studio.takes.all() == []
    person.press("PgUp")
    person.wait_for_clip(FIRST)
    assert person.studio.takes.all() == []


def the_dialog(person: Person) -> ExportDialog:
    person.press("Ctrl+E")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    person.wait(lambda: dialog._model is not None)
    return dialog


def exported(person: Person, dialog: ExportDialog, kind: int, path: Path) -> None:
    dialog.format.setCurrentIndex(kind)
    dialog.path.setText(str(path))
    person.click(dialog.go)
    person.wait(lambda: not person.session.jobs.running)
    person.wait(lambda: QApplication.activeModalWidget() is None)


def test_everything_can_be_exported(person: Person, tmp_path: Path, qtbot: QtBot) -> None:
    person.wait(lambda: face_of(person.window.recorded_frame).model is not None)
    a_take(person)
    person.press("Home", "Shift+Right", "M", "Shift+Right", "M")
    assert person.studio.keyframes.correct("JawOpen", 0.9, "")
    track, lines, film, still = (tmp_path / name for name in ("a.csv", "a.jsonl", "a.mp4", "a.png"))

    dialog = the_dialog(person)
    assert dialog.what.currentText() == "Recording (with edits)"
    exported(person, dialog, 0, track)
    with track.open(newline="") as file:
        assert next(csv.reader(file))[:3] == ["Timecode", "BlendshapeCount", "EyeBlinkLeft"]
    assert read(track).row(2.0)[17] == pytest.approx(0.9, abs=0.05)
    assert any("Exported a.csv" in line for line in person.told)

    exported(person, the_dialog(person), 1, lines)
    assert len(lines.read_text().splitlines()) >= 1
    exported(person, the_dialog(person), 3, still)
    assert still.read_bytes().startswith(b"\x89PNG")

    dialog = the_dialog(person)
    dialog._fps.setCurrentText("24")
    seen: list[int] = []
    dialog.format.setCurrentIndex(2)
    dialog.path.setText(str(film))
    person.click(dialog.go)
    present(dialog._job).progress.connect(lambda done, total, _what: seen.append(done) if total else None)
    person.wait(lambda: len(seen) > 2)
    assert dialog._progress.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    person.wait(lambda: not person.session.jobs.running)
    assert dialog.isVisible() and "Cancelled" in dialog._doing.text()
    assert not film.exists() and not list(tmp_path.glob("*.tmp*"))
    dialog.reject()


def test_a_film_of_the_window(person: Person, tmp_path: Path) -> None:
    person.wait(lambda: face_of(person.window.recorded_frame).model is not None)
    clip = person.clip
    assert clip.raw is not None
    clip.raw = clip.raw.replaced(
        times=clip.raw.times[:6], values=clip.raw.values[:6], valid=clip.raw.valid[:6]
    )
    dialog = the_dialog(person)
    dialog._with_video.setChecked(False)
    exported(person, dialog, 2, tmp_path / "short.mp4")
    with av.open(str(tmp_path / "short.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) >= 3


def test_an_export_that_cannot_be_written_says_so_in_the_dialog(person: Person, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    dialog = the_dialog(person)
    dialog.path.setText(str(tmp_path / "file" / "a.csv"))
    person.click(dialog.go)
    person.wait(lambda: not person.session.jobs.running and dialog._job is None)
    assert dialog.isVisible() and dialog._doing.text() and "Traceback" not in dialog._doing.text()
    dialog.path.setText(str(tmp_path / "file"))
    assert "will be replaced" in dialog._doing.text()
    dialog.reject()
