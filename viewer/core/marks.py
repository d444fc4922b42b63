"""What a timeline draws: plain views of keyframes, emotion spans and tracks.

The window makes them from the document; the timeline never changes what it shows by itself.
Colours are hex text; an empty one means the theme's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from viewer.core.channels import Channel
from viewer.core.columns import TrackShape
from viewer.core.track import Track

_TOPS = (0.1, 0.25, 0.5, 1.0)
_DEGREES = (5.0, 10.0, 20.0, 45.0, 90.0)


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


def span_rows(spans: Sequence[Span]) -> list[int]:
    """A row for each span so that no two of one row overlap: the first free row from above."""
    rows = [0] * len(spans)
    free_from: list[float] = []
    for i in sorted(range(len(spans)), key=lambda i: (spans[i].start, spans[i].end)):
        start, end = spans[i].start, float("inf") if spans[i].open else spans[i].end
        rows[i] = next((row for row, t in enumerate(free_from) if t <= start + 1e-9), len(free_from))
        free_from[rows[i] : rows[i] + 1] = [end]
    return rows


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

    def said(self, channel: Channel, t: float) -> str:
        """What the track has for a channel at ``t`` seconds of the clip; nothing where it has ended."""
        at = t - self.offset
        if not 0 <= at <= self.track.duration:
            return ""
        value = float(self.track.row(at)[channel.index])
        return "no face" if isnan(value) else channel.shown(value, 3)


class LayerStack:
    """The layers of overview and curves, with each track's shape as long as it is among them."""

    def __init__(self) -> None:
        self.layers: tuple[TrackLayer, ...] = ()
        self._ranges: dict[Channel, tuple[float, float]] = {}
        self._shapes: dict[int, TrackShape] = {}

    def replace(self, layers: Sequence[TrackLayer]) -> bool:
        """Take new layers; False when they are the ones already here."""
        if tuple(layers) == self.layers:
            return False
        self.layers, self._ranges = tuple(layers), {}
        kept = {id(layer.track) for layer in layers}
        self._shapes = {key: shape for key, shape in self._shapes.items() if key in kept}
        return True

    @property
    def visible(self) -> tuple[TrackLayer, ...]:
        """Those that are drawn."""
        return tuple(layer for layer in self.layers if layer.visible)

    def overview(self) -> TrackLayer | None:
        """The layer of the heatmap: the recording, else the first visible take."""
        return min(self.visible, key=lambda layer: layer.dashed, default=None)

    def shape(self, layer: TrackLayer) -> TrackShape:
        """Some 30 ms for 36,000 frames the first time, then at once."""
        key = id(layer.track)
        if key not in self._shapes:
            self._shapes[key] = TrackShape(layer.track)
        return self._shapes[key]

    def range_of(self, channel: Channel) -> tuple[float, float]:
        """The smallest round range that holds the channel on all visible tracks."""
        if channel not in self._ranges:
            shapes = [self.shape(layer) for layer in self.visible]
            most = np.nanmax([0.0, *(shape.most[channel.index] for shape in shapes)])
            least = np.nanmin([0.0, *(shape.least[channel.index] for shape in shapes)])
            bound = float(max(most, -least))
            tops = _DEGREES if channel.is_rotation else _TOPS
            top = next((t for t in tops if bound <= t), bound)
            self._ranges[channel] = (-top if channel.is_rotation else float(least), top)
        return self._ranges[channel]

    def take_number(self, layer: TrackLayer) -> int:
        """Which of the takes a layer is, from 0, hidden ones counted; what its colour follows from."""
        return [other.id for other in self.layers if other.dashed].index(layer.id)
