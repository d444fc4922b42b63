"""Recordings that stay where they are, in the window and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from annotator.clips.media_roots_dialog import MediaRootsDialog
from annotator.window.first_steps import FirstSteps
from annotator.window.window import StudioWindow
from tests.e2e.conftest import Studio
from tests.e2e.window_parts import Person, demo_at
from tests.present import present

FIRST = "01-waiting-room"


def test_a_root_is_asked_for_once_and_everything_else_works_meanwhile(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo, nas, wrong = demo_at(tmp_path), tmp_path / "nas", tmp_path / "wrong"
    clip, answers = demo / "clips" / FIRST, [wrong, nas]
    wrong.mkdir()
    nas.mkdir()
    words = json.loads((clip / "clip.json").read_text())
    for kind in ("video", "track"):
        (clip / words[kind]).rename(nas / words[kind])
        words[kind] = f"NAS:{words[kind]}"
    (clip / "clip.json").write_text(json.dumps(words))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(answers.pop(0)))

    person = Person(window, qtbot).open(demo, FIRST)
    assert "“NAS” is no media root of this dataset" in window.banner.text
    window.actions_by_id["media_roots"].trigger()
    person.wait(lambda: isinstance(QApplication.activeModalWidget(), MediaRootsDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, MediaRootsDialog)
    dialog.name.setFocus()
    person.type("x")
    person.press("Return")
    assert "cannot name a media root" in dialog.problem.text()
    dialog.name.clear()
    person.type("NAS")
    dialog.note.setText("the lab's drive")
    person.press("Return")
    person.wait(lambda: dialog.table.rowCount() == 1 and not person.session.jobs.running)
    assert [dialog.table.item(0, at).text() for at in range(3)] == ["NAS", "the lab's drive", "2"]  # type: ignore[union-attr]
    assert not dialog.remove.isEnabled() and dialog.where.text() == "Where is “NAS”?…"
    person.press("Escape")
    person.wait(lambda: not window.findChildren(MediaRootsDialog))

    person.open(demo, FIRST)
    assert "nobody has said where that is on this computer" in window.banner.text
    assert person.clip.loaded.video_path is None
    find = window.actions_by_id["find_root"]
    assert find.text() == "Where is “NAS”?…" and find.isEnabled()
    steps_over = present(window.findChild(FirstSteps))
    steps = [b.text() for b in steps_over.findChildren(QPushButton) if b.isVisible()]
    assert steps == ["Where is “NAS”?…", "Add a track…"]
    window.show_tab("story")
    assert person.state.clip.script and window.actions_by_id["toggle_span"].isEnabled()
    find.trigger()
    person.wait(lambda: any("is not “NAS”" in told for told in person.told))
    assert person.clip.loaded.video_path is None
    find.trigger()
    person.wait(lambda: person.session.current is not None and person.clip.loaded.video_path is not None)
    person.wait_for_clip(FIRST)
    assert person.clip.raw is not None and not answers and not find.isEnabled()
    assert not steps_over.isVisible()
    person.press("M")
    person.wait_until_saved()
    assert str(nas) not in (demo / "dataset.json").read_text() + (clip / "clip.json").read_text()


def test_roots_on_the_command_line(quick_studio: Studio, tmp_path: Path) -> None:
    demo, nas = demo_at(tmp_path), tmp_path / "nas"
    clip = demo / "clips" / FIRST
    words = json.loads((clip / "clip.json").read_text())
    nas.mkdir()
    (clip / words["track"]).rename(nas / "t.csv")
    (clip / "clip.json").write_text(json.dumps({**words, "track": "NAS:t.csv"}))
    made = quick_studio("roots", demo, "--add", "NAS", "--note", "ours").json["media_roots"]
    assert made == [
        {"name": "NAS", "note": "ours", "folder": None, "there": False, "files": 1, "missing": None}
    ]
    checked = quick_studio("validate", demo).json
    assert checked["errors"] == 0 and "media root NAS" in {f["where"] for f in checked["findings"]}
    told = quick_studio("--media-root", f"NAS={nas}", "validate", demo).json
    assert "media root NAS" not in {f["where"] for f in told["findings"]}
    (known,) = quick_studio("roots", demo, "--at", f"nas={nas}").json["media_roots"]
    assert (known["folder"], known["there"], known["missing"]) == (str(nas), True, 0)
    nas.rename(tmp_path / "moved")
    assert quick_studio("roots", "--move", nas, tmp_path / "moved").json == {"moved": 1}
    assert quick_studio("info", demo).json["media_roots"][0]["folder"] == str(tmp_path / "moved")
    assert "has no media root “X”" in quick_studio("roots", demo, "--at", f"X={nas}").error
    assert "there is no such folder" in quick_studio("roots", demo, "--at", f"NAS={nas}").error
    assert "NAME=FOLDER" in quick_studio("info", demo, "--media-root").usage
    assert "name a dataset" in quick_studio("roots").usage
    (gone,) = quick_studio("roots", demo, "--forget", "NAS").json["media_roots"]
    assert gone["folder"] is None
