"""The main job on the demo, without a window."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.clips.demo import copy_demo
from annotator.core.comparison.metrics import compare
from annotator.core.edits import add_keyframe, add_span, add_take, change_keyframe
from annotator.core.generation.backends import model_of
from annotator.core.generation.profiles import PRESETS
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.generation.takes import take_info
from annotator.core.performance import compose, derive
from annotator.core.storage.dataset import Dataset
from annotator.export.scene import FaceColumn, Scene, film, still
from annotator.session.open_clip import OpenClip, read_clip_files
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError
from viewer.core.files import atomic_write, make_folder, make_folder_of
from viewer.core.formats import write
from viewer.core.models import load_face_model
from viewer.core.progress import Progress
from viewer.palette import DARK

_MARK = "MADE-BY-THE-DEMO.txt"


def _fresh_copy(target: Path) -> Path:
    """The demo dataset as it is bundled, instead of what an earlier run left in ``target``; never
    instead of anyone else's work.  Raises :class:`FileError`."""
    mark = target / _MARK
    if target.exists() and not mark.is_file():
        raise FileError("is already there and was not made by the demo", "give --out another folder", target)
    make_folder_of(target)
    shutil.rmtree(target, ignore_errors=True)
    copy_demo(target)
    atomic_write(mark, "Made again by each headless demo. Work in a copy of this folder.\n")
    return target


def run_headless(out: Path | None, progress: Progress) -> dict[str, Any]:
    """Load, annotate, generate, compare, export and picture, as a person would in the window.

    Everything goes into ``out`` (default: ``out/demo``); returns what was made and where."""
    folder = (out or Path("out") / "demo").resolve()
    dataset = Dataset.open(_fresh_copy(folder / "dataset"), "demo")
    id = next(entry.id for entry in dataset.clips if entry.fault is None)
    progress(1, 6, "Opening a clip and marking a keyframe")
    clip = OpenClip(read_clip_files(dataset, id, CancelToken()), "demo")
    try:
        return _work_on(clip, folder, progress)
    finally:
        clip.close()


def _work_on(clip: OpenClip, folder: Path, progress: Progress) -> dict[str, Any]:
    recording = clip.raw
    if recording is None:
        raise FileError("the demo clip has no track", "run `make demo`", folder)
    middle = recording.duration / 2
    mark = add_keyframe(clip.document.state, middle, recording.frame_at(middle))
    clip.history.push(mark)
    clip.history.push(change_keyframe(clip.document.state, mark.id, description="The brows lift slightly."))
    clip.history.push(change_keyframe(clip.document.state, mark.id, values={"BrowInnerUp": 0.6}))
    clip.history.push(add_span(clip.document.state, 0.2, middle, "demo"))

    progress(2, 6, "Generating a take from background and emotion")
    words = clip.document.state.clip
    request = GenerationRequest(words.background, words.emotion, words.script)
    result = generate(model_of(PRESETS[0]), request)
    performance = compose(result, duration=recording.duration)
    take = derive(performance, full_scale=clip.loaded.full_scale)
    info = take_info(result, performance, [t.name for t in clip.document.state.takes])
    place = clip.loaded.place
    make_folder(place.takes_folder)
    write(take, place.take_track(info.id), "livelink", sidecar=False)
    clip.history.push(add_take(clip.document.state, info))
    clip.saver.flush()

    progress(3, 6, "Exporting the edited recording and the take")
    edited = clip.recording or recording
    files = {
        "edited recording": folder / "recording_edited.csv",
        "take": folder / "take.csv",
        "take as KeyframeFace results": folder / "take.jsonl",
    }
    write(edited, files["edited recording"], "livelink")
    write(take, files["take"], "livelink")
    keys = [float(t) for t in take.meta["key_times"]]
    write(
        take.replaced(times=keys, values=take.sample(keys)),
        files["take as KeyframeFace results"],
        "keyframeface",
    )

    progress(4, 6, "Drawing a picture")
    from annotator.core.export.film import write_png

    faces = (
        FaceColumn("Recorded", edited, DARK.recorded),
        FaceColumn(info.name, take, DARK.take(0)),
    )
    scene = Scene(faces, load_face_model(None), clip.loaded.video_path)
    files["picture"] = folder / "side_by_side.png"
    write_png(files["picture"], still(scene, keys[len(keys) // 2]))

    progress(5, 6, "Filming two seconds side by side")
    files["film"] = folder / "side_by_side.mp4"
    short = replace(scene, faces=tuple(replace(f, track=_first_seconds(f.track, 2.0)) for f in faces))
    film(replace(short, video=None), files["film"], fps=24)
    progress(6, 6, "Done")
    measured = compare(edited, take)
    return {
        "clip": clip.id,
        "descriptions": [k.description for k in result.keyframes],
        "mean error of the take": round(measured.overall.mae, 4),
        "annotations": str(place.annotation_file),
        "made": {what: str(path) for what, path in files.items()},
    }


def _first_seconds(track: Any, seconds: float) -> Any:
    inside = track.times <= seconds
    return track.replaced(times=track.times[inside], values=track.values[inside], valid=track.valid[inside])
