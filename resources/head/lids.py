"""The eyelids: they turn about the eyeball's centre, meet in a blink, and are dragged by the gaze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import landmarks as lm
import numpy as np
from cage import EYE, Cage
from neutral import CENTRE, LID_INSIDE
from solve import Array, Ints, turned

LID_REACH = {4: 0.62, 5: 1.0, 6: 1.0, 7: 1.0, 8: 0.75}
"""How much of the lid's turn each ring takes, from the lid's skin to its hidden back."""
BLINK = "EyeBlinkLeft"
RELAX = {"EyeLookDownLeft": 0.5, "EyeLookUpLeft": 0.3, "EyeSquintLeft": 0.6, "CheekSquintLeft": 0.8}
"""How much of the lower lid's way in a shape is left when the eye is shut at the same time."""


@dataclass(frozen=True)
class Lids:
    """What one eye's lids do: rise at mid lid in cm, and sideways drag."""

    upper: float = 0.0
    lower: float = 0.0
    aside: float = 0.0


LIDS: dict[str, Lids] = {
    BLINK: Lids(lower=0.05),
    "EyeSquintLeft": Lids(upper=-0.11, lower=0.27),
    "EyeWideLeft": Lids(upper=0.3, lower=-0.05),
    "EyeLookUpLeft": Lids(upper=0.27, lower=0.14),
    "EyeLookDownLeft": Lids(upper=-0.56, lower=-0.2),
    "EyeLookInLeft": Lids(aside=-0.14),
    "EyeLookOutLeft": Lids(aside=0.14),
    "CheekSquintLeft": Lids(upper=-0.05, lower=0.15),
    "BrowDownLeft": Lids(upper=-0.1),
    "NoseSneerLeft": Lids(lower=0.05),
    "MouthSmileLeft": Lids(lower=0.05),
}


class EyeLids:
    """The left lids and the angles by which each step of their loop turns.

    A pose is a set of weights; lids of several shapes turn by the sum of their angles, but a blink
    always closes the eye, wherever the other shapes hold the lower lid.
    """

    def __init__(self, cage: Cage, places: Array) -> None:
        self.rings = {ring: cage.ring(EYE, ring) for ring in LID_REACH}
        self._edge = places[self.rings[6]]
        count = len(self._edge)
        turn = (np.arange(count) / 2 + 2) % (count / 2)
        self.upper = turn <= 10
        self.weight = np.where(self.upper, np.sin(np.pi * turn / 10), np.sin(np.pi * (turn - 10) / 10))
        away = self._edge - CENTRE
        self._depth = np.hypot(away[:, 1], away[:, 2])
        self._rest = np.arctan2(away[:, 1], away[:, 2])
        """Height of the lid's edge as an angle about the axis through the eyeball's centre."""

    def _turn(self, rise: Array) -> Array:
        """Angle upward that lifts the edge by ``rise`` at the front of the ball."""
        return np.asarray(np.arcsin(np.clip(rise * self.weight / self._depth, -0.9, 0.9)))

    def angles(self, weights: Mapping[str, float]) -> Array:
        """Downward turn of every step, radians."""
        shut = weights.get(BLINK, 0.0)
        up = np.zeros(len(self._rest))
        for name, weight in weights.items():
            lids = LIDS[name]
            lower = lids.lower * (1 - shut * (1 - RELAX.get(name, 1.0)))
            up += weight * self._turn(np.where(self.upper, lids.upper * (1 - shut), lower))
        if shut:
            up = np.where(self.upper, up + shut * (self._meeting(up) - self._rest), up)
        return np.asarray(-np.where(self.weight < 1e-6, 0.0, up))

    def _meeting(self, up: Array) -> Array:
        """Angle at which each step of the upper lid meets the lower lid that has turned ``up``."""
        height = CENTRE[1] + self._depth * np.sin(self._rest + up)
        line = np.flatnonzero(~self.upper | (self.weight < 1e-6))
        line = line[np.argsort(self._edge[line, 0])]
        meet = np.interp(self._edge[:, 0], self._edge[line, 0], height[line]) - 0.05 * self.weight
        return np.asarray(np.arcsin(np.clip((meet - CENTRE[1]) / self._depth, -1, 1)))

    def move(self, weights: Mapping[str, float], points: Array, steps: Ints, reach: float = 1.0) -> Array:
        """Motion of points that ride on the lid at ``steps`` (indices into the ring)."""
        out = turned(points, CENTRE, 0, reach * self.angles(weights)[steps])
        drag = sum(weight * LIDS[name].aside for name, weight in weights.items())
        aside = reach * drag * self.weight[steps] / (lm.EYE_RADIUS + LID_INSIDE)
        return turned(out, CENTRE, 1, aside) - points

    def skin_motion(self, weights: Mapping[str, float], places: Array) -> Array:
        """Motion (count, 3) of the left lids' vertices; 0 elsewhere."""
        out = np.zeros_like(places)
        for ring, ids in self.rings.items():
            out[ids] = self.move(weights, places[ids], np.arange(len(ids), dtype=np.int32), LID_REACH[ring])
        return out
