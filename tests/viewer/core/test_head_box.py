"""Heads are found whatever hair, body or missing shapes a model has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.viewer.core.glb_writer import Glb, blob, head_shapes
from viewer.core.face_model import FaceModel
from viewer.core.head_box import HeadBox, head_box
from viewer.core.models import load_face_model
from viewer.face_renderer import close_up, frame_face

RADIUS = 0.1
FIGURE = {"Body": ((0.0, -0.9, 0.0), 0.75), "Left arm": ((0.7, -0.3, 0.0), 0.1)}
TALL_HAIR = {"Hair": ((0.0, 0.25, -0.02), 0.16)}


def model_with(
    folder: Path, others: dict[str, tuple[tuple[float, float, float], float]], still: Sequence[str] = ()
) -> FaceModel:
    """A ball as head at the origin, other balls beside it, and shapes that move nothing."""
    glb = Glb()
    for name, (centre, radius) in {"Head": ((0.0, 0.0, 0.0), RADIUS), **others}.items():
        vertices, triangles = blob(centre, radius, 12)
        targets = {}
        if name == "Head":
            for shape, delta in head_shapes(vertices).items():
                targets[shape] = glb.accessor(np.zeros_like(delta) if shape in still else delta)
        mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets, name=name)
        glb.node(mesh=mesh, name=name)
    return load_face_model(glb.save(folder / "head.glb"))


def seen(model: FaceModel, zoom: float = 1.0, pan: float = 0.0) -> tuple[float, float]:
    """Lowest and highest y of a picture."""
    frame = frame_face(model)
    middle = frame.target[1] - pan * frame.height
    return middle - frame.height / zoom / 2, middle + frame.height / zoom / 2


@pytest.mark.parametrize(
    "others", [{}, FIGURE, TALL_HAIR, {**FIGURE, **TALL_HAIR}], ids=lambda x: " ".join(x)
)
@pytest.mark.parametrize(
    "still",
    [
        (),
        ("jawOpen", "tongueOut"),
        ("jawOpen", "jawForward", "jawLeft", "jawRight"),
        ("mouthPucker", "mouthFunnel", "jawOpen"),
        ("eyeBlinkLeft", "eyeBlinkRight"),
    ],
    ids=lambda names: " ".join(names) or "all",
)
def test_the_head_fills_the_picture_and_is_whole(
    tmp_path: Path, others: dict[str, tuple[tuple[float, float, float], float]], still: tuple[str, ...]
) -> None:
    model = model_with(tmp_path, others, still)
    view = close_up(model)
    for bottom, top in (seen(model), seen(model, view.zoom, view.pan_y)):
        # The whole ball, and no more than three times its size.
        assert bottom < -0.95 * RADIUS and top > 0.8 * RADIUS
        assert top - bottom < 3 * 2 * RADIUS


def test_a_model_without_eyes_is_framed_by_its_jaw_and_bounds(tmp_path: Path) -> None:
    eyes = [name for name in head_shapes(np.zeros((1, 3))) if name.startswith("eye")]
    box = head_box(model_with(tmp_path, {}, eyes))
    assert box.eyes is None
    assert -RADIUS <= box.chin < 0 and box.top == pytest.approx(RADIUS, rel=0.1)


def test_the_measures_of_known_heads(shared: Path) -> None:
    default = head_box(load_face_model())
    assert _in_order(default) and default.chin == pytest.approx(-8.24, abs=0.1)
    assert default.top == pytest.approx(14.6, abs=0.1) and default.low < default.chin - 5
    facecap = head_box(load_face_model(shared / "data" / "avatar" / "facecap.glb"))
    assert _in_order(facecap) and facecap.chin == pytest.approx(facecap.low, abs=1e-6)


def _in_order(box: HeadBox) -> bool:
    assert box.eyes is not None
    return box.low <= box.chin < box.eyes < box.skull <= box.top and box.back < box.front
