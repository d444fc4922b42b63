"""The bytes of a glTF file as checked arrays: container, buffers, compression, accessors."""

from __future__ import annotations

import base64
import json
import math
import struct
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np
import numpy.typing as npt
from pygltflib import GLTF2

from viewer.core.errors import FaceModelError, FileError
from viewer.core.files import is_file, read_bytes
from viewer.core.limits import (
    ARRAY_BYTES,
    DESCRIPTION_BYTES,
    DESCRIPTION_VALUES,
    MODEL_FILE_BYTES,
    TRIANGLES,
    UNPACKED_BYTES,
    megabytes,
)
from viewer.core.models import meshopt

_EXPORT_AGAIN = "export or download the model again"
_SUPPORTED = {
    "KHR_mesh_quantization",
    "EXT_meshopt_compression",
    "KHR_texture_transform",
    "KHR_texture_basisu",
    "EXT_texture_webp",
    "KHR_materials_unlit",
    "KHR_materials_specular",
    "KHR_materials_ior",
    "KHR_materials_transmission",
    "KHR_materials_clearcoat",
    "KHR_materials_sheen",
    "KHR_materials_volume",
    "KHR_materials_emissive_strength",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_lights_punctual",
    "VRM",
    "VRMC_vrm",
    "VRMC_materials_mtoon",
    "VRMC_springBone",
    "VRMC_node_constraint",
}
_DTYPES: dict[int, npt.DTypeLike] = {
    5120: "<i1",
    5121: "<u1",
    5122: "<i2",
    5123: "<u2",
    5125: "<u4",
    5126: "<f4",
}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def fault(what: str, path: Path, todo: str = _EXPORT_AGAIN) -> FaceModelError:
    """What is wrong with the file at ``path``, to be raised; by default the advice is to export it again."""
    return FaceModelError(what, todo, path)


class GltfFile:
    """One .glb or .gltf file.  ``gltf`` is its checked description; :meth:`array` reads data; ``worlds`` is
    room for the matrices of its nodes, once somebody has found them.

    Raises :class:`FaceModelError` for whatever is wrong with the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        data = _read(path)
        description, self._bin = _split(data, path)
        needed = set(description.get("extensionsRequired") or []) - _SUPPORTED
        if needed:
            names = ", ".join(sorted(map(str, needed)))
            raise fault(
                f"it needs {names}, which cannot be read here",
                path,
                "export it without that compression (meshopt compression is fine)",
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.gltf = GLTF2.gltf_from_json(json.dumps(description))
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise fault(f"its description is not valid glTF ({type(error).__name__})", path) from error
        self.worlds: dict[int, npt.NDArray[np.float64]] | None = None
        self._room = UNPACKED_BYTES
        self._buffers: dict[int, bytes | memoryview] = {}
        self._views: dict[int, npt.NDArray[np.uint8]] = {}

    def item(self, kind: str, index: Any) -> Any:
        """Entry ``index`` of the list ``kind`` (``"meshes"``, ``"nodes"`` …)."""
        entries = getattr(self.gltf, kind) or []
        if not isinstance(index, int) or not 0 <= index < len(entries):
            raise fault(f"it refers to {kind} entry {index!r}, but has {len(entries)}", self.path)
        return entries[index]

    def view_bytes(self, index: int) -> npt.NDArray[np.uint8]:
        """The bytes of a buffer view, decompressed."""
        if index not in self._views:
            view = self.item("bufferViews", index)
            packed = (view.extensions or {}).get("EXT_meshopt_compression")
            if packed:
                self._views[index] = self._unpacked(packed)
            else:
                self._views[index] = self._slice(view.buffer, view.byteOffset, view.byteLength)
        return self._views[index]

    def array(self, index: int, *, raw: bool = False) -> npt.NDArray[Any]:
        """Accessor ``index`` as (count,) or (count, components): float32 with normalised
        integers scaled to [-1, 1], or the stored integers if ``raw``."""
        accessor = self.item("accessors", index)
        dtype = _DTYPES.get(accessor.componentType)
        width = _COMPONENTS.get(accessor.type)
        count = accessor.count
        if dtype is None or width is None or not isinstance(count, int) or count < 0:
            raise fault(f"its accessor {index} has an unknown type", self.path)
        if count * width * 4 > ARRAY_BYTES:
            raise fault(f"its accessor {index} claims {count:,} entries, too many to be a face", self.path)
        item = np.dtype(dtype)
        if accessor.bufferView is None:
            found = np.zeros((count, width), item)
        else:
            view = self.item("bufferViews", accessor.bufferView)
            packed = (view.extensions or {}).get("EXT_meshopt_compression") or {}
            stride = packed.get("byteStride") if packed.get("mode") == "ATTRIBUTES" else view.byteStride
            data = self.view_bytes(accessor.bufferView)
            found = self._strided(data, accessor.byteOffset or 0, count, width, item, stride, index)
        if accessor.sparse is not None:
            found = self._with_sparse(found, accessor.sparse, item, width, index)
        if raw:
            return found[:, 0] if width == 1 else found
        out = found.astype(np.float32)
        if accessor.normalized and item.kind in "iu":
            out = np.maximum(out / float(np.iinfo(item).max), -1.0)
        if not np.isfinite(out).all():
            raise fault("some of its coordinates are not numbers", self.path)
        return out[:, 0] if width == 1 else out

    def _strided(
        self,
        data: npt.NDArray[np.uint8],
        offset: int,
        count: int,
        width: int,
        item: np.dtype[Any],
        stride: int | None,
        index: int,
    ) -> npt.NDArray[Any]:
        row = width * item.itemsize
        step = stride or row
        needed = offset + (count - 1) * step + row if count else 0
        if offset < 0 or step < row or needed > data.size:
            raise fault(
                f"its accessor {index} reaches beyond its data ({needed:,} of {data.size:,} bytes)", self.path
            )
        if not count:
            return np.zeros((0, width), item)
        rows = np.lib.stride_tricks.as_strided(data[offset:], (count, row), (step, 1), writeable=False)
        return np.ascontiguousarray(rows).view(item).reshape(count, width)

    def _with_sparse(
        self, dense: npt.NDArray[Any], sparse: Any, item: np.dtype[Any], width: int, index: int
    ) -> npt.NDArray[Any]:
        kind = _DTYPES.get(sparse.indices.componentType)
        if kind is None or not isinstance(sparse.count, int) or not 0 <= sparse.count <= len(dense):
            raise fault(f"its sparse accessor {index} is malformed", self.path)
        where = self._strided(
            self.view_bytes(sparse.indices.bufferView),
            sparse.indices.byteOffset or 0,
            sparse.count,
            1,
            np.dtype(kind),
            None,
            index,
        )[:, 0].astype(np.int64)
        what = self._strided(
            self.view_bytes(sparse.values.bufferView),
            sparse.values.byteOffset or 0,
            sparse.count,
            width,
            item,
            None,
            index,
        )
        if where.size and where.max() >= len(dense):
            raise fault(f"its sparse accessor {index} names entries it does not have", self.path)
        out = dense.copy()
        out[where] = what
        return out

    def _slice(self, buffer: Any, offset: Any, length: Any) -> npt.NDArray[np.uint8]:
        data = self._buffer(buffer)
        start, size = offset or 0, length or 0
        if not (isinstance(start, int) and isinstance(size, int)) or start < 0 or size < 0:
            raise fault("a buffer view of it has no valid place", self.path)
        if start + size > len(data):
            raise fault(
                f"its data ends at byte {len(data):,}, but it refers to byte {start + size:,}", self.path
            )
        return np.frombuffer(data, np.uint8, size, start)

    def _unpacked(self, packed: dict[str, Any]) -> npt.NDArray[np.uint8]:
        data = self._slice(packed.get("buffer"), packed.get("byteOffset"), packed.get("byteLength"))
        count, stride, mode = packed.get("count", 0), packed.get("byteStride", 0), packed.get("mode")
        if not (isinstance(count, int) and isinstance(stride, int)) or count < 0 or not 0 < stride <= 256:
            raise fault("its meshopt compression is malformed", self.path)
        if count * stride > ARRAY_BYTES or (mode != "ATTRIBUTES" and count > 3 * TRIANGLES):
            raise fault(f"its meshopt data claims {count:,} entries, too many to be a face", self.path)
        self._take_room(count * stride)
        try:
            return meshopt.decode(data, count, stride, str(mode), str(packed.get("filter") or "NONE"))
        except ValueError as error:
            raise fault("its meshopt compression cannot be decoded", self.path) from error

    def _take_room(self, size: int) -> None:
        """Count what is read and unpacked beside the file itself."""
        self._room -= size
        if self._room < 0:
            raise fault(
                f"its parts come to more than {megabytes(UNPACKED_BYTES)}",
                self.path,
                "choose a smaller model",
            )

    def _buffer(self, index: Any) -> bytes | memoryview:
        buffer = self.item("buffers", index)
        if index not in self._buffers:
            if buffer.uri:
                self._buffers[index] = self.resource(buffer.uri)
            elif index == 0 and self._bin is not None:
                self._buffers[index] = self._bin
            else:
                raise fault(f"its buffer {index} is missing", self.path)
        return self._buffers[index]

    def resource(self, uri: str) -> bytes:
        """The bytes a URI of the file means: data inside it, or a file beside it."""
        if uri.startswith("data:"):
            head, _, text = uri.partition(",")
            try:
                return base64.b64decode(text) if head.endswith(";base64") else unquote(text).encode("latin-1")
            except ValueError as error:
                raise fault("the data inside it is not valid base64", self.path) from error
        if urlparse(uri).scheme or uri.startswith(("//", "/", "\\")):
            raise fault(
                f"it refers to {uri[:80]}, outside its folder",
                self.path,
                "put all of its files into one folder, or use a .glb file",
            )
        folder = self.path.resolve().parent
        try:
            beside = (folder / unquote(uri)).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise fault(f"it refers to {uri[:80]!r}, which is not a usable name", self.path) from error
        if not beside.is_relative_to(folder):
            raise fault(
                f"it refers to {uri[:80]}, outside its folder",
                self.path,
                "put all of its files into one folder, or use a .glb file",
            )
        if not is_file(beside):
            raise fault(f"its file {uri[:80]} is missing", self.path, "put it beside the model")
        data = _read(beside)
        self._take_room(len(data))
        return data


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path, MODEL_FILE_BYTES)
    except FileError as error:
        raise fault(error.what, path, error.todo) from error


def _split(data: bytes, path: Path) -> tuple[dict[str, Any], memoryview | None]:
    """Description and binary chunk of a .glb, or the description of a .gltf."""
    if not data.strip():
        raise fault("it is empty", path)
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise fault("it is a web page, not a model", path, "download the file itself, not the page about it")
    if data[:4] != b"glTF":
        if head.startswith(b"{"):
            return _description(data, path), None
        if head.startswith(b"version https://git-lfs"):
            raise fault("it is a Git LFS pointer, not the model", path, "fetch it with `git lfs pull`")
        raise fault(
            "it is not a glTF file: its first bytes are not glTF's", path, "choose a .glb or .gltf file"
        )
    if len(data) < 20:
        raise fault(f"it is cut off after {len(data)} bytes", path)
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise fault(f"it is glTF version {version}, not 2", path, "export it as glTF 2.0")
    if length > len(data):
        raise fault(f"it is cut off: {len(data):,} of {length:,} bytes are there", path)
    description, binary, at = None, None, 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        chunk = memoryview(data)[at + 8 : at + 8 + size]
        if len(chunk) < size:
            raise fault("one of its chunks is cut off", path)
        if kind == 0x4E4F534A and description is None:
            description = _description(bytes(chunk), path)
        elif kind == 0x004E4942 and binary is None:
            binary = chunk
        at += 8 + math.ceil(size / 4) * 4
    if description is None:
        raise fault("it has no description", path)
    return description, binary


def _description(data: bytes, path: Path) -> dict[str, Any]:
    if len(data) > DESCRIPTION_BYTES or sum(map(data.count, (b",", b"[", b"{"))) > DESCRIPTION_VALUES:
        raise fault("its description is too large for a face", path, "export it as a .glb file")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise fault("its description is not valid JSON", path) from error
    if not isinstance(found, dict) or not isinstance(found.get("asset"), dict):
        raise fault("it has no glTF description", path, "choose a .glb or .gltf file")
    return found
