"""What a face costs: blending against the bare matmul, values to pixels against VTK's own render."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from viewer.core.blend import Blender, VertexNormals, weld
from viewer.core.channels import CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.face_model import FaceModel
from viewer.core.models import load_face_model
from viewer.face_renderer import FaceRenderer

PICTURE = (500, 500)
MANY_VERTICES = 26_719


def rows(count: int) -> np.ndarray:
    """Performances with every shape a little active."""
    values = np.random.default_rng(3).random((count, CHANNEL_COUNT)).astype(np.float32) * 0.4
    values[:, SHAPE_COUNT:] = 0.0
    return values


def with_vertices(model: FaceModel, count: int) -> FaceModel:
    """The model cut or repeated to ``count`` vertices, for the cost alone."""
    index = np.arange(count) % len(model.vertices)
    triangles = np.random.default_rng(5).integers(0, count, (2 * count, 3)).astype(np.int32)
    return replace(model, vertices=model.vertices[index], deltas=model.deltas[:, index].copy(), colours=None,
                   triangles=triangles, parts=(replace(model.parts[0], first=0, count=2 * count),), eyes=None)


def _pair(ours: Callable[[int], Any], base: Callable[[int], Any], count: int) -> tuple[float, float]:
    """Median ms of two steps taken in turns, so that a busy machine slows both."""
    spent: tuple[list[float], list[float]] = ([], [])
    for i in range(count + 3):
        for step, times in zip((base, ours), spent, strict=True):
            began = time.perf_counter()
            step(i)
            times.append(1000.0 * (time.perf_counter() - began))
    return statistics.median(spent[1][3:]), statistics.median(spent[0][3:])


def _figure(name: str, value: float, baseline: float) -> dict[str, Any]:
    return {"name": name, "value": value, "baseline": baseline, "ratio": value / baseline, "unit": "ms"}


def _blending(model: FaceModel, count: int) -> list[dict[str, Any]]:
    sized, values = with_vertices(model, count), rows(64)
    blender, out = Blender(sized), np.empty((count, 3), np.float32)
    flat = np.ascontiguousarray(sized.deltas.reshape(SHAPE_COUNT, -1))
    bare = np.empty(3 * count, np.float32)

    def matmul(i: int) -> None:
        np.dot(values[i % 64, :SHAPE_COUNT], flat, out=bare)

    ours, base = _pair(lambda i: blender.blend(values[i % 64], out), matmul, 200)
    normals, directions = VertexNormals(sized.triangles, count, weld(sized)), np.empty_like(out)
    smooth, again = _pair(lambda i: normals.of(out, directions), matmul, 60)
    return [
        _figure(f"face: blend 52 shapes × {count:,} (to the bare matmul)", ours, base),
        _figure(f"face: normals × {count:,} (to the bare matmul)", smooth, again),
    ]


def _drawing(model: FaceModel, name: str) -> dict[str, Any]:
    renderer, values = FaceRenderer(model, PICTURE), rows(64)
    try:
        window = renderer.render_window

        def ours(i: int) -> None:
            renderer.set_values(values[i % 64])
            renderer.render()

        def own(i: int) -> None:
            window.Render()
            window.WaitForCompletion()

        return _figure(f"face: values to pixels, 500², {name} (to VTK's own render)", *_pair(ours, own, 40))
    finally:
        renderer.close()


def run() -> list[dict[str, Any]]:
    """Medians in ms; baselines are the bare matmul and VTK's render of an unchanged scene."""
    head = load_face_model(None)
    return [
        *_blending(head, 10_000), *_blending(head, MANY_VERTICES),
        _drawing(head, f"{len(head.vertices):,} vertices"),
    ]


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']}: {figure['value']:.2f} {figure['unit']}, {figure['ratio']:.2f} ×")
