"""The tracks on the timeline with their pyramids, shared by the overview and the curves."""

from __future__ import annotations

from collections.abc import Sequence

from viewer.palette import Palette
from viewer.timeline.marks import TrackLayer
from viewer.timeline.pyramid import MinMaxPyramid


class LayerStack:
    """Keeps each track's pyramid as long as the track is on the timeline."""

    def __init__(self) -> None:
        self.layers: tuple[TrackLayer, ...] = ()
        self._pyramids: dict[int, MinMaxPyramid] = {}

    def replace(self, layers: Sequence[TrackLayer]) -> bool:
        """Take new layers; False when they are the ones already here."""
        new = tuple(layers)
        if new == self.layers:
            return False
        self.layers = new
        kept = {id(layer.track) for layer in new}
        self._pyramids = {key: p for key, p in self._pyramids.items() if key in kept}
        return True

    @property
    def visible(self) -> tuple[TrackLayer, ...]:
        return tuple(layer for layer in self.layers if layer.visible)

    def overview(self) -> TrackLayer | None:
        """The layer of the heatmap: the recording, else the first visible take."""
        return next((layer for layer in self.visible if not layer.dashed), next(iter(self.visible), None))

    def pyramid(self, layer: TrackLayer) -> MinMaxPyramid:
        key = id(layer.track)
        if key not in self._pyramids:
            self._pyramids[key] = MinMaxPyramid(layer.track.values)
        return self._pyramids[key]

    def colour(self, layer: TrackLayer, palette: Palette) -> str:
        """The layer's own colour, else recorded's or the take's of the theme."""
        if layer.colour:
            return layer.colour
        if not layer.dashed:
            return palette.recorded
        takes = [other.id for other in self.layers if other.dashed]
        return palette.take(takes.index(layer.id))
