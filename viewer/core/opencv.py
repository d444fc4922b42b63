"""OpenCV, imported so that it leaves Qt alone.

opencv-python brings a Qt of its own and points every later Qt at its plugins and fonts; both
settings are taken back here, and nowhere else is cv2 imported.
"""

from __future__ import annotations

import os

_SETTINGS = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _SETTINGS}

import cv2  # noqa: E402

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]
