"""Changing what the viewer shows: annotation, generation, comparison, export.

For scripts and notebooks: :func:`open_dataset`, :func:`read_recording`, :func:`read_take`,
:func:`capture_video`, :func:`generate`, :func:`compare` and :func:`describe`.  What goes wrong is a
:class:`StudioError` that says what to do.  A library is loaded when the first name that needs it is used.

Examples
--------
>>> import annotator
>>> dataset = annotator.open_dataset("resources/demo/dataset", "maria")
>>> len(dataset.clips)
3
"""

from typing import TYPE_CHECKING

from viewer.core.late_names import late_names

if TYPE_CHECKING:
    from annotator.api import (
        capture_video,
        compare,
        describe,
        generate,
        open_dataset,
        read_recording,
        read_take,
    )
    from annotator.core.capture.capture import Captured
    from annotator.core.comparison.measures import TrackComparison
    from annotator.core.generation.profiles import Profile
    from annotator.core.generation.story import GeneratedTake
    from annotator.core.model import ClipState, EmotionSpan, Keyframe, TakeInfo
    from annotator.core.storage.dataset import ClipEntry, Dataset
    from annotator.core.storage.loading import LoadedClip
    from annotator.core.version import __version__ as __version__
    from viewer.core.errors import StudioError
else:
    __getattr__, __dir__ = late_names(
        __name__,
        {
            "__version__": "annotator.core.version:__version__",
            "Captured": "annotator.core.capture.capture:Captured",
            "ClipEntry": "annotator.core.storage.dataset:ClipEntry",
            "ClipState": "annotator.core.model:ClipState",
            "Dataset": "annotator.core.storage.dataset:Dataset",
            "EmotionSpan": "annotator.core.model:EmotionSpan",
            "GeneratedTake": "annotator.core.generation.story:GeneratedTake",
            "Keyframe": "annotator.core.model:Keyframe",
            "LoadedClip": "annotator.core.storage.loading:LoadedClip",
            "Profile": "annotator.core.generation.profiles:Profile",
            "StudioError": "viewer.core.errors:StudioError",
            "TakeInfo": "annotator.core.model:TakeInfo",
            "TrackComparison": "annotator.core.comparison.measures:TrackComparison",
            "capture_video": "annotator.api:capture_video",
            "compare": "annotator.api:compare",
            "describe": "annotator.api:describe",
            "generate": "annotator.api:generate",
            "open_dataset": "annotator.api:open_dataset",
            "read_recording": "annotator.api:read_recording",
            "read_take": "annotator.api:read_take",
        },
    )

__all__ = [
    "Captured",
    "ClipEntry",
    "ClipState",
    "Dataset",
    "EmotionSpan",
    "GeneratedTake",
    "Keyframe",
    "LoadedClip",
    "Profile",
    "StudioError",
    "TakeInfo",
    "TrackComparison",
    "capture_video",
    "compare",
    "describe",
    "generate",
    "open_dataset",
    "read_recording",
    "read_take",
]
