"""An offset from what sound and picture of a clip have in common with its track, or none.

Each cue lays a signal of the clip against one of the track at every offset in reach.  What a cue says is
counted in how far it rises over chance, which is measured on the same signals: the track backwards, begun
elsewhere.  Cues add up.  docs/adr/0033 says why, docs/explanation/estimated-offset.md how often it is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotator.core.sync.agreement import Agreement
from annotator.core.sync.signals import RATE, Array, Known, Signal
from viewer.core.cancel import CancelToken

THRESHOLD = 0.5
"""The least confidence with which an offset is proposed."""
HARDLY_OVERLAP = "track and video hardly overlap"
"""The reason where there is too little of both at any offset."""

_CHANCES = 40
_SMOOTH = 51
_APART = 0.12
"""Seconds that another peak is away from the best one."""
_LEAST_TOGETHER = 1.0
"""Seconds that have to be known of both at an offset, for it to be looked at."""
_STRENGTH, _LEAD = 5.25, 2.4
"""Standard deviations over chance, and over the next best offset, from which on an offset is proposed."""


@dataclass(frozen=True, eq=False)
class Cue:
    """Something seen or heard in the clip, and what of the track should go with it.  ``alike`` says that
    they rise and fall together; else any relation that holds throughout counts."""

    name: str
    clip: Signal
    track: Signal
    alike: bool = False


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the cues say.

    Attributes
    ----------
    offset : float or None
        Seconds to add to the track's time to get the clip's; None where the cues do not tell.
    best : float or None
        The offset with most agreement, whatever it is worth; None without any cue.
    confidence : float
        0 to 1; an offset is proposed from :data:`THRESHOLD` on.
    offsets : (L,) float64 array
        The seconds that were tried.
    evidence : (L,) float64 array
        How far the agreement rises over chance there, in standard deviations of chance.
    cues : mapping
        The part (L,) of each cue by its name; they add up.
    reason : str
        Why no offset is proposed; empty where one is.
    """

    offset: float | None
    best: float | None
    confidence: float
    offsets: Array
    evidence: Array
    cues: dict[str, Array] = field(default_factory=dict)
    reason: str = ""

    def part_at_best(self, name: str) -> float:
        """How far one cue rises over chance at the best offset; 0 where there is none."""
        if self.best is None:
            return 0.0
        return float(self.cues[name][int(np.abs(self.offsets - self.best).argmin())])


def offsets_around(centre: float, reach: float) -> Array:
    """The offsets (L,) from ``centre`` - ``reach`` to ``centre`` + ``reach`` seconds that are tried."""
    steps = round(reach * RATE)
    return np.asarray(centre + np.arange(-steps, steps + 1) / RATE)


def estimate(cues: Sequence[Cue], offsets: Array, cancel: CancelToken | None = None) -> Estimate:
    """The offset that the cues agree on, among ``offsets`` (L,).

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    token = cancel or CancelToken()
    parts: dict[str, Array] = {}
    total, chance = np.zeros(len(offsets)), np.zeros((_CHANCES, len(offsets)))
    together = np.zeros(len(offsets))
    for cue in cues:
        token.check()
        if not cue.clip.channels or not cue.track.channels:
            continue
        laid = Agreement(cue.clip, cue.track, offsets, cue.alike)
        found, seconds = laid.found()
        by_chance = laid.by_chance(_CHANCES)
        usual = _smoothed(by_chance.mean(axis=0))
        spread = float(by_chance.std(axis=0).mean())
        if spread <= 1e-9:
            continue
        parts[cue.name] = part = (found - usual) / spread
        total += part
        chance += (by_chance - usual) / spread
        together = np.maximum(together, seconds)
    if not parts:
        return Estimate(None, None, 0.0, offsets, total, {}, "nothing moves in it that could be compared")
    spread = max(float(chance.std()), 1e-9)
    total, parts = total / spread, {name: part / spread for name, part in parts.items()}
    looked = together >= _LEAST_TOGETHER
    if not looked.any():
        return Estimate(None, None, 0.0, offsets, total, parts, HARDLY_OVERLAP)
    return _judged(offsets, total, parts, looked)


def _judged(offsets: Array, total: Array, parts: dict[str, Array], looked: Known) -> Estimate:
    seen = np.where(looked, total, -np.inf)
    peak = int(seen.argmax())
    strength = float(seen[peak])
    away = np.abs(offsets - offsets[peak]) > _APART
    others = seen[away & np.isfinite(seen)]
    lead = strength - (float(others.max()) if others.size else 0.0)
    confidence = _confidence(strength, lead)
    best = _fine(offsets, total, parts, peak)
    reason = ""
    if peak in (int(np.flatnonzero(looked)[0]), int(np.flatnonzero(looked)[-1])):
        # What still rises at the end of what was tried has its peak beyond.
        confidence, reason = (
            min(confidence, THRESHOLD / 2),
            "the best offset lies at the end of what was tried",
        )
    elif confidence < THRESHOLD:
        reason = (
            "no offset agrees better than chance" if strength < _STRENGTH else "several offsets agree as well"
        )
    sure = confidence >= THRESHOLD
    return Estimate(best if sure else None, best, confidence, offsets, total, parts, reason)


def _confidence(strength: float, lead: float) -> float:
    """From how far the best offset rises over chance, and how far over the next best."""
    worst = min(strength / _STRENGTH, lead / _LEAD)
    return float(np.clip(1.0 - 0.5 ** max(worst, 0.0), 0.0, 0.999))


def _fine(offsets: Array, total: Array, parts: dict[str, Array], peak: int) -> float:
    """The top of the peak between the samples."""
    if not 0 < peak < len(total) - 1:
        return float(offsets[peak])
    below, top, above = total[peak - 1 : peak + 2]
    bend = below - 2 * top + above
    shift = 0.5 * (below - above) / bend if bend < 0 else 0.0
    return float(offsets[peak] + np.clip(shift, -0.5, 0.5) / RATE)


def _smoothed(values: Array) -> Array:
    width = min(_SMOOTH, len(values) // 2 * 2 - 1)
    if width < 3:
        return values
    padded = np.pad(values, width // 2, "edge")
    return np.asarray(np.convolve(padded, np.ones(width) / width, "valid"))
