"""The layout of the head's quads: a grid around the skull with loops let into it.

Columns run from the front midline (0) round to the back midline (``COLUMNS``), rows from the
crown (0) to the bust's edge (``ROWS``).  At the eye, the mouth, the nostril and the ear a block of the
grid is taken out and filled with concentric rings, the way a character artist lays edge loops.
Only the left half is laid out; the right is its mirror.  Every quad is then cut into four.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Key = tuple
COLUMNS, ROWS = 18, 36
CROWN_SIDE, CROWN_DEPTH = 5, 8
NO_CELL: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Opening:
    """A block of cells (first and last column and row) replaced by ``rings`` rings."""

    name: str
    columns: tuple[int, int]
    rows: tuple[int, int]
    rings: int

    def loop(self) -> list[Key]:
        """The block's outline, clockwise from its top corner nearest to the midline."""
        (a, b), (c, d) = self.columns, self.rows
        top = [("g", i, c) for i in range(a, b)]
        side = [("g", b, j) for j in range(c, d)]
        bottom = [("g", i, d) for i in range(b, a, -1)]
        if a == 0:
            return [*top, *side, *bottom, ("g", 0, d)]
        return [*top, *side, *bottom, *[("g", a, j) for j in range(d, c, -1)]]

    @property
    def closed(self) -> bool:
        return self.columns[0] > 0

    def ring(self, number: int) -> list[Key]:
        """The keys of one ring; 0 is the block's outline."""
        loop = self.loop()
        return loop if number == 0 else [(self.name, number, k) for k in range(len(loop))]


EYE = Opening("eye", (3, 9), (7, 11), 8)
MOUTH = Opening("mouth", (0, 6), (19, 23), 9)
NOSTRIL = Opening("nostril", (1, 3), (15, 17), 3)
EAR = Opening("ear", (12, 14), (8, 18), 8)
OPENINGS = (EYE, MOUTH, NOSTRIL, EAR)


def _half() -> list[tuple[Key, ...]]:
    quads: list[tuple[Key, ...]] = []
    gone = {
        (i, j) for o in OPENINGS for i in range(*o.columns) for j in range(*o.rows)
    }
    for j in range(ROWS):
        for i in range(COLUMNS):
            if (i, j) not in gone:
                quads.append((("g", i, j), ("g", i, j + 1), ("g", i + 1, j + 1), ("g", i + 1, j)))
    for opening in OPENINGS:
        for r in range(1, opening.rings + 1):
            outer, inner = opening.ring(r - 1), opening.ring(r)
            count = len(outer) if opening.closed else len(outer) - 1
            for k in range(count):
                m = (k + 1) % len(outer)
                quads.append((outer[m], outer[k], inner[k], inner[m]))
    quads += _nostril_cap() + _ear_floor() + _crown()
    return quads


def _nostril_cap() -> list[tuple[Key, ...]]:
    ring = NOSTRIL.ring(NOSTRIL.rings)
    centre = ("nostril", "cap")
    return [(ring[(k + 2) % 8], ring[(k + 1) % 8], ring[k], centre) for k in range(0, 8, 2)]


def _ear_floor() -> list[tuple[Key, ...]]:
    """Fill the last ear ring with a grid as wide and as high as the block itself."""
    outline = dict(zip(EAR.loop(), EAR.ring(EAR.rings), strict=True))

    def at(i: int, j: int) -> Key:
        return outline.get(("g", i, j), ("ear", "floor", i, j))

    (a, b), (c, d) = EAR.columns, EAR.rows
    return [
        (at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j)) for i in range(a, b) for j in range(c, d)
    ]


def _crown() -> list[tuple[Key, ...]]:
    def at(a: int, b: int) -> Key:
        if b == 0:
            return ("g", a, 0)
        if a == CROWN_SIDE:
            return ("g", CROWN_SIDE + b, 0)
        return ("g", COLUMNS - a, 0) if b == CROWN_DEPTH else ("crown", a, b)

    return [
        (at(a, b), at(a + 1, b), at(a + 1, b + 1), at(a, b + 1))
        for a in range(CROWN_SIDE) for b in range(CROWN_DEPTH)
    ]


def _on_midline(key: Key) -> bool:
    if key[0] == "g":
        return key[1] in (0, COLUMNS)
    if key[0] == "crown":
        return key[1] == 0
    return key[0] == "mouth" and key[2] in (0, len(MOUTH.loop()) - 1)


def mirrored(key: Key) -> Key:
    """The key of the vertex on the other side; its own on the midline."""
    if key[0] == "right":
        return key[1]
    return key if _on_midline(key) else ("right", key)


@dataclass
class Cage:
    """The subdivided layout: ``quads`` (Q, 4), the index of every key and its mirror image."""

    quads: npt.NDArray[np.int32]
    index: dict[Key, int]
    mirror: npt.NDArray[np.int32]
    middle: dict[tuple[int, int], int] = field(repr=False)

    @property
    def count(self) -> int:
        return len(self.mirror)

    def run(self, keys: list[Key], closed: bool = False) -> npt.NDArray[np.int32]:
        """The vertices along a path of keys, with those that the cut put between them."""
        ids = [self.index[key] for key in keys]
        out = []
        for a, b in zip(ids, ids[1:] + ids[:1], strict=True):
            out += [a, self.middle[min(a, b), max(a, b)]] if closed or b != ids[0] else [a]
        return np.array(out, np.int32)

    def ring(self, opening: Opening, number: int) -> npt.NDArray[np.int32]:
        """The vertices of one ring of the left half."""
        return self.run(opening.ring(number), opening.closed)

    def between(self, opening: Opening, number: int) -> dict[int, npt.NDArray[np.int32]]:
        """The vertices that the cut put between a ring of the left half and the next, each with its
        neighbours on the two rings."""
        rings = np.concatenate([self.ring(opening, number), self.ring(opening, number + 1)])
        outer = self.quads[np.isin(self.quads, rings[: len(rings) // 2]).any(1)]
        inner = self.quads[np.isin(self.quads, rings[len(rings) // 2 :]).any(1)]
        found = np.setdiff1d(np.intersect1d(outer, inner), rings)
        out = {}
        for vertex in found:
            near = self.quads[(self.quads == vertex).any(1)]
            out[int(vertex)] = np.intersect1d(near, rings).astype(np.int32)
        return out


def build() -> Cage:
    """Lay out both halves and cut every quad into four."""
    half = _half()
    full = half + [tuple(mirrored(key) for key in reversed(quad)) for quad in half]
    index: dict[Key, int] = {}
    for quad in full:
        for key in quad:
            index.setdefault(key, len(index))
    mirror = [index[mirrored(key)] for key in index]
    middle: dict[tuple[int, int], int] = {}
    centres, quads = [], []
    coarse = np.array([[index[key] for key in quad] for quad in full])
    count = len(index)
    for quad in coarse:
        for a, b in zip(quad, np.roll(quad, -1), strict=True):
            middle.setdefault((min(a, b), max(a, b)), count + len(middle))
    for n, quad in enumerate(coarse):
        centre = count + len(middle) + n
        centres.append(centre)
        edges = [middle[min(a, b), max(a, b)] for a, b in zip(quad, np.roll(quad, -1), strict=True)]
        quads += [(quad[k], edges[k], centre, edges[k - 1]) for k in range(4)]
    mirror += [middle[min(mirror[a], mirror[b]), max(mirror[a], mirror[b])] for a, b in middle]
    mirror += centres[len(half):] + centres[: len(half)]
    front = [_on_face(key) for key in index]
    front += [front[a] and front[b] for a, b in middle] + [all(front[v] for v in quad) for quad in coarse]
    return _face_first(Cage(np.array(quads, np.int32), index, np.array(mirror, np.int32), middle), front)


def _on_face(key: Key) -> bool:
    """Whether expressions move a vertex much."""
    place = key[1] if key[0] == "right" else key
    if place[0] == "g":
        return bool(place[1] <= 10 and 2 <= place[2] <= 30)
    return place[0] in ("eye", "mouth", "nostril")


def _face_first(cage: Cage, front: list[bool]) -> Cage:
    """The same cage with the vertices of the face before those of the skull, so that what only touches
    the face is one run of numbers."""
    order = np.argsort(~np.array(front), kind="stable")
    new = np.empty(len(order), np.int32)
    new[order] = np.arange(len(order))
    index = {key: int(new[k]) for key, k in cage.index.items()}
    middle = {
        (min(new[a], new[b]), max(new[a], new[b])): int(new[k]) for (a, b), k in cage.middle.items()
    }
    return Cage(new[cage.quads], index, new[cage.mirror][order], middle)
