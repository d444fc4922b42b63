"""The skin's colours and the parts its quads belong to."""

from __future__ import annotations

import numpy as np

from cage import EAR, EYE, MOUTH, NOSTRIL, Cage
from parts import BROW, mix, srgb
from solve import Array, Ints

SKIN, LIP, FLUSH, LID, SHADE = (srgb(c) for c in ("#c99a80", "#a9605a", "#c27c68", "#b5836e", "#8a5a49"))
DARK = srgb("#3a1714")


def _both(cage: Cage, values: Array) -> Array:
    return np.asarray(np.maximum(values, values[cage.mirror]))


def _near(places: Array, centre: tuple[float, float, float], reach: float) -> Array:
    return np.asarray(np.exp(-(((places - np.array(centre)) ** 2).sum(1)) / reach**2))


def colours(cage: Cage, places: Array) -> Array:
    """(count, 3) sRGB 0..255: lips, lids, cheeks, nose and ears a little redder, brows shaded."""
    out = np.repeat(SKIN[None], cage.count, 0)
    flush = 0.5 * _near(places, (4.3, 0.2, 9.2), 1.9) + 0.55 * _near(places, (0, 0.2, 12.8), 1.3)
    flush += 0.25 * _near(places, (0, -6.5, 10.8), 1.6)
    for ring in range(2, 9):
        flush[cage.ring(EAR, ring)] += 0.4
    out = mix(out, FLUSH, _both(cage, flush))
    lid = np.zeros(cage.count)
    for ring, share in {1: 0.15, 2: 0.4, 3: 0.75, 4: 0.6, 5: 0.9}.items():
        lid[cage.ring(EYE, ring)] = share
    out = mix(out, LID, _both(cage, lid))
    wet = np.zeros(cage.count)
    for ring in (6, 7, 8):
        wet[cage.ring(EYE, ring)] = 1.0
    out = mix(out, srgb("#c07f74"), _both(cage, wet))
    corner = np.zeros(cage.count)
    ring5 = cage.ring(EYE, 6)
    corner[ring5[[35, 36, 37]]] = 0.8
    out = mix(out, srgb("#b8564f"), _both(cage, corner))
    lips = np.zeros(cage.count)
    for number, share in {1: 0.35, 2: 0.95, 3: 1.0, 4: 1.0, 5: 1.0}.items():
        ring = cage.ring(MOUTH, number)
        steps = np.abs(np.arange(len(ring)) / 2 - 8)
        lips[ring] = share * np.clip(0.35 + steps / 2, 0, 1) if number < 3 else share
    out = mix(out, LIP, _both(cage, lips))
    dark = np.zeros(cage.count)
    for number, share in {6: 0.45, 7: 0.85, 8: 1.0, 9: 1.0}.items():
        dark[cage.ring(MOUTH, number)] = share
    for number, share in {2: 0.5, 3: 1.0}.items():
        dark[cage.ring(NOSTRIL, number)] = share
    dark[cage.index["nostril", "cap"]] = 1.0
    out = mix(out, DARK, _both(cage, dark))
    x, y, z = places.T
    curve = np.array(BROW)
    low, high = (np.interp(np.abs(x), curve[:, 0], curve[:, k]) for k in (1, 2))
    ends = np.clip((np.abs(x) - 1.2) / 0.4, 0, 1) * np.clip((5.75 - np.abs(x)) / 0.5, 0, 1)
    brow = ends * np.clip(1.25 - np.abs(y - (low + high) / 2) / (high - low) * 1.3, 0, 1) * (z > 4)
    return mix(out, SHADE, 0.45 * brow)


def split(cage: Cage) -> dict[str, Ints]:
    """The skin's quads by part: skin, lips, and the inside of the mouth."""
    of = np.full(cage.count, 0)
    for number in range(1, 10):
        ring = cage.ring(MOUTH, number)
        of[ring] = of[cage.mirror[ring]] = number
    for outer in range(1, 9):
        a = cage.ring(MOUTH, outer), cage.ring(MOUTH, outer + 1)
        between = _between(cage, a[0], a[1])
        of[between] = of[cage.mirror[between]] = outer + 0.5
    level = of[cage.quads].min(1)
    return {"skin": cage.quads[level < 1], "lips": cage.quads[(level >= 1) & (level < 5)],
            "mouth": cage.quads[level >= 5]}


def _between(cage: Cage, outer: Ints, inner: Ints) -> Ints:
    """The vertices that the cut put between two rings."""
    edge = set(outer.tolist()) | set(inner.tolist())
    touched = cage.quads[np.isin(cage.quads, outer).any(1)]
    reach = cage.quads[np.isin(cage.quads, inner).any(1)]
    return np.array([v for v in np.intersect1d(touched, reach) if v not in edge], np.int32)
