"""What a face costs: blending against the bare matmul, values to pixels against VTK's own render."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from tests.bench.measuring import figure, measure
from viewer.core.blend import Blender, VertexNormals, weld
from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.channels import match as match_channel
from viewer.core.face_model import FaceModel, Part
from viewer.core.models import load_face_model
from viewer.face_renderer import FaceRenderer

PICTURE = (500, 500)
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "ict_facekit.npz"
REFERENCE_VERTICES = 26_719


def rows(count: int) -> np.ndarray:
    """Performances with every shape a little active."""
    values = np.random.default_rng(3).random((count, CHANNEL_COUNT)).astype(np.float32) * 0.4
    values[:, SHAPE_COUNT:] = 0.0
    return values


def grid(model: FaceModel, count: int) -> FaceModel:
    """A sheet of ``count`` vertices that moves as the model's do, for the cost alone."""
    index = np.arange(count) * len(model.vertices) // count
    side = int(np.sqrt(count))
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).reshape(-1)
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + side], axis=1),
            np.stack([corner + 1, corner + side + 1, corner + side], axis=1),
        ]
    ).astype(np.int32)
    part = replace(model.parts[0], first=0, count=len(triangles))
    return replace(
        model,
        vertices=model.vertices[index],
        deltas=model.deltas[:, index].copy(),
        colours=None,
        triangles=triangles,
        parts=(part,),
        eyes=None,
        correctives=None,
    )


def reference() -> FaceModel | None:
    """ICT-FaceKit's head where its arrays are at hand, as one part."""
    if not REFERENCE.is_file():
        return None
    with np.load(REFERENCE, allow_pickle=False) as file:
        vertices, faces, names, moves = (file[name] for name in ("neutral", "faces", "names", "deltas"))
    deltas = np.zeros((SHAPE_COUNT, len(vertices), 3), np.float32)
    for name, move in zip(names, moves, strict=True):
        channel = match_channel(str(name).replace("_L", "Left").replace("_R", "Right"))
        if channel is not None and channel.index < SHAPE_COUNT:
            deltas[channel.index] += move
    triangles = np.concatenate([faces[:, :3], faces[faces[:, 3] >= 0][:, [0, 2, 3]]]).astype(np.int32)
    part = Part("skin", "skin", 0, len(triangles), (0.8, 0.6, 0.5))
    return FaceModel(
        "reference", vertices.astype(np.float32), triangles, deltas, (part,), np.zeros(3, np.float32)
    )


def _blending(model: FaceModel, label: str, budget: bool, rounds: int) -> list[dict[str, Any]]:
    count, values = len(model.vertices), rows(64)
    blender, out = Blender(model), np.empty((count, 3), np.float32)
    # As many rows as the blend uses: a model that lacks shapes costs less.
    moving = np.flatnonzero(np.abs(model.deltas).max(axis=(1, 2)) > 0)
    flat = np.ascontiguousarray(model.deltas[moving].reshape(len(moving), -1))
    weights = np.ascontiguousarray(values[:, moving])
    bare = np.empty(3 * count, np.float32)
    more = np.zeros((1, 1), np.float32)
    if model.correctives is not None:
        more = np.ascontiguousarray(model.correctives.deltas.reshape(len(model.correctives.deltas), -1))
        label += f" with {len(more)} correctives"
    shares, moved = np.full(len(more), 0.1, np.float32), np.empty(more.shape[1], np.float32)

    def matmul(i: int) -> None:
        np.dot(weights[i % 64], flat, out=bare)
        np.dot(shares, more, out=moved)

    normals, directions = VertexNormals(model.triangles, count, weld(model)), np.empty_like(out)
    ours, base, smooth = measure(
        lambda i: blender.blend(values[i % 64], out),
        matmul,
        lambda i: normals.of(out, directions),
        count=rounds,
        warm=10,
    )
    return [
        figure(
            f"face: blend {len(moving)} shapes × {label}",
            ours,
            base,
            against="the bare matmul",
            at_most=1.0 if budget else None,
            ratio_at_most=1.5,
        ),
        figure(f"face: normals × {label}", smooth, base, against="the bare matmul of its blend"),
    ]


def _drawing(model: FaceModel, label: str, rounds: int) -> dict[str, Any]:
    renderer, values = FaceRenderer(model, PICTURE), rows(64)
    screen = QImage(*PICTURE, QImage.Format.Format_RGB32)
    try:
        window, scene = renderer._window, renderer._plotter.renderer

        def ours(i: int) -> None:
            renderer.set_values(values[i % 64])
            pixels = renderer.render_rgba()
            painter = QPainter(screen)
            picture = QImage(pixels.data, *PICTURE, 4 * PICTURE[0], QImage.Format.Format_RGBX8888)
            painter.drawImage(0, 0, picture)
            painter.end()

        def own(i: int) -> None:
            renderer._shape.moved()
            scene.GradientBackgroundOn()
            window.Render()
            window.WaitForCompletion()
            scene.GradientBackgroundOff()

        spent = measure(ours, own, count=rounds, warm=5)
        return figure(
            f"face: values to pixels on screen, 500², {label}",
            *spent,
            clock="wall",
            against="VTK's own render of the moved face on its gradient",
            ratio_at_most=1.3,
        )
    finally:
        renderer.close()


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Blending at 10,000 vertices, and blending and drawing of the default head and of one with as
    many vertices as the reference head."""
    _app = QGuiApplication.instance() or QGuiApplication([])
    head = load_face_model(None)
    rounds = 40 if quick else 300
    large, label = reference(), "26,719 (ICT-FaceKit)"
    if large is None:
        large, label = grid(head, REFERENCE_VERTICES), f"{REFERENCE_VERTICES:,} (a sheet)"
    own, drawn = f"default head of {len(head.vertices):,}", 12 if quick else 50
    return [
        *_blending(grid(head, 10_000), "10,000", True, rounds),
        *_blending(head, own, False, rounds),
        *_blending(large, label, False, rounds),
        _drawing(head, own, drawn),
        _drawing(large, label, drawn),
    ]
