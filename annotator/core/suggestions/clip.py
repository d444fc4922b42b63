"""Suggestions for a clip as its files have it."""

from __future__ import annotations

from annotator.core.interchange.clip_frames import frames_of
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recorded import read_recorded
from annotator.core.suggestions.finding import find_suggestions
from annotator.core.suggestions.suggestion import Suggestion
from viewer.core.cancel import CancelToken


def suggestions_of(
    loaded: LoadedClip, *, most: int | None = None, cancel: CancelToken | None = None
) -> list[Suggestion]:
    """Suggestions for a clip's recording on the frames of its video, the strongest first; ``most`` as in
    :func:`~annotator.core.suggestions.finding.find_suggestions`.

    Raises what reading the recording raises, and :class:`~viewer.core.errors.TrackError` where there is none.
    """
    track = read_recorded(loaded, cancel)
    frames = frames_of(loaded.video_path, cancel)
    return find_suggestions(
        track, offset=loaded.state.clip.offset, frame_times=frames.times, most=most, cancel=cancel
    )
