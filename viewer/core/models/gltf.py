"""Heads from glTF 2.0 files (.glb, .gltf) with morph targets.

Every mesh of the scene is taken in its rest pose, in the scene's space; targets of the same
name in several meshes (head, teeth, eyes) are one shape.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from viewer.core.cancel import CancelToken
from viewer.core.channels import SHAPE_COUNT
from viewer.core.face_model import Eyeball, FaceModel, FloatArray, IntArray, Part
from viewer.core.limits import TEXTURE_PIXELS, TEXTURES_BYTES, megabytes
from viewer.core.models.anatomy import COLOURS, material_of
from viewer.core.models.assemble import assemble, refuse_size, refuse_without_shapes
from viewer.core.models.gltf_data import GltfFile, fault
from viewer.core.models.gltf_eyes import Bound, eyes_of_bones
from viewer.core.models.gltf_names import clip_drives, position_of, target_names
from viewer.core.models.shape_names import ShapeNames, match_shapes
from viewer.core.progress import Progress, no_progress

Matrix = npt.NDArray[np.float64]
_Drive = tuple[int, int, float]
"""Number of a target, row of the 52 that it moves, and how much of it."""

MAX_TEXTURE = 2048
_MAX_NODES = 20_000
_PICTURES = ("PNG", "JPEG", "WEBP")
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_METRES = (1000.0, 10.0, 1.0)
_FLATTENED = 1e-6
"""Share of a volume that is left of it when it counts as flattened."""
_log = logging.getLogger(__name__)


@dataclass
class _Piece:
    """One primitive placed in the scene: ``place`` is (4, 4), or (n, 4, 4) per vertex when
    skinned."""

    primitive: Any
    label: str
    mesh: int
    node: int
    names: list[str]
    place: Matrix
    vertices: FloatArray
    triangles: IntArray
    skin: int | None = None


@dataclass
class _Look:
    colour: tuple[float, float, float] | None = None
    texture: npt.NDArray[np.uint8] | None = None
    transform: dict[str, Any] = field(default_factory=dict)
    uv_set: int = 0


def load_gltf(path: Path, cancel: CancelToken | None = None, progress: Progress | None = None) -> FaceModel:
    """A face model from a glTF file.  Raises :class:`FaceModelError` saying what is wrong."""
    try:
        return _load(path, cancel or CancelToken(), progress or no_progress)
    except (TypeError, AttributeError, KeyError, IndexError, ValueError, OverflowError) as error:
        _log.info("malformed glTF %s", path, exc_info=True)
        raise fault("its contents contradict the glTF format", path) from error
    except MemoryError as error:
        raise fault("it is too large for this machine's memory", path, "choose a smaller model") from error


def _load(path: Path, cancel: CancelToken, progress: Progress) -> FaceModel:
    file = GltfFile(path)
    pieces: list[_Piece] = []
    count = surface = 0
    for place, node, label in _placed(file):
        for piece in _pieces(file, place, node, label):
            cancel.check()
            pieces.append(piece)
            count, surface = count + len(piece.vertices), surface + len(piece.triangles)
            # As they come: a small file may place one mesh a thousand times.
            refuse_size(count, surface, path)
    if not pieces:
        raise fault("it has no mesh", path, "choose a file with a head in it")
    names = match_shapes(name for piece in pieces for name in piece.names if name)
    drives = _drives(file, pieces, names)
    refuse_without_shapes(names, path)
    deltas = np.zeros((SHAPE_COUNT, count, 3), np.float32)
    looks = _Looks(file)
    parts: list[Part] = []
    uv = np.zeros((count, 2), np.float32)
    colours = np.full((count, 3), 255, np.uint8)
    first = at = 0
    for done, piece in enumerate(pieces):
        cancel.check()
        progress(done, len(pieces), "reading shapes")
        rows = slice(at, at + len(piece.vertices))
        _add_deltas(file, piece, drives[done], deltas[:, rows])
        look = looks.of(piece.primitive.material)
        uv[rows] = _uv(file, piece, look)
        material_name = looks.name(piece.primitive.material)
        material = material_of(piece.label, material_name)
        colour = look.colour or COLOURS[material]
        colours[rows] = _vertex_colours(file, piece, colour)
        parts.append(
            Part(
                piece.label or material_name or f"mesh {done + 1}",
                material,
                first,
                len(piece.triangles),
                colour,
                look.texture,
            )
        )
        first += len(piece.triangles)
        at += len(piece.vertices)
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces[:-1])])
    painted = any("COLOR_0" in _attributes(piece.primitive) for piece in pieces)
    return assemble(
        path,
        np.concatenate([piece.vertices for piece in pieces]),
        np.concatenate([p.triangles + s for p, s in zip(pieces, starts, strict=True)]).astype(np.int32),
        parts,
        deltas,
        names,
        _METRES,
        colours=colours if painted else None,
        uv=uv if any(part.texture is not None for part in parts) else None,
        notes=looks.notes,
        eyes=_bone_eyes(file, pieces, starts),
    )


def _bone_eyes(
    file: GltfFile, pieces: list[_Piece], starts: npt.NDArray[np.int64]
) -> tuple[Eyeball, Eyeball] | None:
    """The eyeballs that bones of the skeleton turn, where there are such bones."""
    bound = []
    for piece, start in zip(pieces, starts, strict=True):
        if piece.skin is not None:
            nodes = tuple(file.item("skins", piece.skin).joints)
            joints, weights = _bindings(file, _attributes(piece.primitive), len(piece.vertices), len(nodes))
            bound.append(Bound(int(start), nodes, joints, weights))
    if not bound:
        return None
    names = {index: node.name or "" for index, node in enumerate(file.gltf.nodes)}
    return eyes_of_bones(names, _worlds(file), bound)


def _placed(file: GltfFile) -> Iterator[tuple[Matrix, int, str]]:
    """World matrix, place and label of every node of the scene that holds a mesh."""
    gltf = file.gltf
    if gltf.scenes:
        roots = file.item("scenes", gltf.scene or 0).nodes or []
    else:
        children = {child for node in gltf.nodes for child in node.children or []}
        roots = [index for index in range(len(gltf.nodes)) if index not in children]
    waiting = [(index, np.eye(4), "") for index in reversed(roots)]
    seen = 0
    while waiting:
        index, parent, above = waiting.pop()
        seen += 1
        if seen > max(_MAX_NODES, len(gltf.nodes)):
            raise fault("its nodes form a circle", file.path)
        node = file.item("nodes", index)
        place = parent @ _local(node, file.path)
        label = node.name or above
        if node.mesh is not None:
            yield place, index, label
        waiting.extend((child, place, label) for child in reversed(node.children or []))


def _local(node: Any, path: Path) -> Matrix:
    if node.matrix:
        found = np.array(node.matrix, np.float64)
        if found.size != 16:
            raise fault("the matrix of a node is malformed", path)
        return found.reshape(4, 4).T
    x, y, z, w = np.array(node.rotation or (0, 0, 0, 1), np.float64)
    out = np.eye(4)
    out[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    out[:3, :3] *= np.array(node.scale or (1, 1, 1), np.float64)
    out[:3, 3] = node.translation or (0, 0, 0)
    return out


def _pieces(file: GltfFile, place: Matrix, index: int, label: str) -> Iterator[_Piece]:
    node = file.item("nodes", index)
    mesh = file.item("meshes", node.mesh)
    for primitive in mesh.primitives or []:
        attributes = _attributes(primitive)
        if primitive.mode not in (None, _TRIANGLES, _STRIP, _FAN) or "POSITION" not in attributes:
            continue
        positions = file.array(attributes["POSITION"])
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise fault("its positions are not three-dimensional", file.path)
        spot = place if node.skin is None else _skinned(file, node.skin, attributes, len(positions))
        triangles = _triangles(file, primitive, len(positions))
        if _mirrors(spot.reshape(-1, 4, 4)[0, :3, :3]):
            triangles = np.ascontiguousarray(triangles[:, ::-1])  # a mirrored mesh shows its inside
        yield _Piece(
            primitive,
            _label(mesh.name, label),
            node.mesh,
            index,
            target_names(file, mesh, node, primitive),
            spot,
            _moved(positions, spot, 1.0),
            triangles,
            node.skin,
        )


def _mirrors(turn: Matrix) -> bool:
    """Whether a matrix (3, 3) mirrors; one that flattens does not, though rounding may say so."""
    size = float(np.linalg.norm(turn, axis=0).prod())
    return float(np.linalg.det(turn)) < -_FLATTENED * size


def _label(mesh: str | None, node: str) -> str:
    """The name of the mesh or its node, whichever says what it is."""
    if material_of(node) == "other" and mesh:
        return mesh
    return node or mesh or ""


def _attributes(primitive: Any) -> dict[str, int]:
    found = vars(primitive.attributes) if not isinstance(primitive.attributes, dict) else primitive.attributes
    return {key: value for key, value in found.items() if isinstance(value, int)}


def _moved(points: FloatArray, place: Matrix, w: float) -> FloatArray:
    """Points (w = 1) or directions (w = 0) in the scene's space."""
    if place.ndim == 2:
        out = points @ place[:3, :3].T + w * place[:3, 3]
    else:
        out = np.einsum("nij,nj->ni", place[:, :3, :3], points) + w * place[:, :3, 3]
    return np.asarray(out, np.float32)


def _skinned(file: GltfFile, index: int, attributes: dict[str, int], count: int) -> Matrix:
    """(n, 4, 4) matrices of the vertices of a skinned mesh in the skeleton's rest pose."""
    skin = file.item("skins", index)
    worlds = _worlds(file)
    joints = np.stack([worlds.get(joint, np.eye(4)) for joint in skin.joints])
    if skin.inverseBindMatrices is not None:
        inverse = file.array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = joints @ inverse[: len(joints)]
    which, weight = _bindings(file, attributes, count, len(joints))
    out = np.zeros((count, 4, 4))
    for k in range(which.shape[1]):
        out += weight[:, k, None, None] * joints[which[:, k]]
    total = weight.sum(axis=1)
    out[total <= 0] = np.eye(4)
    total[total <= 0] = 1.0
    return np.asarray(out / total[:, None, None])


def _bindings(
    file: GltfFile, attributes: dict[str, int], count: int, joints: int
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Joints and weights (n, J) of the vertices of a skinned mesh; J is 0 where it names none."""
    found_joints, found_weights = [np.zeros((count, 0), np.int64)], [np.zeros((count, 0), np.float32)]
    for k in range(2):
        if f"JOINTS_{k}" not in attributes or f"WEIGHTS_{k}" not in attributes:
            continue
        which = file.array(attributes[f"JOINTS_{k}"], raw=True).astype(np.int64)
        weight = file.array(attributes[f"WEIGHTS_{k}"])
        if which.shape != (count, 4) or weight.shape != (count, 4) or which.max(initial=0) >= joints:
            raise fault("its skin refers to joints it does not have", file.path)
        found_joints.append(which)
        found_weights.append(weight)
    return np.hstack(found_joints), np.hstack(found_weights)


def _worlds(file: GltfFile) -> dict[int, Matrix]:
    """The matrices of all nodes; kept, as every skinned mesh of a file asks for them."""
    if file.worlds is None:
        file.worlds = _found_worlds(file)
    return file.worlds


def _found_worlds(file: GltfFile) -> dict[int, Matrix]:
    children = {child for node in file.gltf.nodes for child in node.children or []}
    found: dict[int, Matrix] = {}
    waiting = [(i, np.eye(4)) for i in range(len(file.gltf.nodes)) if i not in children]
    while waiting:
        index, parent = waiting.pop()
        if index in found:
            continue
        node = file.item("nodes", index)
        found[index] = parent @ _local(node, file.path)
        waiting.extend((child, found[index]) for child in node.children or [])
    return found


def _triangles(file: GltfFile, primitive: Any, count: int) -> IntArray:
    if primitive.indices is None:
        index = np.arange(count, dtype=np.int64)
    else:
        index = file.array(primitive.indices, raw=True).astype(np.int64).reshape(-1)
    if index.size and (index.min() < 0 or index.max() >= count):
        raise fault(f"its triangles name vertex {index.max():,}, but a mesh has {count:,}", file.path)
    if primitive.mode == _STRIP and index.size >= 3:
        rows = np.column_stack([index[:-2], index[1:-1], index[2:]])
        rows[1::2] = rows[1::2][:, [1, 0, 2]]
    elif primitive.mode == _FAN and index.size >= 3:
        rows = np.column_stack([np.full(index.size - 2, index[0]), index[1:-1], index[2:]])
    else:
        rows = index[: index.size // 3 * 3].reshape(-1, 3)
    return rows.astype(np.int32)


def _drives(file: GltfFile, pieces: list[_Piece], names: ShapeNames) -> list[list[_Drive]]:
    """For each piece which of its targets move which rows of the 52, by their names and by clips."""
    by_clips = clip_drives(file, names)
    found: list[list[_Drive]] = []
    used: set[str] = set()
    for piece in pieces:
        count = len(piece.primitive.targets or [])
        first = {name: place for place, name in reversed(list(enumerate(piece.names[:count])))}
        drives = [(place, names.rows[name], 1.0) for name, place in first.items() if name in names.rows]
        for row, bind in by_clips:
            if bind.holds(piece.mesh, piece.node) and 0 <= bind.target < count:
                drives.append((bind.target, row, bind.weight))
                used.add(piece.names[bind.target])
        found.append(drives)
    names.extra = [name for name in names.extra if name not in used]
    return found


def _add_deltas(file: GltfFile, piece: _Piece, drives: list[_Drive], out: FloatArray) -> None:
    """Add the piece's targets to ``out`` (52, n, 3)."""
    for place, row, weight in drives:
        accessor = position_of(piece.primitive.targets[place])
        if accessor is None:
            continue
        delta = file.array(accessor)
        if delta.shape != piece.vertices.shape:
            name = piece.names[place] or place
            raise fault(
                f"its shape {name} has {len(delta)} vertices, its mesh {len(piece.vertices)}", file.path
            )
        out[row] += weight * _moved(delta, piece.place, 0.0)


def _uv(file: GltfFile, piece: _Piece, look: _Look) -> FloatArray:
    """Texture coordinates (n, 2) with the texture's own transform applied."""
    accessor = _attributes(piece.primitive).get(f"TEXCOORD_{look.uv_set}")
    if accessor is None or look.texture is None:
        return np.zeros((len(piece.vertices), 2), np.float32)
    uv = file.array(accessor)
    if uv.shape != (len(piece.vertices), 2):
        raise fault("its texture coordinates do not fit its vertices", file.path)
    scale = np.array(look.transform.get("scale") or (1, 1), np.float32)
    turn = float(look.transform.get("rotation") or 0.0)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    offset = np.array(look.transform.get("offset") or (0, 0), np.float32)
    return np.asarray((uv * scale) @ rotation.T + offset, np.float32)


def _vertex_colours(
    file: GltfFile, piece: _Piece, colour: tuple[float, float, float]
) -> npt.NDArray[np.uint8]:
    base = np.array(colour)
    accessor = _attributes(piece.primitive).get("COLOR_0")
    if accessor is not None:
        tint = file.array(accessor)
        if tint.shape[0] == len(piece.vertices) and tint.ndim == 2 and tint.shape[1] >= 3:
            base = base * srgb(tint[:, :3])
    whole = np.broadcast_to(base, (len(piece.vertices), 3))
    return np.asarray(np.round(np.clip(whole, 0, 1) * 255), np.uint8)


def srgb(linear: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Linear light 0..1 to sRGB 0..1 (IEC 61966-2-1)."""
    x = np.clip(np.asarray(linear, np.float64), 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


class _Looks:
    """Colours and textures of a file's materials; what cannot be decoded becomes a note."""

    def __init__(self, file: GltfFile) -> None:
        self._file = file
        self._images: dict[int, npt.NDArray[np.uint8] | None] = {}
        self._room = TEXTURES_BYTES
        self.notes: list[str] = []

    def name(self, index: int | None) -> str:
        return "" if index is None else self._file.item("materials", index).name or ""

    def of(self, index: int | None) -> _Look:
        if index is None:
            return _Look()
        material = self._file.item("materials", index)
        surface = material.pbrMetallicRoughness
        if surface is None:
            return _Look()
        factor = list(surface.baseColorFactor or (1, 1, 1, 1))
        reference = surface.baseColorTexture
        texture = None if reference is None else self._texture(reference.index)
        plain = all(value > 0.99 for value in factor[:3])
        r, g, b = srgb(factor[:3])
        look = _Look(None if plain and texture is None else (float(r), float(g), float(b)), texture)
        if texture is not None and material.alphaMode in (None, "OPAQUE"):
            look.texture = np.ascontiguousarray(texture[:, :, :3])
        if reference is not None:
            look.transform = (reference.extensions or {}).get("KHR_texture_transform") or {}
            look.uv_set = int(look.transform.get("texCoord", reference.texCoord or 0))
        return look

    def _texture(self, index: int | None) -> npt.NDArray[np.uint8] | None:
        texture = self._file.item("textures", index)
        others = texture.extensions or {}
        source = texture.source
        for extension in ("EXT_texture_webp", "KHR_texture_basisu"):
            if source is None and extension in others:
                source = others[extension].get("source")
        if source is None:
            return None
        if source not in self._images:
            image = self._file.item("images", source)
            if self._room <= 0:
                self._note(f"Only its first {megabytes(TEXTURES_BYTES)} of textures are shown.")
            self._images[source] = self._decoded(image) if self._room > 0 else None
        return self._images[source]

    def _decoded(self, image: Any) -> npt.NDArray[np.uint8] | None:
        if image.mimeType == "image/ktx2" or str(image.uri or "").lower().endswith(".ktx2"):
            self._note("Its KTX2 texture was left out; plain colours are shown.")
            return None
        if image.bufferView is not None:
            data = self._file.view_bytes(image.bufferView).tobytes()
        else:
            data = self._file.resource(image.uri or "")
        try:
            # No other kinds: some of Pillow's readers start other programs.
            with Image.open(io.BytesIO(data), formats=_PICTURES) as picture:
                if picture.width * picture.height > TEXTURE_PIXELS:
                    self._note(
                        f"A texture of {picture.width} × {picture.height} was left out; "
                        "8192 × 8192 are the most that are read."
                    )
                    return None
                picture.thumbnail((MAX_TEXTURE, MAX_TEXTURE))
                shown = np.asarray(picture.convert("RGBA"), np.uint8)
                self._room -= shown.nbytes
                return shown
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            self._note("A texture of it cannot be decoded and was left out; plain colours are shown.")
            return None

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
