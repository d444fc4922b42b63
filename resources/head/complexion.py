"""The skin's colours and the parts its quads belong to."""

from __future__ import annotations

import numpy as np
from cage import EAR, EYE, MOUTH, NOSTRIL, NOSTRIL_CAP, Cage, Opening
from forms import fixed, normals
from piece import mix, srgb
from scipy import sparse
from solve import Array, Ints, laplacian

SKIN, LIP, FLUSH, LID = (srgb(c) for c in ("#c99a80", "#ad6860", "#c27c68", "#b5836e"))
SHADOW = np.array([0.11, 0.17, 0.19])
"""Share of red, green and blue that a deep hollow loses."""
DARK = srgb("#260e0c")


def _both(cage: Cage, values: Array) -> Array:
    return np.asarray(np.maximum(values, values[cage.mirror]))


def _near(places: Array, centre: tuple[float, float, float], reach: float) -> Array:
    return np.asarray(np.exp(-(((places - np.array(centre)) ** 2).sum(1)) / reach**2))


def painted(cage: Cage, opening: Opening, shares: dict[int, float | Array]) -> Array:
    """(count,) shares given ring by ring on both sides; between two rings their mean."""
    out = np.zeros(cage.count)
    for number, share in shares.items():
        out[cage.ring(opening, number)] = share
    for number in range(opening.rings):
        for vertex, ring in cage.between(opening, number).items():
            out[vertex] = out[ring].mean()
    return _both(cage, out)


def colours(cage: Cage, places: Array) -> Array:
    """(count, 3) sRGB 0..255: lips, lids, cheeks, nose and ears a little redder, hollows darker."""
    out = np.repeat(SKIN[None], cage.count, 0)
    flush = 0.3 * _near(places, (4.2, 0.0, 9.3), 2.0) + 0.35 * _near(places, (0, 0.2, 12.8), 1.3)
    flush += 0.2 * _near(places, (0, -6.5, 10.8), 1.6)
    out = mix(out, FLUSH, _both(cage, flush))
    out = mix(out, FLUSH, painted(cage, EAR, {2: 0.2, 3: 0.35, 4: 0.45, 5: 0.35, 6: 0.3, 7: 0.3, 8: 0.35}))
    out = mix(out, LID, painted(cage, EYE, {1: 0.15, 2: 0.35, 3: 0.8, 4: 0.6, 5: 0.8}))
    steps = np.arange(len(cage.ring(EYE, 5)))
    upper = np.where((steps < 17) | (steps > 36), 1.0, 0.35)
    out = mix(out, srgb("#5d3a30"), painted(cage, EYE, {5: 0.55 * upper, 6: 0.8 * upper}))
    out = mix(out, srgb("#c07f74"), painted(cage, EYE, {6: 0.6 * (1 - 0.7 * upper), 7: 1.0, 8: 1.0}))
    steps = np.abs(np.arange(len(cage.ring(MOUTH, 1))) / 2 - 8)
    border = np.clip(0.35 + steps / 2, 0, 1)
    out = mix(out, LIP, painted(cage, MOUTH, {1: 0.55 * border, 2: border, 3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0}))
    out = mix(out, DARK, painted(cage, MOUTH, {4: 0.3, 5: 0.6, 6: 0.75, 7: 0.9, 8: 1.0, 9: 1.0}))
    corner = np.exp(-((steps / 0.8) ** 2))
    corners = painted(cage, MOUTH, {0: 0.25 * corner, 1: 0.6 * corner, 2: 0.6 * corner})
    out = mix(out, srgb("#8d5547"), corners)
    pit = painted(cage, NOSTRIL, {1: 0.4, 2: 1.0, 3: 1.0})
    cap = np.isin(np.arange(cage.count), cage.quads[(cage.quads == cage.index[NOSTRIL_CAP]).any(1)])
    out = mix(out, DARK, np.maximum(pit, _both(cage, cap.astype(float))))
    return np.asarray(out * (1 - np.outer(hollows(cage, places), SHADOW)))


def hollows(cage: Cage, places: Array) -> Array:
    """(count,) how much of the sky the hollows of the face miss, 0 to about 1; none on the neck."""
    spread = sparse.eye(cage.count) - 0.5 * laplacian(cage.quads, cage.count)
    smooth = places
    for _ in range(10):
        smooth = spread @ smooth
    deep = ((smooth - places) * normals(cage.quads, places)).sum(1)
    deep *= np.clip((places[:, 2] - 3.0) / 3.0, 0, 1) * np.clip((places[:, 1] + 7.0) / 2.0, 0, 1)
    deep[fixed(cage)] = 0.0
    for _ in range(3):
        deep = spread @ deep
    return _both(cage, np.tanh(np.maximum(0.0, deep) / 0.1))


def split(cage: Cage) -> dict[str, Ints]:
    """The skin's quads by part: skin, lips, and the inside of the mouth."""
    of = np.zeros(cage.count)
    for number in range(1, 10):
        ring = cage.ring(MOUTH, number)
        of[ring] = of[cage.mirror[ring]] = number
    for outer in range(1, 9):
        between = np.array(list(cage.between(MOUTH, outer)))
        of[between] = of[cage.mirror[between]] = outer + 0.5
    level = of[cage.quads].min(1)
    return {
        "skin": cage.quads[level < 1],
        "lips": cage.quads[(level >= 1) & (level < 5)],
        "mouth": cage.quads[level >= 5],
    }
