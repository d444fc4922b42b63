"""Face models from the files people have; one loader for each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from viewer.core.cancel import CancelToken
from viewer.core.errors import FaceModelError
from viewer.core.face_model import FaceModel
from viewer.core.models.arrays import load_npz, save_npz
from viewer.core.models.gltf import load_gltf
from viewer.core.models.obj_folder import load_obj_folder
from viewer.core.progress import Progress

__all__ = ["face_model_facts", "is_face_model", "load_face_model", "save_npz"]


def load_face_model(
    path: Path | str | None = None, cancel: CancelToken | None = None, progress: Progress | None = None
) -> FaceModel:
    """Load a face model.

    Parameters
    ----------
    path : Path or str, optional
        A .glb, .gltf, .vrm or .npz file, or a folder with one OBJ file for each shape; without it
        the studio's own default head.
    cancel : CancelToken, optional
        Looked at between shapes.
    progress : callable, optional
        Called with shapes done, shapes in all, and a few words.

    Returns
    -------
    FaceModel
        ``vertices`` (N, 3) float32 in the model's unit, ``mm_per_unit`` millimetres each, +X the
        face's own left, +Y up, +Z out of the face; ``triangles`` (M, 3) int32; ``deltas`` (52, N, 3)
        float32 in CSV order, zeros for a shape that it lacks.

    Raises
    ------
    FaceModelError
        It does not exist, is no face model, is damaged, or has no shape.
    Cancelled
        ``cancel`` was.

    Notes
    -----
    :class:`viewer.core.blend.Blender` turns a row of a track into vertices: the sum of
    ``vertices`` and weighted ``deltas``, with correctives and turned eyes.

    Examples
    --------
    >>> import viewer
    >>> head = viewer.load_face_model()
    >>> head.deltas.shape == (52, *head.vertices.shape)
    True
    """
    if path is None:
        from viewer.core.models.head import load_default_head  # reads the head only when it is wanted

        default: FaceModel = load_default_head()
        return default
    file = Path(path)
    if not file.exists():
        raise FaceModelError("it does not exist", "choose a model file or a folder of OBJ files", file)
    if file.is_dir():
        return load_obj_folder(file, cancel, progress)
    suffix = file.suffix.lower()
    if suffix in (".glb", ".gltf", ".vrm"):
        return load_gltf(file, cancel, progress)
    if suffix == ".npz":
        return load_npz(file)
    if suffix == ".obj":
        raise FaceModelError(
            "one OBJ file has no shapes", "choose the folder that holds one OBJ for each shape", file
        )
    raise FaceModelError(
        f"{suffix or 'a file without a suffix'} is not a model format read here",
        "choose a .glb or .gltf file, or a folder of OBJ files",
        file,
    )


def is_face_model(path: Path) -> bool:
    """Whether ``path`` looks like a face model, by its name and without reading it."""
    if path.is_dir():
        folders = (path, path / "FaceXModel")
        return any(next(folder.glob("*.obj"), None) is not None for folder in folders if folder.is_dir())
    return path.suffix.lower() in (".glb", ".gltf", ".vrm")


def face_model_facts(model: FaceModel) -> dict[str, Any]:
    """What ``info`` reports about a face model."""
    return {
        "kind": "face model",
        "name": model.name,
        "vertices": len(model.vertices),
        "triangles": len(model.triangles),
        "shapes": len(model.shape_names),
        "missing": list(model.missing),
        "still": list(model.still),
        "extra": list(model.extra),
        "eyes": model.eyes is not None,
        "notes": list(model.notes),
    }
