"""Named places on the cage that motions are given for, and the spread of a motion between them."""

from __future__ import annotations

import numpy as np
from cage import EAR, EYE, MOUTH, Cage, grid
from scipy import sparse
from solve import Array, Ints, factored, metric

GRID_ROWS: dict[int, tuple[int, ...]] = {
    3: (0, 6),
    5: (0, 3, 6, 9),
    6: (0, 3, 6, 9),
    7: (0,),
    9: (0, 9),
    11: (3, 6, 9),
    13: (0, 5),
    14: (7, 9),
    15: (0, 4),
    17: (0, 4),
    18: (7, 9),
    19: (0, 4),
    21: (7, 9, 11),
    23: (0, 4),
    24: (0, 8),
    26: (0, 4, 8),
    28: (0, 4, 8, 11),
    29: (0, 8),
    30: (0, 4),
    31: (0, 4),
}
STILL_ROWS: dict[int, tuple[int, ...]] = {
    0: (0, 5, 9, 13, 18),
    1: (0, 6, 12, 18),
    3: (12, 14, 16, 18),
    5: (14, 16, 18),
    7: (13, 15, 18),
    9: (16, 18),
    12: (15, 18),
    16: (15, 18),
    20: (14, 16, 18),
    25: (14, 16, 18),
    29: (12, 14, 18),
    31: (8, 12, 16),
    32: (0, 4, 8, 12, 16, 18),
    33: (0, 2, 4, 6, 8, 10, 12, 14, 16, 18),
    34: (0, 4, 8, 12, 16, 18),
    35: (0, 4, 8, 12, 16, 18),
    36: (0, 2, 4, 6, 8, 10, 12, 14, 16, 18),
}
LIP_STEPS = (0, 2, 4, 6, 8, 10, 12, 14, 16)
LIP_RINGS = (1, 3)
ORBIT_STEPS = (0, 3, 6, 8, 10, 13, 16, 18)


def named(cage: Cage) -> dict[str, int]:
    """Handle name to the vertex on the left half or the midline: ``g<row>.<column>`` on the grid,
    ``m<ring>.<step>`` on the lips, ``e<ring>.<step>`` on the orbit."""
    keys = {f"g{row}.{i}": grid(i, row) for row, columns in GRID_ROWS.items() for i in columns}
    keys |= {f"m{ring}.{k}": MOUTH.ring(ring)[k] for ring in LIP_RINGS for k in LIP_STEPS}
    keys |= {f"e1.{k}": EYE.ring(1)[k] for k in ORBIT_STEPS}
    return {name: cage.index[key] for name, key in keys.items()}


def still(cage: Cage) -> Ints:
    """Vertices of the left half that no expression moves: skull, ear, lower neck."""
    skull = [cage.index[grid(i, j)] for j, columns in STILL_ROWS.items() for i in columns]
    ear = [cage.index[EAR.ring(ring)[k]] for ring in (1, 4, 7) for k in range(0, 24, 4)]
    return np.array(skull + ear, np.int32)


class Spread:
    """Spreads motion given at handles over the skin so that it bends least."""

    def __init__(self, cage: Cage, places: Array, handles: Ints, firm: float = 30.0) -> None:
        stiffness, area = metric(cage.quads, places)
        self.handles = handles
        self.weights = firm / area[handles]
        hold = sparse.csr_matrix((self.weights, (handles, handles)), (cage.count, cage.count))
        bend = stiffness @ sparse.diags(1 / area) @ stiffness
        self._factor = factored(bend + hold)
        self._count = cage.count

    def __call__(self, motion: Array) -> Array:
        """Motion (h, d) of the handles to motion (count, d) of every vertex."""
        right = np.zeros((self._count, motion.shape[1]))
        np.add.at(right, self.handles, self.weights[:, None] * motion)
        return np.asarray(self._factor.solve(right))
