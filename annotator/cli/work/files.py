"""What the command line does with files, without a window: facts, frames, words, animation.

The readers of video, tracks, models and datasets are imported where they are used: pandas and
scipy alone take longer to start than most of these commands take to work.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.core.storage.places import VIDEO_SUFFIXES
from viewer.core.errors import FileError, StudioError, VideoError
from viewer.core.files import WriteError, atomic_write, keep_apart, make_folder_of
from viewer.core.progress import Progress

if TYPE_CHECKING:
    from annotator.core.generation.profiles import Profile
    from annotator.core.generation.protocol import GenerationRequest
    from annotator.core.performance import Layers
    from viewer.core.track import Track

_MODEL_SUFFIXES = frozenset((".glb", ".gltf", ".vrm", ".npz"))
_OTHER_PICTURES = frozenset(".jpg .jpeg .bmp .gif .tif .tiff .webp .mp4".split())


def facts(path: Path, order: str | None = None) -> dict[str, Any]:
    """JSON facts about whatever ``path`` is; ``order`` is that of a nameless array's columns.

    Raises :class:`FileError` when there is nothing there, else what the reader of its kind
    raises."""
    if not path.exists():
        raise FileError("there is no such file or folder", "check the path", path)
    if path.name == "dataset.json" or (path / "dataset.json").is_file():
        from annotator.core.storage.dataset import dataset_facts

        return dataset_facts(path)
    if path.is_dir() or path.suffix.lower() in _MODEL_SUFFIXES:
        from viewer.core.models import face_model_facts, is_face_model, load_face_model

        if path.is_dir() and not is_face_model(path):
            raise FileError(
                "this folder holds neither a dataset nor a face model", "choose a dataset or a file", path
            )
        try:
            return face_model_facts(load_face_model(path))
        except StudioError:
            # An archive of arrays may also hold a track.
            if path.suffix.lower() != ".npz":
                raise
            return _track_facts(path, order)
    ways = [lambda file: _track_facts(file, order), _video_facts]
    if path.suffix.lower() in VIDEO_SUFFIXES:
        ways.reverse()
    try:
        return ways[0](path)
    except StudioError as by_its_name:
        # The contents decide: a video may be named .csv.
        try:
            return ways[1](path)
        except StudioError:
            raise by_its_name from None


def _video_facts(path: Path) -> dict[str, Any]:
    from viewer.core.video import video_facts

    return video_facts(path)


def _track_facts(path: Path, order: str | None) -> dict[str, Any]:
    from annotator.core.storage.track_files import read_track
    from viewer.core.formats import describe_track

    return describe_track(read_track(path, order=order))


def write_frames(video: Path, index: str, time: str, out: Path) -> dict[str, Any]:
    """Write exact frames as PNG.  ``index`` and ``time`` are comma-separated.  One frame goes to
    ``out`` when it ends in .png and is no folder, else ``out`` is a folder.

    Raises :class:`VideoError`, and :class:`FileError` where ``out`` cannot be written.
    """
    from annotator.core.export.film import write_png
    from viewer.core.video import VideoFile

    with VideoFile.open(video) as opened:
        wanted = [_whole(word, video) for word in _words(index)]
        wanted += [opened.index_at(_moment(word, video, opened.facts.duration)) for word in _words(time)]
        last = opened.facts.frames - 1
        for number in wanted:
            if not 0 <= number <= last:
                raise VideoError(f"there is no frame {number}", f"choose one from 0 to {last}", video)
        single = out.suffix.lower() == ".png" and not out.is_dir()
        if single and len(wanted) > 1:
            raise WriteError("several frames do not fit into one picture", "give --out a folder", out)
        if not single and out.suffix.lower() in _OTHER_PICTURES and not out.is_dir():
            raise WriteError("frames are written as PNG", "name it .png, or give --out a folder", out)
        if out.is_file() and not single:
            raise WriteError("is a file, not a folder", "choose another folder, or a name in .png", out)
        files = []
        for number in wanted:
            file = out if single else out / f"{video.stem}_{number:06d}.png"
            write_png(file, opened.frame(number))
            files.append({"index": number, "time": round(float(opened.times[number]), 6), "file": str(file)})
    return {"video": str(video), "frames": files}


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _whole(word: str, video: Path) -> int:
    try:
        return int(word)
    except ValueError:
        raise VideoError(f"{word!r} is no frame number", "use whole numbers from 0", video) from None


def _moment(word: str, video: Path, duration: float) -> float:
    value = _seconds(word, video)
    if value > duration:
        raise VideoError(f"{value:g} s is after its end", f"choose a time up to {duration:.3f}", video)
    return value


def _seconds(word: str, path: Path) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise FileError(f"{word!r} is not a time", "use seconds from 0, e.g. 1.5", path)
    return value


def convert_track(
    source: Path,
    target: Path,
    from_: str | None,
    to: str | None,
    fps: float | None,
    *,
    mirror: bool = False,
    order: str | None = None,
) -> dict[str, Any]:
    """The ``convert`` command; ``mirror`` swaps left and right, ``order`` is that of a nameless array's
    columns.  A dataset becomes one table of all its tracks.  Raises what reading and writing raise."""
    if source.name == "dataset.json" or (source / "dataset.json").is_file():
        return _convert_dataset(source, target, to, fps, mirror=mirror)
    from annotator.core.storage.track_files import read_track
    from viewer.core.formats import format_to_write, write

    format_to_write(target, to)
    keep_apart(target, source)
    track = read_track(source, from_, order=order)
    if mirror:
        track = track.mirrored()
    make_folder_of(target)
    made = write(track, target, to, fps=fps)
    return {
        "written": str(target),
        "format": made.format,
        "frames": made.frames,
        "fps": round(made.fps, 4),
        "lost": made.lost,
        "missing": list(made.missing),
        "clamped": made.clamped,
        "pose_unit": made.pose_unit,
        "notes": [*track.meta.get("notes", ()), *made.notes],
    }


def _convert_dataset(
    source: Path, target: Path, to: str | None, fps: float | None, *, mirror: bool
) -> dict[str, Any]:
    from annotator.core.export.dataset_table import write_dataset_table
    from annotator.core.storage.dataset import Dataset
    from viewer.core.formats import format_to_write

    if format_to_write(target, to).name != "parquet":
        raise WriteError(
            "a dataset has many tracks, and only a Parquet table holds several",
            "name it .parquet, or choose one track of the dataset",
            target,
        )
    dataset = Dataset.open(source)
    make_folder_of(target)
    made = write_dataset_table(dataset, target, fps=fps, mirror=mirror)
    return {
        "written": str(target),
        "format": "parquet",
        "frames": made.frames,
        "fps": made.fps,
        "lost": made.lost,
        "missing": list(made.missing),
        "clamped": 0,
        "pose_unit": "radians",
        "notes": made.notes,
        "clips": made.clips,
        "takes": made.takes,
    }


def describe_track_at(path: Path, time: float, order: str | None = None) -> str:
    """Words for a track's coefficients at ``time`` seconds from its first frame.

    Raises :class:`TrackError` outside the track and where the face was lost.
    """
    from annotator.core.description.track import words_at
    from annotator.core.storage.track_files import read_track, surroundings

    return words_at(read_track(path, order=order), time, path, surroundings(path).full_scale)


def compare_tracks(
    a: Path, b: Path, at: str, csv: Path | None = None, order: str | None = None
) -> dict[str, Any]:
    """The ``compare`` command: :func:`annotator.core.comparison.metrics.compare` of two files, at the
    keyframes of ``at`` (comma-separated seconds), else at those known for either file.  Rotations are
    compared in degrees.  ``csv`` gets the same as tables.

    Raises what reading them raises.
    """
    from annotator.core.comparison.metrics import compare
    from annotator.core.storage.track_files import read_track

    if csv is not None:
        keep_apart(csv, a, b)
    first, second = read_track(a, order=order), read_track(b, order=order)
    times = [_seconds(word, a) for word in _words(at)]
    times = times or _keyframe_times(a, first) or _keyframe_times(b, second)
    found = compare(first, second, times)
    if csv is not None:
        from annotator.core.comparison.tables import Measured, as_csv

        make_folder_of(csv)
        atomic_write(csv, as_csv(Measured(a.stem, (b.stem,), (found,))))
    return {"a": str(a), "b": str(b), **_to_json(found)}


_FILE_KEYS = {"time_in_track": "time"}


def _to_json(value: Any) -> Any:
    """A value as JSON; its fields are the keys."""
    if is_dataclass(value):
        told = {each.name: _to_json(getattr(value, each.name)) for each in fields(value)}
        return {_FILE_KEYS.get(name, name): item for name, item in told.items()}
    if isinstance(value, Mapping):
        return {key: _to_json(item) for key, item in value.items()}
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


def _keyframe_times(path: Path, track: Track) -> list[float]:
    """Seconds of the keyframes that belong to a track: the lines of a KeyframeFace file, or those
    of the first annotator of its clip who set some."""
    from annotator.core.storage.dataset import Dataset, open_library

    if track.format == "keyframeface":
        return [float(time) for time in track.times]
    try:
        library, id = open_library(path)
        if id is None:
            return []
        if isinstance(library, Dataset):
            people = library.annotators(id)
        else:
            people = tuple(sorted(file.stem for file in path.parent.glob(f"{path.stem}.annotations/*.json")))
        for annotator_id in people:
            state = library.load_clip(id, annotator_id).state
            if state.keyframes:
                return [keyframe.time - state.clip.offset for keyframe in state.keyframes]
    except (StudioError, OSError):
        # A track may be compared without its clip.
        return []
    return []


def write_face_model(file: Path | None, npz: Path) -> dict[str, Any]:
    """The ``face-model`` command.  Raises what reading and writing raise."""
    from viewer.core.models import face_model_facts, load_face_model, save_npz

    keep_apart(npz, file)
    model = load_face_model(file)
    make_folder_of(npz)
    save_npz(model, npz)
    return {"written": str(npz), **face_model_facts(model)}


def animate_story(
    background: str,
    emotion: str,
    script: str,
    descriptions: tuple[str, ...],
    *,
    profile: Profile,
    out: Path,
    plan_file: Path | None,
    fps: float,
    layers: Layers,
    numbered: bool,
    progress: Progress,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Plan (unless there are descriptions), generate, time, interpolate and write a track; where they
    are ``numbered``, one for each take of the profile, which the list tells of.

    Raises :class:`GenerationError` when a keyframe failed.
    """
    from annotator.core.generation.protocol import GenerationRequest

    if plan_file is not None and os.path.abspath(plan_file) == os.path.abspath(out):  # noqa: PTH100
        raise WriteError("is named for the track and for its plan", "choose another name for one", out)
    request = GenerationRequest(background, emotion, script, descriptions)
    told = []
    for number, seed in enumerate(profile.seeds(), start=1):
        told.append(
            _animate_take(
                replace(request, seed=seed),
                profile,
                _numbered(out, number) if numbered else out,
                _numbered(plan_file, number) if numbered and plan_file is not None else plan_file,
                fps,
                replace(layers, seed=layers.seed + number - 1),
                progress,
            )
        )
    if profile.samples_alike and not (layers.blinks or layers.micro_motion):
        told[0]["notes"].append("the takes are the same: this model does not sample")
    return told if numbered else told[0]


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def _animate_take(
    request: GenerationRequest,
    profile: Profile,
    out: Path,
    plan_file: Path | None,
    fps: float,
    layers: Layers,
    progress: Progress,
) -> dict[str, Any]:
    """Make one take and write it; what is said of it."""
    import msgspec

    from annotator.core.generation.story import generate_take
    from annotator.core.storage.take_file import provenance_to_json
    from annotator.session.profiles import saved_profiles
    from viewer.core.formats import format_to_write, write

    form = format_to_write(out)
    take = generate_take(request, profile, saved_profiles(), fps=fps, layers=layers, progress=progress)
    track = take.track
    key_times = [float(t) for t in track.meta["key_times"]]
    if form.name == "keyframeface":
        # That format is a list of keyframes and knows no times between them.
        track = track.replaced(
            times=key_times, values=track.sample(key_times), meta={**track.meta, "keyframes": True}
        )
    make_folder_of(out)
    write(track, out)
    keyframes = [
        {"time": round(time, 4), "description": answer.description, "notes": list(answer.notes)}
        for time, answer in zip(key_times, take.info.answers, strict=True)
    ]
    if plan_file is not None:
        story = {"background": request.background, "emotion": request.emotion, "script": request.script}
        plan = {**story, "keyframes": keyframes}
        atomic_write(plan_file, msgspec.json.format(msgspec.json.encode(plan), indent=2))
    return {
        "written": str(out),
        "frames": len(track),
        "fps": round(track.fps, 4),
        "duration": round(track.duration, 4),
        "keyframes": keyframes,
        "notes": list(take.notes),
        "provenance": provenance_to_json(take.info.provenance),
    }
