"""What is suggested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["apex", "plateau", "onset", "offset", "gaze shift", "head turn"]
KINDS: tuple[Kind, ...] = ("apex", "plateau", "onset", "offset", "gaze shift", "head turn")
"""An ``apex`` is where a pose is strongest, a ``plateau`` where one that is then held is reached, an
``onset`` where movement begins after rest, an ``offset`` where a pose has been let go."""


@dataclass(frozen=True)
class Suggestion:
    """A moment that may deserve a keyframe.

    Attributes
    ----------
    time_in_clip : float
        Seconds of the clip at which the ``frame`` begins that is meant.
    frame : int
        That frame of the video, from 0; of the track where there is no video.
    kind : str
        One of :data:`KINDS`.
    reason : str
        Why, in words: ``apex of MouthSmile and CheekSquint``.
    strength : float
        How much of the face moves to get there, how far; 1 is about one channel from rest to its most.
    channels : tuple of str
        The channels that move most, first the one that moves furthest.
    """

    time_in_clip: float
    frame: int
    kind: Kind
    reason: str
    strength: float
    channels: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        return {
            "time_in_clip": round(self.time_in_clip, 4),
            "frame": self.frame,
            "kind": self.kind,
            "reason": self.reason,
            "strength": round(self.strength, 3),
            "channels": list(self.channels),
        }
