"""The tracks on the timeline with what drawing them needs, shared by the overview and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.core.track import Track
from viewer.palette import Palette
from viewer.timeline.marks import TrackLayer
from viewer.timeline.pyramid import MinMaxPyramid

BoolArray = npt.NDArray[np.bool_]
GAP_STEPS = 1.75


class TrackShape:
    """Made once for a track: its ``pyramid``, the least and greatest value of each channel,
    its usual ``step``, how many frames before each were ``lost`` (F + 1,), and after which
    frames rows are missing (``gap_after``, (F,))."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.pyramid = MinMaxPyramid(track.values)
        self.least, self.most = self.pyramid.extent()
        self.step = track.frame_step
        self.lost = np.concatenate(([0], np.cumsum(~track.valid)))
        self.gap_after: BoolArray = np.append(np.diff(track.times) > GAP_STEPS * self.step, False)

    def columns(self, offset: float, times: npt.NDArray[np.float64]) -> Columns:
        """Which frames lie between neighbouring ``times`` (w + 1,), seconds of the clip."""
        track, count = self.track, len(self.track)
        local = times - offset
        edges = np.clip(np.searchsorted(track.times, local + 1e-9, side="right") - 1, 0, count - 1)
        inside = (local[1:] > 0) & (local[:-1] < float(track.times[-1]) + self.step)
        first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        lost = inside & (self.lost[last] - self.lost[first] > 0)
        late = local[:-1] - track.times[first] > self.step
        gap = inside & late & (edges[1:] == first) & self.gap_after[first]
        return Columns(edges, inside, lost & ~gap, gap)


@dataclass(frozen=True)
class Columns:
    """Pixel columns (w) of a track: ``edges`` (w + 1,) frame indices, and which columns are
    ``inside`` the track, ``lost`` (any frame of them without a face) or in a ``gap``."""

    edges: npt.NDArray[np.intp]
    inside: BoolArray
    lost: BoolArray
    gap: BoolArray


class LayerStack:
    """Keeps each track's shape as long as the track is on the timeline."""

    def __init__(self) -> None:
        self.layers: tuple[TrackLayer, ...] = ()
        self._shapes: dict[int, TrackShape] = {}

    def replace(self, layers: Sequence[TrackLayer]) -> bool:
        """Take new layers; False when they are the ones already here."""
        new = tuple(layers)
        if new == self.layers:
            return False
        self.layers = new
        kept = {id(layer.track) for layer in new}
        self._shapes = {key: shape for key, shape in self._shapes.items() if key in kept}
        return True

    @property
    def visible(self) -> tuple[TrackLayer, ...]:
        return tuple(layer for layer in self.layers if layer.visible)

    def overview(self) -> TrackLayer | None:
        """The layer of the heatmap: the recording, else the first visible take."""
        return next((layer for layer in self.visible if not layer.dashed), next(iter(self.visible), None))

    def shape(self, layer: TrackLayer) -> TrackShape:
        """Some 30 ms for 36,000 frames the first time, then at once."""
        key = id(layer.track)
        if key not in self._shapes:
            self._shapes[key] = TrackShape(layer.track)
        return self._shapes[key]

    def colour(self, layer: TrackLayer, palette: Palette) -> str:
        """The layer's own colour, else recorded's or the take's of the theme."""
        if layer.colour:
            return layer.colour
        if not layer.dashed:
            return palette.recorded
        takes = [other.id for other in self.layers if other.dashed]
        return palette.take(takes.index(layer.id))
