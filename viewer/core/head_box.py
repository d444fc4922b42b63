"""Where the head of a face model is, told by its eyes and by what its shapes move.

A model may be a mask, a bust or a whole figure, with hair as tall as a tower, and any single shape
may be missing or move nothing.  So no measure hangs on one of them: the eyes come from lids or
eyeballs, the chin from the jaw where that agrees with eyes and mouth, the skull from the parts that
move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.face_model import STILL, FaceModel, extent, measured_once
from viewer.core.landmarks import eye_centre, mouth_centre, moved_by

_JAWS = ("JawOpen", "JawForward", "JawLeft", "JawRight")
_FACE = ("EyeBlinkLeft", "EyeBlinkRight", "MouthPucker", "MouthSmileLeft", "MouthSmileRight", "BrowInnerUp")
_FURTHEST = 0.6
"""Share of a jaw's motion from which on a vertex belongs to the chin."""

# In lengths from the eyes to the mouth, in distances of the pupils, and in heights from the eyes to
# the chin, where those of people lie near the middle.
_CHIN_BY_MOUTH, _CHIN_BY_EYES = 1.65, 1.85
_PLAUSIBLE = (0.7, 1.4)
_NO_NECK = 0.35
_SKULL = (0.85, 1.35)
_HAIR = 0.35
_WIDE, _DEEP = 1.6, 2.8


@dataclass(frozen=True)
class HeadBox:
    """Bounds of the resting head in the model's unit.

    ``middle`` is x between the eyes, ``eyes`` their height (None where no shape shows it),
    ``chin`` the lowest point of the face, ``skull`` the highest without tall hair, ``top`` with as
    much of the hair as belongs into a picture, ``low`` where the mesh ends below the chin; ``front``
    and ``back`` along z.
    """

    middle: float
    eyes: float | None
    chin: float
    skull: float
    top: float
    low: float
    front: float
    back: float

    @property
    def tall(self) -> float:
        """From the chin to the top."""
        return self.top - self.chin


@measured_once
def head_box(model: FaceModel) -> HeadBox:
    """Measure the head of a model at rest; takes some milliseconds the first time."""
    v = model.vertices.astype(np.float64)
    low, high = float(v[:, 1].min()), float(v[:, 1].max())
    eyes = _eyes(model)
    face = _face(model)
    chin = _chin(model, eyes, face)
    if eyes is None or eyes[1] <= chin:
        above = v[v[:, 1] > chin]
        above = above if len(above) else v
        middle = float(above[:, 0].max() + above[:, 0].min()) / 2
        return HeadBox(middle, None, chin, high, high, low, *_depth(above, np.inf))
    height = float(eyes[1]) - chin
    near = v[np.abs(v[:, 0] - eyes[0]) < _WIDE * height]
    skull = float(np.clip(face[:, 1].max(), *(eyes[1] + share * height for share in _SKULL)))
    skull = min(skull, float(near[:, 1].max()))
    top = min(float(near[:, 1].max()), skull + _HAIR * height)
    head = near[(near[:, 1] > chin) & (near[:, 1] <= top)]
    depth = _depth(head if len(head) else near, _DEEP * height)
    return HeadBox(float(eyes[0]), float(eyes[1]), chin, skull, top, low, *depth)


def _depth(vertices: npt.NDArray[np.float64], most: float) -> tuple[float, float]:
    front, back = float(vertices[:, 2].max()), float(vertices[:, 2].min())
    return front, max(back, front - most)


def _eyes(model: FaceModel) -> npt.NDArray[np.float64] | None:
    """(3,) between the eyes."""
    left, right = (eye_centre(model.vertices, model.deltas, side) for side in ("Left", "Right"))
    if left is not None and right is not None:
        return np.asarray((left + right) / 2)
    if model.eyes is not None:
        return np.asarray((model.eyes[0].centre + model.eyes[1].centre) / 2, np.float64)
    return None


def _face(model: FaceModel) -> npt.NDArray[np.float64]:
    """Vertices (n, 3) of the parts that hold what the face's shapes move; all where none does."""
    moved = np.zeros(len(model.vertices), np.bool_)
    for name in _FACE:
        moved |= moved_by(model.vertices, model.deltas, name) > 0
    runs = [model.triangles[part.first : part.first + part.count].reshape(-1) for part in model.parts]
    held = [run for run in runs if moved[run].any()]
    index = np.unique(np.concatenate(held)) if held else slice(None)
    return np.asarray(model.vertices[index], np.float64)


def _chin(model: FaceModel, eyes: npt.NDArray[np.float64] | None, face: npt.NDArray[np.float64]) -> float:
    """By the jaw where that is plausible, else by eyes and mouth; a fifth above the lowest point where
    nothing shows it.  The end of a head without a neck."""
    jaw = _jaw(model)
    usual = _usual_chin(model, eyes)
    if usual is None:
        y = model.vertices[:, 1]
        return float(y.min() + 0.2 * np.ptp(y)) if jaw is None else jaw
    assert eyes is not None
    height = float(eyes[1]) - usual
    sure = jaw is not None and _PLAUSIBLE[0] * height <= eyes[1] - jaw <= _PLAUSIBLE[1] * height
    chin = jaw if sure and jaw is not None else usual
    end = float(face[:, 1].min())
    return end if min(chin, usual) - _NO_NECK * height <= end else chin


def _jaw(model: FaceModel) -> float | None:
    """Height of the lowest vertex among those that a jaw's shape moves furthest."""
    for name in _JAWS:
        reach = moved_by(model.vertices, model.deltas, name)
        if reach.any():
            return float(model.vertices[reach > _FURTHEST * reach.max(), 1].min())
    return None


def _usual_chin(model: FaceModel, eyes: npt.NDArray[np.float64] | None) -> float | None:
    """Where the chin of a person with these eyes and this mouth is."""
    if eyes is None:
        return None
    mouth = mouth_centre(model.vertices, model.deltas, jaw=False)
    if mouth is not None and mouth[1] < eyes[1]:
        return float(eyes[1] - _CHIN_BY_MOUTH * (eyes[1] - mouth[1]))
    left, right = (eye_centre(model.vertices, model.deltas, side) for side in ("Left", "Right"))
    if left is None or right is None:
        return None
    apart = float(np.linalg.norm(left - right))
    return float(eyes[1] - _CHIN_BY_EYES * apart) if apart > STILL * extent(model.vertices) else None
