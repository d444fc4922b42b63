"""The lips: kept from crossing, sealed, brought together over an open jaw, and clear of the teeth."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from cage import MOUTH, Cage
from dental import push_out
from jaw import jaw_frame
from scipy import sparse
from solve import Array, Ints

CLINGING = 0.5
"""How far a lip takes the other one along, forward or back, cm."""


def _means_of_rings(cage: Cage, rings: Iterable[int]) -> tuple[Ints, sparse.csr_matrix]:
    """The vertices (f,) of both halves between each of the mouth's ``rings`` and the next, and the
    matrix (f, count) that gives each the mean of its neighbours on the two; on the midline of those
    on both sides."""
    near: dict[int, set[int]] = {}
    for ring in rings:
        for vertex, neighbours in cage.between(MOUTH, ring).items():
            for image in cage.images:
                near.setdefault(int(image[vertex]), set()).update(image[neighbours].tolist())
    share = [np.full(len(found), 1 / len(found)) for found in near.values()]
    where = np.concatenate([sorted(found) for found in near.values()])
    ends = np.cumsum([0, *(len(found) for found in near.values())])
    means = sparse.csr_matrix((np.concatenate(share), where, ends), (len(near), cage.count))
    return np.array(list(near), np.int32), means


class Lips:
    """Rings 0 to 6 of the mouth, from the skin around it over the vermilion to behind the seam."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self._places = places
        self._filled, self._means = _means_of_rings(cage, range(7))
        self._halves: list[tuple[dict[int, Ints], Ints, Ints]] = []
        for first, image in enumerate(cage.images):
            rings = {ring: image[cage.ring(MOUTH, ring)] for ring in range(7)}
            last = len(rings[4]) - 1
            # Positions above and below each other; the midline belongs to the left half.
            above = np.arange(first, last // 2, dtype=np.int32)
            self._halves.append((rings, above, last - above))

    def _fill(self, change: Array) -> Array:
        """Carry a change of the lips' rings to the vertices between them."""
        change[self._filled] = self._means @ change
        return change

    def part(self, motion: Array, sealed: bool) -> Array:
        """Lift the upper and lower the lower lip where a motion would drive them into each other; lips
        that stay ``sealed`` also meet where it would part them."""
        change = np.zeros_like(motion)
        for rings, above, below in self._halves:
            near = motion[rings[4]]
            over = near[below, 1] - near[above, 1]
            over = over if sealed else np.maximum(0.0, over)
            for ring, share in {2: 0.4, 3: 0.9, 4: 1.0, 5: 1.0, 6: 0.5}.items():
                ids = rings[ring]
                clash = over * share
                if ring in (4, 5):
                    apart = motion[ids[below], 1] - motion[ids[above], 1]
                    clash = apart if sealed else np.maximum(clash, apart)
                change[ids[above], 1] += 0.5 * clash
                change[ids[below], 1] -= 0.5 * clash
                if sealed:
                    ahead = motion[ids[below], 2] - motion[ids[above], 2]
                    ahead = share * np.clip(ahead, -CLINGING, CLINGING)
                    change[ids[above], 2] += 0.5 * ahead
                    change[ids[below], 2] -= 0.5 * ahead
        return motion + self._fill(change)

    def close(self, motion: Array, opened: Array) -> Array:
        """Bring the lips of the open jaw together where they lie at rest, a little lower."""
        change = np.zeros_like(motion)
        for rings, above, below in self._halves:
            for ring, share in {0: 0.4, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0, 6: 0.6}.items():
                ids = rings[ring]
                meet = 0.08 * opened[rings[4][below]]
                corner = len(ids) // 2
                for at, place in ((above, meet), (below, meet), (corner, 0.05 * opened[ids[corner]])):
                    change[ids[at]] = share * (place - opened[ids[at]] - motion[ids[at]])
        return motion + self._fill(change)

    def clear_teeth(self, motion: Array, shapes: Iterable[str]) -> Array:
        """Push the lips in front of the teeth, of which the lower move with the jaw in ``shapes``."""
        turn, shift = jaw_frame(shapes)
        change = np.zeros_like(motion)
        for rings, _, _ in self._halves:
            outer = np.zeros((len(rings[6]), 3))
            for ring in (6, 5, 4, 3, 2, 1):
                ids = rings[ring]
                at = self._places[ids] + motion[ids]
                push = push_out(at, True)
                jaw = (at + push - shift) @ np.linalg.inv(turn).T
                push += push_out(jaw, False) @ turn.T
                less = np.linalg.norm(push, axis=1) < 0.75 * np.linalg.norm(outer, axis=1)
                push[less] = 0.75 * outer[less]
                change[ids], outer = push, push
        return motion + self._fill(change)
