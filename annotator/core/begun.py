"""An emotion span that was begun and is not ended yet.

It is no span of the clip: it has a start, what was said of it so far, and no end.  It lies under a key
of its own in the annotation file, beside the spans; a version that does not know the key keeps it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotator.core.edit import Edit, Item
from annotator.core.model import ClipState, EmotionSpan
from viewer.core.errors import EditError

BEGUN_KEY = "begun_emotion"
"""In the annotation file."""

_KNOWN = ("id", "start", "label", "intensity")


def begun_span(state: ClipState) -> EmotionSpan | None:
    """The span that was begun, its end at its start; None where none is, or what stands in its place
    cannot be one."""
    return begun_from_json(state.extra.get(BEGUN_KEY))


def begun_from_json(data: Any) -> EmotionSpan | None:
    """What the annotation file says of a span that was begun; None for anything else."""
    if not isinstance(data, Mapping):
        return None
    id, label = data.get("id"), data.get("label", "")
    start, intensity = data.get("start"), data.get("intensity", 3)
    if not isinstance(id, str) or not id or not isinstance(label, str):
        return None
    if isinstance(start, bool) or not isinstance(start, int | float) or not 0 <= start <= 1e7:
        return None
    if not isinstance(intensity, int) or intensity not in range(1, 6):
        return None
    more = {key: value for key, value in data.items() if key not in _KNOWN}
    return EmotionSpan(id, float(start), float(start), label, int(intensity), extra=more)


def begun_to_json(span: EmotionSpan) -> dict[str, Any]:
    """As the annotation file keeps it, with what was there and is not known."""
    known = {"id": span.id, "start": span.start, "label": span.label, "intensity": span.intensity}
    return {**known, **span.extra}


def with_begun(state: ClipState, span: EmotionSpan | None) -> ClipState:
    """The state with this span begun, or with none."""
    extra = {key: value for key, value in state.extra.items() if key != BEGUN_KEY}
    if span is not None:
        extra[BEGUN_KEY] = begun_to_json(span)
    return replace(state, extra=extra)


@dataclass(frozen=True)
class BegunEdit:
    """Begin a span, say more of it, or drop it; None stands for "none is begun"."""

    before: EmotionSpan | None
    after: EmotionSpan | None
    gesture: str = ""

    @property
    def title(self) -> str:
        """Begin, drop, or change."""
        if self.before is None:
            return "Begin emotion span"
        return "Drop unfinished emotion span" if self.after is None else "Label unfinished emotion span"

    @property
    def items(self) -> tuple[Item, ...]:
        """The span begun, under the id ``begun``."""
        return (Item("begun", "begun", self.before, self.after),)

    def fits(self, state: ClipState) -> None:
        """Raise :class:`EditError` unless ``state`` has what was begun before and the new one is
        possible."""
        if begun_span(state) != self.before:
            raise EditError(
                "the unfinished emotion span has changed in the meantime",
                "look at it again and repeat the change",
            )
        if self.after is not None and not (math.isfinite(self.after.start) and self.after.start >= 0):
            raise EditError("an emotion span cannot begin there", "choose a time from 0 on")

    def validate(self, state: ClipState) -> None:
        """As :meth:`fits`: a span that is begun leaves everything else as it is."""
        self.fits(state)

    def apply(self, state: ClipState) -> ClipState:
        """The state after it; only for a state it was validated against."""
        return with_begun(state, self.after)

    def inverse(self) -> BegunEdit:
        """The edit that takes this one back, of the same gesture."""
        return replace(self, before=self.after, after=self.before)

    def merge(self, following: Edit) -> BegunEdit | None:
        """Both as one when ``following`` goes on where this one ended, with the same gesture; else None."""
        if not isinstance(following, BegunEdit) or not self.gesture or following.gesture != self.gesture:
            return None
        return replace(self, after=following.after) if following.before == self.after else None
