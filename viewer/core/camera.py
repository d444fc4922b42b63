"""Where a face is looked at from."""

from __future__ import annotations

from dataclasses import dataclass, replace

MAX_ELEVATION = 85.0
ZOOM_RANGE = (0.25, 12.0)
PAN_RANGE = 1.5


@dataclass(frozen=True)
class CameraView:
    """A camera relative to the framed face; the default looks straight at it.

    Degrees: ``azimuth`` moves the camera towards the face's own left, ``elevation`` up,
    ``roll`` tips the picture clockwise.  ``zoom`` 1 shows the whole head.  ``pan_x`` and
    ``pan_y`` shift the face right and up, in heights of the unzoomed picture.
    """

    azimuth: float = 0.0
    elevation: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    pan_x: float = 0.0
    pan_y: float = 0.0

    def orbited(self, azimuth: float, elevation: float) -> CameraView:
        """Moved on by degrees; the elevation stops short of the poles."""
        turned = (self.azimuth + azimuth + 180.0) % 360.0 - 180.0
        raised = min(max(self.elevation + elevation, -MAX_ELEVATION), MAX_ELEVATION)
        return replace(self, azimuth=turned, elevation=raised)

    def panned(self, right: float, up: float) -> CameraView:
        """The face shifted by parts of the picture's height as it is seen now."""
        x = min(max(self.pan_x + right / self.zoom, -PAN_RANGE), PAN_RANGE)
        y = min(max(self.pan_y + up / self.zoom, -PAN_RANGE), PAN_RANGE)
        return replace(self, pan_x=x, pan_y=y)

    def zoomed(self, factor: float) -> CameraView:
        """Magnified by ``factor``, within bounds."""
        return replace(self, zoom=min(max(self.zoom * factor, ZOOM_RANGE[0]), ZOOM_RANGE[1]))

    def from_side(self, preset: CameraView) -> CameraView:
        """The same zoom and pan, seen from the preset's side."""
        return replace(self, azimuth=preset.azimuth, elevation=preset.elevation, roll=preset.roll)


FRONT = CameraView()
THREE_QUARTER = CameraView(azimuth=35.0, elevation=4.0)
PROFILE_LEFT = CameraView(azimuth=90.0)
PROFILE_RIGHT = CameraView(azimuth=-90.0)
PRESETS: dict[str, CameraView] = {
    "Front": FRONT,
    "Three-quarter": THREE_QUARTER,
    "Left profile": PROFILE_LEFT,
    "Right profile": PROFILE_RIGHT,
}
