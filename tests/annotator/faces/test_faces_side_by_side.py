"""Up to four faces: which takes are seen, how their panes lie, what keys do to all of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from pytestqt.qtbot import QtBot

from annotator.faces.controller import face_of
from annotator.faces.faces_grid import GAP, arranged
from annotator.session.messages import Message
from annotator.widgets.pane_frame import PaneFrame
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present
from viewer.core.camera import THREE_QUARTER


@given(count=st.integers(1, 4), width=st.integers(160, 2000), height=st.integers(160, 1200))
def test_faces_are_arranged_as_large_as_they_can_be(count: int, width: int, height: int) -> None:
    rows, columns = arranged(count, width, height, header=30)
    assert rows * columns >= count and (rows - 1) * columns < count

    def face(r: int) -> float:
        c = -(-count // r)
        return min((width - GAP * (c - 1)) / c / 0.62, (height - GAP * (r - 1)) / r - 30)

    assert face(rows) == max(face(r) for r in range(1, count + 1))


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """The demo's letter with three takes of different descriptions."""
    made = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    made.wait(lambda: window.studio.face_models.model is not None)
    panel, takes = window.generate_panel, made.studio.takes
    for words in ("She smiles broadly.", "Her jaw drops and her brows shoot up.", "She scowls."):
        held = takes.active_id
        panel.show_rows([(words, 1.0, "")])
        panel.generate()
        made.wait(lambda held=held: takes.active_id != held and not made.session.jobs.running)
    # Each joined those before; here each test puts beside the last what it wants.
    made.wait(lambda: len(frames(made)) == 4)
    made.press("Shift+T")
    made.session.playback.seek(1.5)
    return made


def frames(person: Person) -> list[PaneFrame]:
    window = person.window
    return [f for f in (window.recorded_frame, *window.take_frames) if f.isVisible()]


def test_takes_join_the_recording_one_by_one_and_keep_their_own_faces(person: Person) -> None:
    takes = person.studio.takes
    assert len(frames(person)) == 2 and len(takes.visible) == 1
    person.press("Shift+T", "Shift+T")
    person.wait(lambda: len(frames(person)) == 4)
    seen = frames(person)
    assert [take.name for take in takes.visible] == ["Built-in 1", "Built-in 2", "Built-in 3"]
    rows = [present(face_of(frame)._request.values) for frame in seen]
    assert all(not np.allclose(a, b) for i, a in enumerate(rows) for b in rows[:i])
    boxes = [frame.geometry() for frame in seen]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    person.press("Shift+T")
    person.wait(lambda: len(frames(person)) == 2)


def test_a_take_more_than_there_is_room_for_never_hides_the_first(person: Person) -> None:
    takes, panel = person.studio.takes, person.window.generate_panel
    person.press("Shift+T", "Shift+T")
    first, last = takes.visible[0].id, takes.visible[-1].id
    panel.show_rows([("He blinks.", 1.0, "")])
    panel.generate()
    person.wait(lambda: len(takes.all()) == 4 and takes.active_id != last)
    seen = [take.id for take in takes.visible]
    assert seen[0] == first and seen[-1] == takes.active_id and len(seen) == 3 and last not in seen


def test_t_goes_through_the_takes_and_a_press_on_a_pane_makes_it_active(person: Person) -> None:
    takes = person.studio.takes
    first = takes.active_id
    seen = []
    for _ in range(3):
        person.press("T")
        seen.append(takes.active_id)
    assert set(seen) == {take.id for take in takes.all()} and seen[-1] == first
    person.press("Shift+T")
    other = takes.visible[0].id
    person.click(face_of(person.window.take_frames[0]))
    assert takes.active_id == other
    one, two, *_rest = person.window.take_frames
    person.wait(lambda: one._active and not two._active)


def test_deleting_a_take_closes_its_pane_and_undo_brings_it_back(person: Person) -> None:
    takes = person.studio.takes
    person.press("Shift+T", "Shift+T")
    gone = takes.active_id
    person.studio.takes.delete(gone)
    assert gone not in [take.id for take in takes.visible] and len(takes.visible) == 2
    person.wait(lambda: len(frames(person)) == 3)
    person.press("Ctrl+Z")
    assert takes.find(gone) is not None


def test_what_was_seen_of_a_clip_is_seen_again(person: Person) -> None:
    takes = person.studio.takes
    person.press("Shift+T")
    seen, active = [take.id for take in takes.visible], takes.active_id
    person.press("PgDown")
    person.wait_for_clip("03-birthday")
    assert takes.visible == []
    person.press("PgUp")
    person.wait_for_clip("02-letter")
    assert ([take.id for take in takes.visible], takes.active_id) == (seen, active)


def test_heat_and_onion_are_on_all_takes_and_end_each_other(person: Person) -> None:
    person.press("Shift+T")
    person.wait(lambda: len(frames(person)) == 3)
    person.press("H")
    faces = [face_of(frame) for frame in frames(person)]
    person.wait(lambda: all(face.heat is not None for face in faces[1:]))
    assert faces[0].heat is None
    grid, notes = person.window.faces, [frame._note.text() for frame in frames(person)]
    assert not notes[0].endswith(" mm") and all(note.endswith(" mm") for note in notes[1:])
    assert grid.legend.isVisible() and "the recording" in grid.legend.accessibleName()
    assert not any(frame.geometry().intersects(grid.legend.geometry()) for frame in frames(person))
    person.studio.takes.rename(person.studio.takes.visible[-1].id, "best")
    person.wait(lambda: frames(person)[-1]._title.text() == "best")
    assert frames(person)[-1]._note.text().endswith(" mm"), "another title keeps it"
    person.press("N")
    assert not grid.legend.isVisible()
    assert all(face._request.onion is not None and face._request.against is None for face in faces[1:])
    assert faces[0]._request.onion is None
    person.press("N")
    assert all(face._request.onion is None for face in faces)


def test_faces_are_of_one_size_in_however_many_rows(person: Person) -> None:
    person.press("Shift+T")
    person.wait(lambda: len(frames(person)) == 3)
    for size in ((300, 700), (900, 300), (260, 200)):
        person.window.faces.resize(*size)
        sizes = [frame.size() for frame in frames(person)]
        assert max(s.width() for s in sizes) - min(s.width() for s in sizes) <= 1
        # A face wider than its frame would lose an ear.
        person.wait(lambda: all(frame.content.width() <= frame.width() for frame in frames(person)))


def test_one_face_takes_all_the_room_and_gives_it_back(person: Person) -> None:
    person.press("Shift+T")
    person.wait(lambda: len(frames(person)) == 3)
    before = [frame.geometry() for frame in frames(person)]
    person.press("Z")
    assert len(frames(person)) == 1 and frames(person)[0].width() == person.window.faces.width()
    person.press("Z")
    assert [frame.geometry() for frame in frames(person)] == before


def test_the_face_in_all_the_room_is_that_of_the_active_take(person: Person) -> None:
    person.press("Shift+T", "Shift+T")
    person.wait(lambda: len(frames(person)) == 4)
    person.press("Z")
    takes = person.studio.takes
    for _ in range(3):
        person.press("T")
        person.wait(lambda: [f._title.text() for f in frames(person)] == [present(takes.active).name])
    person.press("Z")
    assert len(frames(person)) == 4


def test_a_swap_ends_with_the_last_take(person: Person) -> None:
    takes, seeing = person.studio.takes, person.window.presenter.faces
    person.press("B")
    person.wait(lambda: seeing.swapped)
    for take in takes.all():
        person.studio.takes.delete(take.id)
    person.wait(lambda: len(frames(person)) == 1)
    person.press("Ctrl+Z")
    person.wait(lambda: len(frames(person)) == 2)
    assert not seeing.swapped and frames(person)[0]._title.text() == "Recorded"


def test_without_a_recording_a_swap_says_what_is_missing(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = demo_at(tmp_path)
    path = folder / "clips" / "02-letter" / "clip.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts["track"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    person = Person(window, qtbot).open(folder, "02-letter")
    window.generate_panel.show_rows([("She smiles.", 1.0, "")])
    window.generate_panel.generate()
    person.wait(lambda: person.studio.takes.active is not None)
    person.press("B")
    assert not window.presenter.faces.swapped
    assert any("no recording to swap with" in line for line in person.told)


def test_a_key_turns_all_faces_and_free_cameras_turn_alone(person: Person) -> None:
    person.press("Shift+T", "V")
    person.wait(lambda: len(frames(person)) == 3)
    faces = [face_of(frame) for frame in frames(person)]
    assert all(face.camera.azimuth == THREE_QUARTER.azimuth for face in faces)
    person.press("Shift+V")
    assert all(face.camera.azimuth == 0 for face in faces)
    turned = faces[1].camera.orbited(20, 0)
    faces[1]._announce(turned)
    assert all(face.camera == turned for face in faces)
    person.press("Ctrl+L")
    faces[1]._announce(turned.orbited(20, 0))
    assert faces[0].camera == turned != faces[1].camera


def test_tags_in_a_name_are_shown_and_not_obeyed(person: Person) -> None:
    take = person.studio.takes.active
    assert take is not None
    person.session.show_message(Message("<b>bold</b> & <img src='x'>"))
    for label in (person.window.status_bar.news._text, person.window.banner.first.text):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert person.window.status_bar.news.text == "<b>bold</b> & <img src='x'>"
    person.studio.takes.rename(take.id, "<b>bold</b>")
    frame = person.window.take_frames[0]
    person.wait(lambda: frame._title.text() == "<b>bold</b>")
    assert not GuiQt.mightBeRichText(frame._title.toolTip()) and "bold" in frame._title.toolTip()
