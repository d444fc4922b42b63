"""Datasets with clips of ten minutes and many marks, as an annotator has them at the end of a day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from annotator.core.generation.facs.backend import FacsBackend
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.generation.takes import take_info
from annotator.core.model import ClipInfo, EmotionSpan, Keyframe, TakeInfo
from annotator.core.performance import compose
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.take_file import take_to_json
from annotator.core.vocabulary import DEFAULT, Vocabulary, Word
from viewer.core.formats import write
from viewer.core.track import Track

FPS = 30
FRAMES = 18_000
WHO = "anna"
_SOUND_RATE = 48_000
_CORRECTED = (
    "BrowInnerUp",
    "JawOpen",
    "MouthSmileLeft",
    "MouthSmileRight",
    "EyeBlinkLeft",
    "HeadYaw",
    "CheekPuff",
)
_OF_KEYFRAMES = ("anxious", "relieved", "")
_OF_SPANS = ("anxious", "relieved", "angry", "proud")
_LABELS = Vocabulary((*DEFAULT.words, *(Word(label) for label in _OF_SPANS)))
_BROWS = (
    "The inner brows lift a little",
    "Both brows drop hard and draw together",
    "The left brow is raised",
    "The brows rise high in surprise",
)
_EYES = (
    "the eyes widen",
    "she looks down and to the left",
    "the right eye closes in a wink",
    "the gaze drifts away, then the eyes narrow",
)
_MOUTHS = (
    "the lips press firmly together",
    "a crooked smile tugs at the right corner of the mouth",
    "the jaw drops about half open",
    "the lower lip trembles and is pushed up",
)


def sentences() -> Iterator[str]:
    """Descriptions of keyframes, in an order that does not end."""
    parts = list(itertools.product(_BROWS, _EYES, _MOUTHS))
    for k in itertools.count():
        brows, eyes, mouth = parts[k * 13 % len(parts)]
        yield f"{brows} while {eyes}, and {mouth}."


def recorded(frames: int = FRAMES, seed: int = 3) -> Track:
    """A recording of ``frames`` frames, 30 a second, with two stretches of a lost face."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(0.0, 0.02, (frames, 61)), axis=0)
    values = (np.abs(np.sin(values)) * rng.uniform(0.1, 1.0, 61)).astype(np.float32)
    valid = np.ones(frames, bool)
    valid[frames // 5 : frames // 5 + 40] = valid[frames // 2 : frames // 2 + 7] = False
    return Track.build(np.arange(frames) / FPS, values, valid)


def keyframes(count: int, seconds: float) -> tuple[Keyframe, ...]:
    """``count`` keyframes over ``seconds``, each described, and all but the first corrected."""
    made = []
    for k, words in zip(range(count), sentences(), strict=False):
        frame = round((k + 0.5) * seconds * FPS / count)
        values = {_CORRECTED[(k + n) % len(_CORRECTED)]: 0.1 + 0.05 * ((k + n) % 9) for n in range(2)}
        made.append(
            Keyframe(
                f"k-{k:04d}",
                frame / FPS,
                frame,
                words,
                emotion=_OF_KEYFRAMES[k % len(_OF_KEYFRAMES)],
                values=values if k else {},
            )
        )
    return tuple(made)


def spans(count: int, seconds: float) -> tuple[EmotionSpan, ...]:
    """``count`` spans over ``seconds``, one after the other with gaps."""
    each = seconds / max(count, 1)
    return tuple(
        EmotionSpan(
            f"e-{k:04d}",
            round(k * each * FPS) / FPS,
            round((k + 0.7) * each * FPS) / FPS,
            _OF_SPANS[k % len(_OF_SPANS)],
            1 + k % 5,
        )
        for k in range(count)
    )


def take(keys: int, seconds: float) -> TakeInfo:
    """A take of the built-in model with ``keys`` keys over ``seconds``, each a little weaker than the
    model makes them now."""
    words = tuple(itertools.islice(sentences(), keys))
    request = GenerationRequest("She waits for news.", "relief mixed with shame", "", words)
    made = generate(FacsBackend(), request)
    weaker = tuple(replace(keyframe, values=0.9 * keyframe.values) for keyframe in made.keyframes)
    result = replace(made, keyframes=weaker)
    times = [(k + 0.5) * seconds / keys for k in range(keys)]
    return take_info(result, compose(result, times=times, duration=seconds), ())


def write_video(path: Path, frames: int = FRAMES) -> None:
    """A small grey video of ``frames`` frames, 30 a second, that grows lighter, with a tone."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=FPS, options={"g": "30"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        on_progress = out.add_stream("pcm_s16le", rate=_SOUND_RATE, layout="mono")
        samples = np.arange(_SOUND_RATE // FPS)
        wave = (8000 * np.sin(samples * (2 * np.pi * 300 / _SOUND_RATE))).astype(np.int16)
        for k in range(frames):
            planes = np.full((72, 64), 128, np.uint8)
            planes[:48] = 16 + k * 200 // frames
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            out.mux(video.encode(frame))
            block = av.AudioFrame.from_ndarray(wave[None], "s16", "mono")
            block.sample_rate, block.pts = _SOUND_RATE, k * len(wave)
            out.mux(on_progress.encode(block))
        for stream in (video, on_progress):
            out.mux(stream.encode())


def write_clip(
    root: Path,
    id: str,
    marks: int,
    emotions: int,
    takes: Mapping[str, TakeInfo] | None = None,
    seconds: float = FRAMES / FPS,
) -> None:
    """A clip in the dataset at ``root`` with ``marks`` keyframes and ``emotions`` spans; its video and
    its track are those in ``media``."""
    folder = root / "clips" / id
    (folder / "annotations").mkdir(parents=True)
    (folder / "takes").mkdir()
    video = "../../media/long.mkv" if (root / "media" / "long.mkv").exists() else ""
    words = ClipInfo(
        id, "She reads the letter.", "A kitchen at night.", "anxiety", video, "../../media/long.csv"
    )
    (folder / "clip.json").write_bytes(encode_object(clip_to_json(words)))
    work = Annotation("in progress", keyframes(marks, seconds), spans(emotions, seconds))
    (folder / "annotations" / f"{WHO}.json").write_bytes(encode_object(annotation_to_json(work)))
    for name, info in (takes or {}).items():
        (folder / "takes" / f"{name}.json").write_bytes(encode_object(take_to_json(info)))


def write_dataset(root: Path, frames: int = FRAMES, video: bool = True) -> Path:
    """A dataset without clips, whose ``media`` are ``frames`` long and whose vocabulary lists the labels
    of :func:`keyframes` and :func:`spans`."""
    Dataset.create(root, vocabulary=_LABELS)
    (root / "media").mkdir()
    write(recorded(frames), root / "media" / "long.csv", "livelink")
    if video:
        write_video(root / "media" / "long.mkv", frames)
    return root
