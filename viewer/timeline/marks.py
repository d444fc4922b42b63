"""What the lanes draw: plain views of keyframes, emotion spans and tracks.

The window makes them from the document; the lanes never change what they show by themselves.
Colours are hex text; an empty one means the theme's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from viewer.core.track import Track


@dataclass(frozen=True)
class Mark:
    """A keyframe on its lane, at ``time`` seconds of the clip.

    ``confidence`` is 0 to 1 or None; ``has_values`` says that channels were corrected by hand.
    """

    id: str
    time: float
    label: str = ""
    colour: str = ""
    selected: bool = False
    confidence: float | None = None
    has_values: bool = False


@dataclass(frozen=True)
class Span:
    """An emotion span on its lane, ``start`` to ``end`` seconds, intensity 1 to 5.

    While ``open`` is set the span has no end yet and is drawn up to the playhead.
    """

    id: str
    start: float
    end: float
    label: str = ""
    intensity: int = 3
    colour: str = ""
    selected: bool = False
    confidence: float | None = None
    open: bool = False


@dataclass(frozen=True)
class TrackLayer:
    """A track to draw: ``offset`` seconds are added to its time to get the clip's time.

    At its ``keys``, in seconds of the clip, its curves can be dragged.
    """

    id: str
    name: str
    track: Track
    offset: float = 0.0
    colour: str = ""
    dashed: bool = False
    visible: bool = True
    keys: tuple[float, ...] = ()
