"""Make the demo dataset: coefficients, video and sound of three authored performances.

    python resources/demo/make_demo.py

Everything is synthetic: the face is the studio's own default head, drawn by its own renderer,
moved by the poses in performances.py.  The same input gives the same coefficients; video bytes
depend on the encoder.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.signal import lfilter

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from performances import PERFORMANCES, Performance  # noqa: E402 - the folder is no package

from annotator.core.curves import interpolate  # noqa: E402
from annotator.core.generation.prompts import request_messages  # noqa: E402
from annotator.core.generation.protocol import GenerationRequest  # noqa: E402
from annotator.core.model import ClipInfo, EmotionSpan, Keyframe  # noqa: E402
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json  # noqa: E402
from annotator.core.storage.dataset import Dataset  # noqa: E402
from annotator.core.storage.places import fingerprint  # noqa: E402
from annotator.core.vocabulary import DEFAULT  # noqa: E402
from viewer.core.audio import Sound  # noqa: E402
from viewer.core.camera import CameraView  # noqa: E402
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPE_COUNT  # noqa: E402
from viewer.core.formats import write  # noqa: E402
from viewer.core.models.head import load_default_head  # noqa: E402
from viewer.core.pose import PoseConvention  # noqa: E402
from viewer.core.track import Track  # noqa: E402
from viewer.core.video_writer import VideoWriter  # noqa: E402
from viewer.face_renderer import FaceRenderer  # noqa: E402
from viewer.face_shading import STUDIO, Lighting  # noqa: E402
from viewer.palette import DARK, Palette  # noqa: E402

FPS = 60.0
VIDEO_SIZE = (448, 448)
SOUND_RATE = 48000
ANNOTATOR = "maria"
POSE = PoseConvention(unit="radians")
LIGHTS: dict[str, Lighting] = {
    "studio": STUDIO,
    "window": Lighting(
        key=(0.85, 0.25, 0.45),
        key_colour=(1.05, 1.10, 1.22),
        fill=(-0.8, 0.1, 0.5),
        fill_colour=(0.12, 0.12, 0.13),
        ambient=0.8,
    ),
    "evening": Lighting(
        key=(-0.70, -0.05, 0.62),
        key_colour=(1.22, 0.86, 0.52),
        fill=(0.8, 0.4, 0.4),
        fill_colour=(0.12, 0.17, 0.28),
        ambient=0.62,
    ),
}
ROOMS = {
    "studio": ("#6f7d74", "#343b37"),
    "window": ("#9aa7b5", "#3c444d"),
    "evening": ("#4a3a2e", "#1c1613"),
}

Array = npt.NDArray[np.float64]


def coefficients(performance: Performance, seed: int) -> Track:
    """The performance at 60 frames a second: poses joined without overshoot, blinks, babble, and
    the small unrest a recorded face has."""
    times = np.array([t for t, _pose in performance.poses])
    keys = np.zeros((times.size, CHANNEL_COUNT))
    for row, (_t, pose) in zip(keys, performance.poses, strict=True):
        for name, value in pose.items():
            row[INDEX[name]] = value
    at = np.arange(round(performance.seconds * FPS)) / FPS
    values = np.asarray(interpolate(times, keys, ["pchip"] * times.size, at), np.float64)
    random = np.random.default_rng(seed)
    for t in performance.blinks:
        close = lid(at - t)
        for side in ("Left", "Right"):
            blink, wide = INDEX[f"EyeBlink{side}"], INDEX[f"EyeWide{side}"]
            values[:, blink] = np.maximum(values[:, blink], close)
            values[:, wide] *= 1.0 - close
    loudness = babble(performance, at, np.random.default_rng(seed))
    values[:, INDEX["JawOpen"]] += 0.30 * loudness
    values[:, INDEX["MouthFunnel"]] += 0.12 * loudness * (0.5 + 0.5 * np.sin(at * 9.0))
    unrest = gaussian_filter1d(random.normal(size=values.shape), 9.0, axis=0) * 3.0
    values[:, :SHAPE_COUNT] = np.clip(values[:, :SHAPE_COUNT] * (1 + 0.05 * unrest[:, :SHAPE_COUNT]), 0, 1)
    moving = values[:, :SHAPE_COUNT].max(axis=0) > 0.02
    values[:, :SHAPE_COUNT][:, ~moving] = np.clip(0.012 * (1 + unrest[:, :SHAPE_COUNT][:, ~moving]), 0, 1)
    values[:, INDEX["TongueOut"]] = 0.0
    sway = gaussian_filter1d(random.normal(size=(at.size, 3)), 24.0, axis=0) * 0.035
    values[:, SHAPE_COUNT : SHAPE_COUNT + 3] += sway
    valid = np.ones(at.size, bool)
    if performance.lost is not None:
        valid = (at < performance.lost[0]) | (at >= performance.lost[1])
    values[:, SHAPE_COUNT:] = np.degrees(values[:, SHAPE_COUNT:])
    return Track.build(at, values, valid, name=performance.id, format="livelink", start=36753.0)


def lid(t: Array) -> Array:
    """A blink that begins at 0: 70 ms to close, a moment shut, 120 ms to open."""
    down = np.clip(t / 0.07, 0, 1)
    up = np.clip((t - 0.10) / 0.12, 0, 1)
    smooth = down * down * (3 - 2 * down) - up * up * (3 - 2 * up)
    return np.clip(smooth, 0, 1)


def babble(performance: Performance, at: Array, random: np.random.Generator) -> Array:
    """How open the speaking mouth is, 0 to 1: some five syllables a second."""
    loud = np.zeros(at.size)
    for start, end in performance.speech:
        t = start
        while t < end:
            length = random.uniform(0.13, 0.24)
            loud += random.uniform(0.5, 1.0) * np.exp(-(((at - t - length / 2) / (length / 3.2)) ** 2))
            t += length
    return np.clip(loud, 0, 1)


def voice(performance: Performance, frames: int, seed: int) -> Array:
    """A voice without words: a buzz through three formants, as loud as the mouth is open."""
    count = int(performance.seconds * SOUND_RATE)
    t = np.arange(count) / SOUND_RATE
    random = np.random.default_rng(seed)
    at = np.arange(frames) / FPS
    envelope = np.interp(t, at, babble(performance, at, np.random.default_rng(seed)))
    pitch = 215 + 35 * np.sin(2 * np.pi * 0.9 * t) + 6 * np.sin(2 * np.pi * 5.5 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / SOUND_RATE
    buzz = sum((np.sin(k * phase) / k for k in range(1, 18)), np.zeros(count))
    sound = np.zeros(count)
    for centre, width, gain in ((620.0, 110.0, 1.0), (1450.0, 150.0, 0.5), (2600.0, 200.0, 0.2)):
        r = np.exp(-np.pi * width / SOUND_RATE)
        a = [1.0, -2 * r * np.cos(2 * np.pi * centre / SOUND_RATE), r * r]
        sound += gain * lfilter([1 - r], a, buzz)
    room = gaussian_filter1d(random.normal(size=count), 3.0) * 0.004
    sound = sound / np.abs(sound).max() * envelope * 0.5 + room
    return np.asarray(sound)


def frame_times(performance: Performance, seed: int) -> Array:
    """When the camera took its frames: 30 a second, or as a phone in poor light does."""
    if not performance.variable_rate:
        return np.arange(round(performance.seconds * 30)) / 30
    random = np.random.default_rng(seed)
    times, t = [], 0.0
    while t < performance.seconds - 0.02:
        times.append(round(t, 4))
        dark = 2.6 < t < 4.6
        t += random.choice([1 / 15, 1 / 20, 1 / 24] if dark else [1 / 30, 1 / 30, 1 / 30, 1 / 24])
    return np.array(times)


def film(performance: Performance, track: Track, path: Path, seed: int) -> None:
    """Draw the performance as its camera saw it."""
    times = frame_times(performance, seed)
    renderer = FaceRenderer(load_default_head(), VIDEO_SIZE, LIGHTS[performance.lighting])
    top, bottom = ROOMS[performance.lighting]
    renderer.set_theme(_room(top, bottom))
    random = np.random.default_rng(seed)
    shake = gaussian_filter1d(random.normal(size=(times.size, 2)), 12.0, axis=0) * 0.01
    sound = None
    if performance.speech:
        samples = voice(performance, len(track), seed).astype(np.float32)
        sound = Sound(np.clip(samples, -1, 1)[:, None], SOUND_RATE)
    rate = None if performance.variable_rate else 30
    with VideoWriter(path, *VIDEO_SIZE, rate, None if rate else times, sound=sound) as writer:
        for t, (dx, dy) in zip(times, shake, strict=True):
            azimuth, elevation = performance.view
            renderer.set_camera(CameraView(azimuth, elevation, zoom=1.12, pan_x=dx, pan_y=dy - 0.02))
            renderer.set_values(track.shown_row(t))
            writer.add(_seen(renderer.render(supersample=True), performance, float(t), random))
    renderer.close()


def _room(top: str, bottom: str) -> Palette:
    return replace(DARK, face_top=top, face_bottom=bottom)


def _seen(
    picture: npt.NDArray[np.uint8], performance: Performance, t: float, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """A hand in front where the face is lost; darker corners; a little noise."""
    out = picture.astype(np.float32)
    height, width = out.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if performance.lost is not None:
        start, end = performance.lost
        rise = np.clip((t - start + 0.20) / 0.20, 0, 1) * np.clip((end + 0.20 - t) / 0.20, 0, 1)
        if rise > 0:
            centre = height * (1.35 - 0.85 * rise)
            hand = (((x - width * 0.5) / (width * 0.27)) ** 2 + ((y - centre) / (height * 0.30)) ** 2) < 1
            soft = gaussian_filter(hand.astype(np.float32), 7)[..., None]
            out = out * (1 - soft) + soft * np.array([132, 92, 70], np.float32)
    away = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)[..., None]
    out = out * (1 - 0.55 * away) + random.normal(scale=1.2, size=(height, width, 1))
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def annotation(performance: Performance, video: Path, times: Array) -> Annotation:
    """The annotator's keyframes, each on the frame it was set on, and emotion spans."""
    keyframes = []
    for number, mark in enumerate(performance.marks, 1):
        frame = int(np.searchsorted(times, mark.time + 1e-6, side="right")) - 1
        keyframes.append(
            Keyframe(
                id=f"k-{performance.id[:2]}{number:02d}",
                time=float(times[frame]),
                frame=frame,
                description=mark.description,
                emotion=mark.emotion,
                confidence=mark.confidence,
            )
        )
    spans = tuple(
        EmotionSpan(f"e-{performance.id[:2]}{number:02d}", start, end, label, intensity, 1.0)
        for number, (start, end, label, intensity) in enumerate(performance.spans, 1)
    )
    return Annotation("in progress", tuple(keyframes), spans, fingerprint(video))


def requests(performance: Performance) -> str:
    """The marks of a performance as KeyframeFace requests, a line each, for examples of the command line."""
    words = tuple(mark.description for mark in performance.marks)
    request = GenerationRequest(performance.background, performance.emotion, performance.script, words)
    messages = (request_messages(request, target) for target in range(len(words)))
    return "".join(json.dumps({"messages": each}, ensure_ascii=False) + "\n" for each in messages)


def _write_json(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Make the whole dataset anew in resources/demo/dataset."""
    target = HERE / "dataset"
    making = HERE / ".dataset.making"
    shutil.rmtree(making, ignore_errors=True)
    Dataset.create(making, vocabulary=DEFAULT, pose=POSE)
    for seed, performance in enumerate(PERFORMANCES, 1):
        folder = making / "clips" / performance.id
        folder.mkdir(parents=True)
        track = coefficients(performance, seed)
        write(track, folder / "track.csv", "livelink")
        film(performance, track, folder / "video.mp4", seed)
        info = ClipInfo(
            performance.id,
            performance.script,
            performance.background,
            performance.emotion,
            "video.mp4",
            "track.csv",
            tags=("synthetic", *performance.tags),
            split="train",
            extra={"source": "synthetic: the studio's own head and renderer, authored poses"},
        )
        _write_json(folder / "clip.json", clip_to_json(info))
        work = annotation(performance, folder / "video.mp4", frame_times(performance, seed))
        _write_json(folder / "annotations" / f"{ANNOTATOR}.json", annotation_to_json(work))
        print(f"{performance.id}: {len(track)} frames")
    (making / "requests.jsonl").write_text(requests(PERFORMANCES[1]), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    making.replace(target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{target}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
