"""What of a file is taken: which clip it is for, whose marks, and what each tier becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from annotator.core.change_summary import counted
from annotator.core.edits import new_id
from annotator.core.interchange.clip_frames import ClipFrames
from annotator.core.interchange.marks import (
    KINDS,
    ForeignFile,
    ForeignMark,
    ForeignMarks,
    Kind,
    LeftOut,
    Medium,
    Tier,
    count_marks,
)
from annotator.core.media_names import file_name
from annotator.core.model import EmotionSpan, Keyframe
from annotator.core.names import identity
from annotator.core.rules import SAME_TIME, sorted_spans
from annotator.core.storage.dataset import ClipEntry
from viewer.core.errors import FileError

REST = "*"
"""As a tier of a mapping: all that nothing else is said of."""

_NAMED = 50
"""Who has to choose by these names wants them all; only a file of a thousand is cut short."""
_FURTHEST = 1e7
_SAME_RATE = 0.001


@dataclass(frozen=True)
class Taken:
    """The marks of a file as those of a clip, what was left out, and the tiers nothing is said of."""

    keyframes: tuple[Keyframe, ...] = ()
    spans: tuple[EmotionSpan, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unmapped: tuple[Tier, ...] = ()


def parse_map(words: Iterable[str]) -> dict[str, Kind]:
    """``keyframes=TIER`` and ``emotions=TIER`` as what becomes of each tier.

    Raises :class:`ValueError` with what is wrong.
    """
    found: dict[str, Kind] = {}
    for word in words:
        kind, sign, tier = word.partition("=")
        known = next((each for each in KINDS if each == kind), None)
        if not sign or known is None or not tier:
            raise ValueError(f"{word!r} is none of keyframes=TIER and emotions=TIER")
        if found.setdefault(tier, known) != known:
            raise ValueError(f"{tier!r} cannot become both")
    return found


# ---- the clip --------------------------------------------------------------------------------


def clip_for(file: ForeignFile, clips: Sequence[ClipEntry], wanted: str | None = None) -> str:
    """The clip a file is for: ``wanted``, else the one called as the file, else the one that the file
    names, else the one whose video has the name of the file's media.

    Raises :class:`FileError` where there is none or several.
    """
    ids = [entry.id for entry in clips]
    if wanted is not None:
        found = [id for id in ids if id == wanted] or [id for id in ids if identity(id) == identity(wanted)]
        if not found:
            raise FileError(f"there is no clip {wanted!r}", f"choose one of: {_some(ids)}", file.path)
        return found[0]
    stem = file.path.stem
    alike = [id for id in ids if identity(id) == identity(stem)]
    if not alike and file.format in ("srt", "vtt"):
        # <clip>.<who>.keyframes
        alike = sorted((id for id in ids if stem.startswith(f"{id}.")), key=len)[-1:]
    named = {each.clip for each in file.sets if each.clip}
    alike = alike or [id for id in ids if id in named]
    media = {identity(medium.file_name) for each in file.sets for medium in each.media} - {""}
    if not alike:
        alike = [
            entry.id
            for entry in clips
            if entry.info is not None and entry.info.video and identity(file_name(entry.info.video)) in media
        ]
    if len(alike) == 1:
        return alike[0]
    if alike:
        what = f"it may be for several clips: {_some(alike)}"
        raise FileError(what, "say which one with --clip", file.path)
    told = sorted({medium.file_name for each in file.sets for medium in each.media} | named)
    known = f"; the file names {_some(told)}" if told else ""
    what = f"no clip is called {stem!r}, and none has its video{known}"
    raise FileError(what, f"say which one with --clip; there are: {_some(ids)}", file.path)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "") if names else "none"


# ---- whose marks -----------------------------------------------------------------------------


def sets_for(file: ForeignFile, clip: str, video: str) -> tuple[ForeignMarks, ...]:
    """Those sets of a file that may be of ``clip``, whose video's file is called ``video``."""
    named = [each for each in file.sets if each.clip]
    if any(each.clip == clip for each in named):
        return tuple(each for each in file.sets if each.clip == clip)
    of_media = [each for each in file.sets if video and _medium(each, video) is not None]
    return tuple(of_media or file.sets)


def marks_of(file: ForeignFile, sets: Sequence[ForeignMarks], whose: str | None = None) -> ForeignMarks:
    """The one set of ``whose`` marks, as spelled or nearly so, else the only one there is.

    Raises :class:`FileError` where there is none or several.
    """
    names = [each.annotator for each in sets]
    found = sets
    if whose is not None:
        found = [each for each in sets if each.annotator == whose]
        found = found or [each for each in sets if identity(each.annotator) == identity(whose)]
        if not found:
            there = _some([name or "(no name)" for name in names])
            raise FileError(f"it has no marks of {whose!r}", f"choose one of: {there}", file.path)
    if len(found) == 1:
        return found[0]
    if not found:
        raise FileError("it has no annotations", "choose another file", file.path)
    held = ", ".join(
        f"{each.annotator or '(no name)'} ({count_marks(each.tiers)})" for each in found[:_NAMED]
    )
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    what = f"it has the marks of several: {held}{more}"
    raise FileError(what, "say whose to take with --from, or which clip with --clip", file.path)


def _medium(marks: ForeignMarks, video: str) -> Medium | None:
    wanted = identity(video)
    return next((medium for medium in marks.media if identity(medium.file_name) == wanted), None)


# ---- what becomes of it ----------------------------------------------------------------------


def kinds_of(
    marks: ForeignMarks, mapping: Mapping[str, Kind | None], labels: Collection[str]
) -> dict[str, Kind | None]:
    """What each tier becomes, by its name; None for those nothing says anything of, and those that are
    mapped to None."""
    found: dict[str, Kind | None] = {}
    for tier in marks.tiers:
        own = tier.kind
        if own is None and tier.named_by_label and tier.marks and tier.marks[0].label in labels:
            own = "emotions"
        found[tier.name] = mapping[tier.name] if tier.name in mapping else own or mapping.get(REST)
    return found


def check_mapping(file: ForeignFile, marks: ForeignMarks, mapping: Mapping[str, Kind | None]) -> None:
    """Raise :class:`FileError` for a mapping of a tier that is not there."""
    there = {tier.name for tier in marks.tiers}
    missing = [name for name in mapping if name != REST and name not in there]
    if missing:
        raise FileError(f"it has no tier “{missing[0]}”", f"map one of: {_counts(marks.tiers)}", file.path)


def taken(
    file: ForeignFile,
    marks: ForeignMarks,
    mapping: Mapping[str, Kind | None],
    labels: Collection[str],
    frames: ClipFrames,
    video: str = "",
) -> Taken:
    """The marks as those of a clip with these ``frames``, whose video's file is called ``video``.

    Raises :class:`FileError` where the mapping names what is not there, and where nothing tells what any
    tier is.
    """
    check_mapping(file, marks, mapping)
    kinds = kinds_of(marks, mapping, labels)
    if marks.tiers and not any(kinds.values()):
        raise FileError(
            f"nothing in it says what is a keyframe and what an emotion: {_counts(marks.tiers)}",
            "say it with --map keyframes=TIER and --map emotions=TIER (* is all the rest)",
            file.path,
        )
    made = _Making(frames, _medium(marks, video) or next(iter(marks.media), None), marks)
    for tier in marks.tiers:
        kind = kinds[tier.name]
        if kind is not None:
            for mark in tier.marks:
                made.add(tier, kind, mark)
    keyframes = made.keyframes()
    left_out = (*file.left_out, *marks.left_out, *made.left_out())
    unmapped = tuple(tier for tier in marks.tiers if kinds[tier.name] is None)
    return Taken(keyframes, sorted_spans(made.spans), left_out, unmapped)


def _counts(tiers: Sequence[Tier]) -> str:
    return _some([f"{tier.name} ({len(tier.marks)})" for tier in tiers])


@dataclass
class _Making:
    """Turns marks of a file into keyframes and spans."""

    frames: ClipFrames
    medium: Medium | None
    marks: ForeignMarks
    spans: list[EmotionSpan] = field(default_factory=list)
    _keyframes: list[Keyframe] = field(default_factory=list)
    _why: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, tier: Tier, kind: Kind, mark: ForeignMark) -> None:
        """Take one mark, or say why not."""
        noun = "keyframe" if kind == "keyframes" else "emotion span"
        start = self._time(mark.start)
        end = None if mark.end is None else self._time(mark.end)
        ends = self.medium.ends if self.medium is not None and len(self.marks.media) > 1 else None
        if not -SAME_TIME <= start <= _FURTHEST or (ends is not None and mark.start >= ends):
            self._leave(noun, tier, "it does not lie in the clip's video", mark.start)
            return
        start = max(0.0, start)
        if kind == "keyframes":
            if tier.kind is None and end is not None:
                self._leave("end of a mark", tier, "a keyframe is a moment, and is at its start", start)
            time, frame = self._snapped(start)
            words = mark.words or (mark.label or "")
            self._keyframes.append(
                Keyframe(new_id("k"), time, frame, words, {}, mark.emotion, mark.confidence, note=mark.note)
            )
            return
        if end is None or end <= start:
            self._leave(noun, tier, "it has no length", mark.start)
            return
        label = mark.words if mark.label is None else mark.label
        words = "" if mark.label is None else mark.words
        note = "\n".join(filter(None, (mark.note, words)))
        begin, finish = self._snapped(start)[0], self._snapped(end)[0]
        begin, finish = (begin, finish) if begin < finish else (start, end)
        self.spans.append(
            EmotionSpan(new_id("e"), begin, finish, label, mark.intensity or 3, mark.confidence, note)
        )

    def keyframes(self) -> tuple[Keyframe, ...]:
        """Those that were taken, each at a time of its own."""
        made: list[Keyframe] = []
        for keyframe in sorted(self._keyframes, key=lambda each: each.time):
            if made and keyframe.time - made[-1].time < SAME_TIME:
                later = made[-1].time + 2 * SAME_TIME
                why = "another one is there; it was put a millisecond later"
                self._why.setdefault(("time of a keyframe", why), []).append(keyframe.time)
                keyframe = replace(keyframe, time=later)
            made.append(keyframe)
        return tuple(made)

    def left_out(self) -> list[LeftOut]:
        """What was left out, alike things together."""
        return [LeftOut(_at(what, times), why) for (what, why), times in self._why.items()]

    def _leave(self, what: str, tier: Tier, why: str, time: float) -> None:
        self._why.setdefault((f"{what} on “{tier.name}”", why), []).append(time)

    def _snapped(self, time: float) -> tuple[float, int | None]:
        rate = self.marks.rate
        if rate is None or abs(rate / self.frames.rate - 1) > _SAME_RATE:
            return self.frames.snapped(time)
        # The file counts this video's frames, as if all were equally long.
        return self.frames.snapped(time, 0.5 / rate)

    def _time(self, told: float) -> float:
        if self.marks.counts_frames:
            return self.frames.time(told)
        return told - (self.medium.begins if self.medium is not None else 0.0)


def _at(what: str, times: Sequence[float]) -> str:
    where = ", ".join(f"{time:.3f}" for time in times[:5])
    more = ", …" if len(times) > 5 else ""
    number = f" ({counted(len(times), 'mark')})" if len(times) > 1 else ""
    return f"{what}, at {where}{more}{number}"
