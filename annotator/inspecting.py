"""What the command line does with files, without a window: facts, frames, words, animation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from annotator.core.dataset import dataset_facts
from annotator.core.generation.backends import make_backend
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.performance import perform
from annotator.core.places import VIDEO_SUFFIXES
from viewer.core.errors import FileFault, GenerationFault, StudioError, TrackFault, VideoFault
from viewer.core.files import atomic_write
from viewer.core.formats import describe_track, read, write
from viewer.core.models import face_model_facts, is_face_model, load_face_model

Progress = Callable[[int, int, str], None]


def facts(path: Path) -> dict[str, Any]:
    """JSON facts about whatever ``path`` is.

    Raises :class:`FileFault` when there is nothing there, else what the reader of its kind
    raises."""
    if not path.exists():
        raise FileFault("there is no such file or folder", "check the path", path)
    if path.name == "dataset.json" or (path / "dataset.json").is_file():
        return dataset_facts(path)
    if is_face_model(path) or path.suffix.lower() == ".npz":
        return face_model_facts(load_face_model(path))
    if path.is_dir():
        raise FileFault(
            "this folder holds neither a dataset nor a face model", "choose a dataset or a file", path
        )
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return _video_facts(path)
    try:
        return describe_track(read(path))
    except StudioError as no_track:
        try:
            return _video_facts(path)
        except StudioError:
            raise no_track from None


def _video_facts(path: Path) -> dict[str, Any]:
    from viewer.core.video import video_facts

    return video_facts(path)


def write_frames(video: Path, index: str, time: str, out: Path) -> dict[str, Any]:
    """Write exact frames as PNG.  ``index`` and ``time`` are comma-separated; one of them is
    needed.  One frame goes to ``out`` when it ends in .png, else ``out`` is a folder.

    Raises :class:`VideoFault`.
    """
    from annotator.core.export.film import write_png
    from viewer.core.video import VideoFile

    with VideoFile.open(video) as opened:
        wanted = [_whole(word, video) for word in index.split(",") if word.strip()]
        wanted += [opened.index_at(_seconds(word, video)) for word in time.split(",") if word.strip()]
        if not wanted:
            raise VideoFault("no frame was asked for", "give --index N or --time SECONDS", video)
        last = opened.facts.frames - 1
        for number in wanted:
            if not 0 <= number <= last:
                raise VideoFault(f"there is no frame {number}", f"choose one from 0 to {last}", video)
        single = out.suffix.lower() == ".png" and len(wanted) == 1
        if not single and out.suffix:
            raise FileFault("several frames need a folder", "give --out a folder", out)
        (out.parent if single else out).mkdir(parents=True, exist_ok=True)
        files = []
        for number in wanted:
            file = out if single else out / f"{video.stem}_{number:06d}.png"
            write_png(file, opened.frame(number))
            files.append({"index": number, "time": round(float(opened.times[number]), 6), "file": str(file)})
    return {"video": str(video), "frames": files}


def _whole(word: str, video: Path) -> int:
    try:
        return int(word)
    except ValueError:
        raise VideoFault(f"{word.strip()!r} is no frame number", "use whole numbers from 0", video) from None


def _seconds(word: str, video: Path) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or value < 0:
        raise VideoFault(f"{word.strip()!r} is no time", "use seconds, e.g. 1.5", video)
    return value


def describe_track_at(path: Path, time: float) -> str:
    """Words for a track's coefficients at ``time`` seconds from its first frame.

    Raises :class:`TrackFault` outside the track and where the face was lost.
    """
    track = read(path)
    if not 0 <= time <= track.duration:
        raise TrackFault(
            f"{time:g} s lies outside it", f"choose a time from 0 to {track.duration:.3f}", path
        )
    row = track.row(time)
    if not np.isfinite(row).all():
        raise TrackFault(f"the face was lost at {time:g} s", "choose another time", path)
    from annotator.core.generation.facs.verbaliser import describe_values

    words: str = describe_values(row)
    return words


def animate_story(
    background: str,
    emotion: str,
    script: str,
    descriptions: tuple[str, ...],
    *,
    backend: str,
    url: str | None,
    model: str | None,
    out: Path,
    plan_file: Path | None,
    fps: float,
    progress: Progress,
) -> dict[str, Any]:
    """Plan (unless there are descriptions), generate, time, interpolate and write a track.

    Raises :class:`GenerationFault` when there is nothing to go by or a keyframe failed.
    """
    if not (background.strip() or emotion.strip() or script.strip() or descriptions):
        raise GenerationFault(
            "there is nothing to go by", "give --background, --emotion or at least one --keyframe"
        )
    request = GenerationRequest(background, emotion, script, descriptions)
    result = generate(make_backend(backend, url=url or "", model=model or ""), request, progress=progress)
    if result.errors:
        raise GenerationFault(f"a keyframe failed: {result.errors[0]}", "change it or the model")
    track = perform(result, fps=fps)
    write(track, out)
    key_times = [float(t) for t in track.meta["key_times"]]
    keyframes = [
        {"time": round(time, 4), "description": answer.description, "notes": list(answer.notes)}
        for time, answer in zip(key_times, result.keyframes, strict=True)
    ]
    if plan_file is not None:
        import msgspec

        plan = {"background": background, "emotion": emotion, "script": script, "keyframes": keyframes}
        atomic_write(plan_file, msgspec.json.format(msgspec.json.encode(plan), indent=2))
    return {
        "written": str(out),
        "frames": len(track),
        "fps": fps,
        "duration": round(track.duration, 4),
        "keyframes": keyframes,
        "provenance": dict(result.provenance),
    }
