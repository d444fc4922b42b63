"""From what a file holds to a face model: shapes by name, sizes, eyes, neck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from viewer.core.channels import SHAPES
from viewer.core.errors import FaceModelError
from viewer.core.face_model import STILL, Eyeball, FaceModel, FloatArray, IntArray, Part, extent
from viewer.core.limits import TRIANGLES, VERTICES
from viewer.core.models.anatomy import find_eyes, mm_per_unit, neck_pivot, upright
from viewer.core.models.eye_drawing import with_drawn_eyes
from viewer.core.models.shape_names import ShapeNames

_FLAT = 1e-5
"""Share of its extent that a mesh is deep at least, or it has no inside."""


def refuse_without_shapes(found: ShapeNames, path: Path) -> None:
    """Raise :class:`FaceModelError` where not one ARKit shape was found."""
    if found.rows:
        return
    if found.extra:
        some = ", ".join(found.extra[:3])
        raise FaceModelError(
            f"none of its {len(found.extra)} shapes is one of ARKit's (it has {some})",
            "choose a head with the 52 ARKit blend shapes",
            path,
        )
    raise FaceModelError(
        "it has no named shapes", "choose a head with the 52 ARKit blend shapes, named in the file", path
    )


def refuse_size(vertices: int, triangles: int, path: Path) -> None:
    """Raise :class:`FaceModelError` where a mesh is too large to be drawn as a face."""
    if vertices > VERTICES or triangles > TRIANGLES:
        raise FaceModelError(
            f"it has {vertices:,} vertices and {triangles:,} triangles, too many to be drawn as a face",
            f"reduce it to at most {VERTICES:,} vertices",
            path,
        )


def assemble(
    path: Path,
    vertices: FloatArray,
    triangles: IntArray,
    parts: Sequence[Part],
    deltas: FloatArray,
    names: ShapeNames,
    usual_mm: Sequence[float],
    *,
    colours: npt.NDArray[np.uint8] | None = None,
    uv: FloatArray | None = None,
    notes: Sequence[str] = (),
    eyes: tuple[Eyeball, Eyeball] | None = None,
) -> FaceModel:
    """A face model in this project's axes, with size, neck and eyes; ``eyes`` are those to take
    where the parts do not show any.

    Raises :class:`FaceModelError` on coordinates that are not numbers or a mesh without extent.
    """
    if not (np.isfinite(vertices).all() and np.isfinite(deltas).all()):
        raise FaceModelError("some of its coordinates are not numbers", "export the model again", path)
    if not len(vertices) or extent(vertices) <= 0:
        raise FaceModelError("its mesh has no extent", "export the model again", path)
    remarks = list(notes)
    triangles, parts = _without_shells(triangles, parts)
    turn = upright(vertices, deltas)
    if not np.array_equal(turn, np.eye(3)):
        vertices = np.asarray(vertices @ turn.T, np.float32)
        deltas = np.asarray(deltas @ turn.T, np.float32)
        if np.linalg.det(turn) < 0:
            triangles = np.ascontiguousarray(triangles[:, ::-1])
            remarks.append("It was stored mirrored; it is shown with its own left and right.")
        else:
            remarks.append("It was stored in other axes; it is shown upright.")
        if eyes is not None:
            left, right = (replace(eye, centre=np.asarray(turn @ eye.centre, np.float32)) for eye in eyes)
            eyes = left, right
    if _inside_out(vertices, triangles, parts):
        triangles = np.ascontiguousarray(triangles[:, ::-1])
    missing = tuple(names.missing)
    still = _still(vertices, deltas, missing)
    if still:
        one = "1 shape of it moves nothing and counts"
        some = one if len(still) == 1 else f"{len(still)} shapes of it move nothing and count"
        remarks.append(f"{some} as missing: {', '.join(still)}.")
        missing = tuple(channel.name for channel in SHAPES if channel.name in {*missing, *still})
    size, guessed = mm_per_unit(vertices, deltas, usual_mm)
    if guessed:
        remarks.append("Its size is unknown: distances assume eyes 63 mm apart.")
    model = FaceModel(
        name=path.stem or path.name,
        vertices=np.ascontiguousarray(vertices, np.float32),
        triangles=np.ascontiguousarray(triangles, np.int32),
        deltas=np.ascontiguousarray(deltas, np.float32),
        parts=tuple(parts),
        neck=neck_pivot(vertices, deltas),
        mm_per_unit=size,
        colours=colours,
        uv=uv,
        missing=missing,
        still=still,
        extra=tuple(names.extra),
        notes=tuple(remarks),
        source=str(path),
    )
    found = find_eyes(model.vertices, model.triangles, model.parts)
    return with_drawn_eyes(replace(model, eyes=eyes if found is None else found))


def _still(vertices: FloatArray, deltas: FloatArray, missing: Sequence[str]) -> tuple[str, ...]:
    """The names of the shapes that are there and move no vertex further than files round."""
    least = STILL * extent(vertices)
    return tuple(
        channel.name
        for channel in SHAPES
        if channel.name not in missing and float(np.abs(deltas[channel.index]).max()) <= least
    )


def _inside_out(vertices: FloatArray, triangles: IntArray, parts: Sequence[Part]) -> bool:
    """Whether the skin's triangles turn their backs outward: light and shade would be swapped.  A
    flat mesh has no outside."""
    runs = [triangles[p.first : p.first + p.count] for p in parts if p.material in ("skin", "other")]
    corners = vertices[np.concatenate(runs) if runs else triangles].astype(np.float64)
    if not len(corners):
        return False
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(outward, axis=1)
    middles = corners.mean(axis=1)
    centre = np.average(middles, axis=0, weights=size) if size.sum() > 0 else middles.mean(axis=0)
    away = np.einsum("ij,ij->i", outward, middles - centre)
    flat = _FLAT * float(size.sum()) * extent(vertices)
    return float(away.sum()) < -0.2 * float(np.abs(away).sum()) - flat


def _without_shells(triangles: IntArray, parts: Sequence[Part]) -> tuple[IntArray, list[Part]]:
    """Leave out what only looks right with a clear texture or a game engine's shading: the
    shells around the eyes (occlusion, tear line) and lash cards; drawn as plain surfaces they
    would hide the eyes."""
    kept = [
        part
        for part in parts
        if not (part.material == "lashes" and part.texture is None)
        and (part.material != "cornea" or "cornea" in part.name.lower())
    ]
    if len(kept) == len(parts) or not kept:
        return triangles, list(parts)
    runs = [triangles[part.first : part.first + part.count] for part in kept]
    firsts = np.cumsum([0, *(len(run) for run in runs[:-1])])
    moved = [replace(part, first=int(first)) for part, first in zip(kept, firsts, strict=True)]
    return np.concatenate(runs), moved
