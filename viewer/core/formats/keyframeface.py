"""KeyframeFace (arXiv 2512.11321) result JSONL: one reply of the model a line, 61 values each.

The model predicts no times: a file is read as one keyframe a second, as the released converter
does, but with times that stay right after the first minute.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, NAMES, match
from viewer.core.errors import TrackError
from viewer.core.files import atomic_write, read_text
from viewer.core.formats.beat import shortest
from viewer.core.formats.table import count_words, head_text, lines_of
from viewer.core.track import BoolArray, FloatArray, Track

_REPLY_LIMIT = 200_000
_MAX_TRIES = 2000
_MAX_DEPTH = 8
_NAMED_LIMIT = 6
_KEYED_STEP = 0.5 - 1e-6
"""Seconds between frames from which on a track is taken for a row of keyframes: half a second,
which the times of a file give only up to rounding."""

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen""".split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_KEYFRAME_KEY = re.compile(r"key[\s_-]*frame[\s_-]*\w", re.IGNORECASE)
_FILE_KEYS = re.compile(
    r'"(response|messages|choices|role|arkit)"\s*:|\\?"(key[\s_-]*frame[\s_-]*\w+|(eye|jaw|mouth|brow)\w+)\\?"\s*:',
    re.IGNORECASE,
)
_BLANK = np.full(CHANNEL_COUNT, np.nan, np.float32)
_NOTHING = np.zeros(CHANNEL_COUNT, bool)
_FLUFF = re.compile(r"[“”„]")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BARE_POINT = re.compile(r"(:\s*)([+-]?)(\.\d)")
_PLUS = re.compile(r"(:\s*)\+(?=[\d.])")


@dataclass(frozen=True)
class ParsedReply:
    """The values of one reply.  ``values`` (61,) float32 in CSV order, 0 where the reply lacks a
    channel; ``present`` (61,) bool; ``keyframe_name`` the key around them, e.g. Keyframe_one, or
    None for bare values; ``notes`` what was odd, in words."""

    values: FloatArray
    present: BoolArray
    keyframe_name: str | None
    notes: tuple[str, ...] = ()


def parse_reply(text: str) -> ParsedReply:
    """Find the 61 values in the text of a reply: one balanced JSON object, bare or under
    ``Keyframe_…``, nested or not, after any prose, thoughts or Markdown.  Of several objects the
    one with most channels counts, of equals the last.  Values are as given, never clamped.

    Raises :class:`TrackError` when no object names a channel with a number.
    """
    notes: list[str] = []
    text = text[-_REPLY_LIMIT:]
    if not text.strip():
        raise TrackError("the reply is empty", "generate this keyframe again")
    found = _best(_objects(text)) or _best(_objects(_unquoted(text))) or _best(_objects(_mended(text)))
    if found is None:
        cut = text.count("{") > text.count("}")
        raise TrackError(
            "the reply stops in the middle" if cut else "the reply holds no JSON with channel values",
            "allow longer answers and generate it again" if cut else "generate this keyframe again",
        )
    keyframe_name, pairs = _one_keyframe(found, notes)
    values = np.zeros(CHANNEL_COUNT, np.float32)
    present = np.zeros(CHANNEL_COUNT, bool)
    foreign, refused, outside = [], [], []
    for key, raw in pairs:
        channel = match(key)
        if channel is None:
            foreign.append(key)
            continue
        value = _number(raw)
        if value is None:
            refused.append(key)
            continue
        if present[channel.index] and values[channel.index] != value:
            notes.append(f"{channel.name} is given twice; the last value counts")
        values[channel.index] = value
        present[channel.index] = True
        if not channel.low <= value <= channel.high:
            outside.append(f"{channel.name} {value:g}")
    if not present.any():
        raise TrackError("none of the reply's values is a number", "generate this keyframe again")
    missing = [name for name, here in zip(NAMES, present, strict=True) if not here]
    for names, what in (
        (refused, "not a number"),
        (missing, "missing"),
        (outside, "outside its range"),
        (foreign, "unknown"),
    ):
        if names:
            notes.append(f"{what}: {_some(names)}")
    for array in (values, present):
        array.setflags(write=False)
    return ParsedReply(values, present, keyframe_name, tuple(notes))


def number_words(number: int) -> str:
    """``one`` … ``twenty_one`` … ``one_hundred_one``, as the keys of replies spell numbers.
    Takes 0 to 999,999."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"_{_ONES[ones]}" if ones else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    many, rest = divmod(number, size)
    return f"{number_words(many)}_{name}" + (f"_{number_words(rest)}" if rest else "")


def reply_text(values: npt.ArrayLike, number: int) -> str:
    """What the model would have answered for keyframe ``number`` (from 1): compact JSON of 61
    values under ``Keyframe_<word>``, byte for byte in the paper's layout; a channel that is NaN is left
    out."""
    row = np.asarray(values, np.float32)
    pairs = {name: shortest(value) for name, value in zip(NAMES, row, strict=True) if not np.isnan(value)}
    return json.dumps({f"Keyframe_{number_words(number)}": pairs}, separators=(",", ":"))


def result_line(values: npt.ArrayLike, number: int) -> str:
    """One line of a result file, without its line break: ``{"response":"…"}``."""
    return json.dumps({"response": reply_text(values, number)}, separators=(",", ":"))


def failed_line(error: str) -> str:
    """The line of a request that got no answer: ``{"response":"","error":"…"}``."""
    return json.dumps({"response": "", "error": error}, ensure_ascii=False, separators=(",", ":"))


def looks_like_reply(text: str) -> bool:
    """True when the first lines of a file have the keys of results, requests or replies."""
    return _FILE_KEYS.search(text[:20_000]) is not None


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read a result JSONL as one keyframe a second; a failed or unreadable line is an invalid
    frame.  A channel that a keyframe leaves out runs on between those that name it, and one that
    none names is missing: neither is 0.  Also reads assistant messages, server answers and one JSON
    object with all keyframes.

    Raises :class:`~viewer.core.errors.FileError`, :class:`TrackError` (also for a file of mere
    requests), :class:`~viewer.core.errors.Cancelled`.
    """
    text = read_text(path)
    head_text(text[:4096].encode("utf-8", "replace"), path)
    notes: list[str] = []
    replies, requests = _replies(text, cancel)
    rows: list[ParsedReply | None] = []
    reasons: list[str] = []
    for at, reply in enumerate(replies):
        if cancel is not None:
            cancel.check()
        try:
            if isinstance(reply, _Failed):
                raise TrackError(reply[:200], "generate this keyframe again")
            parsed = parse_reply(reply)
        except TrackError as fault:
            reasons.append(f"keyframe {at + 1}: {fault.what}")
            rows.append(None)
            continue
        notes.extend(f"keyframe {at + 1}: {_told(note)}" for note in parsed.notes)
        rows.append(parsed)
    if not any(row is not None for row in rows):
        if requests:
            raise TrackError(
                f"holds {count_words(requests, 'request')} and no answer", "generate the answers first", path
            )
        raise TrackError(
            reasons[0] if reasons else "there is no reply in it", "choose a KeyframeFace result file", path
        )
    notes[:0] = [f"{reason}; treated as a frame without a face" for reason in reasons]
    values, present = _values(rows)
    return Track.build(
        np.arange(len(rows), dtype=np.float64),
        values,
        present=present,
        name=path.stem,
        format="keyframeface",
        meta={"notes": notes, "keyframes": True},
    )


def fitted(track: Track, path: Path) -> Track:
    """The keyframes of a track, one a second, as the format knows them.  A track of keyframes (half a
    second or more apart, or marked ``meta["keyframes"]``) keeps every frame; of a denser one there
    is the frame at each whole second."""
    seconds = np.arange(int(track.times[-1] + 1e-6) + 1)
    keyed = len(track) == 1 or track.frame_step >= _KEYED_STEP or track.meta.get("keyframes") is True
    frames = np.arange(len(track)) if keyed else np.array([track.frame_at(float(s)) for s in seconds])
    times = np.arange(frames.size, dtype=np.float64)
    return track.replaced(times=times, values=track.values[frames], valid=track.valid[frames])


def left_out(asked: Track, fitted: Track, path: Path) -> tuple[str, ...]:
    """What of the track that was asked for has no place in the file."""
    if len(fitted) < len(asked):
        return (f"the format holds one frame per second: {len(fitted)} of {len(asked)} were written",)
    if not np.array_equal(fitted.times, asked.times):
        return ("the format knows no times: its keyframes are read as one per second",)
    return ()


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write a result JSONL, a line for each frame of a :func:`fitted` track.  A lost frame is a failed
    line.

    Raises :class:`~viewer.core.errors.FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    lines = []
    for number, (row, ok) in enumerate(zip(track.values, track.valid, strict=True), start=1):
        if cancel is not None:
            cancel.check()
        lines.append(result_line(row, number) if ok else failed_line("no face was detected"))
    atomic_write(path, "\n".join(lines) + "\n")


def _values(rows: list[ParsedReply | None]) -> tuple[FloatArray, BoolArray]:
    """Values (F, 61), NaN for rows without an answer, and the channels (61,) that any row names."""
    values: FloatArray = np.array([_BLANK if row is None else row.values for row in rows])
    named = np.array([_NOTHING if row is None else row.present for row in rows])
    answered = np.array([row is not None for row in rows])
    present: BoolArray = np.any(named, axis=0, keepdims=True)[0]
    at = np.arange(len(rows))
    for channel in np.flatnonzero(present & ~named[answered].all(axis=0)):
        here, left_out = named[:, channel], answered & ~named[:, channel]
        values[left_out, channel] = np.interp(at[left_out], at[here], values[here, channel])
    return values, present


def _told(note: str) -> str:
    """A note on a reply, as it is said of a keyframe of a track."""
    if not note.startswith("missing"):
        return note
    return f"{note}; not 0, but as in the keyframes around it, where these name them"


def _replies(text: str, cancel: CancelToken | None) -> tuple[list[str], int]:
    """The reply texts of a file in order, and how many mere requests it holds."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict):
        keyed = [{key: value} for key, value in whole.items() if _KEYFRAME_KEY.match(key)]
        documents: list[Any] = keyed if len(keyed) > 1 else [whole]
    elif isinstance(whole, list):
        documents = whole
    else:
        documents = []
        for line in lines_of(text):
            if cancel is not None:
                cancel.check()
            if line.strip():
                try:
                    documents.append(json.loads(line))
                except (ValueError, RecursionError):
                    documents.append(line)
    replies = [_reply_of(document) for document in documents]
    return [reply for reply in replies if reply is not None], sum(reply is None for reply in replies)


def _reply_of(document: Any) -> str | None:
    """The reply within one line's JSON; None for a request without an answer.  A failed line's
    own words come as :class:`_Failed`."""
    if isinstance(document, str):
        return document
    if not isinstance(document, dict):
        return ""
    if not document.get("response") and isinstance(document.get("error"), str):
        return _Failed(document["error"])
    if "response" in document:
        return _as_text(document["response"])
    choices = document.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return _reply_of(choices[0].get("message"))
    messages = document.get("messages")
    if isinstance(messages, list):
        answers = [m for m in messages if isinstance(m, dict) and m.get("role") == "assistant"]
        return _as_text(answers[-1].get("content")) if answers else None
    if "role" in document and "content" in document:
        return _as_text(document["content"]) if document["role"] == "assistant" else None
    return _as_text(document)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class _Failed(str):
    """Why a request got no answer."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs in order, so that a key given twice is seen."""


def _objects(text: str) -> list[_Pairs]:
    """Every outermost balanced JSON object in the text."""
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=float)
    found: list[_Pairs] = []
    at = text.find("{")
    for _ in range(_MAX_TRIES):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    return found


def _best(objects: list[_Pairs]) -> _Pairs | None:
    counted = [(sum(match(key) is not None for key, _ in _flat(o)), at) for at, o in enumerate(objects)]
    most = max(counted, default=(0, 0))
    return objects[most[1]] if most[0] else None


def _flat(pairs: _Pairs, depth: int = 0) -> list[tuple[str, Any]]:
    """All pairs of an object and of those within it, in order."""
    out: list[tuple[str, Any]] = []
    for key, value in pairs:
        if not isinstance(value, _Pairs):
            out.append((key, value))
        elif depth < _MAX_DEPTH:
            out.extend(_flat(value, depth + 1))
    return out


def _one_keyframe(found: _Pairs, notes: list[str]) -> tuple[str | None, list[tuple[str, Any]]]:
    """The name of the keyframe in an object, and its pairs; the first one where there are several."""
    keyed = [
        (key, value)
        for key, value in found
        if _KEYFRAME_KEY.match(key) and isinstance(value, _Pairs) and _best([value]) is not None
    ]
    if not keyed:
        return None, _flat(found)
    if len(keyed) > 1:
        notes.append(f"{len(keyed)} keyframes in one reply; {keyed[0][0]} was taken")
    return keyed[0][0], _flat(keyed[0][1])


def _number(raw: Any) -> np.float32 | None:
    """A float32, or None for what is no finite number of that size."""
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            return None
    if not isinstance(raw, float):
        return None
    with np.errstate(over="ignore"):
        value = np.float32(raw)
    return value if np.isfinite(value) else None


def _unquoted(text: str) -> str:
    """A reply that was itself written as a JSON string."""
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return inner if isinstance(inner, str) else ""


def _mended(text: str) -> str:
    """Without the slips that models make: trailing commas, typographic quotes, ``.3``, ``+0.3``."""
    text = _PLUS.sub(r"\1", _FLUFF.sub('"', _TRAILING_COMMA.sub(r"\1", text)))
    return _BARE_POINT.sub(r"\1\g<2>0\3", text)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED_LIMIT]) + (", …" if len(names) > _NAMED_LIMIT else "")
