"""How the parts that are not skin follow the shapes: eyeballs, teeth, tongue, brows, lashes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from correctives import Corrective, surplus
from hair import Ground
from jaw import jaw_frame, jaw_motion
from lids import LIDS
from piece import Piece
from shapes import GAZE_DEGREES, Sculptor, gaze_motion
from solve import MIRROR, Array, Ints


def tongue_out(points: Array) -> Array:
    """The tongue pushed out between the lips, over the lower teeth and lip."""
    s = np.clip((points[:, 2] - 4.6) / 5.35, 0, 1)
    out = np.zeros_like(points)
    out[:, 2] = 3.5 * s**1.2
    out[:, 1] = 0.5 * np.sin(np.pi * np.clip(s / 0.95, 0, 1)) * s - 0.25 * s**3 - 0.55 * s**8
    out[:, 0] = 0.16 * points[:, 0] * s
    return out


class Follower:
    """Moves the parts that are not skin."""

    def __init__(self, sculptor: Sculptor, skin: Array, motions: dict[str, Array]) -> None:
        self._lids, self._motions = sculptor.lids, motions
        self._ground, self._mirror = Ground(sculptor.cage, skin), sculptor.cage.mirror
        self._under: dict[str, tuple[Ints, Array]] = {}

    def move(self, piece: Piece, shape: str) -> Array:
        """Motion (n, 3) of a part's vertices in ``shape``."""
        still = np.zeros_like(piece.vertices)
        if piece.follow in ("jaw", "tongue"):
            if (piece.follow, shape) == ("tongue", "TongueOut"):
                return tongue_out(piece.vertices)
            return jaw_motion(shape, piece.vertices)
        if piece.follow == "skin":
            return self._with_skin(piece, self._motions.get(shape))
        side = "Left" if piece.follow.startswith("left") else "Right"
        if piece.follow == "still" or not shape.endswith(side):
            return still
        left = shape[: -len(side)] + "Left"
        if piece.follow.endswith("eye"):
            direction = left.removeprefix("EyeLook").removesuffix("Left")
            if direction not in GAZE_DEGREES:
                return still
            flip = MIRROR if side == "Right" else 1.0
            return np.asarray(gaze_motion(direction, piece.vertices * flip) * flip)
        return self._with_lids(piece, {left: 1.0}, side) if left in LIDS else still

    def correct(self, piece: Piece, corrective: Corrective) -> Array:
        """Motion (n, 3) that a corrective adds to a part."""
        names = corrective.names
        if piece.follow == "skin":
            return self._with_skin(piece, corrective.motion)
        if piece.follow == "tongue" and names == ("TongueOut",):
            # It stays behind the lips until they have parted.
            s = np.clip((piece.vertices[:, 2] - 4.6) / 5.35, 0, 1)
            return np.asarray(s[:, None] * np.array([0.0, 0.14, -0.8]))
        if piece.follow == "tongue" and set(names) == {"JawOpen", "TongueOut"}:
            turn, _ = jaw_frame(["JawOpen"])
            # There is room now to rise over the lower teeth.
            s = np.clip((piece.vertices[:, 2] - 4.6) / 5.35, 0, 1)
            over = np.column_stack([0 * s, np.sin(np.pi * np.clip((s - 0.2) / 0.75, 0, 1)), 0 * s])
            return np.asarray(tongue_out(piece.vertices) @ (turn - np.eye(3)).T + 0.95 * over @ turn.T)
        side = "Left" if names[0].endswith("Left") else "Right"
        if corrective.lids and piece.follow == f"{side.lower()} lids":
            left = tuple(name[: -len(side)] + "Left" for name in names)
            return surplus(lambda pose: self._with_lids(piece, pose, side), left)
        return np.zeros_like(piece.vertices)

    def _with_lids(self, piece: Piece, pose: Mapping[str, float], side: str) -> Array:
        if piece.steps is None:
            return np.zeros_like(piece.vertices)
        flip = MIRROR if side == "Right" else 1.0
        return np.asarray(self._lids.move(pose, piece.vertices * flip, piece.steps) * flip)

    def _with_skin(self, piece: Piece, motion: Array | None) -> Array:
        if motion is None:
            return np.zeros_like(piece.vertices)
        if piece.name not in self._under:
            right = piece.vertices[:, 0].mean() < 0
            near, share = self._ground.find(piece.vertices[:, :2] * (MIRROR[:2] if right else 1.0))
            self._under[piece.name] = (self._mirror[near] if right else near), share
        near, share = self._under[piece.name]
        return np.asarray((share[..., None] * motion[near]).sum(1))
