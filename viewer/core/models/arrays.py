"""A face model as plain arrays in an .npz file, for other programs and for measuring."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from viewer.core.channels import SHAPE_COUNT, SHAPES
from viewer.core.errors import FaceModelError, FileError
from viewer.core.face_model import FaceModel, Part
from viewer.core.files import atomic_write, open_plain
from viewer.core.models.anatomy import COLOURS
from viewer.core.models.assemble import assemble, refuse_size, refuse_without_shapes
from viewer.core.models.shape_names import match_shapes
from viewer.core.numpy_file import read_arrays

_ARRAYS = ("vertices", "triangles", "names", "deltas")


def save_npz(model: FaceModel, path: Path) -> None:
    """Write ``vertices (N, 3) f4, triangles (M, 3) i4, names (K,) unicode, deltas (K, N, 3)
    f4`` of the shapes the model has; lowerCamel names, +X own left, +Y up, +Z out.

    Raises :class:`FileError` where it cannot be written.
    """
    gone = set(model.missing)
    here = [channel for channel in SHAPES if channel.name not in gone]
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        vertices=model.vertices.astype(np.float32),
        triangles=model.triangles.astype(np.int32),
        names=np.array([channel.arkit_name for channel in here]),
        deltas=model.deltas[[channel.index for channel in here]].astype(np.float32),
    )
    atomic_write(path, packed.getvalue())


def load_npz(path: Path) -> FaceModel:
    """Read what :func:`save_npz` wrote; such a model has one part and no eyes.

    Raises :class:`FaceModelError`.
    """
    wanted = "choose an .npz file that `face-model --npz` wrote"
    try:
        with open_plain(path) as file:
            data = read_arrays(file, _ARRAYS)
    except FileError as error:
        raise FaceModelError(error.what, error.todo, path) from error
    except ValueError as error:
        raise FaceModelError(f"it {error}", wanted, path) from error
    lacking = [name for name in _ARRAYS if name not in data]
    if lacking:
        raise FaceModelError(f"it has no array {' and '.join(lacking)}", wanted, path)
    vertices, triangles, names, deltas = (data[name] for name in _ARRAYS)
    count = len(vertices) if vertices.ndim else 0
    if (
        vertices.shape != (count, 3)
        or deltas.shape != (names.size, count, 3)
        or triangles.ndim != 2
        or triangles.shape[1] != 3
        or vertices.dtype.kind != "f"
        or deltas.dtype.kind != "f"
        or triangles.dtype.kind not in "iu"
        or names.dtype.kind != "U"
        or names.ndim != 1
    ):
        raise FaceModelError("its arrays do not fit each other", wanted, path)
    refuse_size(count, len(triangles), path)
    found = match_shapes(str(name) for name in names)
    refuse_without_shapes(found, path)
    rows = np.zeros((SHAPE_COUNT, count, 3), np.float32)
    for name, delta in zip(names, deltas, strict=True):
        if str(name) in found.rows:
            with np.errstate(all="ignore"):  # what is no number is refused as a whole
                rows[found.rows[str(name)]] += delta
    part = Part(path.stem, "skin", 0, len(triangles), COLOURS["skin"])
    return assemble(
        path,
        vertices.astype(np.float32),
        triangles.astype(np.int32),
        [part],
        rows,
        found,
        (10.0, 1.0, 1000.0),
    )
