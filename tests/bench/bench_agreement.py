"""Agreement between the annotators of a dataset of the paper's size."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from annotator.core.agreement.measuring import measure_agreement
from annotator.core.agreement.report import to_json
from annotator.core.model import ClipInfo, EmotionSpan, Keyframe
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from tests.bench.measuring import figure, measure

CLIPS = 2100
PEOPLE = ("ana", "ben", "cem")
_LABELS = "happiness sadness fear anger surprise disgust".split()


def make(root: Path, clips: int) -> None:
    """A dataset whose clips three people have done, with five spans and four keyframes or so each."""
    dice = random.Random(1)
    Dataset.create(root)
    for number in range(clips):
        folder = root / "clips" / f"clip_{number:05d}"
        (folder / "annotations").mkdir(parents=True)
        (folder / "clip.json").write_bytes(encode_object(clip_to_json(ClipInfo("", "She reads the letter."))))
        spans = [(2.0 * n + dice.random(), 1 + dice.random(), dice.choice(_LABELS)) for n in range(5)]
        for who in PEOPLE:
            work = Annotation("done", _keyframes(dice), _spans(dice, spans))
            file = folder / "annotations" / f"{who}.json"
            file.write_bytes(encode_object(annotation_to_json(work)))


def _keyframes(dice: random.Random) -> tuple[Keyframe, ...]:
    face = "The brows lift, the lips press."
    times = [2.0 * n + 0.2 * dice.random() for n in range(4)]
    return tuple(
        Keyframe(f"k{n}", time, int(30 * time), face, emotion=dice.choice(_LABELS))
        for n, time in enumerate(times)
    )


def _spans(dice: random.Random, spans: list[tuple[float, float, str]]) -> tuple[EmotionSpan, ...]:
    made = []
    for n, (start, length, label) in enumerate(spans):
        strength = min(5, max(1, 1 + n + dice.choice((-1, 0, 0, 1))))
        if dice.random() > 0.1:
            mine = label if dice.random() > 0.2 else dice.choice(_LABELS)
            begin = start + 0.1 * dice.random()
            made.append(EmotionSpan(f"e{n}", begin, begin + length, mine, strength))
    return tuple(made)


def read_bare(root: Path) -> int:
    """The same files read and decoded with nothing made of them."""
    count = 0
    for folder in os.scandir(root / "clips"):
        for name in ("clip.json", *(f"annotations/{who}.json" for who in PEOPLE)):
            count += len(msgspec.json.decode(Path(folder.path, name).read_bytes()))
    return count


def run(quick: bool = False) -> list[dict[str, Any]]:
    """The whole report with 1,000 resamples against reading and decoding the same files, for 2,100 clips
    and for ten times as many."""
    figures = []
    for clips in (CLIPS, 10 * CLIPS) if not quick else (CLIPS,):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "data"
            make(root, clips)
            ours, bare = measure(
                lambda _, root=root: to_json(measure_agreement(root)),  # type: ignore[misc]
                lambda _, root=root: read_bare(root),  # type: ignore[misc]
                count=3 if clips == CLIPS and not quick else 1,
                warm=1 if clips == CLIPS else 0,
            )
        figures.append(
            figure(
                f"agreement: {clips:,} clips × {len(PEOPLE)}",
                ours,
                bare,
                clock="wall",
                against="reading and decoding the same files",
                at_most=10_000.0 if clips == CLIPS else None,
            )
        )
    return figures
