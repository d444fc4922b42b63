"""Build the default head: ``python resources/head/sculpt.py [OUT.npz]``.

The head is made from a handful of landmark figures (landmarks.py, motions.toml) by smooth surface
solves; the same sources always give the same arrays.  The file's layout is read by
``viewer/core/models/head.py``.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import complexion
import neutral
import numpy as np
from cage import Cage, build
from parts import Piece, pieces
from scipy.spatial import cKDTree
from shapes import GAZE_DEGREES, LIDS, Sculptor, gaze_motion, jaw_motion
from solve import Array, Ints

HERE = Path(__file__).resolve().parent
NECK = (0.0, -6.5, -0.5)
PART_COLOURS = {
    "skin": "#c99a80", "lips": "#a9605a", "mouth": "#3a1714", "sclera": "#ece8e4", "iris": "#6f5a3d",
    "pupil": "#0b0908", "teeth": "#e9e4d8", "gums": "#a9605c", "tongue": "#b5625f", "brows": "#3b2a20",
    "lashes": "#1d1613",
}
SMALLEST = 1e-4
"""Motion below a micrometre is dropped, cm."""


def source_hash(folder: Path = HERE) -> str:
    """SHA-256 over the sources that make the head."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def tongue_out(points: Array) -> Array:
    """The tongue pushed out between the lips, over the lower teeth and lip."""
    s = np.clip((points[:, 2] - 4.6) / 5.35, 0, 1)
    out = np.zeros_like(points)
    out[:, 2] = 3.6 * s**1.3
    out[:, 1] = 0.62 * np.sin(np.pi * np.clip(s / 0.9, 0, 1)) * s + 0.3 * s**4 - 0.3 * s**9
    out[:, 0] = -0.12 * points[:, 0] * s
    return out


class Follower:
    """Moves the parts that are not skin."""

    def __init__(self, sculptor: Sculptor, skin: Array, motions: dict[str, Array]) -> None:
        self._lids, self._motions = sculptor.lids, motions
        self._tree = cKDTree(skin)

    def move(self, piece: Piece, shape: str) -> Array:
        """Motion (n, 3) of a part's vertices in ``shape``."""
        still = np.zeros_like(piece.vertices)
        if piece.follow in ("jaw", "tongue"):
            if (piece.follow, shape) == ("tongue", "TongueOut"):
                return tongue_out(piece.vertices)
            return jaw_motion(shape, piece.vertices)
        if piece.follow == "skin":
            return self._with_skin(piece.vertices, shape)
        side = "Left" if piece.follow.startswith("left") else "Right"
        if piece.follow == "still" or not shape.endswith(side):
            return still
        stem = shape[: -len(side)]
        flip = np.array([1.0 if side == "Left" else -1.0, 1.0, 1.0])
        if piece.follow.endswith("eye"):
            direction = stem.removeprefix("EyeLook")
            if direction not in GAZE_DEGREES:
                return still
            return gaze_motion(direction, piece.vertices * flip) * flip
        lids = LIDS.get(stem + "Left")
        if lids is None or piece.steps is None:
            return still
        return self._lids.move(lids, piece.vertices * flip, piece.steps) * flip

    def _with_skin(self, vertices: Array, shape: str) -> Array:
        motion = self._motions.get(shape)
        if motion is None:
            return np.zeros_like(vertices)
        distance, near = self._tree.query(vertices, 6)
        weight = 1 / (distance + 0.03) ** 2
        return np.asarray((weight[..., None] * motion[near]).sum(1) / weight.sum(1)[:, None])


def two_triangles(quads: Ints) -> Ints:
    return np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], 1).reshape(-1, 3)


def shape_order() -> list[str]:
    """The 52 shapes in the order of the CSV files."""
    sys.path.insert(0, str(HERE.parents[1]))
    from viewer.core.channels import SHAPES

    return [channel.name for channel in SHAPES]


def assemble(cage: Cage, skin: Array) -> dict[str, np.ndarray]:
    """The arrays of head.npz."""
    sculptor = Sculptor(cage, skin)
    motions = sculptor.shapes()
    parts = pieces(cage, skin)
    follower = Follower(sculptor, skin, motions)
    vertices, colours = [skin], [complexion.colours(cage, skin)]
    triangles: list[Ints] = []
    names, materials, first = [], [], []

    def add(name: str, material: str, faces: Ints) -> None:
        first.append(sum(len(t) for t in triangles))
        triangles.append(faces)
        names.append(name)
        materials.append(material)

    for name, quads in complexion.split(cage).items():
        add(name, name, two_triangles(quads))
    starts = {}
    for piece in parts:
        starts[piece.name] = sum(len(v) for v in vertices)
        add(piece.name, piece.material, piece.triangles + starts[piece.name])
        vertices.append(piece.vertices)
        colours.append(piece.colours)
    order = shape_order()
    places = np.concatenate(vertices)
    scale, counts, index, values = np.zeros(len(order), np.float32), [0], [], []
    for k, shape in enumerate(order):
        motion = np.concatenate(
            [motions.get(shape, np.zeros_like(skin)), *(follower.move(piece, shape) for piece in parts)]
        )
        moved = np.flatnonzero(np.abs(motion).max(1) > SMALLEST)
        scale[k] = np.abs(motion[moved]).max() / 32767
        index.append(moved.astype(np.uint16))
        values.append(np.rint(motion[moved] / scale[k]).astype(np.int16))
        counts.append(counts[-1] + len(moved))
    hues = [[int(PART_COLOURS[m][c : c + 2], 16) / 255 for c in (1, 3, 5)] for m in materials]
    ranges = np.column_stack([first, [len(t) for t in triangles]])
    eyes = [[starts[f"{side} sclera"], _end(parts, starts, f"{side} pupil")] for side in ("left", "right")]
    centre = neutral.CENTRE
    return {
        "vertices": places.astype(np.float32),
        "triangles": np.concatenate(triangles).astype(np.uint16),
        "colours": np.rint(np.concatenate(colours)).astype(np.uint8),
        "part_names": np.array(names), "part_materials": np.array(materials),
        "part_ranges": ranges.astype(np.int32), "part_colours": np.array(hues, np.float32),
        "eye_centres": np.array([centre, centre * [-1, 1, 1]], np.float32),
        "eye_ranges": np.array(eyes, np.int32),
        "neck": np.array(NECK, np.float32), "shape_names": np.array(order),
        "delta_scale": scale, "delta_start": np.array(counts, np.int32),
        "delta_index": np.concatenate(index), "delta_values": np.concatenate(values),
        "source_hash": np.array(source_hash()),
    }


def _end(parts: list[Piece], starts: dict[str, int], name: str) -> int:
    return starts[name] + next(len(p.vertices) for p in parts if p.name == name)


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "head.npz"
    cage = build()
    arrays = assemble(cage, neutral.skin(cage))
    np.savez_compressed(out, **arrays)
    sizes = f"{len(arrays['vertices'])} vertices, {len(arrays['triangles'])} triangles"
    print(f"{out}: {sizes}, {out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
