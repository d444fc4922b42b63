"""The pyramid under the name by which sound is prepared for the timeline."""

from viewer.core.pyramid import MinMaxPyramid

__all__ = ["MinMaxPyramid"]
