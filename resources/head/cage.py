"""The layout of the head's quads: a grid around the skull with loops let into it.

Columns run from the front midline (0) round to the back midline (``COLUMNS``), rows from the
crown (0) to the bust's edge (``ROWS``).  At the eye, the mouth, the nostril and the ear a block of the
grid is taken out and filled with concentric rings, the way a character artist lays edge loops.
Only the left half is laid out; the right is its mirror.  Every quad is then cut into four.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from solve import Array, Ints

COLUMNS, ROWS = 18, 36
CROWN_SIDE, CROWN_DEPTH = 5, 8


class Key(NamedTuple):
    """The name of a vertex of the layout: the part it lies in, and where.

    On the ``grid`` and the ``ear floor`` ``a`` is the column and ``b`` the row, on the ``crown``
    the place across and along, in an opening the ring and the step; ``right`` tells the mirror
    image from the vertex on the left half or the midline.
    """

    part: str
    a: int
    b: int
    right: bool = False


def grid(column: int, row: int) -> Key:
    """The vertex where a column and a row of the grid cross, on the left half or the midline."""
    return Key("grid", column, row)


NOSTRIL_CAP = Key("nostril cap", 0, 0)


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
        top = [grid(i, c) for i in range(a, b)]
        side = [grid(b, j) for j in range(c, d)]
        bottom = [grid(i, d) for i in range(b, a, -1)]
        if a == 0:
            return [*top, *side, *bottom, grid(0, d)]
        return [*top, *side, *bottom, *[grid(a, j) for j in range(d, c, -1)]]

    @property
    def closed(self) -> bool:
        return self.columns[0] > 0

    def ring(self, number: int) -> list[Key]:
        """The keys of one ring; 0 is the block's outline."""
        loop = self.loop()
        return loop if number == 0 else [Key(self.name, number, k) for k in range(len(loop))]


EYE = Opening("eye", (3, 9), (7, 11), 8)
MOUTH = Opening("mouth", (0, 6), (19, 23), 9)
NOSTRIL = Opening("nostril", (1, 3), (15, 17), 3)
EAR = Opening("ear", (12, 14), (8, 18), 8)
OPENINGS = (EYE, MOUTH, NOSTRIL, EAR)


def _half() -> list[tuple[Key, ...]]:
    quads: list[tuple[Key, ...]] = []
    gone = {(i, j) for o in OPENINGS for i in range(*o.columns) for j in range(*o.rows)}
    for j in range(ROWS):
        for i in range(COLUMNS):
            if (i, j) not in gone:
                quads.append((grid(i, j), grid(i, j + 1), grid(i + 1, j + 1), grid(i + 1, j)))
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
    return [(ring[(k + 2) % 8], ring[(k + 1) % 8], ring[k], NOSTRIL_CAP) for k in range(0, 8, 2)]


def _ear_floor() -> list[tuple[Key, ...]]:
    """Fill the last ear ring with a grid as wide and as high as the block itself."""
    outline = dict(zip(EAR.loop(), EAR.ring(EAR.rings), strict=True))

    def at(i: int, j: int) -> Key:
        return outline.get(grid(i, j), Key("ear floor", i, j))

    (a, b), (c, d) = EAR.columns, EAR.rows
    return [
        (at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j)) for i in range(a, b) for j in range(c, d)
    ]


def _crown() -> list[tuple[Key, ...]]:
    def at(a: int, b: int) -> Key:
        if b == 0:
            return grid(a, 0)
        if a == CROWN_SIDE:
            return grid(CROWN_SIDE + b, 0)
        return grid(COLUMNS - a, 0) if b == CROWN_DEPTH else Key("crown", a, b)

    return [
        (at(a, b), at(a + 1, b), at(a + 1, b + 1), at(a, b + 1))
        for a in range(CROWN_SIDE)
        for b in range(CROWN_DEPTH)
    ]


def _on_midline(key: Key) -> bool:
    if key.part == "grid":
        return key.a in (0, COLUMNS)
    if key.part == "crown":
        return key.a == 0
    return key.part == MOUTH.name and key.b in (0, len(MOUTH.loop()) - 1)


def mirrored(key: Key) -> Key:
    """The key of the vertex on the other side; its own on the midline."""
    return key if _on_midline(key) else key._replace(right=not key.right)


@dataclass
class Cage:
    """The subdivided layout.

    Attributes
    ----------
    quads : Ints
        (Q, 4) vertices of each quad.
    index : dict of Key to int
        The vertex of each key.
    mirror : Ints
        (count,) the mirror image of each vertex; on the midline the vertex itself.
    left_share : Array
        (count,) how much of a vertex belongs to the left half: 1, on the midline a half, else 0.
        Known from the layout, because x on the midline is 0 only up to rounding.
    middle : dict of (int, int) to int
        The vertex that the cut put on the edge between two others, the lower number first.
    """

    quads: Ints
    index: dict[Key, int]
    mirror: Ints
    left_share: Array
    middle: dict[tuple[int, int], int] = field(repr=False)
    _between: dict[tuple[str, int], dict[int, Ints]] = field(default_factory=dict, init=False, repr=False)

    @property
    def count(self) -> int:
        return len(self.mirror)

    @property
    def images(self) -> tuple[Ints, Ints]:
        """(count,) each: every vertex itself, and its mirror image."""
        return np.arange(self.count, dtype=np.int32), self.mirror

    def run(self, keys: list[Key], closed: bool = False) -> Ints:
        """The vertices along a path of keys, with those that the cut put between them."""
        ids = [self.index[key] for key in keys]
        out = []
        for a, b in zip(ids, ids[1:] + ids[:1], strict=True):
            out += [a, self.middle[min(a, b), max(a, b)]] if closed or b != ids[0] else [a]
        return np.array(out, np.int32)

    def ring(self, opening: Opening, number: int) -> Ints:
        """The vertices of one ring of the left half."""
        return self.run(opening.ring(number), opening.closed)

    def between(self, opening: Opening, number: int) -> dict[int, Ints]:
        """The vertices of the left half and the midline that the cut put between a ring and the next,
        each with its neighbours on the two rings of the left half.  Found once and kept."""
        at = (opening.name, number)
        if at not in self._between:
            self._between[at] = self._found_between(opening, number)
        return self._between[at]

    def _found_between(self, opening: Opening, number: int) -> dict[int, Ints]:
        rings = np.concatenate([self.ring(opening, number), self.ring(opening, number + 1)])
        outer = self.quads[np.isin(self.quads, rings[: len(rings) // 2]).any(1)]
        inner = self.quads[np.isin(self.quads, rings[len(rings) // 2 :]).any(1)]
        around = np.concatenate([outer, inner])
        found = np.setdiff1d(np.intersect1d(outer, inner), rings)
        out = {}
        for vertex in found[self.left_share[found] > 0]:
            near = around[(around == vertex).any(1)]
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
    coarse = np.array([[index[key] for key in quad] for quad in full])
    middle: dict[tuple[int, int], int] = {}
    centres: list[int] = []
    quads: list[tuple[int, ...]] = []
    count = len(index)
    for row in coarse.tolist():
        for a, b in _edges(row):
            middle.setdefault((a, b), count + len(middle))
    for n, row in enumerate(coarse.tolist()):
        centre = count + len(middle) + n
        centres.append(centre)
        edges = [middle[edge] for edge in _edges(row)]
        quads += [(row[k], edges[k], centre, edges[k - 1]) for k in range(4)]
    mirror += [middle[min(mirror[a], mirror[b]), max(mirror[a], mirror[b])] for a, b in middle]
    mirror += centres[len(half) :] + centres[: len(half)]
    front = [_on_face(key) for key in index]
    front += [front[a] and front[b] for a, b in middle] + [all(front[v] for v in row) for row in coarse]
    image = np.array(mirror, np.int32)
    left_share = np.zeros(len(image))
    left_share[np.array(quads[: len(quads) // 2])] = 1.0
    left_share[image == np.arange(len(image))] = 0.5
    return _face_first(Cage(np.array(quads, np.int32), index, image, left_share, middle), front)


def _edges(quad: list[int]) -> list[tuple[int, int]]:
    """The four edges of a quad, each with the lower number first."""
    following = [*quad[1:], quad[0]]
    return [(min(a, b), max(a, b)) for a, b in zip(quad, following, strict=True)]


def _on_face(key: Key) -> bool:
    """Whether expressions move a vertex much."""
    if key.part == "grid":
        return key.a <= 10 and 2 <= key.b <= 30
    return key.part in (EYE.name, MOUTH.name, NOSTRIL.name, NOSTRIL_CAP.part)


def _face_first(cage: Cage, front: list[bool]) -> Cage:
    """The same cage with the vertices of the face before those of the skull, so that what only touches
    the face is one run of numbers."""
    order = np.argsort(~np.array(front), kind="stable")
    new = np.empty(len(order), np.int32)
    new[order] = np.arange(len(order))
    index = {key: int(new[k]) for key, k in cage.index.items()}
    middle = {(min(new[a], new[b]), max(new[a], new[b])): int(new[k]) for (a, b), k in cage.middle.items()}
    return Cage(new[cage.quads], index, new[cage.mirror][order], cage.left_share[order], middle)
