"""The tracks on the timeline with what drawing them needs, shared by the overview and curves."""

from __future__ import annotations

from collections.abc import Sequence

from viewer.core.columns import TrackShape
from viewer.palette import Palette
from viewer.timeline.marks import TrackLayer


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
