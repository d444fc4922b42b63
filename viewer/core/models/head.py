"""The default head, shipped with the program."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from viewer.core.channels import SHAPE_COUNT, SHAPES
from viewer.core.errors import FaceModelError
from viewer.core.face_model import Correctives, Eyeball, FaceModel, FloatArray, Material, Part
from viewer.core.resources import resource

_GAP = 256

HEAD_FILE = resource("head", "head.npz")


@lru_cache(maxsize=1)
def load_default_head() -> FaceModel:
    """Our own head: 52 shapes, separate eyeballs, one unit = 1 cm.  Read once and then shared.

    Raises FaceModelError where the file is missing or broken.
    """
    return read_head(HEAD_FILE)


def read_head(path: Path) -> FaceModel:
    """Read a head that ``resources/head/sculpt.py`` wrote.  Raises FaceModelError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _model(arrays)
    except FileNotFoundError:
        raise FaceModelError("the default head is missing", "install the studio again", path) from None
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as fault:
        raise FaceModelError(
            f"the default head cannot be read ({fault})", "install the studio again", path
        ) from fault


def _model(arrays: dict[str, np.ndarray]) -> FaceModel:
    vertices = arrays["vertices"].astype(np.float32)
    if [str(name) for name in arrays["shape_names"]] != [channel.name for channel in SHAPES]:
        raise ValueError("its shapes are not the 52 of this program")
    deltas = _unpacked(arrays, "delta", len(vertices))
    if deltas.shape[0] != SHAPE_COUNT:
        raise ValueError("its shapes are not the 52 of this program")
    added = _unpacked(arrays, "corrective", len(vertices))
    touched = _without_gaps(np.flatnonzero(added.any(axis=(0, 2))))
    correctives = Correctives(
        arrays["corrective_channels"].astype(np.int32), touched, np.ascontiguousarray(added[:, touched])
    )
    parts = tuple(
        Part(
            name=str(name),
            material=cast(Material, str(material)),
            first=int(first),
            count=int(count),
            colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        )
        for name, material, (first, count), colour in zip(
            arrays["part_names"],
            arrays["part_materials"],
            arrays["part_ranges"],
            arrays["part_colours"],
            strict=True,
        )
    )
    left, right = (
        Eyeball(centre.astype(np.float32), np.arange(first, end, dtype=np.int32))
        for centre, (first, end) in zip(arrays["eye_centres"], arrays["eye_ranges"], strict=True)
    )
    return FaceModel(
        name="Default head",
        vertices=vertices,
        triangles=arrays["triangles"].astype(np.int32),
        deltas=deltas,
        parts=parts,
        neck=arrays["neck"].astype(np.float32),
        mm_per_unit=10.0,
        colours=arrays["colours"],
        eyes=(left, right),
        correctives=correctives,
        source="resources/head",
    )


def _unpacked(arrays: dict[str, np.ndarray], name: str, count: int) -> FloatArray:
    """Motions (K, count, 3) that ``resources/head/sculpt.py`` packed."""
    start, scales = arrays[f"{name}_start"], arrays[f"{name}_scale"]
    out = np.zeros((len(scales), count, 3), np.float32)
    for k, scale in enumerate(scales):
        run = slice(int(start[k]), int(start[k + 1]))
        out[k, arrays[f"{name}_index"][run]] = arrays[f"{name}_values"][run] * scale
    return out


def _without_gaps(numbers: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """Sorted ``numbers`` with small gaps filled, because whole runs are quicker to add."""
    ends = np.flatnonzero(np.diff(numbers) > _GAP) + 1
    runs = np.split(numbers, ends)
    return np.concatenate([np.arange(run[0], run[-1] + 1, dtype=np.int32) for run in runs if run.size])
