"""A person's name in the window: one person under any spelling, and names that no file can have."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at


def test_another_spelling_of_a_name_goes_on_with_its_work(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.session.settings.annotator = "MARIA"
    person = Person(window, qtbot).open(demo_at(tmp_path))
    assert person.told == [
        "“MARIA” is spelled “maria” here, and the work continues in the files of that name"
    ]
    assert window.session.annotator_id == "maria" and person.keyframes
    folder = person.clip.loaded.place.annotation_file.parent
    person.describe(10, "a smile")
    person.wait_until_saved()
    assert [file.name for file in folder.iterdir()] == ["maria.json"]

    window.session.set_annotator("Q: who?")
    person.wait(lambda: window.session.annotator_id == "Q: who?")
    person.wait_for_clip()
    assert any(
        told.startswith("Your file is called Q_ who_-") and "Windows allows no :" in told
        for told in person.told
    )
