"""Smooth surfaces through landmarks, and smooth motion from a few moved places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.interpolate import CubicSpline
from scipy.sparse.linalg import SuperLU, splu

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
MIRROR = np.array([-1.0, 1.0, 1.0])
"""What places and motions are multiplied by on the other side."""
STIFFNESS = 8.0
"""How firmly landmarks hold against the bending of the surface."""


def laplacian(quads: Ints, count: int) -> sparse.csr_matrix:
    """(n, n): each vertex less the mean of its neighbours; along open borders only of the border."""
    sides = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    edges, uses = np.unique(np.sort(sides, axis=1), axis=0, return_counts=True)
    border = np.zeros(count, bool)
    border[edges[uses == 1]] = True
    a, b = np.concatenate([edges, edges[:, ::-1]]).T
    along = np.concatenate([uses, uses]) == 1
    keep = ~border[a] | along
    a, b = a[keep], b[keep]
    degree = np.bincount(a, minlength=count).astype(float)
    return sparse.eye(count, format="csr") - sparse.csr_matrix((1 / degree[a], (a, b)), (count, count))


def metric(quads: Ints, places: Array) -> tuple[sparse.csr_matrix, Array]:
    """The cotangent stiffness (n, n) of the surface, both ways of splitting each quad averaged, and
    the area of each vertex (n,).  Slivers are limited, so that a bad quad cannot dominate."""
    count = len(places)
    splits = ((0, 1, 2), (0, 2, 3), (1, 2, 3), (1, 3, 0))
    triangles = np.concatenate([quads[:, list(split)] for split in splits])
    area = np.zeros(count)
    rows, columns, values = [], [], []
    for k in range(3):
        a, b, c = (triangles[:, (k + n) % 3] for n in range(3))
        u, v = places[b] - places[a], places[c] - places[a]
        doubled = np.linalg.norm(np.cross(u, v), axis=1)
        cotangent = np.clip((u * v).sum(1) / np.maximum(doubled, 1e-9), -0.2, 5.0)
        np.add.at(area, a, doubled / 12)
        rows.append(b)
        columns.append(c)
        values.append(cotangent / 4)
    at = (np.concatenate(rows), np.concatenate(columns))
    weights = sparse.csr_matrix((np.concatenate(values), at), (count, count))
    weights = weights + weights.T
    weights.data = np.maximum(weights.data, 0.02)
    stiffness = sparse.diags(np.asarray(weights.sum(1)).ravel()) - weights
    return stiffness.tocsr(), np.maximum(area, 1e-4)


def pull(count: int, fixed: Ints, places: Array, weights: Array) -> tuple[sparse.csr_matrix, Array]:
    """The normal matrix and right side of holding ``fixed`` vertices near ``places``."""
    hold = sparse.csr_matrix((weights, (fixed, fixed)), (count, count))
    pulled = np.zeros((count, 3))
    np.add.at(pulled, fixed, weights[:, None] * places)
    return hold, pulled


def factored(matrix: sparse.csr_matrix) -> SuperLU[np.float64]:
    """A symmetric, positive definite matrix, ready to be solved.  It needs no pivots, so their order
    is not for rounding to decide."""
    return splu(
        matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def surface(quads: Ints, count: int, fixed: Ints, places: Array, weights: Array) -> Array:
    """The thin-plate surface nearest to ``places`` of the ``fixed`` vertices, (count, 3).

    A first solve spreads the vertices evenly; the second bends the surface least, whatever the
    spacing of its vertices, so that crowded rows leave no ripples.
    """
    flat = laplacian(quads, count)
    hold, pulled = pull(count, fixed, places, weights)
    first = np.asarray(factored(flat.T @ flat + hold).solve(pulled))
    stiffness, area = metric(quads, first)
    hold, pulled = pull(count, fixed, places, weights * STIFFNESS / area[fixed])
    bend = stiffness @ sparse.diags(1 / area) @ stiffness
    return np.asarray(factored(bend + hold).solve(pulled))


def along(steps: Array, knots: Array, values: Array, period: float | None = None) -> Array:
    """Values at ``steps`` of the cubic curve through ``values`` at ``knots``; periodic if asked."""
    if period is None:
        return np.asarray(CubicSpline(knots, values, bc_type="natural")(steps))
    order = np.argsort(knots % period)
    t = np.append((knots % period)[order], (knots % period)[order][0] + period)
    v = np.concatenate([values[order], values[order][:1]])
    return np.asarray(CubicSpline(t, v, bc_type="periodic")(np.where(steps < t[0], steps + period, steps)))


def mirror(places: Array, image: Ints) -> Array:
    """The same places on the other side."""
    return np.asarray(places[image] * MIRROR)


def symmetric(places: Array, image: Ints) -> Array:
    """The mean of ``places`` and its mirror image; exact, and x is 0 on the midline."""
    out = 0.5 * (places + mirror(places, image))
    out[image == np.arange(len(image)), 0] = 0.0
    return np.asarray(out)


def turned(points: Array, pivot: Array, axis: int, radians: Array | float) -> Array:
    """``points`` (n, 3) turned about the x (0) or y (1) axis through ``pivot``; per point if asked."""
    a, b = ((1, 2), (2, 0))[axis]
    away = points - pivot
    cos, sin = np.cos(radians), np.sin(radians)
    out = away.copy()
    out[:, a] = cos * away[:, a] - sin * away[:, b]
    out[:, b] = sin * away[:, a] + cos * away[:, b]
    return np.asarray(out + pivot)
