"""Onion skin: a second face over the first, seen where the two differ and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from viewer.core.channels import CHANNEL_COUNT, INDEX
from viewer.core.face_model import FaceModel
from viewer.core.head_box import head_box
from viewer.core.models import load_face_model
from viewer.core.onion import Onion
from viewer.face_pane import FacePane
from viewer.face_renderer import FaceRenderer, frame_face

SIZE = 240
BLUE = "#3070ff"


def row(**values: float) -> np.ndarray:
    out = np.zeros(CHANNEL_COUNT, np.float32)
    for name, value in values.items():
        out[INDEX[name]] = value
    return out


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(None)


@pytest.fixture
def renderer(model: FaceModel) -> Iterator[FaceRenderer]:
    made = FaceRenderer(model, (SIZE, SIZE))
    yield made
    made.close()


def bluer(picture: np.ndarray, than: np.ndarray) -> np.ndarray:
    """Which pixels turned bluer."""

    def blue(p: np.ndarray) -> np.ndarray:
        return np.asarray(p[..., 2].astype(int) - p[..., 0])

    found: np.ndarray = blue(picture) - blue(than) > 20
    return found


def test_it_shows_where_the_faces_differ_and_nowhere_else(renderer: FaceRenderer, model: FaceModel) -> None:
    plain = renderer.render()
    renderer.set_onion(row(JawOpen=1), BLUE)
    tinted = bluer(renderer.render(), plain)
    frame = frame_face(model)
    chin = int((0.5 - (head_box(model).chin - frame.target[1]) / frame.height) * SIZE)
    assert tinted[chin - 30 : chin + 25].mean() > 0.1, "the lower face, and the jaw below the chin"
    assert tinted[: SIZE // 4].mean() < 0.01, "the forehead agrees"
    renderer.set_onion(row(), BLUE)
    assert np.array_equal(renderer.render(), plain), "two faces alike are one"
    renderer.set_onion(row(JawOpen=1), BLUE)
    renderer.set_onion(None)
    assert np.array_equal(renderer.render(), plain)


def test_it_shows_behind_the_face_too(renderer: FaceRenderer) -> None:
    renderer.set_values(row(JawOpen=1))
    plain = renderer.render()
    renderer.set_onion(row(), BLUE)
    assert bluer(renderer.render(), plain).mean() > 0.02


def test_only_its_nearest_surface_is_drawn(renderer: FaceRenderer, model: FaceModel) -> None:
    inside = ("teeth", "gums", "tongue")
    hollow = replace(model, parts=tuple(part for part in model.parts if part.material not in inside))
    bare = FaceRenderer(hollow, (SIZE, SIZE))
    try:
        pictures = []
        for each in (renderer, bare):
            each.set_onion(row(HeadYaw=18.0), BLUE)
            pictures.append(each.render().astype(int))
    finally:
        bare.close()
    assert (np.abs(pictures[0] - pictures[1]).max(axis=2) > 4).mean() < 0.001, "no teeth through closed lips"


def test_it_follows_the_face_under_it_and_works_with_colours_and_edges(
    renderer: FaceRenderer, model: FaceModel
) -> None:
    renderer.set_onion(row(JawOpen=0.8), BLUE)
    renderer.set_values(row(JawOpen=0.8))
    alike = renderer.render()
    renderer.set_onion(None)
    assert np.array_equal(renderer.render(), alike)
    renderer.set_overlay_colours(np.full((len(model.vertices), 3), 120, np.uint8))
    renderer.set_wireframe(True)
    plain = renderer.render()
    renderer.set_onion(row(), BLUE)
    assert bluer(renderer.render(), plain).mean() > 0.02


@pytest.mark.slow
def test_a_pane_shows_it_and_lets_it_go(qtbot: QtBot, model: FaceModel) -> None:
    pane = FacePane()
    qtbot.addWidget(pane)
    pane.resize(SIZE, SIZE)
    pane.set_model(model)
    with qtbot.waitSignal(pane.shown):
        pane.show_values(row(JawOpen=0.2))
        pane.show()

    def picture() -> np.ndarray:
        shown = pane.picture()
        assert shown is not None
        return shown.copy()

    qtbot.waitUntil(lambda: not pane._busy and pane._request.smooth)
    plain = picture()
    pane.show_values(row(JawOpen=0.2), onion=Onion(row(JawOpen=1), BLUE))
    qtbot.waitUntil(lambda: not pane._busy and bluer(picture(), plain).mean() > 0.02)
    pane.show_values(row(JawOpen=0.2), onion=Onion(np.full(CHANNEL_COUNT, np.nan, np.float32), BLUE))
    qtbot.waitUntil(lambda: not pane._busy and bluer(picture(), plain).mean() < 0.001)
    pane.release()
