"""Heads from a folder of OBJ files: a neutral one and one per shape.

Reads ICT-FaceKit's layout (``generic_neutral_mesh.obj``, ``browDown_L.obj`` …, with
``browInnerUp`` and ``cheekPuff`` in halves that are summed, identities ignored) and Apple's
(``neutral.obj`` and 51 or 52 shapes).  A folder is converted once into the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import platformdirs

from viewer.core.cancel import CancelToken
from viewer.core.channels import SHAPE_COUNT
from viewer.core.errors import FaceModelError, FileError
from viewer.core.face_model import FaceModel, FloatArray, IntArray, Part
from viewer.core.files import read_bytes
from viewer.core.in_use import rename_when_free
from viewer.core.limits import OBJ_FILE_BYTES
from viewer.core.models.anatomy import COLOURS, material_of
from viewer.core.models.assemble import assemble, refuse_size, refuse_without_shapes
from viewer.core.models.shape_names import ShapeNames, match_shapes
from viewer.core.progress import Progress, no_progress

_CACHE_VERSION = 2
_CACHED_FOLDERS = 8
_CENTIMETRES = (10.0, 1.0, 1000.0)
_NEUTRAL = re.compile(r"neutral|basis|base|rest|default", re.IGNORECASE)
_IDENTITY = re.compile(r"^identity[_\- ]?\d+$", re.IGNORECASE)
_VERTEX = re.compile(rb"^[ \t]*v[ \t]+([^\r\n#]+)", re.MULTILINE)
_FACE = re.compile(rb"^[ \t]*(f|usemtl|g|o)[ \t]+([^\r\n#]+)", re.MULTILINE)
_log = logging.getLogger(__name__)


def load_obj_folder(
    folder: Path, cancel: CancelToken | None = None, progress: Progress | None = None
) -> FaceModel:
    """A face model from a folder of OBJ files, quick from the second time on.

    A shape that cannot be read or does not fit the neutral mesh is left out with a note.
    Raises :class:`FaceModelError` where there is no neutral mesh or no ARKit shape, and
    :class:`Cancelled`.
    """
    cancel, progress = cancel or CancelToken(), progress or no_progress
    files = _files(folder)
    neutral = _neutral(files, folder)
    cached = _cache_file(files)
    model = _from_cache(cached, folder, neutral)
    if model is None:
        model = _converted(folder, files, neutral, cached, cancel, progress)
    progress(1, 1, "done")
    return model


def _files(folder: Path) -> dict[str, Path]:
    """The OBJ files by stem; also of a folder ``FaceXModel`` inside, as ICT-FaceKit has it."""
    try:
        for place in (folder, folder / "FaceXModel"):
            if place.is_dir():
                found = {p.stem: p for p in sorted(place.iterdir()) if p.suffix.lower() == ".obj"}
                if found:
                    return found
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise FaceModelError(what, "check its permissions", folder) from error
    raise FaceModelError(
        "there is no OBJ file in it", "choose a folder with a neutral OBJ and one OBJ for each shape", folder
    )


def _neutral(files: dict[str, Path], folder: Path) -> Path:
    matched = match_shapes(files)
    free = [name for name in matched.extra if not _IDENTITY.match(name)]
    for name in sorted(free, key=lambda n: ("neutral" not in n.lower(), len(n))):
        if _NEUTRAL.search(name):
            return files[name]
    if len(free) == 1:
        return files[free[0]]
    raise FaceModelError("it has no neutral face", "add the resting face as neutral.obj", folder)


def _converted(
    folder: Path, files: dict[str, Path], neutral: Path, cached: Path, cancel: CancelToken, progress: Progress
) -> FaceModel:
    progress(0, 0, "reading the neutral face")
    data = _bytes(neutral)
    vertices = _vertices(data, neutral)
    triangles, runs = _faces(data, len(vertices), neutral)
    refuse_size(len(vertices), len(triangles), neutral)
    shapes = {name: path for name, path in files.items() if path != neutral and not _IDENTITY.match(name)}
    names = match_shapes(shapes)
    refuse_without_shapes(names, folder)
    deltas = np.zeros((SHAPE_COUNT, len(vertices), 3), np.float32)
    notes = []
    for done, name in enumerate(list(names.rows)):
        cancel.check()
        progress(done, len(names.rows), f"reading {name}")
        try:
            moved = _vertices(_bytes(files[name]), files[name])
            if moved.shape != vertices.shape:
                raise FaceModelError(
                    f"it has {len(moved):,} vertices, the neutral face {len(vertices):,}",
                    "export it again",
                    files[name],
                )
        except FaceModelError as error:
            notes.append(f"{error.path and error.path.name}: {error.what}; the shape is left out.")
            del names.rows[name]
            continue
        deltas[names.rows[name]] += moved - vertices
    refuse_without_shapes(names, folder)
    parts = _parts(runs)
    _to_cache(cached, vertices, triangles, parts, deltas, names, notes)
    return assemble(folder, vertices, triangles, parts, deltas, names, _CENTIMETRES, notes=notes)


def _bytes(path: Path) -> bytes:
    try:
        data = read_bytes(path, OBJ_FILE_BYTES)
    except FileError as error:
        raise FaceModelError(error.what, error.todo, path) from error
    # Before they are taken apart: each line becomes an object of several times its size.
    refuse_size(data.count(b"\nv "), data.count(b"\nf "), path)
    return data


def _vertices(data: bytes, path: Path) -> FloatArray:
    """(N, 3) positions; colours behind them are ignored."""
    lines = _VERTEX.findall(data)
    if not lines:
        raise FaceModelError("there is no vertex in it", "choose a Wavefront OBJ mesh", path)
    try:
        width = len(lines[0].split())
        flat = np.array(b" ".join(lines).split(), np.float64)
        found = flat.reshape(len(lines), width)[:, :3].astype(np.float32)
    except ValueError as error:
        raise FaceModelError("one of its vertices is malformed", "export it again", path) from error
    if found.shape[1] != 3 or not np.isfinite(found).all():
        raise FaceModelError("some of its coordinates are not numbers", "export it again", path)
    return found


def _faces(data: bytes, count: int, path: Path) -> tuple[IntArray, list[tuple[str, int, int]]]:
    """Triangles (M, 3) and their runs (name, first, count); polygons become fans."""
    rows: list[tuple[int, int, int]] = []
    runs: list[tuple[str, int, int]] = []
    name, first = path.stem, 0
    materials = b"usemtl" in data
    try:
        for kind, text in _FACE.findall(data):
            if kind == b"f":
                corner = [int(word.split(b"/", 1)[0]) for word in text.split()]
                corner = [c - 1 if c > 0 else count + c for c in corner]
                rows.extend((corner[0], corner[k], corner[k + 1]) for k in range(1, len(corner) - 1))
                refuse_size(count, len(rows), path)
            elif kind == b"usemtl" or not materials:
                if len(rows) > first:
                    runs.append((name, first, len(rows) - first))
                name, first = text.decode("utf-8", "replace").strip(), len(rows)
    except ValueError as error:
        raise FaceModelError("one of its faces is malformed", "export it again", path) from error
    if len(rows) > first:
        runs.append((name, first, len(rows) - first))
    triangles = np.array(rows, np.int64).reshape(-1, 3)
    if not len(triangles):
        raise FaceModelError("there is no face in it", "export it as a mesh, not as points", path)
    if triangles.min() < 0 or triangles.max() >= count:
        raise FaceModelError("its faces name vertices it does not have", "export it again", path)
    return triangles.astype(np.int32), runs


def _parts(runs: list[tuple[str, int, int]]) -> list[Part]:
    parts = []
    for name, first, count in runs:
        material = material_of(name)
        material = "skin" if material == "other" and len(runs) == 1 else material
        parts.append(Part(name, material, first, count, COLOURS[material]))
    return parts


def _cache_file(files: dict[str, Path]) -> Path:
    """The cache entry of these files as they are now."""
    key = hashlib.sha256(str(_CACHE_VERSION).encode())
    for path in files.values():
        facts = path.stat()
        key.update(f"{path.resolve()}|{facts.st_mtime_ns}|{facts.st_size}\n".encode())
    folder = Path(platformdirs.user_cache_dir("keyframeface-studio")) / "models"
    return folder / f"{key.hexdigest()[:24]}.npz"


def _to_cache(
    cached: Path,
    vertices: FloatArray,
    triangles: IntArray,
    parts: list[Part],
    deltas: FloatArray,
    names: ShapeNames,
    notes: list[str],
) -> None:
    about = {
        "parts": [asdict(part) for part in parts],
        "rows": names.rows,
        "extra": names.extra,
        "notes": notes,
    }
    temporary = cached.with_suffix(f".{os.getpid()}.part.npz")
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            temporary,
            vertices=vertices,
            triangles=triangles,
            deltas=deltas,
            about=np.array(json.dumps(about)),
        )
        rename_when_free(temporary, cached)
        entries = sorted(cached.parent.glob("*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in entries[_CACHED_FOLDERS:]:
            old.unlink(missing_ok=True)
    except OSError:
        _log.warning("the converted head could not be kept in %s", cached.parent, exc_info=True)
        temporary.unlink(missing_ok=True)


def _from_cache(cached: Path, folder: Path, neutral: Path) -> FaceModel | None:
    if not cached.is_file():
        return None
    try:
        with np.load(cached, allow_pickle=False) as data:
            about = json.loads(str(data["about"]))
            vertices, triangles, deltas = data["vertices"], data["triangles"], data["deltas"]
        parts = [Part(**{**part, "colour": tuple(part["colour"])}) for part in about["parts"]]
        names = ShapeNames(about["rows"], about["extra"])
        return assemble(folder, vertices, triangles, parts, deltas, names, _CENTIMETRES, notes=about["notes"])
    except (OSError, ValueError, KeyError, TypeError, FaceModelError):
        _log.warning("the converted head of %s is damaged; reading %s again", folder, neutral.name)
        return None
