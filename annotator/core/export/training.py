"""Training data from a dataset: requests of KeyframeFace with their answers, in sets.

One line holds one keyframe, in the messages that ms-swift and OpenAI's fine-tuning read: the request
exactly as the model gets it (the clip's whole sequence of descriptions), and as the answer the
recorded values at the annotated frame, corrected, in KeyframeFace's unit.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from annotator.core.description.moments import ClipMoments
from annotator.core.generation.prompts import request_messages
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.model import PERSPECTIVES, STATUSES, ClipInfo, ClipState, Keyframe, Status
from annotator.core.names import identity, safe_name
from annotator.core.storage.dataset import Dataset
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, NAMES
from viewer.core.errors import ExportError, FileError, StudioError
from viewer.core.files import (
    TEMPORARY_PREFIX,
    atomic_write,
    missing_folders,
    remove_empty,
    sync_folder,
)
from viewer.core.formats.keyframeface import reply_text
from viewer.core.in_use import rename_when_free
from viewer.core.progress import Progress, no_progress
from viewer.core.track import FloatArray

SETS = ("train", "val", "test")
SUMMARY = "summary.json"
ACTIVE = 0.05
"""From this size on a channel counts as moving, in the statistics."""

_NAMES_OF_SETS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
_LOW = np.array([channel.low for channel in CHANNELS], np.float32)
_HIGH = np.array([channel.high for channel in CHANNELS], np.float32)
_MOST_SKIPPED = 1000
_AT = re.compile(r" at [\d.]+ s$")


@dataclass(frozen=True)
class TrainingChoice:
    """What goes out and how.

    ``words`` are the perspectives whose words are taken, the first that a keyframe has.  Empty
    ``annotators`` and ``tags`` mean all; a keyframe whose stated confidence is below ``confidence``
    is left out.  ``by_clip`` puts a clip into the set that its split names; the others, or all, are
    dealt by ``ratio`` (train, val, test), shuffled with ``seed``.  ``decimals`` None keeps the
    values exact."""

    words: tuple[str, ...] = PERSPECTIVES
    statuses: frozenset[Status] = frozenset(STATUSES)
    annotators: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    confidence: float = 0.0
    by_clip: bool = True
    ratio: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    decimals: int | None = None

    def check(self) -> None:
        """Raise :class:`ExportError` for a choice that cannot be."""
        unknown = [name for name in self.words if name not in PERSPECTIVES]
        if unknown or not self.words:
            wrong = f"“{unknown[0]}” is not a perspective" if unknown else "no perspective is chosen"
            raise ExportError(wrong, f"choose from {', '.join(PERSPECTIVES)}")
        if len(self.ratio) != len(SETS) or min(self.ratio) < 0 or not 0 < sum(self.ratio) < float("inf"):
            raise ExportError("the shares of the sets cannot be used", "give three numbers such as 80,10,10")
        if not 0 <= self.confidence <= 1:
            raise ExportError(f"a confidence cannot be {self.confidence:g}", "choose one from 0 to 1")
        if self.decimals is not None and not 1 <= self.decimals <= 9:
            raise ExportError(f"values cannot have {self.decimals} decimals", "choose from 1 to 9")


@dataclass(frozen=True)
class Skipped:
    """A clip, or a keyframe at ``time`` (s), that is not in the data, and why."""

    clip: str
    annotator: str
    time: float | None
    why: str


@dataclass(frozen=True)
class ChannelSummary:
    """Mean, standard deviation and ends of a channel over the lines that have it, and the share of them in
    which it moves."""

    mean: float
    std: float
    min: float
    max: float
    active: float


@dataclass(frozen=True)
class SetSummary:
    """What went into one of the sets.  ``words`` counts lines by whose words they have, ``channels``
    holds those that are not 0 throughout."""

    clips: int
    sequences: int
    lines: int
    words: Mapping[str, int]
    channels: Mapping[str, ChannelSummary]


@dataclass(frozen=True)
class TrainingSummary:
    """What an export holds and what not; ``made`` is ISO 8601.  ``not_chosen`` counts clips,
    ``skipped_why`` what was skipped, by reason; the first thousand of it are in ``skipped``."""

    dataset: str
    made: str
    choice: TrainingChoice
    clips_looked_at: int
    not_chosen: int
    lines: int
    sets: Mapping[str, SetSummary]
    skipped_why: Mapping[str, int]
    skipped: tuple[Skipped, ...]

    def to_json(self) -> dict[str, Any]:
        """The object of ``summary.json``."""
        choice = asdict(self.choice)
        plain = {key: sorted(v) if isinstance(v, frozenset) else v for key, v in choice.items()}
        return {
            **asdict(self),
            "choice": {key: list(v) if isinstance(v, tuple) else v for key, v in plain.items()},
            "skipped": [asdict(skipped) for skipped in self.skipped],
        }


@dataclass
class _Set:
    """What went into one of the sets."""

    clips: set[str] = field(default_factory=set)
    sequences: int = 0
    rows: list[FloatArray] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def summary(self) -> SetSummary:
        return SetSummary(
            len(self.clips), self.sequences, len(self.rows), dict(self.words), _statistics(self.rows)
        )


def _statistics(rows: Sequence[FloatArray]) -> dict[str, ChannelSummary]:
    if not rows:
        return {}
    values = np.array(rows, np.float64)
    summaries = {}
    for name, column in zip(NAMES, values.T, strict=True):
        known = column[np.isfinite(column)]
        if known.any():
            summaries[name] = ChannelSummary(
                round(float(known.mean()), 4),
                round(float(known.std()), 4),
                round(float(known.min()), 4),
                round(float(known.max()), 4),
                round(float((np.abs(known) >= ACTIVE).mean()), 4),
            )
    return summaries


def named_set(split: str) -> str | None:
    """The set that a clip's split names, in any of the usual spellings."""
    return _NAMES_OF_SETS.get(split.strip().lower())


def deal(clips: Sequence[str], ratio: Sequence[float], seed: int) -> dict[str, str]:
    """The set of each clip: shuffled with ``seed``, then cut by ``ratio`` as nearly as whole clips
    allow.  The order of ``clips`` does not matter."""
    order = sorted(clips)
    random.Random(seed).shuffle(order)
    exact = [share / sum(ratio) * len(order) for share in ratio]
    counts = [int(size) for size in exact]
    for index in sorted(range(len(exact)), key=lambda i: counts[i] - exact[i])[: len(order) - sum(counts)]:
        counts[index] += 1
    names = [name for name, count in zip(SETS, counts, strict=True) for _ in range(count)]
    return dict(zip(order, names, strict=True))


def words_of(keyframe: Keyframe, order: Sequence[str]) -> tuple[str, str]:
    """The words of the first perspective of ``order`` that the keyframe has, and which that is; words
    about another moment do not count."""
    for name in order:
        if name == "annotator":
            text = keyframe.description
        else:
            there = keyframe.perspectives.get(name)
            text = there.text if there is not None and there.fits(keyframe.time) else ""
        if text.strip():
            return " ".join(text.split()), name
    return "", ""


def training_line(request: GenerationRequest, target: int, values: FloatArray) -> str:
    """One line of training data, without its line break."""
    answer = {"role": "assistant", "content": reply_text(values, target + 1)}
    messages = [*request_messages(request, target), answer]
    return json.dumps({"messages": messages}, ensure_ascii=False, separators=(",", ":"))


def export_training(
    dataset: Dataset,
    out: Path,
    choice: TrainingChoice | None = None,
    *,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> TrainingSummary:
    """Write ``train.jsonl``, ``val.jsonl``, ``test.jsonl`` (those that have a line) and
    ``summary.json`` into the folder ``out``, and return the summary.  They appear together when all
    is done; a set of an earlier export that is empty now is removed.

    Raises :class:`ExportError` when nothing would be in it, :class:`FileError`,
    :class:`~viewer.core.errors.Cancelled`; ``out`` is then as it was.
    """
    choice = choice or TrainingChoice()
    choice.check()
    token = cancel or CancelToken()
    return _Export(dataset, out, choice, progress, token).run()


class _Export:
    """One export that is under way."""

    def __init__(
        self, dataset: Dataset, out: Path, choice: TrainingChoice, progress: Progress, cancel: CancelToken
    ) -> None:
        self._dataset, self._out, self._choice = dataset, out, choice
        self._progress, self._cancel = progress, cancel
        self._sets = {name: _Set() for name in SETS}
        self._files: dict[str, IO[bytes]] = {}
        self._skipped: list[Skipped] = []
        self._left_out = 0

    def run(self) -> TrainingSummary:
        chosen = self._clips()
        sets = self._dealt(chosen)
        try:
            with ExitStack() as stack:
                made = missing_folders(self._out)
                self._out.mkdir(parents=True, exist_ok=True)
                stack.callback(remove_empty, made)
                stack.callback(self._drop)
                for number, clip in enumerate(chosen):
                    self._cancel.check()
                    self._progress(number, len(chosen), f"{clip.id}: {self._lines} lines")
                    for annotator_id in self._people(clip.id):
                        self._sequence(clip.id, annotator_id, sets[clip.id])
                if not self._lines:
                    raise ExportError(self._why_nothing(), "annotate more, or choose less strictly")
                summary = self._summary(len(chosen))
                self._publish(summary)
        except OSError as error:
            if isinstance(error, StudioError):
                raise
            what = f"the folder cannot be written ({error.strerror})"
            raise FileError(what, "choose another folder", self._out) from error
        return summary

    @property
    def _lines(self) -> int:
        return sum(len(one.rows) for one in self._sets.values())

    # ---- choosing ----------------------------------------------------------------------------

    def _clips(self) -> list[ClipInfo]:
        """The clips that may be in the data."""
        found = []
        for entry in self._dataset.clips:
            if entry.info is None:
                self._skip(entry.id, "", None, entry.fault.what if entry.fault else "it cannot be read")
            elif self._choice.tags and not self._choice.tags & set(entry.info.tags):
                self._left_out += 1
            else:
                found.append(entry.info)
        return found

    def _dealt(self, clips: Sequence[ClipInfo]) -> dict[str, str]:
        """The set of each clip."""
        fixed = {clip.id: named for clip in clips if (named := named_set(clip.split))}
        fixed = fixed if self._choice.by_clip else {}
        rest = [clip.id for clip in clips if clip.id not in fixed]
        return {**deal(rest, self._choice.ratio, self._choice.seed), **fixed}

    def _people(self, clip: str) -> list[str]:
        wanted = {identity(safe_name(name)) for name in self._choice.annotators}
        return [
            annotator_id
            for annotator_id in self._dataset.annotators(clip)
            if not wanted or identity(annotator_id) in wanted
        ]

    # ---- writing -----------------------------------------------------------------------------

    def _sequence(self, clip: str, annotator_id: str, name: str) -> None:
        """The lines of one annotator's keyframes of a clip."""
        try:
            loaded = self._dataset.load_clip(clip, annotator_id)
        except StudioError as fault:
            self._skip(clip, annotator_id, None, fault.what)
            return
        state = loaded.state
        if state.status not in self._choice.statuses:
            self._left_out += 1
            return
        described = self._described(state, annotator_id)
        if not described:
            return
        request = GenerationRequest(
            state.clip.background, state.clip.emotion, "", tuple(text for _, text, _ in described)
        )
        before = self._lines
        with ClipMoments(loaded) as moments:
            for target, (keyframe, _, whose) in enumerate(described):
                values = self._values(moments, keyframe, annotator_id)
                if values is not None:
                    self._write(name, training_line(request, target, values))
                    self._sets[name].rows.append(values)
                    self._sets[name].words[whose] += 1
        if self._lines > before:
            self._sets[name].sequences += 1
            self._sets[name].clips.add(clip)

    def _described(self, state: ClipState, annotator_id: str) -> list[tuple[Keyframe, str, str]]:
        """The keyframes of the sequence, with their words and whose they are."""
        found = []
        for keyframe in state.keyframes:
            text, whose = words_of(keyframe, self._choice.words)
            if text:
                found.append((keyframe, text, whose))
            else:
                self._skip(state.clip.id, annotator_id, keyframe.time, "it has no words")
        return found

    def _values(self, moments: ClipMoments, keyframe: Keyframe, annotator_id: str) -> FloatArray | None:
        """The answer for a keyframe; None, with the reason noted, where it has none."""
        clip = moments.state.clip.id
        if keyframe.confidence is not None and keyframe.confidence < self._choice.confidence:
            self._skip(clip, annotator_id, keyframe.time, "its confidence is too low")
            return None
        try:
            values = moments.values(keyframe, self._cancel)
        except StudioError as fault:
            # The time has a place of its own, and reasons are counted.
            self._skip(clip, annotator_id, keyframe.time, _AT.sub("", fault.what))
            return None
        values = np.clip(values, _LOW, _HIGH)
        if self._choice.decimals is not None:
            values = np.round(values, self._choice.decimals)
        # What was never measured is left out of the answer: 0 would be taught as rest.
        values = np.where(moments.unmeasured(), np.float32(np.nan), values)
        # Without the minus of a zero.
        return np.asarray(values + np.float32(0.0), np.float32)

    def _write(self, name: str, line: str) -> None:
        if name not in self._files:
            # Closed, renamed or removed by those who end the export.
            path = self._out / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
            self._files[name] = path.open("xb")
        self._files[name].write(line.encode("utf-8", "replace") + b"\n")

    def _publish(self, summary: TrainingSummary) -> None:
        self._cancel.check()
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for name in SETS:
            path = self._out / f"{name}.jsonl"
            if name in self._files:
                rename_when_free(Path(self._files[name].name), path)
            else:
                # Lines of an earlier export would pass for a part of this one.
                path.unlink(missing_ok=True)
        sync_folder(self._out)
        atomic_write(self._out / SUMMARY, json.dumps(summary.to_json(), ensure_ascii=False, indent=2) + "\n")

    def _drop(self) -> None:
        for file in self._files.values():
            file.close()
            Path(file.name).unlink(missing_ok=True)

    # ---- telling -----------------------------------------------------------------------------

    def _skip(self, clip: str, annotator_id: str, time: float | None, why: str) -> None:
        self._skipped.append(Skipped(clip, annotator_id, time, why))

    def _why_nothing(self) -> str:
        counts = Counter(skipped.why for skipped in self._skipped)
        most = counts.most_common(1)
        told = f"; most often: {most[0][0]}" if most else ""
        return f"there is no keyframe to train on{told}"

    def _summary(self, clips: int) -> TrainingSummary:
        reasons = Counter(skipped.why for skipped in self._skipped)
        return TrainingSummary(
            dataset=self._dataset.name,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            choice=self._choice,
            clips_looked_at=clips,
            not_chosen=self._left_out,
            lines=self._lines,
            sets={name: one.summary() for name, one in self._sets.items()},
            skipped_why=dict(reasons.most_common()),
            skipped=tuple(self._skipped[:_MOST_SKIPPED]),
        )
