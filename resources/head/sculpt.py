"""Build the default head: ``python resources/head/sculpt.py [OUT.npz]``.

The head is made from a handful of landmark figures (landmarks.py, motions.toml) by smooth surface
solves; the same sources always give the same arrays.  The file's layout is read by
``viewer/core/models/head.py``.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import complexion
import neutral
import numpy as np
import numpy.typing as npt
from cage import Cage, build
from correctives import Corrector
from follow import Follower
from parts import pieces
from piece import Piece
from shapes import Sculptor
from solve import MIRROR, Array, Ints

HERE = Path(__file__).resolve().parent
NECK = (0.0, -6.5, -0.5)
PART_COLOURS = {
    "skin": "#c99a80",
    "lips": "#a9605a",
    "mouth": "#3a1714",
    "sclera": "#ece8e4",
    "iris": "#6f5a3d",
    "pupil": "#0b0908",
    "teeth": "#e9e4d8",
    "gums": "#a9605c",
    "tongue": "#b5625f",
    "brows": "#3b2a20",
    "lashes": "#1d1613",
}
SMALLEST = 1e-4
"""Motion below a micrometre is dropped, cm."""
STEPS = 32767
"""Steps from nothing to the largest motion of a shape."""

Arrays = dict[str, npt.NDArray[Any]]


def source_hash(folder: Path = HERE) -> str:
    """SHA-256 over the sources that make the head."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.toml")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def two_triangles(quads: Ints) -> Ints:
    return np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], 1).reshape(-1, 3)


def shape_order() -> list[str]:
    """The 52 shapes in the order of the CSV files."""
    sys.path.insert(0, str(HERE.parents[1]))
    from viewer.core.channels import SHAPES

    return [channel.name for channel in SHAPES]


def packed(name: str, motions: list[Array], smallest: float) -> Arrays:
    """Motions (K, N, 3) as sparse 16 bit figures.

    What moves less than ``smallest`` is left out.  Up to twice that a motion is made smaller,
    from nothing to all of it: left out or kept by rounding, the head is the same to one step.
    """
    scale, counts, index, values = np.zeros(len(motions), np.float32), [0], [], []
    for k, motion in enumerate(motions):
        size = np.abs(motion).max(1)
        moved = np.flatnonzero(size > smallest)
        kept = motion[moved] * np.minimum(size[moved] / smallest - 1, 1)[:, None]
        scale[k] = np.abs(kept).max(initial=smallest) / STEPS
        index.append(moved.astype(np.uint16))
        values.append(np.rint(kept / scale[k]).astype(np.int16))
        counts.append(counts[-1] + len(moved))
    return {
        f"{name}_scale": scale,
        f"{name}_start": np.array(counts, np.int32),
        f"{name}_index": np.concatenate(index),
        f"{name}_values": np.concatenate(values),
    }


def assemble(cage: Cage, skin: Array) -> Arrays:
    """The arrays of head.npz."""
    sculptor = Sculptor(cage, skin)
    motions = sculptor.shapes()
    painted = complexion.colours(cage, skin)
    parts = pieces(cage, skin, painted)
    follower = Follower(sculptor, skin, motions)
    vertices, colours = [skin], [painted]
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
    shapes = [
        np.concatenate([motions.get(name, np.zeros_like(skin)), *(follower.move(p, name) for p in parts)])
        for name in order
    ]
    meetings = Corrector(sculptor, motions).all()
    correctives = [
        np.concatenate([each.motion, *(follower.correct(p, each) for p in parts)]) for each in meetings
    ]
    channels = np.full((len(meetings), 3), -1, np.int16)
    for k, each in enumerate(meetings):
        channels[k, : len(each.names)] = [order.index(name) for name in each.names]
    hues = [[int(PART_COLOURS[m][c : c + 2], 16) / 255 for c in (1, 3, 5)] for m in materials]
    ranges = np.column_stack([first, [len(t) for t in triangles]])
    eyes = [[starts[f"{side} sclera"], _end(parts, starts, f"{side} pupil")] for side in ("left", "right")]
    centre = neutral.CENTRE
    return {
        "vertices": places.astype(np.float32),
        "triangles": np.concatenate(triangles).astype(np.uint16),
        # Mixing by halves gives whole numbers and a half: rounded first, these go one way everywhere.
        "colours": np.rint(np.round(np.concatenate(colours), 6)).astype(np.uint8),
        "part_names": np.array(names),
        "part_materials": np.array(materials),
        "part_ranges": ranges.astype(np.int32),
        "part_colours": np.array(hues, np.float32),
        "eye_centres": np.array([centre, centre * MIRROR], np.float32),
        "eye_ranges": np.array(eyes, np.int32),
        "neck": np.array(NECK, np.float32),
        "shape_names": np.array(order),
        **packed("delta", shapes, SMALLEST),
        "corrective_channels": channels,
        **packed("corrective", correctives, 30 * SMALLEST),
        "source_hash": np.array(source_hash()),
    }


def _end(parts: list[Piece], starts: dict[str, int], name: str) -> int:
    return starts[name] + next(len(p.vertices) for p in parts if p.name == name)


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "head.npz"
    cage = build()
    arrays = assemble(cage, neutral.skin(cage))
    np.savez_compressed(out, allow_pickle=False, **arrays)
    sizes = f"{len(arrays['vertices'])} vertices, {len(arrays['triangles'])} triangles"
    print(f"{out}: {sizes}, {out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
