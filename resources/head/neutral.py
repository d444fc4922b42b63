"""The skin at rest: landmarks laid on the cage and a thin-plate surface solved through them."""

from __future__ import annotations

import landmarks as lm
import numpy as np
from cage import COLUMNS, EAR, EYE, MOUTH, NOSTRIL, Cage, Key, Opening, grid
from forms import formed
from solve import MIRROR, Array, Ints, along, surface, symmetric

CENTRE = np.array(lm.EYE_CENTRE)
LID_OUTSIDE, LID_INSIDE, LID_BEHIND = 0.18, 0.09, 0.085
"""How far the lid's outer skin, its edge and its hidden back stand off the eyeball, cm.  Wide
enough that the straight path of a blink clears the ball half way."""


def designed(places: Array) -> Array:
    """Landmarks (n, 3) of the left half with this face's own character."""
    out = places.copy()
    for centre, reach, offset in lm.CHARACTER:
        near = np.exp(-((places - np.array(centre)) ** 2).sum(1) / reach**2)
        across = np.clip(places[:, 0] / 0.8, 0, 1)
        out += near[:, None] * np.array(offset) * np.column_stack([across, 1 + 0 * across, 1 + 0 * across])
    return out


def table(rows: lm.Row) -> tuple[Array, Array]:
    """The steps and the designed places of a row of landmarks."""
    values = np.array(rows, float)
    return values[:, 0], designed(values[:, 1:])


def ring_curve(opening: Opening, rows: lm.Row) -> Array:
    """The tabulated ring at every vertex of it."""
    knots, values = table(rows)
    loop = len(opening.loop())
    if opening.closed:
        return along(np.arange(2 * loop) / 2, knots, values, float(loop))
    reflected = values * MIRROR
    last = loop - 1
    before, after = (knots > 0) & (knots <= 4), (knots < last) & (knots >= last - 4)
    t = np.concatenate([-knots[before][::-1], knots, 2 * last - knots[after][::-1]])
    v = np.concatenate([reflected[before][::-1], values, reflected[after][::-1]])
    return along(np.arange(2 * last + 1) / 2, t, v)


def on_ball(xy: Array, radius: Array | float) -> Array:
    """The points of the front half sphere about the eye over ``xy`` (n, 2)."""
    radius = np.broadcast_to(np.asarray(radius, float), (len(xy),))
    offset = xy - CENTRE[:2]
    flat = np.hypot(*offset.T)
    most = radius * 0.985
    offset = offset * np.where(flat > most, most / np.maximum(flat, 1e-9), 1.0)[:, None]
    depth = np.sqrt(radius**2 - (offset**2).sum(1))
    return np.column_stack([offset + CENTRE[:2], CENTRE[2] + depth])


def lid_rings(fold: Array) -> dict[int, Array]:
    """Rings 3 to 8 of the eye: crease, lid, outer edge, inner edge and the hidden back.

    ``fold`` is ring 2.  Steps count round the loop; the upper lid is steps -2 to 8.
    """
    margin = np.array(lm.LID_MARGIN)
    loop = len(EYE.loop())
    steps = np.arange(2 * loop) / 2
    xy = along(steps, margin[:, 0], margin[:, 1:], float(loop))
    turn = (steps + 2) % loop
    upper = np.sin(np.pi * np.clip(turn / 10, 0, 1))
    lower = np.sin(np.pi * np.clip((turn - 10) / 10, 0, 1))
    inner = np.exp(-(((((steps - 18 + loop / 2) % loop) - loop / 2) / 1.3) ** 2))
    edge = on_ball(xy, lm.EYE_RADIUS + LID_INSIDE)
    edge[:, 2] = np.maximum(edge[:, 2], CENTRE[2] + 0.68)
    edge[:, :2] += inner[:, None] * (xy - edge[:, :2])
    edge[:, 2] += inner * 0.34
    outward = edge - CENTRE
    outward /= np.linalg.norm(outward, axis=1)[:, None]
    thick = LID_OUTSIDE - LID_INSIDE
    away = (xy - np.array([3.15, 3.45])) / np.array([1.35, 0.55])
    away /= np.linalg.norm(away, axis=1)[:, None]
    outer = edge + outward * thick + np.column_stack([away * 0.055, np.zeros(len(away))])
    lid = 0.6 * outer + 0.4 * fold
    bulge = lid - CENTRE
    reach = np.linalg.norm(bulge, axis=1)
    rest = lm.EYE_RADIUS + 0.22 + 0.04 * lower
    side = 0.35 + 0.65 * np.maximum(upper, lower)
    lid = CENTRE + bulge * ((rest / reach) * side + 1 - side)[:, None]
    crease = 0.28 * outer + 0.72 * fold
    crease -= outward * (0.3 * upper + 0.05 * lower)[:, None]
    crease[:, 1] += 0.05 * upper
    back = on_ball(xy + (xy - np.array([3.15, 3.45])) * np.array([0.06, 0.16]), lm.EYE_RADIUS + LID_BEHIND)
    back[:, 2] = np.minimum(back[:, 2], edge[:, 2] - 0.05)
    hidden = on_ball(CENTRE[:2] + (xy - CENTRE[:2]) * np.array([1.02, 1.75]), lm.EYE_RADIUS + LID_BEHIND)
    hidden[:, 2] = np.minimum(hidden[:, 2], back[:, 2] - 0.15)
    return {3: crease, 4: lid, 5: outer, 6: edge, 7: off_ball(back), 8: off_ball(hidden)}


def off_ball(places: Array, gap: float = LID_BEHIND) -> Array:
    """Push places out to at least ``gap`` from the left eyeball."""
    out = places - CENTRE
    reach = np.linalg.norm(out, axis=1)
    return np.asarray(CENTRE + out * np.maximum(1.0, (lm.EYE_RADIUS + gap) / reach)[:, None])


EAR_RIM: lm.Row = (
    (0, 7.75, 3.45, 1.2),
    (1, 8.0, 3.9, 0.65),
    (2, 8.3, 3.98, -0.15),
    (3.5, 8.68, 3.7, -1.1),
    (5, 8.85, 3.0, -1.6),
    (7, 8.72, 1.8, -1.55),
    (9, 8.32, 0.7, -1.0),
    (11, 7.7, -0.5, -0.1),
    (12, 7.35, -1.05, 0.5),
    (13, 7.12, -1.18, 1.05),
    (14, 7.0, -0.85, 1.45),
    (16, 7.25, 0.1, 1.6),
    (17.5, 7.6, 0.75, 1.42),
    (18.5, 7.62, 1.15, 1.5),
    (20, 7.4, 1.7, 1.75),
    (22, 7.6, 2.6, 1.5),
)


def ear_rings() -> dict[int, Array]:
    """Root, back, rim, scapha, antihelix and concha wall of the left ear."""
    root, rim = ring_curve(EAR, lm.EAR_ROOT), ring_curve(EAR, EAR_RIM)
    steps = np.arange(len(rim)) / 2
    free = 0.5 + 0.5 * np.tanh((np.minimum(steps, 14.5 - steps) + 0.2) * 1.2)
    lobe = np.exp(-(((steps - 12.5) / 1.8) ** 2))
    concha = np.array([7.35, 1.25, 0.75])
    back = rim + free[:, None] * np.array([-0.22, 0.0, 0.02])
    out = {1: root, 2: 0.55 * root + 0.45 * back, 3: back, 4: rim}
    out[2][:, 0] -= 0.05 * free
    deep = free * (1 - 0.85 * lobe)
    for ring, (inward, dip) in {5: (0.1, 0.0), 6: (0.2, 0.32), 7: (0.42, 0.02), 8: (0.6, 0.5)}.items():
        reach = inward * (1 - 0.25 * lobe) if ring < 8 else inward
        out[ring] = rim + np.reshape(reach, (-1, 1)) * (concha - rim)
        out[ring][:, 0] -= dip * np.maximum(deep, 0.35 if ring == 8 else 0.0)
    return out


RING_WEIGHT = {"nostril": 1.0, "eye": 2.0, "mouth": 3.0, "ear": 0.8}


def rings() -> dict[tuple[Opening, int], Array]:
    """Every ring whose place is given, on the left half."""
    out = {(NOSTRIL, r): ring_curve(NOSTRIL, rows) for r, rows in lm.NOSTRIL.items()}
    out |= {(EYE, r): ring_curve(EYE, rows) for r, rows in lm.EYE.items()}
    out |= {(EYE, r): ring for r, ring in lid_rings(out[EYE, 2]).items()}
    out |= {(MOUTH, r): ring_curve(MOUTH, rows) for r, rows in lm.MOUTH.items()}
    return out | {(EAR, r): ring for r, ring in ear_rings().items()}


WHOLE_ROWS = (36,)
"""Rows held along their whole length: the bust's edge."""


def grid_vertex(cage: Cage, column: float, row: int) -> Ints:
    """The vertex at a whole or half column of a row, (1,)."""
    low = cage.index[grid(int(column), row)]
    if column == int(column):
        return np.array([low], np.int32)
    high = cage.index[grid(int(column) + 1, row)]
    return np.array([cage.middle[min(low, high), max(low, high)]], np.int32)


def grid_weight(column: float, row: int) -> float:
    """Firm where the nose has small forms, loose on cheek and jaw where the surface should flow."""
    if 12 <= row <= 17 and column <= 5:
        return 0.8
    if row <= 4 or row >= 33:
        return 0.5
    if 26 <= row <= 32:
        return 0.15
    return 0.012 if row >= 12 and column >= 8 else 0.15


def skin(cage: Cage) -> Array:
    """The whole skin at rest, (count, 3): exactly symmetric, with x exactly 0 on the midline."""
    fixed: list[Ints] = []
    places: list[Array] = []
    weights: list[Array] = []

    def hold(ids: Ints, at: Array, weight: float) -> None:
        both = np.concatenate([ids, cage.mirror[ids]])
        fixed.append(both)
        places.append(np.concatenate([at, at * MIRROR]))
        weights.append(np.full(len(both), weight))

    for row, entries in lm.GRID.items():
        for column, *place in entries:
            hold(grid_vertex(cage, column, row), designed(np.array([place])), grid_weight(column, row))
    for a, b, *place in lm.CROWN:
        hold(np.array([cage.index[Key("crown", a, b)]], np.int32), designed(np.array([place])), 0.5)
    for row in WHOLE_ROWS:
        knots, values = table(lm.GRID[row])
        run = cage.run([grid(i, row) for i in range(COLUMNS + 1)])
        hold(run, along(np.arange(len(run)) / 2, knots, values), 1.0)
    exact: list[tuple[Ints, Array]] = []
    for (opening, ring), curve in rings().items():
        ids = cage.ring(opening, ring)
        hold(ids, curve, RING_WEIGHT[opening.name])
        if (opening is EYE and ring >= 5) or (opening is MOUTH and ring == lm.LIP_CONTACT):
            exact.append((ids, curve))
    solved = surface(
        cage.quads, cage.count, np.concatenate(fixed), np.concatenate(places), np.concatenate(weights)
    )
    out = formed(cage, symmetric(solved, cage.mirror))
    for ids, curve in exact:
        out[ids] = curve
        out[cage.mirror[ids]] = curve * MIRROR
    return symmetric(out, cage.mirror)
