"""The 52 shapes: landmark motions spread over the skin, lids that slide over the eyeball, a jaw that
turns about its joint, and lips that are kept from crossing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import handles
import numpy as np
from cage import MOUTH, Cage
from creases import Creaser
from jaw import jaw_motion
from lids import LIDS, EyeLids
from lips import Lips
from neutral import CENTRE
from solve import MIRROR, Array, mirror, symmetric, turned

MOTIONS = Path(__file__).with_name("motions.toml")
GAZE_DEGREES = {"Up": 25.0, "Down": 28.0, "In": 30.0, "Out": 30.0}
EMPHASIS = {
    "BrowDownLeft": 1.3,
    "BrowInnerUp": 1.25,
    "BrowOuterUpLeft": 1.15,
    "CheekSquintLeft": 1.2,
    "MouthRollUpper": 0.9,
    "MouthRollLower": 0.9,
}
"""Motions made larger than measured, so that they read on a smooth face, or smaller, so that the
lips roll over these teeth and not through them."""
SYMMETRIC = (
    "JawForward",
    "JawOpen",
    "MouthClose",
    "MouthFunnel",
    "MouthPucker",
    "MouthRollLower",
    "MouthRollUpper",
    "MouthShrugLower",
    "MouthShrugUpper",
    "BrowInnerUp",
    "CheekPuff",
    "TongueOut",
)
SEALED = (
    "JawForward",
    "JawLeft",
    "MouthSmileLeft",
    "MouthFrownLeft",
    "MouthDimpleLeft",
    "MouthStretchLeft",
    "MouthPressLeft",
    "MouthPucker",
    "MouthRollLower",
    "MouthRollUpper",
    "MouthShrugLower",
    "MouthLeft",
    "CheekPuff",
    "CheekSquintLeft",
)
"""Shapes in which closed lips stay closed."""
ASIDE = ("JawLeft", "MouthLeft")


def gaze_motion(direction: str, points: Array) -> Array:
    """How the left eyeball's points move when it looks ``Up``, ``Down``, ``In`` or ``Out``."""
    angle = np.radians(GAZE_DEGREES[direction])
    axis, sign = {"Up": (0, -1), "Down": (0, 1), "In": (1, -1), "Out": (1, 1)}[direction]
    return turned(points, CENTRE, axis, sign * angle) - points


class Sculptor:
    """Makes the motion of the skin for every shape."""

    def __init__(self, cage: Cage, places: Array) -> None:
        self.cage, self.places = cage, places
        self.lids, self.lips = EyeLids(cage, places), Lips(cage, places)
        with MOTIONS.open("rb") as file:
            self.motions = tomllib.load(file)
        self._names = handles.named(cage)
        left = np.array(list(self._names.values()), np.int32)
        self._order = {name: k for k, name in enumerate(self._names)}
        self._sided = cage.mirror[left] != left
        still = handles.still(cage)
        lids = np.concatenate(list(self.lids.rings.values()))
        self._inside = {ring: cage.ring(MOUTH, ring) for ring in (7, 8, 9)}
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
        return self.lids.skin_motion({name: 1.0} if name in LIDS else {}, self.places)

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
        far = self._table(name + " across") if name in ASIDE else near * MIRROR * both
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
            if name.endswith(" across") or " + " in name or name == "MouthClose":
                continue
            both = name in SYMMETRIC
            motion = self.lips.part(self._skin(name, both), sealed=name in SEALED)
            if name.startswith("MouthRoll"):
                motion = self.lips.clear_teeth(motion, [name])
            out[name] = symmetric(motion, image) if both else motion
            if name.endswith("Left"):
                out[name[:-4] + "Right"] = mirror(motion, image)
        closed = self.lips.close(self._skin("MouthClose", True), out["JawOpen"])
        out["MouthClose"] = symmetric(closed, image)
        return out

    def pairs(self) -> list[tuple[str, ...]]:
        """The combinations that motions.toml has an entry for."""
        return [tuple(name.split(" + ")) for name in self.motions if " + " in name]

    def combination(self, names: tuple[str, ...]) -> Array:
        """What motions.toml adds on both sides where shapes meet, (count, 3); 0 where it has no entry."""
        key = " + ".join(names)
        if key not in self.motions:
            return np.zeros_like(self.places)
        return symmetric(self._skin(key, True), self.cage.mirror)

    def carried(self, lids: Array) -> Array:
        """Motion of the left lids (count, 3) with the skin between them carried along."""
        free = np.zeros((len(self._left) + int(self._sided.sum()), 3))
        motion = self._spread(np.concatenate([free, lids[self._held]]))
        distance = np.linalg.norm(self.places - CENTRE, axis=1)
        motion *= np.clip((2.7 - distance) / 0.7, 0, 1)[:, None]
        for ids in self.lids.rings.values():
            motion[ids] = lids[ids]
            motion[self.cage.mirror[ids]] = 0.0
        return motion
