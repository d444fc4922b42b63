"""Seeing difference: the heatmap in mm, one face for the other, wireframe, one channel alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at
from tests.present import present
from viewer.core.blend import Blender
from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.heat import face_difference_mm, heat_colours, heat_scale
from viewer.core.models import load_face_model
from viewer.core.pose import with_head_of
from viewer.face_pane import FacePane
from viewer.face_renderer import FaceRenderer


def row(**values: float) -> np.ndarray:
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        out[INDEX[name]] = value
    return out


def test_a_distance_is_in_mm_and_a_turned_head_is_none() -> None:
    model = load_face_model(None)
    blender = Blender(model)
    jaw = INDEX["JawOpen"]
    apart = face_difference_mm(blender, row(), row(JawOpen=0.5))
    moved = np.linalg.norm(model.deltas[jaw], axis=1) * 0.5 * model.mm_per_unit
    assert apart == pytest.approx(moved, abs=1e-3) and 5 < apart.max() < 40
    turned = face_difference_mm(blender, row(HeadYaw=30), row())
    assert turned.max() < 1e-3
    gaze = face_difference_mm(blender, row(LeftEyeYaw=20), row())
    assert gaze.max() > 2, "the gaze counts"


def test_a_face_may_be_seen_with_the_head_of_another() -> None:
    made = with_head_of(row(JawOpen=1, HeadYaw=40), row(HeadYaw=45, HeadRoll=-9))
    assert made[INDEX["JawOpen"]] == 1
    head = [INDEX[name] for name in ("HeadYaw", "HeadPitch", "HeadRoll")]
    assert made[head].tolist() == [45, 0, -9]


def test_colours_rise_in_lightness_to_the_end_of_the_scale() -> None:
    light = heat_colours(np.linspace(0, 5, 50), 5.0) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > -1).all() and light[-1] > light[0] + 150
    assert np.array_equal(heat_colours(np.array([5.0]), 5.0), heat_colours(np.array([80.0]), 5.0))
    few = np.array([0.0, 0.0, 3.0, 3.2], np.float32)
    assert (heat_scale(few, 0.0).top, heat_scale(few, 2.0).top) == (5.0, 2.0)
    assert heat_scale(np.zeros(3, np.float32), 0.0).top == 1.0


def test_overlay_colours_come_and_go() -> None:
    model = load_face_model(None)
    draw = FaceRenderer(model, (160, 160))
    try:
        plain = draw.render()
        green = np.zeros((len(model.vertices), 3), np.uint8)
        green[:, 1] = 220
        draw.set_overlay_colours(green)
        seen = draw.render()[80, 80].astype(int)
        assert seen[1] > 2 * seen[0] and seen[1] > 2 * seen[2]
        draw.set_overlay_colours(None)
        assert np.array_equal(draw.render(), plain)
    finally:
        draw.close()


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Person:
    """The demo's letter with a take, at a moment where the two differ."""
    made = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    made.wait(lambda: window.studio.face_models.model is not None)
    if made.studio.takes.active is None:
        made.press("Ctrl+G")
        made.wait(lambda: made.studio.takes.active is not None)
    made.session.playback.seek(5.5)
    made.wait(lambda: not made.session.jobs.running)
    return made


def faces(person: Person) -> tuple[FacePane, FacePane]:
    one, two = person.window.recorded_frame.content, person.window.take_frames[0].content
    assert isinstance(one, FacePane) and isinstance(two, FacePane)
    return one, two


def test_h_colours_the_take_with_a_scale_in_mm(person: Person) -> None:
    one, two = faces(person)
    person.press("H")
    person.wait(lambda: two.heat is not None)
    assert two.heat is not None and two.heat.top == 5.0 and two.heat.largest > 1 and one.heat is None
    person.press("Shift+H")
    person.wait(lambda: two.heat is not None and two.heat.top == 10.0)
    person.press("H")
    person.wait(lambda: two.heat is None)


def test_b_puts_the_take_on_the_first_face_and_back(person: Person) -> None:
    one, two = faces(person)
    recorded = one._request.values
    assert recorded is not None and not np.array_equal(recorded, present(two._request.values))
    person.press("B")
    assert np.array_equal(present(one._request.values), present(two._request.values))
    person.press("B")
    assert np.array_equal(present(one._request.values), recorded)


def test_b_held_shows_the_take_only_as_long_as_it_is_held(person: Person, qtbot: QtBot) -> None:
    seeing = person.window.presenter.faces
    QTest.keyPress(person.window, Qt.Key.Key_B)
    assert seeing.swapped
    person.wait(lambda: seeing._since_swap.elapsed() > 450)
    QTest.keyRelease(person.window, Qt.Key.Key_B)
    assert not seeing.swapped


def test_a_channel_plays_alone_and_the_recording_comes_back(person: Person) -> None:
    one, _two = faces(person)
    recorded = present(one._request.values)
    person.press("S")
    assert any("No channel is chosen" in line for line in person.told)
    played: list[np.ndarray] = []
    one.shown.connect(lambda: played.append(present(one._request.values)))
    person.session.isolate_channel("JawOpen")
    person.wait(lambda: not person.window.presenter.faces.alone)
    peak = max(each[INDEX["JawOpen"]] for each in played)
    assert peak > 0 and all(np.delete(each, INDEX["JawOpen"]).any() == 0 for each in played[1:-2])
    assert np.array_equal(present(one._request.values), recorded)


def test_g_draws_edges(person: Person, qtbot: QtBot) -> None:
    one, _two = faces(person)
    person.wait(lambda: one.picture() is not None)
    before = present(one.picture())
    person.press("G")
    assert person.window.presenter.faces.wireframe
    person.wait(lambda: not np.array_equal(present(one.picture()), before))
