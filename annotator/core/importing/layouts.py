"""Layouts of datasets that are known by name, and what their files say of the clips.

Express4D (arXiv 2508.12438) keeps recordings in ``data/``, for each a file of the same name in ``texts/``,
whose lines are a sentence, then ``#`` and its words by kind; ``train.txt``, ``val.txt`` and ``test.txt``
list names.  KeyframeFace (arXiv 2512.11321) has its requests in JSON lines; those named as a clip, or as
its results, tell its background and emotion.  Whatever is taken is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from annotator.core.generation.prompts import parse_request
from annotator.core.importing.naming import CALIBRATED, key, stem_of, without
from annotator.core.importing.plan import Left, Plan, PlannedClip, folder_of
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.fences import to_read
from viewer.core.files import read_text
from viewer.core.formats.table import count_words
from viewer.core.limits import MB

SPLITS = ("train", "val", "test")
_RESULT = "_result"
_LIMIT = 4 * MB


def with_known_layouts(plan: Plan, cancel: CancelToken | None = None) -> tuple[Plan, tuple[str, ...]]:
    """The plan with what known layouts say of its clips, and a line for each that was found.

    Raises :class:`~viewer.core.errors.Cancelled`.
    """
    cancel = cancel or CancelToken()
    told: list[str] = []
    for reading in (_express4d, _keyframeface):
        plan, line = reading(plan, cancel)
        told += [line] if line else []
    return plan, tuple(told)


def _express4d(plan: Plan, cancel: CancelToken) -> tuple[Plan, str]:
    others = {left.file for left in plan.ignored if left.file.lower().endswith(".txt")}
    homes = {folder[: -len("texts")] for folder in map(folder_of, others) if _last(folder) == "texts"}
    homes = {home for home in homes if any(file.startswith(f"{home}data/") for file in plan.kinds)}
    why: dict[str, str] = {}
    words: dict[str, dict[str, str]] = defaultdict(dict)
    for home in sorted(homes):
        clips = _by_stem(plan, f"{home}data/")
        for file in sorted(others):
            cancel.check()
            stem = key(stem_of(file))
            if folder_of(file) == f"{home}texts" and stem in clips:
                words[clips[stem]]["script"] = _sentences(_text(plan, file))
                why[file] = f"its text is the script of {clips[stem]}, as in Express4D"
            elif folder_of(file) == home.rstrip("/") and stem in SPLITS:
                names = [
                    key(stem_of(line.strip())) for line in _text(plan, file).splitlines() if line.strip()
                ]
                whole = {key(line.strip()) for line in _text(plan, file).splitlines()}
                for name in (*names, *whole):
                    if name in clips:
                        words[clips[name]]["split"] = stem
                why[file] = f"it lists the split {stem}, as in Express4D"
    if not why:
        return plan, ""
    scripts, splits = (sum(name in each for each in words.values()) for name in ("script", "split"))
    line = f"read as Express4D: the scripts of {count_words(scripts, 'clip')} and the splits of {splits}"
    return _told(plan, words, why), line


def _keyframeface(plan: Plan, cancel: CancelToken) -> tuple[Plan, str]:
    clips = _by_stem(plan, "")
    why: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    for left in plan.ignored:
        cancel.check()
        stem = key(stem_of(left.file))
        clip = clips.get(stem) or clips.get(stem + _RESULT)
        if clip is None or not left.file.lower().endswith(".jsonl"):
            continue
        line = next((line for line in _text(plan, left.file).splitlines() if line.strip()), "")
        try:
            request, _target = parse_request(line)
        except StudioError:
            continue
        words[clip] = {"background": request.background, "emotion": request.emotion}
        why[left.file] = f"its background and emotion are those of {clip}, as in KeyframeFace"
    if not why:
        return plan, ""
    line = f"read as KeyframeFace requests: background and emotion of {count_words(len(words), 'clip')}"
    return _told(plan, words, why), line


def _by_stem(plan: Plan, below: str) -> dict[str, str]:
    """The ids of clips by the stems of their files below a folder, where one clip alone has them."""
    found: dict[str, set[str]] = defaultdict(set)
    for clip in plan.clips:
        for file in clip.files:
            if file.startswith(below):
                stem = stem_of(file)
                found[key(stem)].add(clip.id)
                found[key(without(stem, CALIBRATED) or stem)].add(clip.id)
    return {stem: next(iter(ids)) for stem, ids in found.items() if len(ids) == 1}


def _told(plan: Plan, words: Mapping[str, Mapping[str, str]], why: Mapping[str, str]) -> Plan:
    def of(clip: PlannedClip) -> PlannedClip:
        said = {name: text for name, text in words.get(clip.id, {}).items() if text}
        return replace(clip, words=replace(clip.words, **said))  # type: ignore[arg-type]

    ignored = tuple(Left(left.file, why.get(left.file, left.why)) for left in plan.ignored)
    return replace(plan, clips=tuple(map(of, plan.clips)), ignored=ignored)


def _sentences(text: str) -> str:
    """What stands before the first ``#`` of each line, once each."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _text(plan: Plan, file: str) -> str:
    """A small text file; empty where it cannot be read."""
    try:
        return read_text(to_read(plan.path(file), plan.root) if plan.fenced else plan.path(file), _LIMIT)
    except StudioError:
        return ""


def _last(folder: str) -> str:
    return folder.rpartition("/")[2]
