"""What scripts and notebooks call: datasets, generating, comparing and describing, without a window.

:mod:`annotator` offers these names and loads this module when the first of them is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from annotator.core.capture import capture
from annotator.core.capture.capture import Captured, CaptureSettings
from annotator.core.capture.capture_file import check_target, write_captured
from annotator.core.capture.smoothing import DEFAULT as DEFAULT_SMOOTHING
from annotator.core.comparison import metrics
from annotator.core.comparison.measures import TrackComparison
from annotator.core.description.track import words_at
from annotator.core.generation.profiles import BackendName, Profile
from annotator.core.generation.prompts import Style
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.story import GeneratedTake, generate_take
from annotator.core.model import Layers, TakeInfo
from annotator.core.performance import read_take as read_take_file
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recorded import read_corrected
from annotator.session.profiles import profile_of, saved_profiles
from annotator.session.settings import own_annotator_id
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError, FileError, GenerationError
from viewer.core.pose import FULL_SCALE
from viewer.core.progress import Progress, no_progress
from viewer.core.track import DEFAULT_FPS, Track

_MOST_SEED = 2**31 - 1


def open_dataset(path: Path | str, annotator_id: str | None = None) -> Dataset:
    """Open a dataset folder to read it.

    Parameters
    ----------
    path : Path or str
        The folder, or the dataset.json in it.
    annotator_id : str, optional
        Whose keyframes and emotion spans are seen; without it yours, as the window has it.
        :meth:`Dataset.annotators` lists who worked on a clip.

    Returns
    -------
    Dataset
        ``clips`` is the list; :meth:`Dataset.load_clip` reads one with its keyframes, spans and
        takes.  Nothing is written by reading.

    Raises
    ------
    FileError
        There is no such folder, or dataset.json cannot be read.
    DatasetError
        It is no dataset, or one of a newer version.

    Notes
    -----
    Every key of the files is told in ``docs/reference/dataset-folder.md``.

    Examples
    --------
    >>> import annotator
    >>> dataset = annotator.open_dataset("resources/demo/dataset", "maria")
    >>> [clip.id for clip in dataset.clips]
    ['01-waiting-room', '02-letter', '03-birthday']
    >>> clip = dataset.load_clip("02-letter")
    >>> [keyframe.time for keyframe in clip.state.keyframes][:2]
    [0.975, 3.175]
    """
    folder = Path(path)
    if not folder.exists():
        raise FileError("there is no such file or folder", "check the path", folder)
    return Dataset.open(folder, own_annotator_id() if annotator_id is None else annotator_id)


def read_recording(dataset: Dataset, clip: LoadedClip | str, cancel: CancelToken | None = None) -> Track:
    """Read a clip's recording with the annotator's corrections.

    Parameters
    ----------
    dataset : Dataset
        Says, with the clip, how the recording's rotations are to be read.
    clip : LoadedClip or str
        A clip of it, or its id: then the corrections of the dataset's annotator are taken.
    cancel : CancelToken, optional
        Looked at now and then.

    Returns
    -------
    Track
        ``values`` (F, 61) with rotations in degrees; ``times`` (F,) in seconds from the recording's
        first frame.  ``clip.state.clip.offset`` seconds more are the clip's own time, in which
        keyframes, spans, takes and the video are timed.

    Raises
    ------
    DatasetError
        The dataset has no clip of that id, or its files are broken.
    TrackError
        The clip has no recording, or it is no track.
    FileError
        The recording is missing or cannot be read.
    Cancelled
        ``cancel`` was.

    Notes
    -----
    The recording as it lies in its file is ``viewer.read_track(clip.track_path)``.  A correction is met
    at its keyframe and fades by PCHIP (Fritsch and Butland 1984) to the next one; see
    :func:`annotator.core.curves.corrected`.

    Examples
    --------
    >>> import annotator
    >>> dataset = annotator.open_dataset("resources/demo/dataset", "maria")
    >>> recording = annotator.read_recording(dataset, "02-letter")
    >>> recording.values.shape, recording.rotations_degrees.shape
    ((420, 61), (420, 9))
    """
    loaded = dataset.load_clip(clip) if isinstance(clip, str) else clip
    return read_corrected(loaded, cancel)


def read_take(clip: LoadedClip, take: TakeInfo | str, cancel: CancelToken | None = None) -> Track:
    """Read the track of a take.

    Parameters
    ----------
    clip : LoadedClip
        The take's clip.
    take : TakeInfo or str
        One of ``clip.state.takes``, or its id or name.
    cancel : CancelToken, optional
        Looked at now and then.

    Returns
    -------
    Track
        ``values`` (F, 61) with rotations in degrees; ``times`` (F,) in seconds of the clip.

    Raises
    ------
    DatasetError
        The clip has no take of that id or name.
    FileError
        The take has no performance, and its file is missing or cannot be read.
    TrackError
        That file is no track.
    Cancelled
        ``cancel`` was.

    Examples
    --------
    >>> import annotator
    >>> dataset = annotator.open_dataset("resources/demo/dataset", "maria")
    >>> clip = dataset.load_clip("02-letter")
    >>> tracks = {take.name: annotator.read_take(clip, take) for take in clip.state.takes}
    """
    known = [each for each in clip.state.takes if not each.deleted]
    if isinstance(take, str):
        found = next((each for each in known if take in (each.id, each.name)), None)
        if found is None:
            names = ", ".join(each.name for each in known)
            raise DatasetError(
                f"there is no take {take!r}",
                f"choose one of {names}" if names else "generate one first",
                clip.place.folder,
            )
    else:
        found = take
    return read_take_file(found, clip.place.take_track(found.id), clip.full_scale, cancel)


def generate(
    background: str = "",
    emotion: str = "",
    *,
    script: str = "",
    keyframes: Sequence[str] = (),
    times: Sequence[float] | None = None,
    profile: Profile | str | None = None,
    backend: BackendName | None = None,
    url: str | None = None,
    model: str | None = None,
    style: Style | None = None,
    fps: float = DEFAULT_FPS,
    duration: float | None = None,
    blinks: bool = False,
    micro_motion: bool = False,
    seed: int | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> GeneratedTake:
    """Turn a story into a timed, interpolated track.

    Parameters
    ----------
    background : str
        Where the person is and what happens.
    emotion : str
        What the person feels and shows.
    script : str
        What the person says.
    keyframes : sequence of str
        A description for each keyframe; without any the model plans them from the story.
    times : sequence of float, optional
        Their seconds from the start; rising.  Without them the plan's times, else natural ones.
    profile : Profile or str, optional
        A profile, or the name of one saved in the window, instead of backend, url, model and style.
    backend : {"facs", "server", "local"}, optional
        Who answers: the built-in model (the default), an OpenAI-compatible server, or a GGUF file.
    url : str, optional
        The server's address, e.g. ``http://127.0.0.1:8000/v1``.
    model : str, optional
        The server's model, or the GGUF file of the local backend.
    style : {"keyframeface", "zero-shot"}, optional
        The prompt: the first for a model fine-tuned for it, the second for any other chat model.
    fps : float
        Frames a second, from 1 to 1000.
    duration : float, optional
        Seconds of the track; without it a second after the last keyframe.
    blinks, micro_motion : bool
        Life between the keyframes, which stay as they are.
    seed : int, optional
        Makes sampling, blinks and micro-motion repeatable; from 0.
    progress : callable
        Called from any thread with what is done, of how much, and a few words.
    cancel : CancelToken, optional
        Gives up between answers.

    Returns
    -------
    GeneratedTake
        ``track``; ``info.answers`` with what was said for each keyframe; ``notes`` on the plan.

    Raises
    ------
    GenerationError
        There is nothing to go by, the model does not answer usably, or a number is out of its range.
    Cancelled
        ``cancel`` was.

    Notes
    -----
    The built-in model works by rules from the Facial Action Coding System (Ekman and Friesen 1978) and
    needs no network; the prompts of the others are those of KeyframeFace (arXiv 2512.11321).

    Examples
    --------
    >>> import annotator
    >>> take = annotator.generate(keyframes=["The jaw drops.", "A broad smile."], fps=30)
    >>> [answer.description for answer in take.info.answers]
    ['The jaw drops.', 'A broad smile.']
    >>> take.track.values.shape[1], round(take.track.fps)
    (61, 30)
    """
    if isinstance(keyframes, str):
        raise GenerationError("the keyframes are one text", "give a list with a description for each")
    descriptions = tuple(text for text in keyframes if text.strip())
    if not any(text.strip() for text in (background, emotion, script, *descriptions)):
        raise GenerationError("there is nothing to work from", "give a background, an emotion or keyframes")
    if profile is not None and any((backend, url, model, style)):
        raise GenerationError(
            "the profile already says which model", "leave out backend, url, model and style"
        )
    if seed is not None and not 0 <= seed <= _MOST_SEED:
        raise GenerationError(f"{seed} is not a usable seed", f"choose a whole number from 0 to {_MOST_SEED}")
    for what, seconds in (("time", list(times or ())), ("duration", [] if duration is None else [duration])):
        if not all(math.isfinite(each) and each >= 0 for each in seconds):
            raise GenerationError(f"a {what} is not a number of seconds from 0", f"give another {what}")
    if isinstance(profile, Profile):
        chosen = profile
    else:
        chosen = profile_of(profile, backend, url, model, style, seed=seed)
    made = generate_take(
        GenerationRequest(
            background, emotion, script, descriptions, chosen.seeds()[0] if seed is None else seed
        ),
        chosen,
        saved_profiles(),
        times=times,
        fps=fps,
        duration=duration,
        layers=Layers(blinks, micro_motion, seed or 0),
        progress=progress,
        cancel=cancel,
    )
    return made


def capture_video(
    video: Path | str,
    *,
    every: int = 1,
    neutral: str | float = "auto",
    smooth: str = DEFAULT_SMOOTHING,
    mirror_check: bool = True,
    face: str | int = "largest",
    start: float | None = None,
    end: float | None = None,
    out: Path | str | None = None,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Captured:
    """Capture the face in a video: coefficients and the rotation of the head, frame by frame.

    Parameters
    ----------
    video : Path or str
        The file.
    every : int
        Of so many frames one gets a row.
    neutral : str or float
        What the face looks like at rest: ``auto`` (a calm moment of the video), ``none``, or its seconds.
    smooth : str
        ``none``, ``gauss:SECONDS`` or ``one-euro:MIN_CUTOFF,BETA``.
    mirror_check : bool
        Whether each frame is also looked at in a mirror: better values, known reliability, twice the time.
    face : str or int
        Which of several: ``largest``, ``first``, or its number from the left, from 0.
    start, end : float, optional
        Seconds of the video to begin at and to end before.
    out : Path or str, optional
        A track to write, in the format of its extension, with what is known of it and its landmarks in
        files beside it.
    progress : callable, optional
        Called as ``progress(frames_done, frames, what)``.
    cancel : CancelToken, optional
        Looked at at every frame.

    Returns
    -------
    Captured
        ``track`` (F, 61) has a row for each frame, at the video's own times; rows without a face are NaN,
        and what the tracker cannot see is missing.  ``report`` says how far each channel can be trusted,
        ``landmarks`` are the 478 points of each frame.

    Raises
    ------
    StudioError
        MediaPipe is missing, which the error says how to install, or there is no face.
    VideoError
        The video cannot be read.
    FileError
        It does not exist, or ``out`` cannot be written.
    Cancelled
        ``cancel`` was.

    Notes
    -----
    The tracker is MediaPipe's face landmarker, in a process of its own; ``docs/capture.md`` tells what is
    made of its scores, and how it was measured.

    Examples
    --------
    >>> import annotator
    >>> captured = annotator.capture_video("face.mp4", out="face.csv")  # doctest: +SKIP
    >>> captured.report["channels"]["JawOpen"]["state"]  # doctest: +SKIP
    'measured'
    """
    chosen = CaptureSettings(every, str(neutral), smooth, mirror_check, str(face), start, end)
    chosen.check()
    if out is not None:
        check_target(Path(out))
    captured = capture.capture_video(Path(video), chosen, cancel=cancel, progress=progress)
    return captured if out is None else replace(captured, report=write_captured(captured, Path(out), cancel))


def compare(
    a: Track,
    b: Track,
    keyframe_times: Sequence[float] = (),
    *,
    offset: float = 0.0,
    cancel: CancelToken | None = None,
) -> TrackComparison:
    """Measure how far track ``b`` is from track ``a``.

    Parameters
    ----------
    a, b : Track
        ``b`` is interpolated at the frames of ``a``; frames where either lost
        the face, or that lie outside ``b``, are left out.
    keyframe_times : sequence of float
        Seconds of ``a`` at which errors are told by themselves.
    offset : float
        Seconds that are added to times of ``a`` to get those of ``b``: for a clip's recording and a
        take, ``clip.state.clip.offset``.
    cancel : CancelToken, optional
        Gives up between the steps.

    Returns
    -------
    TrackComparison
        Errors overall, by region, by channel and by keyframe: of shapes as weights, of rotations in
        degrees, as ``unit`` says; correlation; peak speed (1/s) and jerk
        (1/s³); blinks; the lag of ``b`` (s); the worst moments.

    Raises
    ------
    TrackError
        The two share no channel or no frame with a face.
    Cancelled
        ``cancel`` was.

    Examples
    --------
    >>> import annotator, viewer
    >>> letter = viewer.read_track("resources/demo/dataset/clips/02-letter/track.csv")
    >>> annotator.compare(letter, letter.mirrored()).overall.mae > 0
    True
    """
    return metrics.compare(a, b, keyframe_times, cancel, offset=offset)


def describe(track: Track, time_in_track: float, full_scale: float = FULL_SCALE) -> str:
    """Put a moment of a track into words.

    Parameters
    ----------
    track : Track
        A recording or a take.
    time_in_track : float
        Seconds from its first frame; its last one is shown to the end of ``track.duration``.
    full_scale : float
        Degrees of a normalized 1, as its dataset has it (``dataset.pose.full_scale``).

    Returns
    -------
    str
        English sentences on what the face shows, by the rules of the built-in model.

    Raises
    ------
    TrackError
        The time lies outside the track, or the face was lost there.

    Examples
    --------
    >>> import annotator
    >>> take = annotator.generate(keyframes=["The jaw drops wide open."])
    >>> annotator.describe(take.track, take.track.meta["key_times"][0])
    'The mouth opens clearly.'
    """
    return words_at(track, time_in_track, full_scale=full_scale)
