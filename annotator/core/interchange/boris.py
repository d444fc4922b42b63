"""Projects of BORIS (.boris), formats 4 to 7 and later; 7.0 is written.

An event is ``[time, subject, code, modifier, comment]``, in newer versions with a frame more.  Of a state
event the first is its start and the next of the same code and subject its stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from annotator.core.change_summary import counted
from annotator.core.interchange.json_text import decode_json, encode_json, listed, mapping, text
from annotator.core.interchange.marks import (
    KEYFRAME,
    ClipMarks,
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    LeftOut,
    Losses,
    Medium,
    PersonMarks,
    Target,
    Tier,
    code_of,
    intensity_of,
    label_of,
    number_of,
)
from annotator.core.model import EmotionSpan
from viewer.core.errors import FileError

TITLE = "BORIS"

_CATEGORY = "emotion"
"""The category of the behaviours that are labels of ours."""

_WHAT = "BORIS project"


# ---- reading ---------------------------------------------------------------------------------


def read_boris(path: Path, data: bytes) -> ForeignFile:
    """The observations of a project.

    Raises :class:`FileError` for what is no project.
    """
    project = mapping(decode_json(data, path, _WHAT))
    if not isinstance(project.get("observations"), dict):
        raise FileError("is no BORIS project", "choose a .boris, or name the format with --format", path)
    states, own = set[str](), set[str]()
    for behaviour in mapping(project.get("behaviors_conf")).values():
        code = text(mapping(behaviour).get("code"))
        if text(mapping(behaviour).get("type")).lower().startswith("state"):
            states.add(code)
            if mapping(behaviour).get("category") == _CATEGORY:
                own.add(code)
    sets = [
        _observation(name, mapping(observation), states, own)
        for name, observation in project["observations"].items()
    ]
    return ForeignFile(path, "boris", tuple(sets))


def split_name(observation: str) -> tuple[str, str]:
    """Clip and annotator of an observation of ours; of another one no clip and its whole name."""
    clip, sign, who = observation.partition("@")
    return (clip, who) if sign and clip and who else ("", observation)


def _observation(name: str, observation: Mapping[str, Any], states: set[str], own: set[str]) -> ForeignMarks:
    clip, who = split_name(name)
    left_out: list[LeftOut] = []
    events: list[tuple[float, str, str, str, str]] = []
    for raw in listed(observation.get("events")):
        parts = raw if isinstance(raw, list) else []
        time = number_of(parts[0]) if len(parts) >= 3 else None
        if time is None:
            left_out.append(LeftOut(f"an event of “{name}”", "its time is no number"))
            continue
        subject, code, modifier, comment = [text(part) for part in (*parts[1:5], "", "")][:4]
        events.append((time, subject, code, modifier, comment))
    events.sort(key=lambda event: event[0])
    tiers = paired(events, states, own, left_out)
    return ForeignMarks(who, clip, tuple(_media(observation)), tiers, left_out=tuple(left_out))


def _media(observation: Mapping[str, Any]) -> Iterator[Medium]:
    """The files of each player, one after the other, on the clock of the events."""
    info = mapping(observation.get("media_info"))
    lengths, offsets = mapping(info.get("length")), mapping(info.get("offset"))
    late = number_of(observation.get("time offset")) or 0.0
    for player, files in mapping(observation.get("file")).items():
        begins: float | None = late + (number_of(offsets.get(player)) or 0.0)
        for file in listed(files):
            if not isinstance(file, str) or begins is None:
                continue
            length = number_of(lengths.get(file))
            ends = None if length is None else begins + length
            yield Medium(file, begins, ends)
            # What follows one of unknown length begins nobody knows when.
            begins = ends


def paired(
    events: Iterable[tuple[float, str, str, str, str]],
    states: set[str],
    own: set[str],
    left_out: list[LeftOut],
) -> tuple[Tier, ...]:
    """The marks of events in the order of time, each its time, subject, code, modifier and comment; those
    of ``states`` become intervals, and ``own`` are those that stand for labels of ours."""
    made: dict[str, list[ForeignMark]] = {}
    open_: dict[tuple[str, str], tuple[float, str, str]] = {}
    for time, subject, code, modifier, comment in events:
        made.setdefault(code, [])
        if code not in states:
            made[code].append(_point(time, subject, code, modifier, comment))
        elif (code, subject) not in open_:
            open_[code, subject] = time, modifier, comment
        else:
            start, first, said = open_.pop((code, subject))
            comments = said if comment in ("", said) else "\n".join(filter(None, (said, comment)))
            made[code].append(_state(start, time, subject, code, first or modifier, comments))
    for (code, subject), (start, _modifier, _comment) in open_.items():
        of = f" of {subject}" if subject else ""
        left_out.append(LeftOut(f"the state “{code}”{of} that begins at {start:.3f} s", "it has no end"))
    return tuple(_tier(code, marks, code in states, code in own) for code, marks in made.items() if marks)


def _tier(code: str, marks: list[ForeignMark], is_state: bool, is_own: bool) -> Tier:
    marks.sort(key=lambda mark: (mark.start, mark.end or 0.0))
    if not is_state:
        return Tier(code, tuple(marks), "keyframes" if code == KEYFRAME else None)
    return Tier(code, tuple(marks), "emotions" if is_own else None, named_by_label=True)


def _point(time: float, subject: str, code: str, modifier: str, comment: str) -> ForeignMark:
    if code == KEYFRAME:
        return ForeignMark(time, None, comment, emotion=_given(modifier), note=subject)
    return ForeignMark(time, None, comment, code, note=_note(subject, modifier))


def _state(start: float, end: float, subject: str, code: str, modifier: str, comment: str) -> ForeignMark:
    intensity = intensity_of(modifier)
    more = _note(subject, "" if intensity is not None else modifier)
    note = "\n".join(filter(None, (comment, more)))
    return ForeignMark(start, end, "", label_of(code), note=note, intensity=intensity)


def _given(modifier: str) -> str:
    return "" if modifier == "None" else modifier


def _note(subject: str, modifier: str) -> str:
    """What else an event says: who showed the behaviour, and how."""
    return ", ".join(filter(None, (subject, _given(modifier))))


# ---- writing ---------------------------------------------------------------------------------


def write_boris(clips: Iterable[ClipMarks], losses: Losses, target: Target) -> Iterator[tuple[str, bytes]]:
    """A project a clip, an observation an annotator."""
    for clip in clips:
        observations = {f"{clip.id}@{person.name}": _written(clip, person, losses) for person in clip.people}
        used = [span.label for person in clip.people for span in person.spans]
        emotions = [keyframe.emotion for person in clip.people for keyframe in person.keyframes]
        labels = list(dict.fromkeys((*target.labels, *used)))
        project = {
            "time_format": "hh:mm:ss",
            "project_date": datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M:%S"),
            "project_name": clip.id,
            "project_description": "",
            "project_format_version": "7.0",
            "subjects_conf": {},
            "behaviors_conf": _behaviours(labels, [*target.labels, *filter(None, emotions)]),
            "behavioral_categories": [_CATEGORY],
            "independent_variables": {},
            "coding_map": {},
            "converters": {},
            "observations": observations,
        }
        yield f"{clip.id}.boris", encode_json(project)


def _behaviours(labels: Iterable[str], emotions: Iterable[str]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            **_behaviour("Point event", KEYFRAME, "a keyframe; its comment is the description"),
            "key": "k",
            "modifiers": {"0": {"name": "emotion", "type": 0, "values": list(dict.fromkeys(emotions))}},
        }
    ]
    rows += [
        {
            **_behaviour("State event", code_of(label), "an emotion span"),
            "category": _CATEGORY,
            "modifiers": {"0": {"name": "intensity", "type": 0, "values": ["1", "2", "3", "4", "5"]}},
        }
        for label in labels
    ]
    return {str(number): row for number, row in enumerate(rows)}


def _behaviour(type: str, code: str, description: str) -> dict[str, Any]:
    blank = {"category": "", "modifiers": {}, "excluded": "", "coding map": ""}
    return {"type": type, "key": "", "code": code, "description": description, **blank}


def _written(clip: ClipMarks, person: PersonMarks, losses: Losses) -> dict[str, Any]:
    events: list[list[Any]] = [
        [round(keyframe.time, 3), "", KEYFRAME, keyframe.emotion, keyframe.description]
        for keyframe in person.keyframes
    ]
    for span in _apart(clip.id, person, losses):
        code, start, end = code_of(span.label), round(span.start, 3), round(span.end, 3)
        end = max(end, round(start + 0.001, 3))
        events.append([start, "", code, str(span.intensity), span.note])
        events.append([end, "", code, str(span.intensity), ""])
    # Stable: of two spans that touch, the stop of the first stays before the start of the second.
    events.sort(key=lambda event: event[0])
    losses.tell_fields(clip.id, person, "keyframe.emotion", "span.intensity", "span.note")
    name = "" if clip.video is None else clip.video.as_posix()
    known = clip.video is not None and clip.frames.known
    return {
        "file": {"1": [name]} if name else {},
        "type": "MEDIA" if name else "LIVE",
        "date": datetime.now().astimezone().strftime("%Y-%m-%dT%H:%M:%S"),
        "description": "",
        "time offset": 0.0,
        "events": events,
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {name: clip.frames.duration} if known else {},
            "fps": {name: clip.frames.rate} if known else {},
            "hasVideo": {name: True} if name else {},
            "hasAudio": {name: False} if name else {},
            "offset": {"1": 0.0} if name else {},
        },
    }


def _apart(clip: str, person: PersonMarks, losses: Losses) -> Iterator[EmotionSpan]:
    """The spans that do not overlap another one of their label: a state can be begun only once."""
    ends: dict[str, float] = {}
    lost: list[EmotionSpan] = []
    for span in person.spans:
        start = round(span.start, 3)
        if start < ends.get(span.label, start):
            lost.append(span)
            continue
        ends[span.label] = max(round(span.end, 3), round(start + 0.001, 3))
        yield span
    if lost:
        where = ", ".join(f"“{span.label}” at {span.start:.3f} s" for span in lost[:5])
        what = f"{counted(len(lost), 'emotion span')} ({where}{', …' if len(lost) > 5 else ''})"
        why = "it overlaps another one of the same label, and a state of BORIS can be begun only once"
        losses.tell(clip, person.name, what, why)
        losses.unwritten_spans += len(lost)
