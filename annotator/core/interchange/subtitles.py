"""Subtitles: SRT and WebVTT, one file an annotator and kind of mark.

A cue ends at an empty line, and a text may hold one: in WebVTT such line ends are written as character
references, in SRT an empty line gets an invisible character (a zero-width space).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from annotator.core.change_summary import counted
from annotator.core.interchange.marks import (
    ClipMarks,
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    Kind,
    LeftOut,
    Losses,
    PersonMarks,
    Target,
    Tier,
)
from annotator.core.interchange.tables import encodable
from viewer.core.errors import FileError
from viewer.core.files import decode_text

TITLE = "a subtitle file"

_LONGEST = 2.0
"""Seconds that the cue of a keyframe stays at most."""

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:[ \t].*)?")
_OWN_NAME = re.compile(r"(.+)\.(keyframes|emotions)", re.DOTALL)
_TAG_NAME = r"/?(?:v|i|b|u|s|c|font|lang|ruby|rt|\d+:\d\d)(?=[\s.>:])"
_TAG = re.compile(rf"<{_TAG_NAME}[^<>]*>", re.IGNORECASE)
_SRT_TAG = re.compile(rf"{_TAG.pattern}|\{{\\an?\d+[^}}]*\}}", re.IGNORECASE)
_JOINED = re.compile(rf"([<{{])(\u2060*)(?={_TAG_NAME}|\\a)", re.IGNORECASE)
_BLANK = re.compile("\u200b*")
_WHY_CHARACTERS = "text files cannot hold zero characters and halves of surrogate pairs"


# ---- reading ---------------------------------------------------------------------------------


def read_subtitles(path: Path, data: bytes) -> ForeignFile:
    """The cues of an SRT or WebVTT file.

    Raises :class:`FileError` for what has none.
    """
    text = decode_text(data, path).removeprefix("\ufeff")
    is_vtt = text.startswith("WEBVTT")
    left_out: list[LeftOut] = []
    marks, tags = [], 0
    own = _OWN_NAME.fullmatch(path.stem)
    for start, end, words in _cues(text, is_vtt, own is not None, left_out):
        words, dropped = _plain(words, is_vtt)
        tags += dropped
        marks.append(ForeignMark(start, end, words))
    if not marks and not is_vtt and text.strip():
        raise FileError(
            "holds no subtitles", "choose an .srt or .vtt, or name the format with --format", path
        )
    if not text.strip() and own is None:
        raise FileError("is empty", "choose another file", path)
    if tags:
        why = "they are formatting, not text"
        left_out.append(LeftOut(f"{counted(tags, 'tag')} within the text, as <i> or <v>", why))
    marks.sort(key=lambda mark: (mark.start, mark.end or 0.0))
    kind: Kind | None = None if own is None else "keyframes" if own[2] == "keyframes" else "emotions"
    if kind == "keyframes":
        marks = [ForeignMark(mark.start, None, mark.words) for mark in marks]
    tier = Tier(kind or "cues", tuple(marks), kind)
    form = "vtt" if is_vtt else "srt"
    return ForeignFile(path, form, (ForeignMarks(tiers=(tier,)),), tuple(left_out))


def _cues(
    text: str, is_vtt: bool, is_own: bool, left_out: list[LeftOut]
) -> Iterator[tuple[float, float, str]]:
    # Lines are told apart as the first one ends, so that a text may hold the other kinds of line ends.
    head = text.partition("\n")[0]
    if "\n" not in text:
        text = text.replace("\r", "\n")
    elif head.endswith("\r"):
        text = text.replace("\r\n", "\n")
    if not is_own:
        # Some programs leave a blank in empty lines.
        text = re.sub(r"(?m)^[ \t]+$", "", text)
    if is_vtt:
        text = text.partition("\n\n")[2]
    for block in re.split(r"\n{2,}", text.strip("\n")):
        lines = block.split("\n")
        at = next((place for place, line in enumerate(lines[:2]) if _TIMING.fullmatch(line)), None)
        if at is None:
            if is_vtt and re.match(r"(NOTE|STYLE|REGION)(\s|$)", lines[0]):
                continue
            if block.strip():
                left_out.append(LeftOut(f"“{lines[0][:40]}”", "it is no cue: it has no times"))
            continue
        found = _TIMING.fullmatch(lines[at])
        assert found is not None
        start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
        yield start, end, "\n".join(lines[at + 1 :])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _plain(text: str, is_vtt: bool) -> tuple[str, int]:
    """The text without tags, and how many there were."""
    text, dropped = (_TAG if is_vtt else _SRT_TAG).subn("", text)
    if is_vtt:
        return html.unescape(text) if "&" in text else text, dropped
    lines = [line[1:] if line and _BLANK.fullmatch(line) else line for line in text.split("\n")]
    text = _JOINED.sub(lambda found: found[1] + found[2][1:], "\n".join(lines))
    return text, dropped


# ---- writing ---------------------------------------------------------------------------------


def write_subtitles(
    suffix: str,
) -> Callable[[Iterable[ClipMarks], Losses, Target], Iterator[tuple[str, bytes]]]:
    """What writes files of ``srt`` or ``vtt``, two an annotator."""
    is_vtt = suffix == "vtt"

    def write(clips: Iterable[ClipMarks], losses: Losses, _target: Target) -> Iterator[tuple[str, bytes]]:
        for clip in clips:
            for person in clip.people:
                odd = [0]
                for kind, cues in (("keyframes", _keyframes(person)), ("emotions", _spans(person))):
                    text = "".join(_cue(number, *cue, is_vtt, odd) for number, cue in enumerate(cues, 1))
                    head = "WEBVTT\n\n" if is_vtt else ""
                    yield f"{clip.id}.{person.name}.{kind}.{suffix}", (head + text).encode()
                losses.tell_fields(clip.id, person)
                losses.tell_unwritable(clip.id, person.name, odd[0], _WHY_CHARACTERS)

    return write


def _keyframes(person: PersonMarks) -> Iterator[tuple[int, int, str]]:
    times = [keyframe.time for keyframe in person.keyframes]
    # The last one has none after it.
    for keyframe, following in zip(person.keyframes, [*times[1:], float("inf")], strict=False):
        start = round(keyframe.time * 1000)
        end = round(min(following, keyframe.time + _LONGEST) * 1000)
        yield start, max(end, start + 1), keyframe.description


def _spans(person: PersonMarks) -> Iterator[tuple[int, int, str]]:
    for span in person.spans:
        start = round(span.start * 1000)
        yield start, max(round(span.end * 1000), start + 1), span.label


def _cue(number: int, start: int, end: int, text: str, is_vtt: bool, odd: list[int]) -> str:
    held = encodable(text)
    odd[0] += held != text
    point = "." if is_vtt else ","
    written = _vtt_text(held) if is_vtt else _srt_text(held)
    return f"{number}\n{_clock(start, point)} --> {_clock(end, point)}\n{written}\n\n"


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{rest:03d}"


def _vtt_text(text: str) -> str:
    # Only what stands between two lines with text may be a line end.
    text = html.escape(text, quote=False).replace("\r", "&#13;")
    return re.sub(r"^\n+|\n+$|\n{2,}", lambda found: "&#10;" * len(found[0]), text)


def _srt_text(text: str) -> str:
    text = _JOINED.sub(lambda found: f"{found[1]}\u2060{found[2]}", text)
    if not text:
        return ""
    return "\n".join(f"\u200b{line}" if _BLANK.fullmatch(line) else line for line in text.split("\n"))
