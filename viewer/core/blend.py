"""Blending: 61 values to the vertices of a face, and the normals that follow them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import saxpy
from scipy.sparse import coo_array, csr_array

from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT
from viewer.core.face_model import (
    Correctives,
    Eyeball,
    FaceModel,
    FloatArray,
    IntArray,
    extent,
    measured_once,
)
from viewer.core.head_box import head_box
from viewer.core.pose import rotation_matrix

GAZE_DEGREES: dict[str, float] = {"Up": 25.0, "Down": 30.0, "In": 35.0, "Out": 35.0}
"""How far an eyeball turns at a weight of 1 where the model's own shapes do not say."""

_FEW_SHAPES = 16
_ALIKE = 1e-6
"""Share of a mesh's extent within which vertices lie, or move, alike: some roundings of float32."""
_SLIGHT = 1 / 512
"""A corrective's share below which it is left out: it moves nothing by a hundredth of a millimetre."""
_NECK_MM = 130.0
"""Length over which a turning head's motion fades out below the chin."""

_HEAD = slice(INDEX["HeadYaw"], INDEX["HeadYaw"] + 3)
_GAZE = tuple(INDEX[f"EyeLook{way}{side}"] for side in ("Left", "Right") for way in GAZE_DEGREES)


@dataclass(frozen=True)
class _Eye:
    """An eyeball ready to turn: ``look`` are the channels of Up, Down, In and Out, ``turns``
    the yaw and pitch in radians that each of them means at a weight of 1."""

    eyeball: Eyeball
    look: tuple[int, ...]
    turns: npt.NDArray[np.float64]
    rotation: slice


class _Correcting:
    """Adds a model's correctives to its blended vertices, one run of their numbers after the other."""

    def __init__(self, correctives: Correctives) -> None:
        starts = np.flatnonzero(np.diff(correctives.index, prepend=-2) != 1)
        first = correctives.index[starts]
        self._runs = [
            (slice(int(at), int(at + end - start)), slice(int(start), int(end)))
            for at, start, end in zip(first, starts, [*starts[1:], correctives.index.size], strict=True)
        ]
        self._rows = np.ascontiguousarray(correctives.deltas.reshape(len(correctives.deltas), -1))
        self._channels = np.where(correctives.channels < 0, SHAPE_COUNT, correctives.channels)
        self._between = np.count_nonzero(correctives.channels >= 0, axis=1) == 1
        self._weights = np.zeros(SHAPE_COUNT + 1, np.float32)
        self._weights[SHAPE_COUNT] = 1.0
        self._shift = np.empty((correctives.index.size, 3), np.float32)

    def add(self, channels: npt.NDArray[np.intp], weights: FloatArray, out: FloatArray) -> None:
        """Add to ``out`` (N, 3) what the ``weights`` of ``channels`` ask for."""
        self._weights[channels] = weights
        share = self._weights[self._channels].prod(axis=1)
        share = np.where(self._between, 4.0 * share * (1.0 - share), share)
        active = np.flatnonzero(share > _SLIGHT)
        if not active.size:
            return
        shift = self._shift.reshape(-1)
        if active.size > _FEW_SHAPES:
            np.dot(share, self._rows, out=shift)
        else:
            shift[:] = 0.0
            for i in active:
                saxpy(self._rows[i], shift, a=float(share[i]))
        for run, shifted in self._runs:
            out[run] += self._shift[shifted]


class Blender:
    """Turns values into vertices.  Keeps its working memory, so use one per thread."""

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        self._eyes, present, self._rows = _basis(model)
        self._present = present
        self._neutral = np.ascontiguousarray(model.vertices, np.float32)
        self._weights = np.ones(len(present) + 1, np.float32)
        self._correcting = None if model.correctives is None else _Correcting(model.correctives)
        self._follow = _neck_follow(model)
        jaw, close = (np.flatnonzero(present == INDEX[name]) for name in ("JawOpen", "MouthClose"))
        self._lips = (int(jaw[0]) + 1, int(close[0]) + 1) if jaw.size and close.size else None

    def blend(
        self,
        values: npt.ArrayLike,
        out: FloatArray | None = None,
        turn_head: bool = True,
    ) -> FloatArray:
        """Vertices (N, 3) float32 for one row of values (61,), rotations in degrees.

        Weights are clamped to [0, 1], MouthClose also to JawOpen; a row with a NaN gives the
        neutral face.  The eyeballs turn by the EyeLook channels; where these are all 0, by the
        eye rotations.  The head keeps still without ``turn_head``.
        ``out`` (N, 3) float32, C-contiguous, is written and returned when given.
        """
        row = np.asarray(values, np.float32).reshape(-1)
        if row.size != CHANNEL_COUNT:
            raise ValueError(f"a row has {CHANNEL_COUNT} values, not {row.size}")
        if out is None:
            out = np.empty_like(self._neutral)
        if not np.isfinite(row).all():
            out[...] = self._neutral
            return out
        self._shape(row, out)
        for eye in self._eyes:
            yaw, pitch = _gaze(eye, row)
            if yaw or pitch:
                turn = rotation_matrix(yaw, pitch, 0.0).astype(np.float32)
                index, centre = eye.eyeball.indices, eye.eyeball.centre
                out[index] = (out[index] - centre) @ turn.T + centre
        if turn_head:
            self._turn_head(row, out)
        return out

    def _shape(self, row: FloatArray, out: FloatArray) -> None:
        np.clip(row[self._present], 0.0, 1.0, out=self._weights[1:])
        if self._lips is not None:
            # MouthClose brings together the lips that JawOpen parts; beyond that it would drive
            # them through each other, on Apple's head and on others.
            jaw, close = self._lips
            self._weights[close] = min(self._weights[close], self._weights[jaw])
        flat = out.reshape(-1)
        active = np.flatnonzero(self._weights)
        if active.size > _FEW_SHAPES:
            np.dot(self._weights, self._rows, out=flat)
        else:
            flat[:] = self._rows[0]
            for i in active[1:]:
                saxpy(self._rows[i], flat, a=float(self._weights[i]))
        if self._correcting is not None and active.size > 1:
            self._correcting.add(self._present, self._weights[1:], out)

    def _turn_head(self, row: FloatArray, out: FloatArray) -> None:
        yaw, pitch, roll = np.radians(row[_HEAD].astype(np.float64))
        if not (yaw or pitch or roll):
            return
        turn = rotation_matrix(yaw, pitch, roll).astype(np.float32)
        out -= self.model.neck
        turned = out @ turn.T
        if self._follow is not None:
            turned -= out
            turned *= self._follow
            out += turned
        else:
            out[...] = turned
        out += self.model.neck


@measured_once
def _basis(model: FaceModel) -> tuple[tuple[_Eye, ...], npt.NDArray[np.intp], FloatArray]:
    """The eyes that turn; the shapes (P,) that move something; the neutral face and what those
    shapes add to it (P + 1, 3 N), without what the turning eyes do themselves."""
    present = np.flatnonzero(np.abs(model.deltas).max(axis=(1, 2)) > 0)
    eyes = _eyes(model)
    deltas = model.deltas[present]
    for eye in eyes:
        deltas[np.flatnonzero(np.isin(present, _GAZE))[:, None], eye.eyeball.indices] = 0.0
    neutral = np.ascontiguousarray(model.vertices, np.float32)
    rows = np.vstack([neutral.reshape(1, -1), deltas.reshape(len(present), -1)])
    rows.flags.writeable = False  # Blenders of several threads share it.
    return eyes, present, rows


def _eyes(model: FaceModel) -> tuple[_Eye, ...]:
    if model.eyes is None:
        return ()
    eyes = []
    for side, eyeball in zip(("Left", "Right"), model.eyes, strict=True):
        if not eyeball.indices.size:
            continue
        look = tuple(INDEX[f"EyeLook{way}{side}"] for way in GAZE_DEGREES)
        turns = np.array(
            [
                _gaze_turn(model, eyeball, channel, way, side)
                for channel, way in zip(look, GAZE_DEGREES, strict=True)
            ]
        )
        first = INDEX[f"{side}EyeYaw"]
        eyes.append(_Eye(eyeball, look, turns, slice(first, first + 3)))
    return tuple(eyes)


def _gaze_turn(model: FaceModel, eyeball: Eyeball, channel: int, way: str, side: str) -> tuple[float, float]:
    """Yaw and pitch (radians) of a gaze shape: as its deltas turn the eyeball where they do
    (best rotation, Kabsch 1976), else :data:`GAZE_DEGREES`."""
    before = model.vertices[eyeball.indices].astype(np.float64) - eyeball.centre
    after = before + model.deltas[channel][eyeball.indices]
    u, _, vt = np.linalg.svd(after.T @ before)
    turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    ahead = turn @ np.array([0.0, 0.0, 1.0])
    yaw, pitch = float(np.arctan2(ahead[0], ahead[2])), float(np.arcsin(np.clip(ahead[1], -1, 1)))
    expected = np.radians(GAZE_DEGREES[way])
    if way in ("Up", "Down"):
        sign = 1.0 if way == "Up" else -1.0
        return 0.0, sign * (sign * pitch if 0.05 < sign * pitch < 1.0 else expected)
    sign = 1.0 if (way == "Out") == (side == "Left") else -1.0
    return sign * (sign * yaw if 0.05 < sign * yaw < 1.0 else expected), 0.0


def _gaze(eye: _Eye, row: FloatArray) -> tuple[float, float]:
    """Yaw and pitch (radians) of one eye; never both sources at once."""
    if any(row[channel] > 0 for channel in _GAZE):
        yaw, pitch = np.clip(row[list(eye.look)], 0.0, 1.0) @ eye.turns
        return float(yaw), float(pitch)
    yaw, pitch, _ = np.radians(row[eye.rotation].astype(np.float64))
    return float(np.clip(yaw, -0.9, 0.9)), float(np.clip(pitch, -0.7, 0.7))


def _neck_follow(model: FaceModel) -> FloatArray | None:
    """(N, 1) share of the head's turn that each vertex takes, None where all turn fully: all of
    it down to the chin, fading to 0 down the neck, so that a bust keeps its shoulders."""
    y = model.vertices[:, 1]
    box = head_box(model)
    tall = box.tall
    start = box.chin - 0.04 * tall
    neck = min(start - float(y.min()), _NECK_MM / model.mm_per_unit)
    if neck < 0.12 * tall:
        return None
    share = np.clip((y - (start - neck)) / neck, 0.0, 1.0)
    return np.ascontiguousarray((share * share * (3.0 - 2.0 * share))[:, None], np.float32)


class VertexNormals:
    """Smooth unit normals of one mesh, quick to repeat as its vertices move.

    ``welded`` (N,) names for each vertex the one it shares its normal with (see
    :func:`weld`), so that seams of texture coordinates stay invisible.
    """

    def __init__(self, triangles: IntArray, count: int, welded: npt.NDArray[np.intp] | None = None) -> None:
        faces = len(triangles)
        corners = triangles.reshape(-1)
        owner = corners if welded is None else welded[corners]
        ones = np.ones(corners.size, np.float32)
        total = csr_array((ones, (owner, np.repeat(np.arange(faces), 3))), shape=(count, faces))
        self._sum = total if welded is None else total[welded]
        self._corners = np.ascontiguousarray(triangles.T, np.intp)
        # Rows of four floats are moved as one number of 16 bytes, which is what takes the time.
        self._padded = np.zeros((count, 4), np.float32)
        self._gathered = np.zeros((3, faces, 4), np.float32)
        self._face = np.empty((faces, 3), np.float32)
        self._product = np.empty(faces, np.float32)

    def of(self, vertices: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """Area-weighted normals (N, 3) float32 of ``vertices`` (N, 3); a vertex of no triangle
        gets (0, 0, 1)."""
        self._padded[:, :3] = vertices
        rows = self._padded.view(np.complex128).reshape(-1)
        for corner, where in zip(self._corners, self._gathered, strict=True):
            np.take(rows, corner, out=where.view(np.complex128).reshape(-1), mode="clip")
        a, b, c = self._gathered
        b -= a
        c -= a
        for axis, (p, q) in enumerate(((1, 2), (2, 0), (0, 1))):
            across = self._face[:, axis]
            np.multiply(b[:, p], c[:, q], out=across)
            np.multiply(b[:, q], c[:, p], out=self._product)
            across -= self._product
        normals = np.asarray(self._sum @ self._face, np.float32)
        length = np.einsum("ij,ij->i", normals, normals)
        flat = length < 1e-20
        length[flat] = 1.0
        np.sqrt(length, out=length)
        np.reciprocal(length, out=length)
        if out is None:
            out = np.empty_like(normals)
        for axis in range(3):
            np.multiply(normals[:, axis], length, out=out[:, axis])
        if flat.any():
            out[flat] = (0.0, 0.0, 1.0)
        return out


def vertex_normals(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Smooth unit normals (N, 3) float32; for moving vertices keep a :class:`VertexNormals`."""
    return VertexNormals(triangles, len(vertices)).of(np.asarray(vertices, np.float32))


@measured_once
def weld(model: FaceModel) -> npt.NDArray[np.intp] | None:
    """(N,) for each vertex the first one that lies and moves as it does, up to rounding; None
    where no two do.  Lips that only touch in the neutral face stay apart."""
    # Loaded with the first face rather than with the window.
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    mix = np.random.default_rng(0).normal(size=SHAPE_COUNT).astype(np.float32)
    motion = np.einsum("k,knc->nc", mix, model.deltas)
    key = np.hstack([model.vertices, motion]) / ((extent(model.vertices) or 1.0) * _ALIKE)
    cells, first, inverse = np.unique(np.round(key), axis=0, return_index=True, return_inverse=True)
    # Two that are alike may be rounded to neighbouring cells.
    pairs = cKDTree(cells).query_pairs(1.0, p=np.inf, output_type="ndarray")
    near = pairs[np.abs(key[first[pairs[:, 0]]] - key[first[pairs[:, 1]]]).max(axis=1) < 0.5]
    joined = coo_array((np.ones(len(near), bool), near.T), shape=(len(cells), len(cells)))
    count, group = connected_components(joined, directed=False)
    if count == len(key):
        return None
    earliest = np.full(count, len(key))
    np.minimum.at(earliest, group, first)
    return np.asarray(earliest[group[inverse.reshape(-1)]], np.intp)


def distance_mm(model: FaceModel, a: FloatArray, b: FloatArray) -> FloatArray:
    """Millimetres (N,) between two sets of vertices (N, 3) of ``model``."""
    apart = np.asarray(a, np.float32) - np.asarray(b, np.float32)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart, apart)) * model.mm_per_unit, np.float32)
