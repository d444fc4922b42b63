"""How finely moving faces are drawn, so that all of them keep up."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

STEPS = (1.0, 0.85, 0.7, 0.6)
"""Sizes of a moving picture beside its place, in each direction; a still one is always whole."""

_ROOM = 0.026
"""Seconds that all faces together may take, so that 30 pictures a second come of each."""
_MOVING = 0.5
"""A face drawn within so many seconds counts as moving."""
_SETTLED = 8
"""Pictures to look at before a step up: a neighbour's short rest is no reason."""
_WEIGHT = 0.2


@dataclass
class _Face:
    step: int = 0
    took: float | None = None
    since: int = 0
    last: float = 0.0


class Pace:
    """Watches what pictures cost and chooses how large the next is drawn.  Times are passed in,
    in seconds of any steady clock."""

    def __init__(self) -> None:
        self._faces: dict[Hashable, _Face] = {}

    def detail(self, face: Hashable) -> float:
        """How large to draw the next moving picture of ``face``, from 0.6 to 1."""
        found = self._faces.get(face)
        return 1.0 if found is None else STEPS[found.step]

    def drew(self, face: Hashable, took: float, now: float) -> None:
        """A moving picture of ``face``, drawn as :meth:`detail` said, took so many seconds."""
        mine = self._faces.setdefault(face, _Face())
        mine.last = now
        mine.since += 1
        # The first one makes shaders and buffers and says nothing about the next.
        if mine.took is None and mine.since == 1:
            return
        known = mine.took if mine.took is not None else took
        mine.took = known + _WEIGHT * (min(took, 3.0 * known) - known)
        moving = sum(now - each.last < _MOVING for each in self._faces.values())
        room = _ROOM / moving
        if mine.took > room and mine.since > 3 and mine.step < len(STEPS) - 1:
            self._step(mine, 1)
        elif mine.step and mine.since > _SETTLED:
            larger = (STEPS[mine.step - 1] / STEPS[mine.step]) ** 2
            if mine.took * larger < 0.85 * room:
                self._step(mine, -1)

    def forget(self, face: Hashable) -> None:
        """The face is gone."""
        self._faces.pop(face, None)

    @staticmethod
    def _step(face: _Face, by: int) -> None:
        """The next picture costs about as its area says; then watch anew."""
        before = STEPS[face.step]
        face.step += by
        face.since = 1
        if face.took is not None:
            face.took *= 0.5 + 0.5 * (STEPS[face.step] / before) ** 2
