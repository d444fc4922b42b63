"""The 52 shapes: landmark motions spread over the skin, lids that slide over the eyeball, a jaw that
turns about its joint, and lips that are kept from crossing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import handles
import landmarks as lm
import numpy as np
from cage import EYE, MOUTH, Cage
from creases import Creaser
from neutral import CENTRE, LID_INSIDE
from solve import Array, Ints, mirror, symmetric

MOTIONS = Path(__file__).with_name("motions.toml")
JAW_JOINT = np.array([0.0, -0.55, 1.8])
"""The axis of the jaw runs through this point, from ear to ear."""
JAW_OPEN_DEGREES = 25.0
JAW_SHIFT = {"JawForward": (0.0, -0.15, 1.08), "JawLeft": (0.87, 0.02, 0.02), "JawRight": (-0.87, 0.02, 0.02)}
GAZE_DEGREES = {"Up": 25.0, "Down": 28.0, "In": 30.0, "Out": 30.0}
LID_REACH = {4: 0.62, 5: 1.0, 6: 1.0, 7: 1.0, 8: 0.75}
"""How much of the lid's turn each ring takes, from the lid's skin to its hidden back."""


@dataclass(frozen=True)
class Lids:
    """What one eye's lids do: rise at mid lid in cm, and sideways drag; ``closed`` shuts them."""

    upper: float = 0.0
    lower: float = 0.0
    aside: float = 0.0
    closed: bool = False


BULGE = 0.085
"""Share by which a closing upper lid swells per radian, and an opening one more, so that the straight
paths of both, added up, clear the ball and the lower lid."""
LIDS: dict[str, Lids] = {
    "EyeBlinkLeft": Lids(closed=True),
    "EyeSquintLeft": Lids(upper=-0.06, lower=0.22),
    "EyeWideLeft": Lids(upper=0.3, lower=-0.04),
    "EyeLookUpLeft": Lids(upper=0.27, lower=0.14),
    "EyeLookDownLeft": Lids(upper=-0.56, lower=-0.2),
    "EyeLookInLeft": Lids(aside=-0.14),
    "EyeLookOutLeft": Lids(aside=0.14),
    "CheekSquintLeft": Lids(upper=-0.06, lower=0.14),
    "BrowDownLeft": Lids(upper=-0.04),
    "NoseSneerLeft": Lids(lower=0.05),
    "MouthSmileLeft": Lids(lower=0.05),
}
EMPHASIS = {
    "BrowDownLeft": 1.45, "BrowInnerUp": 1.25, "BrowOuterUpLeft": 1.15, "CheekSquintLeft": 1.2,
    "MouthRollUpper": 0.6, "MouthRollLower": 0.7,
}
"""Motions made larger than measured, so that they read on a smooth face, or smaller, so that the
lips roll over these teeth and not through them."""
SYMMETRIC = (
    "JawForward", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthRollLower", "MouthRollUpper",
    "MouthShrugLower", "MouthShrugUpper", "BrowInnerUp", "CheekPuff",
)
ASIDE = ("JawLeft", "MouthLeft")


def turned(points: Array, pivot: Array, axis: int, radians: Array | float) -> Array:
    """``points`` (n, 3) turned about the x (0) or y (1) axis through ``pivot``; per point if asked."""
    a, b = ((1, 2), (2, 0))[axis]
    away = points - pivot
    cos, sin = np.cos(radians), np.sin(radians)
    out = away.copy()
    out[:, a] = cos * away[:, a] - sin * away[:, b]
    out[:, b] = sin * away[:, a] + cos * away[:, b]
    return np.asarray(out + pivot)


def jaw_motion(shape: str, points: Array) -> Array:
    """How points fixed to the lower jaw move in ``shape``."""
    if shape == "JawOpen":
        return turned(points, JAW_JOINT, 0, np.radians(JAW_OPEN_DEGREES)) - points
    return np.broadcast_to(np.array(JAW_SHIFT.get(shape, (0.0, 0.0, 0.0))), points.shape).copy()


def gaze_motion(direction: str, points: Array) -> Array:
    """How the left eyeball's points move when it looks ``Up``, ``Down``, ``In`` or ``Out``."""
    angle = np.radians(GAZE_DEGREES[direction])
    axis, sign = {"Up": (0, -1), "Down": (0, 1), "In": (1, -1), "Out": (1, 1)}[direction]
    return turned(points, CENTRE, axis, sign * angle) - points


class EyeLids:
    """The left lids and the angles by which each step of their loop can turn."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self.rings = {ring: cage.ring(EYE, ring) for ring in LID_REACH}
        edge = places[self.rings[6]]
        count = len(edge)
        steps = np.arange(count) / 2
        turn = (steps + 2) % (count / 2)
        self.upper = turn <= 10
        self.weight = np.where(self.upper, np.sin(np.pi * turn / 10), np.sin(np.pi * (turn - 10) / 10))
        self._closing = self._angles_to_close(edge)
        self._depth = np.hypot(edge[:, 1] - CENTRE[1], edge[:, 2] - CENTRE[2])

    def _angles_to_close(self, edge: Array) -> Array:
        x = edge[:, 0]
        line = edge[~self.upper | (self.weight < 1e-6)]
        line = line[np.argsort(line[:, 0])]
        meet = np.interp(x, line[:, 0], line[:, 1]) + 0.05 * self.weight
        meet += np.where(self.upper, -0.03, 0.03) * self.weight
        depth = np.hypot(edge[:, 1] - CENTRE[1], edge[:, 2] - CENTRE[2])
        now = np.arctan2(edge[:, 1] - CENTRE[1], edge[:, 2] - CENTRE[2])
        then = np.arcsin(np.clip((meet - CENTRE[1]) / depth, -1, 1))
        return np.where(self.weight < 1e-6, 0.0, now - then)

    def angles(self, lids: Lids) -> Array:
        """Downward turn of every step, radians."""
        if lids.closed:
            return self._closing
        rise = np.where(self.upper, lids.upper, lids.lower) * self.weight
        return np.asarray(-np.arcsin(np.clip(rise / self._depth, -0.9, 0.9)))

    def move(self, lids: Lids, points: Array, steps: Ints, reach: float = 1.0) -> Array:
        """Motion of points that ride on the lid at ``steps`` (indices into the ring)."""
        angle = reach * self.angles(lids)[steps]
        out = turned(points, CENTRE, 0, angle)
        swell = np.where(self.upper[steps], np.maximum(angle, -3.2 * angle), 0.3 * np.abs(angle))
        out = CENTRE + (out - CENTRE) * (1 + BULGE * swell)[:, None]
        aside = reach * lids.aside * self.weight[steps] / (lm.EYE_RADIUS + LID_INSIDE)
        return turned(out, CENTRE, 1, aside) - points


class Sculptor:
    """Makes the motion of the skin for every shape."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self.cage, self.places = cage, places
        self.lids = EyeLids(cage, places)
        with MOTIONS.open("rb") as file:
            self.motions = tomllib.load(file)
        self._names = handles.named(cage)
        left = np.array(list(self._names.values()), np.int32)
        self._order = {name: k for k, name in enumerate(self._names)}
        self._sided = cage.mirror[left] != left
        still = handles.still(cage)
        lids = np.concatenate(list(self.lids.rings.values()))
        self._inside = {ring: cage.ring(MOUTH, ring) for ring in (7, 8, 9)}
        self._between = {ring: cage.between(MOUTH, ring) for ring in range(7)}
        held = np.concatenate([still, lids, *self._inside.values()])
        named = np.concatenate([left, cage.mirror[left][self._sided]])
        held = np.setdiff1d(np.concatenate([held, cage.mirror[held]]), named).astype(np.int32)
        self._left, self._named, self._held = left, named, held
        self._creases = Creaser(cage, places)
        self._spread = handles.Spread(cage, places, np.concatenate([named, held]))

    def _table(self, name: str) -> Array:
        out = np.zeros((len(self._left), 3))
        for handle, millimetres in self.motions.get(name, {}).items():
            out[self._order[handle]] = np.array(millimetres) / 10
        return out * EMPHASIS.get(name, 1.0)

    def _lid_motion(self, name: str) -> Array:
        out = np.zeros_like(self.places)
        lids = LIDS.get(name)
        if lids is not None:
            for ring, ids in self.lids.rings.items():
                out[ids] = self.lids.move(lids, self.places[ids], np.arange(len(ids)), LID_REACH[ring])
        return out

    def _jaw_inside(self, name: str) -> Array:
        out = np.zeros_like(self.places)
        for ids, share in zip(self._inside.values(), (1.0, 0.75, 0.3), strict=True):
            low = np.clip((np.arange(len(ids)) / 2 - 6) / 4, 0, 1)
            low = low * low * (3 - 2 * low) * share
            out[ids] = low[:, None] * jaw_motion(name, self.places[ids])
            other = self.cage.mirror[ids]
            out[other] = low[:, None] * jaw_motion(name, self.places[other])
        return out

    def _skin(self, name: str, both: bool) -> Array:
        near = self._table(name)
        far = self._table(name + " across") if name in ASIDE else near * np.array([-1.0, 1.0, 1.0]) * both
        prescribed = self._lid_motion(name) + self._jaw_inside(name)
        motion = self._spread(np.concatenate([near, far[self._sided], prescribed[self._held]]))
        motion = motion + self._creases(name)
        for ids in self.lids.rings.values():
            motion[ids] = prescribed[ids]
            motion[self.cage.mirror[ids]] = 0.0
        return motion

    def shapes(self) -> dict[str, Array]:
        """The motion of the skin, (count, 3), by Pascal name of the shape; without the tongue."""
        out: dict[str, Array] = {}
        image = self.cage.mirror
        for name in self.motions:
            if name.endswith(" across") or name == "MouthClose":
                continue
            both = name in SYMMETRIC
            motion = self._part_lips(self._skin(name, both))
            out[name] = symmetric(motion, image) if both else motion
            if name.endswith("Left"):
                out[name[:-4] + "Right"] = mirror(motion, image)
        out["MouthClose"] = symmetric(self._close(out["JawOpen"]), image)
        return out

    def _lips(self) -> list[tuple[dict[int, Ints], Ints, Ints]]:
        """Rings 0 to 6 of each half, with the pairs of positions above and below each other; the
        midline belongs to the left half."""
        halves = []
        for first, image in enumerate((np.arange(self.cage.count), self.cage.mirror)):
            rings = {ring: image[self.cage.ring(MOUTH, ring)] for ring in range(7)}
            last = len(rings[4]) - 1
            above = np.arange(first, last // 2)
            halves.append((rings, above, last - above))
        return halves

    def _fill(self, change: Array) -> Array:
        """Carry a change of the lips' rings to the vertices between them."""
        image = self.cage.mirror
        for ring in range(7):
            for vertex, near in self._between[ring].items():
                change[vertex] = change[near].mean(0)
                change[image[vertex]] = change[image[near]].mean(0)
        return change

    def _part_lips(self, motion: Array) -> Array:
        """Lift the upper and lower the lower lip where a shape would drive them into each other."""
        change = np.zeros_like(motion)
        for rings, above, below in self._lips():
            near = motion[rings[4]]
            over = np.maximum(0.0, near[below, 1] - near[above, 1])
            for ring, share in {2: 0.4, 3: 0.9, 4: 1.0, 5: 1.0, 6: 0.5}.items():
                ids = rings[ring]
                clash = over * share
                if ring in (4, 5):
                    clash = np.maximum(clash, motion[ids[below], 1] - motion[ids[above], 1])
                change[ids[above], 1] += 0.5 * clash
                change[ids[below], 1] -= 0.5 * clash
        return motion + self._fill(change)

    def _close(self, opened: Array) -> Array:
        """Bring the lips of the open jaw together where they lie at rest, a little lower."""
        motion = self._skin("MouthClose", True)
        change = np.zeros_like(motion)
        for rings, above, below in self._lips():
            for ring, share in {0: 0.4, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0, 6: 0.6}.items():
                ids = rings[ring]
                meet = 0.08 * opened[rings[4][below]]
                corner = len(ids) // 2
                for at, place in ((above, meet), (below, meet), (corner, 0.05 * opened[ids[corner]])):
                    change[ids[at]] = share * (place - opened[ids[at]] - motion[ids[at]])
        return motion + self._fill(change)
