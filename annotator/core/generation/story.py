"""A story made into a take that belongs to no clip: planned, generated, timed and interpolated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotator.core.generation.backends import backend_for, close_backend
from annotator.core.generation.profiles import Profile, Profiles
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.generation.takes import take_info
from annotator.core.model import Layers, TakeInfo
from annotator.core.performance import compose, derive
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError
from viewer.core.progress import Progress, no_progress
from viewer.core.track import DEFAULT_FPS, Track


@dataclass(frozen=True)
class GeneratedTake:
    """What a model made of a story.

    Attributes
    ----------
    track : Track
        The coefficients over time; ``meta["key_times"]`` are the
        seconds of the keys.
    info : TakeInfo
        What was asked (``request``), what was said for each key (``answers``: time in seconds,
        description, reasons for values, notes), who answered (``provenance``), and the keys with
        their values (``performance``).
    notes : tuple of str
        Remarks on the plan.
    """

    track: Track
    info: TakeInfo
    notes: tuple[str, ...] = ()


def generate_take(
    request: GenerationRequest,
    profile: Profile,
    profiles: Profiles,
    *,
    times: Sequence[float] | None = None,
    fps: float = DEFAULT_FPS,
    duration: float | None = None,
    layers: Layers = Layers(),  # noqa: B008 - immutable
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> GeneratedTake:
    """Ask the model of ``profile`` (its planner is one of ``profiles``) and make a track of its answers,
    timed as by :func:`annotator.core.performance.compose`.

    Raises :class:`GenerationError` when the plan or a keyframe failed, or ``fps`` is not usable,
    :class:`~viewer.core.errors.Cancelled`.
    """
    backend = backend_for(profile, profiles)
    try:
        result = generate(backend, request, jobs=profile.jobs, progress=progress, cancel=cancel)
    finally:
        close_backend(backend)
    if result.errors:
        what, _, todo = result.errors[0].partition(" – ")
        raise GenerationError(f"a keyframe failed: {what}", todo or "change it or the model")
    performance = compose(result, times=times, fps=fps, duration=duration, layers=layers)
    return GeneratedTake(derive(performance), take_info(result, performance, ()), result.notes)
