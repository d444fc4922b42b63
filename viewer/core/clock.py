"""The one writer of time.

Panes ask the clock and show what it says; only commands change it.  While playing,
``time = anchor + (now - anchor_now) * rate`` on an injected monotonic clock, so a late frame
is skipped and never queued.
"""

from __future__ import annotations

import time as _time
from collections.abc import Callable

MIN_RATE = 0.1
MAX_RATE = 4.0
_SHUTTLE = (1.0, 2.0, 4.0)


class Clock:
    """Seconds of the clip.  ``now`` returns monotonic seconds; audio may replace it while it
    plays (see :meth:`use_source`)."""

    def __init__(self, now: Callable[[], float] = _time.monotonic) -> None:
        self._wall = now
        self._now = now
        self._anchor = 0.0
        self._anchor_now = now()
        self._rate = 1.0
        self._shuttle = 0.0
        self._playing = False
        self._duration = 0.0
        self._loop: tuple[float, float] | None = None
        self.loop_enabled = True

    # ---- reading -------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether time goes on; also at the end, until it is paused."""
        return self._playing

    @property
    def rate(self) -> float:
        """Signed speed: the chosen rate, or the shuttle's while it runs."""
        return self._shuttle or self._rate

    @property
    def duration(self) -> float:
        """Seconds of the clip."""
        return self._duration

    @property
    def loop(self) -> tuple[float, float] | None:
        """In and out point in seconds, or None."""
        return self._loop

    @property
    def time(self) -> float:
        """Seconds now, within [0, duration]; wraps inside the loop while playing."""
        if not self._playing:
            return self._anchor
        t = self._anchor + (self._now() - self._anchor_now) * self.rate
        loop = self._running_loop()
        if loop is not None and not loop[0] <= t <= loop[1]:
            start, end = loop
            return start + (t - start) % (end - start)
        return min(max(t, 0.0), self._duration)

    @property
    def at_end(self) -> bool:
        """True when playing on would not move: the end (or, backward, the start) is reached."""
        if self._running_loop() is not None:
            return False
        return self.time >= self._duration if self.rate > 0 else self.time <= 0.0

    # ---- commands ------------------------------------------------------------------------

    def set_duration(self, seconds: float) -> None:
        """Length of the clip; the playhead and the loop are kept inside it."""
        t = self.time
        self._duration = max(0.0, seconds)
        self._re_anchor(min(t, self._duration))
        if self._loop is not None:
            self.set_loop(*self._loop)

    def play(self) -> None:
        """Play at the chosen rate; from the start when the end was reached."""
        self._shuttle = 0.0
        start = self.time
        if self.at_end:
            start = 0.0 if self.rate > 0 else self._duration
        self._re_anchor(start)
        self._playing = True

    def pause(self) -> None:
        """Stop where it is, also a shuttle; harmless when it stands."""
        t = self.time
        self._playing = False
        self._shuttle = 0.0
        self._re_anchor(t)

    def toggle(self) -> None:
        """Pause when it plays, else :meth:`play`."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def seek(self, t: float) -> None:
        """Move the playhead to ``t`` seconds, clamped; playing goes on from there."""
        self._re_anchor(min(max(t, 0.0), self._duration))

    def set_rate(self, rate: float) -> None:
        """Speed 0.1 to 4 times; keeps the playhead."""
        t = self.time
        self._rate = min(max(rate, MIN_RATE), MAX_RATE)
        self._re_anchor(t)

    def shuttle(self, direction: int) -> None:
        """J (-1) and L (+1): play that way, a further press doubles up to 4 times, the other
        way starts at 1 again; 0 (K) stops."""
        if direction == 0:
            self.pause()
            return
        t = self.time
        current = self.rate if self._playing else 0.0
        if current * direction > 0:
            faster = [s for s in _SHUTTLE if s > abs(current)]
            speed = faster[0] if faster else _SHUTTLE[-1]
        else:
            speed = _SHUTTLE[0]
        self._shuttle = direction * speed
        self._re_anchor(t)
        self._playing = True

    def set_loop(self, start: float | None, end: float | None) -> None:
        """Play between two points; None for both clears it, None for one means that end of
        the clip.  Points given in the wrong order are swapped."""
        t = self.time
        if start is None and end is None:
            self._loop = None
        else:
            low = min(max(start if start is not None else 0.0, 0.0), self._duration)
            high = min(max(end if end is not None else self._duration, 0.0), self._duration)
            self._loop = (min(low, high), max(low, high)) if low != high else None
        self._re_anchor(t)

    def use_source(self, now: Callable[[], float] | None) -> None:
        """Let ``now`` (an audio device's played seconds) drive the clock; None: wall time."""
        t = self.time
        self._now = now if now is not None else self._wall
        self._re_anchor(t)

    def _running_loop(self) -> tuple[float, float] | None:
        """The loop, if playing from the anchor stays in it; from outside one plays past it."""
        if self._loop is None or not self.loop_enabled:
            return None
        start, end = self._loop
        return self._loop if start <= self._anchor <= end and end > start else None

    def _re_anchor(self, t: float) -> None:
        self._anchor = t
        self._anchor_now = self._now()
