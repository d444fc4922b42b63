"""Watching faces: video, coefficients and face models, shown and never changed.

For scripts and notebooks: :func:`read_track`, :func:`write_track`, :func:`open_video` and
:func:`load_face_model`.  What they give is immutable, and what goes wrong is a :class:`StudioError`
that says what to do.  A library is loaded when the first name that needs it is used.

Examples
--------
>>> import viewer
>>> track = viewer.read_track("resources/demo/dataset/clips/02-letter/track.csv")
>>> track.values.shape == (len(track), len(viewer.NAMES))
True
"""

import os
from typing import TYPE_CHECKING

from viewer.core.late_names import late_names

# OpenBLAS's threads keep spinning after a blend and take the cores from software OpenGL:
# drawing a face then takes twice as long.  One thread blends in a fraction of a millisecond.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from viewer.core.channels import CHANNELS, NAMES
    from viewer.core.errors import StudioError
    from viewer.core.face_model import FaceModel
    from viewer.core.formats import read as read_track
    from viewer.core.formats import write as write_track
    from viewer.core.models import load_face_model
    from viewer.core.track import Track
    from viewer.core.video import VideoFile

    open_video = VideoFile.open
else:
    __getattr__, __dir__ = late_names(
        __name__,
        {
            "CHANNELS": "viewer.core.channels:CHANNELS",
            "NAMES": "viewer.core.channels:NAMES",
            "FaceModel": "viewer.core.face_model:FaceModel",
            "StudioError": "viewer.core.errors:StudioError",
            "Track": "viewer.core.track:Track",
            "VideoFile": "viewer.core.video:VideoFile",
            "load_face_model": "viewer.core.models:load_face_model",
            "open_video": "viewer.core.video:VideoFile.open",
            "read_track": "viewer.core.formats:read",
            "write_track": "viewer.core.formats:write",
        },
    )

__all__ = [
    "CHANNELS",
    "NAMES",
    "FaceModel",
    "StudioError",
    "Track",
    "VideoFile",
    "load_face_model",
    "open_video",
    "read_track",
    "write_track",
]
