"""Correctives: what combinations of shapes add, and the in-between that bends a straight path.

A face is blended by adding shapes, and two shapes that are right alone may be wrong together: a blink
closes an eye that a squint has half closed already, two shapes that lift a lip lift it twice.  Each
corrective here is the difference between what the combination should be and the plain sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from lids import BLINK, LIDS
from shapes import Sculptor
from solve import Array, mirror, symmetric

Mover = Callable[[Mapping[str, float]], Array]

IN_BETWEENS = (BLINK, "EyeLookDownLeft")
SHUT = tuple(name for name in LIDS if name != BLINK)
SATURATE: dict[tuple[str, ...], float] = {
    ("NoseSneerLeft", "MouthUpperUpLeft"): 0.75,
    ("MouthSmileLeft", "CheekSquintLeft"): 0.45,
    ("MouthSmileLeft", "MouthDimpleLeft"): 0.4,
    ("MouthStretchLeft", "MouthFrownLeft"): 0.4,
    ("MouthSmileLeft", "MouthStretchLeft"): 0.6,
    ("MouthFunnel", "MouthPucker"): 1.0,
    ("EyeSquintLeft", "CheekSquintLeft"): 0.9,
    ("EyeSquintLeft", "NoseSneerLeft"): 0.5,
    ("CheekPuff", "MouthPucker"): 0.8,
    ("NoseSneerLeft", "BrowDownLeft"): 0.5,
    ("NoseSneerLeft", "MouthSmileLeft"): 0.5,
    ("NoseSneerLeft", "CheekSquintLeft"): 0.5,
    ("MouthShrugUpper", "NoseSneerLeft"): 0.6,
    ("MouthUpperUpLeft", "MouthSmileLeft"): 0.35,
}
"""Shapes that pull the same skin the same way, and the share of the smaller pull that goes missing
when both pull."""
YIELD: dict[tuple[str, str], float] = {
    ("MouthFunnel", "MouthSmileLeft"): 0.55,
    ("MouthPucker", "MouthSmileLeft"): 0.55,
    ("MouthPucker", "MouthStretchLeft"): 0.5,
    ("MouthFunnel", "MouthStretchLeft"): 0.5,
    ("MouthRollLower", "MouthLowerDownLeft"): 0.5,
    ("MouthRollUpper", "MouthUpperUpLeft"): 0.5,
}
"""The second shape gives way by this share where the first moves the skin."""
SEAL: tuple[tuple[str, ...], ...] = (
    ("MouthPressLeft", "NoseSneerLeft"),
    ("MouthPressLeft", "MouthUpperUpLeft"),
    ("MouthPressLeft", "MouthLowerDownLeft"),
    ("MouthShrugLower", "NoseSneerLeft"),
    ("MouthShrugLower", "MouthUpperUpLeft"),
    ("MouthShrugLower", "MouthShrugUpper"),
    ("MouthRollLower", "MouthRollUpper"),
)
"""Lips that the first shape keeps closed although the second would part them."""
PART: tuple[tuple[str, ...], ...] = (
    ("JawOpen", "MouthFunnel"),
    ("JawOpen", "MouthPucker"),
    ("JawOpen", "MouthRollLower"),
    ("JawOpen", "MouthRollUpper"),
    ("MouthSmileLeft", "MouthFrownLeft"),
    ("JawOpen", "MouthSmileLeft"),
    ("JawOpen", "MouthStretchLeft"),
    ("JawOpen", "MouthFrownLeft"),
)
"""Combinations whose lips are only kept from crossing and clear of the teeth."""


TONGUE = (("TongueOut",), ("JawOpen", "TongueOut"))
"""What the tongue adds: it comes out late, and the way the open jaw points."""


SLIGHT = 0.02
"""A corrective that moves nothing further than this is left out, cm."""


@dataclass(frozen=True)
class Corrective:
    """``motion`` (count, 3) of the skin for the product of the shapes ``names``; ``lids`` tells how
    points that ride on the left lids move, or is None."""

    names: tuple[str, ...]
    motion: Array
    lids: bool = False


def surplus(move: Mover, names: tuple[str, ...]) -> Array:
    """What ``names`` together move beyond the sum of each; for one name, what it moves at a weight
    of a half beyond half of its full motion."""
    if len(names) == 1:
        return np.asarray(move({names[0]: 0.5}) - 0.5 * move({names[0]: 1.0}))
    together = move(dict.fromkeys(names, 1.0))
    return np.asarray(together - sum(move({name: 1.0}) for name in names))


def _shared(a: Array, b: Array) -> Array:
    """The part of two motions (n, 3) that goes the same way, as long as the shorter one."""
    far, near = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    both = a / np.maximum(far, 1e-9)[:, None] + b / np.maximum(near, 1e-9)[:, None]
    cosine = np.clip((a * b).sum(1) / np.maximum(far * near, 1e-9), 0, 1)
    way = both / np.maximum(np.linalg.norm(both, axis=1), 1e-9)[:, None]
    return np.asarray(way * (np.minimum(far, near) * cosine)[:, None])


class Corrector:
    """Makes the correctives of the skin from its shapes."""

    def __init__(self, sculptor: Sculptor, motions: dict[str, Array]) -> None:
        self._sculptor, self._motions = sculptor, motions
        left = np.concatenate(list(sculptor.lids.rings.values()))
        self._lid_skin = np.concatenate([left, sculptor.cage.mirror[left]])

    def all(self) -> list[Corrective]:
        """Every corrective, those of one side for both sides."""
        left = [self._lids(names) for names in [(name,) for name in IN_BETWEENS]]
        left += [self._lids((BLINK, name)) for name in SHUT]
        pairs = dict.fromkeys([*self._sculptor.pairs(), *TONGUE, *SATURATE, *YIELD, *SEAL, *PART])
        left += [self._pair(pair) for pair in pairs if len(pair) > 1]
        still = np.zeros_like(self._sculptor.places)
        left += [Corrective(names, still) for names in TONGUE if len(names) == 1]
        image = self._sculptor.cage.mirror
        out = []
        for each in left:
            if np.abs(each.motion).max() < SLIGHT and each.names not in TONGUE:
                continue
            out.append(each)
            other = tuple(name[:-4] + "Right" if name.endswith("Left") else name for name in each.names)
            if other != each.names:
                out.append(Corrective(other, mirror(each.motion, image), each.lids))
        return out

    def _lids(self, names: tuple[str, ...]) -> Corrective:
        sculptor = self._sculptor
        motion = surplus(lambda pose: sculptor.lids.skin_motion(pose, sculptor.places), names)
        return Corrective(names, sculptor.carried(motion), lids=True)

    def _pair(self, names: tuple[str, ...]) -> Corrective:
        """Made with both sides in motion, then cut in two, so that halves add up to the whole."""
        sculptor = self._sculptor
        image = sculptor.cage.mirror
        one_sided = any(name.endswith("Left") for name in names)
        motions = [self._both_sides(name) for name in names]
        change = sculptor.combination(names)
        if names in SATURATE:
            change = change - SATURATE[names] * _shared(*motions)
        if names in YIELD:
            firm = np.linalg.norm(motions[0], axis=1)
            mask = np.clip(firm / np.percentile(firm[firm > 0.05], 80), 0, 1)
            change = change - YIELD[names] * mask[:, None] * motions[1]
        change[self._lid_skin] = 0.0
        total = sum(motions) + change
        settled = sculptor.lips.part(total, sealed=names in SEAL)
        settled = sculptor.lips.clear_teeth(settled, names)
        change = symmetric(change + settled - total, image)
        if one_sided:
            share = np.clip(0.5 + sculptor.places[:, 0] / 1.2, 0, 1)
            change = change * (share * share * (3 - 2 * share))[:, None]
        return Corrective(names, change)

    def _both_sides(self, name: str) -> Array:
        motion = self._motions.get(name, np.zeros_like(self._sculptor.places))
        return motion + mirror(motion, self._sculptor.cage.mirror) if name.endswith("Left") else motion
