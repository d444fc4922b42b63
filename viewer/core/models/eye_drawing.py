"""Irises for heads whose own cannot be shown.

Some heads have plain white balls (their texture is in a format not read here), others hide
the iris behind a white that a game engine draws as clear.  Without an iris nobody can tell
where a face looks, so one is drawn onto the ball.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from viewer.core.face_model import FaceModel, Part

_SIZE = 256
_IRIS_MM = 5.6
"""Radius of a human iris: about 11 mm across."""
_IRIS_RADIUS, _PUPIL_RADIUS = 0.47, 0.165
"""In the drawing, whose half width is 1."""
_BEFORE_MM = 0.01
"""How far one surface must lie in front of another to hide it."""
_BEHIND = 1e-3
"""Share of an eye's radius behind its middle from which on a vertex lies on its back."""
_WHITE, _IRIS = (0.93, 0.91, 0.89), (0.36, 0.27, 0.20)


def with_drawn_eyes(model: FaceModel) -> FaceModel:
    """The model with irises on its eyeballs, unless it shows its own."""
    whites = [part for part in model.parts if part.material == "sclera"]
    irises = [part for part in model.parts if part.material in ("iris", "pupil")]
    if model.eyes is None or not whites or any(part.texture is not None for part in whites + irises):
        return model
    if irises and not _hidden(model, whites, irises):
        return model
    kept = [part for part in model.parts if part.material not in ("iris", "pupil")]
    runs = [model.triangles[part.first : part.first + part.count] for part in kept]
    firsts = np.cumsum([0, *(len(run) for run in runs[:-1])])
    drawing = eye_drawing()
    parts = tuple(
        replace(part, first=int(first), texture=drawing if part.material == "sclera" else part.texture)
        for part, first in zip(kept, firsts, strict=True)
    )
    uv = np.zeros((len(model.vertices), 2), np.float32) if model.uv is None else model.uv.copy()
    for eye in model.eyes:
        ball = model.vertices[eye.indices] - eye.centre
        radius = float(np.median(np.linalg.norm(ball, axis=1)))
        iris = min(max(_IRIS_MM / model.mm_per_unit, 0.38 * radius), 0.5 * radius)
        spot = ball[:, :2] * (1.0, -1.0) / iris * _IRIS_RADIUS
        uv[eye.indices] = np.clip(0.5 + 0.5 * spot, 0.01, 0.99)
        uv[eye.indices[ball[:, 2] < -_BEHIND * radius]] = 0.01
    return replace(model, parts=parts, triangles=np.concatenate(runs), uv=uv)


def _hidden(model: FaceModel, whites: list[Part], irises: list[Part]) -> bool:
    """Whether the white reaches in front of the iris; where both end alike, the iris is seen."""

    def front(parts: list[Part]) -> float:
        used = np.concatenate([model.triangles[p.first : p.first + p.count].reshape(-1) for p in parts])
        return float(model.vertices[used, 2].max())

    return front(whites) > front(irises) + _BEFORE_MM / model.mm_per_unit


def eye_drawing() -> npt.NDArray[np.uint8]:
    """(256, 256, 3) sRGB: an eyeball seen from the front, its radius half the width."""
    axis = (np.arange(_SIZE) + 0.5) / _SIZE * 2 - 1
    x, y = np.meshgrid(axis, axis)
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    soft = 3.0 / _SIZE

    def inside(radius: float) -> npt.NDArray[np.float64]:
        return np.clip((radius - r) / soft * 0.5 + 0.5, 0.0, 1.0)[..., None]

    fibres = 1.0 + 0.10 * np.sin(angle * 37.0 + 2.0 * np.sin(angle * 5.0)) + 0.06 * np.sin(angle * 71.0)
    depth = np.clip((r - _PUPIL_RADIUS) / (_IRIS_RADIUS - _PUPIL_RADIUS), 0.0, 1.0)
    iris = np.array(_IRIS) * (fibres * (1.35 - 0.45 * depth - 0.5 * depth**8))[..., None]
    white = np.array(_WHITE) * np.stack([1 - 0.06 * r, 1 - 0.14 * r, 1 - 0.15 * r], axis=-1)
    out = white + (iris - white) * inside(_IRIS_RADIUS)
    out = out + (0.02 - out) * inside(_PUPIL_RADIUS)
    return np.asarray(np.round(np.clip(out, 0.0, 1.0) * 255), np.uint8)
