"""JSON that lists frames with named weights: MediaPipe's results, Audio2Face's Live Link stream,
rows of names and a time, one object a line, one list a name.

There is no one layout.  A frame is whatever object lies in the document's list, or under its numbers;
its faces, times and frame numbers are found in it by their names, at any depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.cancel import CancelToken
from viewer.core.channels import match
from viewer.core.errors import TrackError
from viewer.core.files import read_text
from viewer.core.formats import json_file
from viewer.core.formats.rows import FOREIGN_SHOWN, NEUTRAL, UNIT_NAMES, Beside, Rows, is_person, to_track
from viewer.core.formats.table import lines_of
from viewer.core.limits import JSON_TRACK_BYTES
from viewer.core.track import Track

_FRAME_LISTS = (
    "frames rows data results samples records timeline framedata keyframes blendshapes weights".split()
)
_RATES = frozenset("fps framerate framespersecond exportfps samplerate rate".split())
_LABELS = ("categoryName", "category_name", "displayName", "name", "label", "key", "shape", "blendshape")
_SCORES = ("score", "value", "weight", "coefficient")
_SKIPPED = re.compile(r"landmark|matri|vert|mesh|transform|position|rotation|quaternion", re.IGNORECASE)
_A_FACE = 3
"""Named weights from which on an object in a list is a face by itself."""
_DEPTH = 6

_REPLY = re.compile(
    r'"(response|messages|choices|role)"\s*:|\\?"key[\s_-]*frame[\s_-]*\w+\\?"\s*:', re.IGNORECASE
)
_TIMED = re.compile(
    r'"(time|times|timestamps?|time[\s_-]?\w*|timestamp\w*|frames?|frame[\s_-]?(id|index|idx|number|rate)|'
    r'(face_?)?blendshapes|category_?name|facial|fps)"\s*:',
    re.IGNORECASE,
)
_LISTED = re.compile(r":\s*\[\s*\{")
_BARE = re.compile(r'"(eye|jaw|mouth|brow)\w+"\s*:\s*(?P<list>\[)?', re.IGNORECASE)
_LOWER = re.compile(r'"(eye|jaw|mouth|brow)\w+"\s*:')
_ROTATION = re.compile(r'"(head|lefteye|righteye)_?(yaw|pitch|roll)"', re.IGNORECASE)


def looks_like_rows(text: str) -> bool:
    """Whether the beginning of a JSON text is rather a list of frames than replies of a model, which
    have no times."""
    head = text[:20_000]
    if _REPLY.search(head):
        return False
    bare = _BARE.search(head)
    if _TIMED.search(head) and (bare or '"' in head):
        return True
    if bare is None:
        return False
    several_lines = "\n{" in head.strip()
    return bool(
        head.lstrip().startswith("[")
        or _LISTED.search(head[: bare.start()])
        or bare["list"]
        or (several_lines and _LOWER.search(head) and not _ROTATION.search(head))
    )


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read the frames of a JSON document, or of one object a line.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError` where it lists no frames with
    named weights, :class:`~viewer.core.errors.Cancelled`.
    """
    document = _load(path)
    listed = _frames(document)
    rows = _Collected(names=listed.names)
    for at, frame in enumerate(listed.frames):
        if cancel is not None and at % 200 == 0:
            cancel.check()
        rows.add(frame)
    if not rows.channels:
        raise TrackError(
            "is JSON, but lists no frames with named weights",
            "choose a track: frames with a time and ARKit's names",
            path,
        )
    return to_track(replace(rows.finished(path, listed.fps), pose_unit=_pose_unit(document)), "jsonrows")


def _load(path: Path) -> Any:
    try:
        return json_file.load(path)
    except TrackError as fault:
        cause = fault.__cause__
        if not isinstance(cause, json.JSONDecodeError) or cause.msg != "Extra data":
            raise
        lines = [line for line in lines_of(read_text(path, JSON_TRACK_BYTES)) if line.strip()]
        if len(lines) < 2 or not lines[1].lstrip().startswith(("{", "[")):
            raise
    frames: list[Any] = []
    for line in lines:
        try:
            frames.append(json.loads(line, parse_int=float))
        except (ValueError, RecursionError):
            # A line that was cut is a frame without values.
            frames.append({})
    return frames


# ---- where the frames are ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Listed:
    frames: list[Any]
    names: list[str] = field(default_factory=list)
    fps: float | None = None


def _frames(document: Any, depth: int = 0) -> _Listed:
    if isinstance(document, list):
        return _Listed(document)
    if not isinstance(document, dict) or depth > _DEPTH:
        return _Listed([])
    fps = _rate(document)
    names: list[str] = next((value for value in document.values() if _is_names(value)), [])
    if len(document) > 1 and all(key.isdigit() for key in document):
        return _Listed([document[key] for key in sorted(document, key=int)], names, fps)
    if sum(match(key) is not None and isinstance(value, list) for key, value in document.items()) >= _A_FACE:
        return _Listed(_turned(document), [], fps)
    lists = [key for key, value in document.items() if isinstance(value, list) and not _is_names(value)]
    known = [key for wanted in _FRAME_LISTS for key in lists if _plain(key) == wanted]
    for key in (*known, *sorted(lists, key=lambda each: -len(document[each]))):
        value = document[key]
        if value and isinstance(value[0], dict | list):
            return _Listed(_with_times(value, document, key), names, fps)
    for value in document.values():
        found = _frames(value, depth + 1) if isinstance(value, dict) else _Listed([])
        if len(found.frames) > 1:
            return _Listed(found.frames, found.names or names, found.fps or fps)
    return _Listed([document])


def _turned(columns: Mapping[str, Any]) -> list[Any]:
    """Frames of a document that has a list for each name."""
    lists = {key: value for key, value in columns.items() if isinstance(value, list)}
    longest = max(len(value) for value in lists.values())
    return [{key: value[at] for key, value in lists.items() if at < len(value)} for at in range(longest)]


def _with_times(frames: list[Any], document: Mapping[str, Any], taken: str) -> list[Any]:
    """Frames with the times that lie in a list of their own beside them."""
    beside = {
        key: value
        for key, value in document.items()
        if key != taken and isinstance(value, list) and len(value) == len(frames) and _is_beside(key)
    }
    if not beside:
        return frames
    return [
        {"frame values": frame, **{key: value[at] for key, value in beside.items()}}
        for at, frame in enumerate(frames)
    ]


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= _A_FACE and all(isinstance(each, str) for each in value)


def _rate(value: Any, depth: int = 0) -> float | None:
    """The frame rate that stands in an object or in one within it."""
    if not isinstance(value, dict) or depth > 3:
        return None
    for key, each in value.items():
        if _plain(key) in _RATES and isinstance(each, float) and 0.1 <= each <= 1000:
            return each
    return next((found for each in value.values() if (found := _rate(each, depth + 1))), None)


def _pose_unit(value: Any, depth: int = 0) -> str | None:
    """The unit of rotations that a document states, or its first frame."""
    if isinstance(value, list) and value:
        return _pose_unit(value[0], depth + 1)
    if not isinstance(value, dict) or depth > 3:
        return None
    for key, each in value.items():
        if key.lower() in UNIT_NAMES and isinstance(each, str):
            return each
    return next((found for each in value.values() if (found := _pose_unit(each, depth + 1))), None)


def _is_beside(name: str) -> bool:
    """Whether a value of this name is no weight but read."""
    return Beside().of(name) is not None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


# ---- what a frame holds --------------------------------------------------------------------------


@dataclass
class _Face:
    """Weights by channel, and what else was said in the same object, by name."""

    weights: dict[int, float] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Collected:
    """The faces of all frames, one after the other."""

    names: list[str]
    faces: list[_Face] = field(default_factory=list)
    channels: dict[int, None] = field(default_factory=dict)
    foreign: dict[str, None] = field(default_factory=dict)
    fps: float | None = None
    several: bool = False

    def add(self, frame: Any) -> None:
        """A frame: a row for each of its faces, a hollow one where it has none."""
        whole = _Face()
        faces = [*self._faces(frame, whole, 0)]
        if whole.weights or not faces:
            faces.insert(0, _Face(whole.weights))
        self.several |= len(faces) > 1
        for number, face in enumerate(faces):
            helpers = {**whole.helpers, **face.helpers}
            if not any(map(is_person, helpers)):
                helpers["face"] = str(number)
            self.faces.append(_Face(face.weights, helpers))
        if self.fps is None and len(self.faces) == len(faces):
            self.fps = _rate(frame)
        for face in faces:
            self.channels.update(dict.fromkeys(face.weights))

    def _faces(self, value: Any, into: _Face, depth: int) -> Iterator[_Face]:
        """Put what belongs to the frame itself into ``into``; yield each face of a list of faces."""
        if depth > _DEPTH:
            return
        if isinstance(value, dict):
            for name, weight in _pairs(value, self.names):
                self._set(into, name, weight)
            for key, each in value.items():
                if isinstance(each, dict | list) and not _SKIPPED.search(key):
                    yield from self._faces(each, into, depth + 1)
                elif not isinstance(each, dict | list) and each is not None and _is_beside(key):
                    into.helpers.setdefault(key, _text(each))
        elif isinstance(value, list):
            for name, weight in _listed_pairs(value, self.names):
                self._set(into, name, weight)
            for each in value:
                if not isinstance(each, dict | list):
                    continue
                one = _Face()
                within = list(self._faces(each, one, depth + 1))
                if len(one.weights) >= _A_FACE:
                    yield one
                else:
                    into.weights.update(one.weights)
                yield from within

    def _set(self, face: _Face, name: str, weight: float) -> None:
        channel = match(name)
        if channel is not None:
            face.weights.setdefault(channel.index, weight)
        elif name != NEUTRAL:
            self.foreign[name] = None

    def finished(self, path: Path, fps: float | None) -> Rows:
        """All of it as rows."""
        at = {channel: column for column, channel in enumerate(self.channels)}
        cells = np.full((len(self.faces), len(at)), np.nan)
        for row, face in enumerate(self.faces):
            if face.weights:
                cells[row, [at[channel] for channel in face.weights]] = list(face.weights.values())
        names = dict.fromkeys(name for face in self.faces for name in face.helpers)
        beside = Beside()
        for name in names:
            column = beside.of(name)
            if column is not None and (self.several or name != "face"):
                column.append((name, [face.helpers.get(name, "") for face in self.faces]))
        foreign = list(self.foreign) if len(self.foreign) <= FOREIGN_SHOWN else []
        return Rows(path, [*self.channels], cells, beside, fps=fps or self.fps, foreign=foreign)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, float)


def _pairs(value: Mapping[str, Any], names: list[str]) -> Iterator[tuple[str, float]]:
    """The named weights that stand in an object itself: a name and a score, names as its keys, or a
    list of names beside one of numbers."""
    label = next((value[key] for key in _LABELS if isinstance(value.get(key), str)), None)
    score = next((value[key] for key in _SCORES if _number(value.get(key))), None)
    if label is not None and score is not None:
        yield label, score
        return
    known = any(_number(each) and match(key) is not None for key, each in value.items())
    for key, each in value.items():
        if known and _number(each) and not _is_beside(key) and _plain(key) not in _RATES:
            yield key, each
    own = next((each for each in value.values() if _is_names(each)), names)
    for each in value.values():
        yield from _listed_pairs(each, own)


def _listed_pairs(value: Any, names: list[str]) -> Iterator[tuple[str, float]]:
    """The weights of a list of as many numbers as there are names."""
    if names and isinstance(value, list) and len(value) == len(names) and all(map(_number, value)):
        yield from zip(names, value, strict=True)
