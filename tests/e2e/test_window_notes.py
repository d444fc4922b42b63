"""What was assumed of a clip's files is shown in the window, and what cannot be assumed is asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotator.clips.order_dialog import OrderDialog
from annotator.widgets.findings_dialog import FindingsDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import DEMO, Person, demo_at
from tests.present import present
from viewer.core.channels import INDEX, SHAPES, STREAM_NAMES
from viewer.core.formats import read, write

Shown = TypeVar("Shown", FindingsDialog, OrderDialog)
pytestmark = pytest.mark.slow
VIDEO = DEMO / "clips" / "02-letter" / "video.mp4"


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot) -> Person:
    return Person(window, qtbot)


def jaw_rows(path: Path, rows: int) -> Path:
    """A table with frame numbers and no times, whose jaw opens row by row."""
    names = [shape.arkit_name for shape in SHAPES]
    lines = [",".join(["frame", *names])]
    for n in range(rows):
        lines.append(",".join([str(n), *(str(n / rows) if name == "jawOpen" else "0.01" for name in names)]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def one_sided(path: Path) -> Path:
    """An array in which one column moves that may be a left eye's blink or a left brow."""
    values = np.zeros((60, 52), np.float32)
    values[:, 0] = np.linspace(0, 0.8, 60)
    np.save(path, values)
    return path


def dialog_of(person: Person, kind: type[Shown]) -> Shown:
    person.wait(lambda: any(dialog.isVisible() for dialog in person.window.findChildren(kind)))
    return next(dialog for dialog in person.window.findChildren(kind) if dialog.isVisible())


def test_a_plain_recording_has_no_notes(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    assert person.clip.notes == [] and not person.window.top_bar.notes.isVisible()
    assert not person.window.actions_by_id["clip_notes"].isEnabled()


def test_rows_without_times_take_the_videos_and_the_bar_says_so(person: Person, tmp_path: Path) -> None:
    shutil.copyfile(VIDEO, tmp_path / "clip.mp4")
    frames = 0
    person.open(tmp_path / "clip.mp4")
    frames = person.session.playback.frame_times.size
    jaw_rows(tmp_path / "clip.csv", frames)
    person.open(tmp_path / "clip.mp4")
    recording = present(person.clip.raw)
    np.testing.assert_allclose(recording.times, person.session.playback.frame_times, atol=1e-9)
    person.wait(lambda: person.window.top_bar.notes.isVisible())
    person.click(person.window.top_bar.notes)
    shown = dialog_of(person, FindingsDialog)
    assert any("each row belongs to one frame of clip.mp4" in line for line in shown.lines)
    assert person.window.top_bar.notes.text() == f"{len(shown.lines)} notes"


def test_a_video_and_a_track_that_do_not_fit_say_so(person: Person, tmp_path: Path) -> None:
    shutil.copyfile(VIDEO, tmp_path / "clip.mp4")
    track = read(DEMO / "clips" / "02-letter" / "track.csv")
    write(track.replaced(times=track.times * 3), tmp_path / "clip.csv")
    person.open(tmp_path / "clip.mp4")
    person.wait(lambda: any("the track ends at" in note.what for note in person.clip.notes))
    assert person.window.top_bar.notes.isVisible()


def test_the_order_of_nameless_columns_is_asked_and_can_be_undone(person: Person, tmp_path: Path) -> None:
    person.open(one_sided(tmp_path / "odd.npy"))
    assert person.clip.raw is None
    assert person.window.banner.text and "order" in person.window.banner.text
    person.window.actions_by_id["track_order"].trigger()
    asked = dialog_of(person, OrderDialog)
    asked.group.buttons()[1].click()
    second = asked.order
    asked.buttons.button(asked.buttons.StandardButton.Ok).click()
    person.wait(lambda: person.clip.raw is not None)
    assert person.state.clip.extra["track_order"] == second
    person.wait_until_saved()
    person.open(tmp_path / "odd.npy")
    assert present(person.clip.raw).format == "array", "the answer is kept"


def test_a_track_of_nameless_columns_is_asked_for_before_it_is_used(person: Person, tmp_path: Path) -> None:
    person.open(demo_at(tmp_path))
    before = person.state.clip.track
    person.window.clips_commands.use_track(one_sided(tmp_path / "odd.npy"))
    asked = dialog_of(person, OrderDialog)
    assert person.state.clip.track == before
    asked.buttons.button(asked.buttons.StandardButton.Ok).click()
    person.wait(lambda: person.state.clip.track.endswith("odd.npy"))
    raw = present(person.clip.raw)
    assert raw.values[-1, INDEX[STREAM_NAMES[0]]] == pytest.approx(0.8)
    person.session.undo()
    person.wait(lambda: person.state.clip.track == before)
