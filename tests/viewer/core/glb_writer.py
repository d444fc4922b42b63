"""Writes small glTF heads for tests, in every storage the format knows."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.viewer.core.meshopt_encoder import encode_attributes, encode_triangles
from viewer.core.channels import SHAPES

_CODES = {"b": 5120, "B": 5121, "h": 5122, "H": 5123, "I": 5125, "f": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


def blob(centre: tuple[float, float, float], radius: float, rings: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of a sphere."""
    turn = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    around, down = np.meshgrid(turn, np.linspace(0.1, 3.04, rings))
    ball = np.stack([np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around)], axis=-1)
    n = 2 * rings
    triangles = []
    for r in range(rings - 1):
        for c in range(n):
            a, b = r * n + c, r * n + (c + 1) % n
            triangles += [(a, a + n, b), (b, a + n, b + n)]
    vertices = ball.reshape(-1, 3) * radius + centre
    return vertices.astype(np.float32), np.array(triangles, np.uint32)


def head_shapes(vertices: np.ndarray, names: list[str] | None = None) -> dict[str, np.ndarray]:
    """ARKit shapes that move where a face would: in metres, on a head about 0.2 high."""
    spots = {
        "eye": (0.032, 0.03),
        "brow": (0.03, 0.05),
        "mouth": (0.02, -0.04),
        "jaw": (0.0, -0.06),
        "cheek": (0.035, -0.01),
        "nose": (0.01, 0.0),
        "tongue": (0.0, -0.05),
    }
    found = {}
    for channel in SHAPES:
        name = channel.arkit_name
        x, y = next(at for word, at in spots.items() if name.startswith(word))
        side = {"left": 1.0, "right": -1.0, "middle": 0.0}[channel.side]
        away = np.linalg.norm(vertices - np.array([x * side, y, 0.09]), axis=1)
        found[name] = (np.exp(-((away / 0.03) ** 2))[:, None] * [0.0, -0.01, 0.002]).astype(np.float32)
    return found if names is None else {name: found[name] for name in names}


@dataclass
class Glb:
    """Collects arrays and meshes; :meth:`save` writes a .glb."""

    data: bytearray = field(default_factory=bytearray)
    json: dict[str, Any] = field(
        default_factory=lambda: {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
            "materials": [],
            "buffers": [],
        }
    )

    def view(self, raw: bytes, **more: Any) -> int:
        while len(self.data) % 4:
            self.data.append(0)
        self.json["bufferViews"].append(
            {
                "buffer": 0,
                "byteOffset": len(self.data),
                "byteLength": len(raw),
                **more,
            }
        )
        self.data.extend(raw)
        return len(self.json["bufferViews"]) - 1

    def accessor(self, array: np.ndarray, **more: Any) -> int:
        width = 1 if array.ndim == 1 else array.shape[1]
        return self._accessor(self.view(array.tobytes()), array.dtype, len(array), width, **more)

    def _accessor(self, view: int | None, dtype: Any, count: int, width: int, **more: Any) -> int:
        entry = {
            "componentType": _CODES[np.dtype(dtype).char.replace("L", "I")],
            "count": count,
            "type": _TYPES[width],
            **more,
        }
        if view is not None:
            entry["bufferView"] = view
        self.json["accessors"].append(entry)
        return len(self.json["accessors"]) - 1

    def sparse(self, array: np.ndarray) -> int:
        """A sparse accessor over zeros."""
        where = np.flatnonzero(np.abs(array).max(axis=1) > 1e-7).astype(np.uint16)
        indices, values = self.view(where.tobytes()), self.view(array[where].astype("<f4").tobytes())
        return self._accessor(
            None,
            np.float32,
            len(array),
            3,
            sparse={
                "count": len(where),
                "indices": {"bufferView": indices, "componentType": 5123},
                "values": {"bufferView": values},
            },
        )

    def quantised(self, array: np.ndarray, scale: float) -> int:
        """Normalised int16 with padding to 8 bytes a row."""
        rows = np.zeros((len(array), 4), np.int16)
        rows[:, :3] = np.round(np.clip(array / scale, -1, 1) * 32767)
        view = self.view(rows.tobytes(), byteStride=8)
        return self._accessor(view, np.int16, len(array), 3, normalized=True)

    def packed(self, array: np.ndarray) -> int:
        """float32 rows under EXT_meshopt_compression."""
        raw = np.ascontiguousarray(array, np.float32)
        return self._accessor(
            self._meshopt(encode_attributes(raw.view(np.uint8)), len(raw), 12, "ATTRIBUTES"),
            np.float32,
            len(raw),
            3,
        )

    def packed_triangles(self, triangles: np.ndarray) -> int:
        flat = triangles.reshape(-1)
        code = encode_triangles(flat.tolist())
        return self._accessor(self._meshopt(code, flat.size, 4, "TRIANGLES"), np.uint32, flat.size, 1)

    def _meshopt(self, code: bytes, count: int, stride: int, mode: str) -> int:
        view = self.view(code)
        place = self.json["bufferViews"][view]
        place["extensions"] = {
            "EXT_meshopt_compression": {
                "buffer": 0,
                "byteOffset": place["byteOffset"],
                "byteLength": place["byteLength"],
                "byteStride": stride,
                "count": count,
                "mode": mode,
            }
        }
        place.update(buffer=1, byteOffset=0, byteLength=count * stride)
        if mode == "ATTRIBUTES":
            place["byteStride"] = stride
        self.json["extensionsRequired"] = self.json["extensionsUsed"] = ["EXT_meshopt_compression"]
        return view

    def material(self, **more: Any) -> int:
        self.json["materials"].append(more)
        return len(self.json["materials"]) - 1

    def node(self, root: bool = True, **more: Any) -> int:
        self.json["nodes"].append(more)
        index = len(self.json["nodes"]) - 1
        if root:
            self.json["scenes"][0]["nodes"].append(index)
        return index

    def mesh(self, vertices: int, triangles: int, targets: dict[str, int] | None = None, **more: Any) -> int:
        primitive: dict[str, Any] = {"attributes": {"POSITION": vertices}, "indices": triangles}
        for key in ("material", "mode"):
            if key in more:
                primitive[key] = more.pop(key)
        primitive["attributes"].update(more.pop("attributes", {}))
        entry: dict[str, Any] = {"primitives": [primitive], **more}
        if targets:
            primitive["targets"] = [{"POSITION": accessor} for accessor in targets.values()]
            entry["extras"] = {"targetNames": list(targets)}
        self.json["meshes"].append(entry)
        return len(self.json["meshes"]) - 1

    def save(self, path: Path) -> Path:
        self.json["buffers"] = [{"byteLength": len(self.data)}]
        if "EXT_meshopt_compression" in self.json.get("extensionsRequired", []):
            self.json["buffers"].append(
                {
                    "byteLength": 1 << 20,
                    "extensions": {"EXT_meshopt_compression": {"fallback": True}},
                }
            )
        kept = {key: value for key, value in self.json.items() if value}
        text = json.dumps(kept).encode()
        text += b" " * (-len(text) % 4)
        data = bytes(self.data) + b"\0" * (-len(self.data) % 4)
        whole = struct.pack("<II", len(text), 0x4E4F534A) + text
        whole += struct.pack("<II", len(data), 0x004E4942) + data
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(whole)) + whole)
        return path


def simple_head(path: Path, rename: Any = str, **node: Any) -> Path:
    """A one-mesh head with the 52 shapes, in metres."""
    glb = Glb()
    vertices, triangles = blob((0, 0, 0), 0.1, 12)
    targets = {rename(name): glb.accessor(delta) for name, delta in head_shapes(vertices).items()}
    mesh = glb.mesh(glb.accessor(vertices), glb.accessor(triangles.reshape(-1)), targets)
    glb.node(mesh=mesh, **node)
    return glb.save(path)
