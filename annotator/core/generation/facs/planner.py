"""From a story to keyframes: onset, apex, transition, leak, settle.

Times follow what was measured of faces: an expression lasts half a second to four, a startle
is quick, a genuine smile slow, what leaks under a mask is gone within half a second, and an
offset is slower than its onset.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import FOLDER, lexicon, load_toml, phrases
from annotator.core.generation.facs.reading import read
from annotator.core.generation.facs.sequence import faces
from annotator.core.generation.facs.verbaliser import describe_values
from annotator.core.generation.protocol import GenerationRequest, PlannedKeyframe
from viewer.core.errors import GenerationError

LEAK = 0.4
"""Seconds that a leak lasts: a micro-expression stays under half a second."""
OFFSET = 1.6
"""How much slower an expression goes than it comes."""
_LONGEST = 4000
"""Characters of a script that are read for its beats."""
_SMILING = ("happy", "playful", "amusement", "content", "excited", "polite", "love")
_CHANGES = re.compile(
    r"\b(?:(?:turn|melt|chang|shift|fad|dissolv|soften|collaps|break|morph|transition)\w* (?:in)?to|"
    r"giv(?:es?|ing) way to|gave way to|becom(?:es?|ing)|gr[eo]w\w* into|follow(?:ed|s) by|yield\w* to|"
    r"and then|then|replaced by|before|finally|at last|at first|first|until|eventually|after that)\b|→|->|;",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Feeling:
    """A feeling to perform: its entry in emotions.toml, and how strong (0..1)."""

    name: str
    level: float


@dataclass(frozen=True)
class Story:
    """What the words of a clip ask for: feelings one after another, or ``blended``; ``felt``
    under ``mask`` where one hides the other; ``notes`` say what was not understood."""

    feelings: tuple[Feeling, ...]
    felt: Feeling | None = None
    mask: Feeling | None = None
    smile: bool = False
    notes: tuple[str, ...] = ()
    blended: bool = False


@lru_cache(maxsize=1)
def _entries() -> Mapping[str, Any]:
    table = load_toml(FOLDER, "plan.toml")
    for name, entry in table.items():
        if name not in ("hint", "shows") and not {"onset", "apex", "settle", "leak"} <= entry.keys():
            raise GenerationError(f"[{name}] lacks a sentence", "correct the file", FOLDER / "plan.toml")
    return table


def _entry(feeling: Feeling) -> Mapping[str, Any]:
    table = _entries()
    if feeling.name in table:
        return dict(table[feeling.name])
    full = _described(_words_for(feeling.name))
    # A compound begins as the one feeling and leaves the other behind.
    first, last = (table.get(part) for part in (feeling.name + "+").split("+")[:2])
    if first is None or last is None:
        return {"onset": full, "apex": full, "settle": full, "leak": full, "rise": 0.6, "stay": 1.4}
    return {
        "onset": first["onset"],
        "apex": full,
        "settle": last["settle"],
        "leak": first["leak"],
        "rise": min(first["rise"], last["rise"]),
        "stay": max(first["stay"], last["stay"]),
    }


def _words_for(name: str) -> str:
    return name.replace("+", " and ").replace("_", " ")


def _described(words: str) -> str:
    return describe_values(faces("", "", (f"A look of {words}.",))[0].values)


def _feelings(facts: list[Fact]) -> list[Feeling]:
    found: list[Feeling] = []
    for fact in facts:
        if fact.emotional and not fact.negated:
            level = fact.degree if fact.degree is not None else fact.level or 0.75
            if fact.emotion not in [f.name for f in found]:
                found.append(Feeling(fact.emotion, level))
    return found


def understand(request: GenerationRequest) -> Story:
    """What the emotion says; where it says nothing, the background, then the script."""
    words = lexicon()
    notes: list[str] = []
    parts = [p for p in _CHANGES.split(request.emotion) if p and p.strip()]
    if len(parts) > 1:
        chain: list[Feeling] = []
        for part in parts:
            chain += _feelings(read(part, words).facts)[:1]
        if len(chain) > 1:
            return Story(_apart(chain))
    reading = read(request.emotion, words)
    felt = [f for f in reading.facts if f.role == "felt"]
    mask = [f for f in reading.facts if f.role == "mask"]
    feelings = _feelings(reading.facts)
    if felt and (mask or len(feelings) >= 1):
        over = _feelings(mask)
        smiles = any(f.action.startswith(("smile", "grin", "forced", "laugh")) for f in mask)
        under = (_feelings(felt) or feelings)[0]
        return Story((under,), under, over[0] if over else Feeling("calm", 0.5), smiles)
    if feelings:
        return Story(tuple(feelings[:2]), blended=len(feelings) > 1)
    if any(f.action == "neutral" for f in reading.facts):
        return Story((Feeling("neutral", 0.6),))
    if reading.facts:
        notes.append("the emotion names movements only; they are performed as they stand")
        return Story((), notes=tuple(notes))
    if request.emotion.strip():
        notes.append(f"the emotion “{request.emotion.strip()}” is not in the lexicon")
    return _from_story(request, notes)


def _from_story(request: GenerationRequest, notes: list[str]) -> Story:
    """The beats of the script, else of the background, else what the situation suggests."""
    words, shows = lexicon(), _entries()["shows"]
    situations: list[tuple[str, float]] = []
    for text in (request.script, request.background):
        beats: list[Feeling] = []
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text[:_LONGEST]):
            story = read(sentence, words, forgiving=False)
            acts = [f.action for f in story.facts if f.action in shows and not f.negated]
            shown = [Feeling(shows[act], 0.75) for act in acts]
            beats += (_feelings(story.facts) or shown)[:1]
            situations += story.situations
        if beats:
            return Story(_apart(beats), notes=(*notes, "the feeling is taken from the background or script"))
    if situations:
        name, level = max(situations, key=lambda s: s[1])
        return Story((Feeling(name, level),), notes=(*notes, "the feeling is guessed from the situation"))
    notes.append("no feeling was found, so the face stays near neutral")
    return Story((Feeling("neutral", 0.6),), notes=tuple(notes))


def _apart(feelings: list[Feeling]) -> tuple[Feeling, ...]:
    """Feelings one after another without repeats, at most four: the first ones and the last."""
    chain = [f for at, f in enumerate(feelings) if at == 0 or f.name != feelings[at - 1].name]
    return tuple(chain if len(chain) <= 4 else [*chain[:3], chain[-1]])


def _strength(feeling: Feeling) -> str:
    return "slightly" if feeling.level < 0.45 else "very strongly" if feeling.level >= 0.9 else ""


def _worded(text: str, seed: int) -> str:
    """One of the ways to say each "{this|that}", the same one for the same seed."""

    def choose(match: re.Match[str]) -> str:
        ways = match[1].split("|")
        return ways[zlib.crc32(f"{seed} {match.start()} {text}".encode()) % len(ways) if seed else 0]

    return re.sub(r"\{([^{}]*\|[^{}]*)\}", choose, text)


def _say(text: str, feeling: Feeling) -> str:
    strength = _strength(feeling)
    adjective = {"slightly": "small", "very strongly": "huge", "": ""}[strength]
    # Before a noun the strength is an adjective ("a huge smile"), elsewhere an adverb.
    text = re.sub(r"\b(A|a) {much} ((?:\w+,? ){0,2}smile)", rf"\1 {adjective} \2", text)
    return re.sub(r"\s+([,.;])", r"\1", " ".join(text.replace("{much}", strength).split()))


def _hints(request: GenerationRequest) -> dict[str, str]:
    text = f" {request.background} {request.script} ".lower()
    found: dict[str, str] = {}
    for hint in _entries()["hint"]:
        if any(re.search(rf"\b{re.escape(word)}\b", text) for word in phrases(hint["words"])):
            found.setdefault(hint["at"], hint["says"])
    return found


def _masked(story: Story) -> list[tuple[float, str, str]]:
    assert story.felt is not None and story.mask is not None
    under, over = _entry(story.felt), _entry(story.mask)
    if story.smile or story.mask.name in _SMILING:
        shown = "A restrained smile lifts both lip corners slightly"
    else:
        shown = str(over.get("mask", over["onset"])).rstrip(".")
    brows = (
        "with the brows slightly raised at the inner ends"
        if story.felt.name not in ("anger", "irritation", "hatred", "contempt", "suspicion", "disgust")
        else "while the brows stay slightly lowered"
    )
    rise = float(under["rise"])
    return [
        (rise, "onset", _say(under["onset"], story.felt)),
        (float(over["rise"]), "apex", f"{shown}, {brows}."),
        (
            float(over["stay"]) * 0.8,
            "leak",
            f"The smile falters. {_say(under['leak'], story.felt)}"
            if shown.startswith("A restrained")
            else _say(under["leak"], story.felt),
        ),
        (LEAK, "again", f"{shown}, a little more than before, {brows}."),
        (rise * OFFSET, "settle", f"{shown.replace('restrained', 'thin')} and the gaze is lowered slightly."),
    ]


def _chain(feelings: tuple[Feeling, ...]) -> list[tuple[float, str, str]]:
    """Feelings one after another.  Up to two have their own onset; of more, those between are
    their apex only, so that there are never more than six keyframes."""
    first, last = feelings[0], feelings[-1]
    steps = [(0.0, "onset", _say(_entry(first)["onset"], first))]
    for index, feeling in enumerate(feelings):
        entry, rise = _entry(feeling), float(_entry(feeling)["rise"])
        stay = float(_entry(feelings[index - 1])["stay"]) if index else 0.0
        if index and (len(feelings) == 2 or (len(feelings) == 3 and feeling is last)):
            steps.append((stay, "transition", _say(entry["onset"], feeling)))
            stay = 0.0
        steps.append((stay + rise, "apex", _say(entry["apex"], feeling)))
    entry = _entry(last)
    wait = float(entry["stay"]) + float(entry["rise"]) * (OFFSET - 1)
    return [*steps, (wait, "settle", _say(entry["settle"], last))]


def _blend(feelings: tuple[Feeling, ...]) -> list[tuple[float, str, str]]:
    """Two feelings at once: the second is shown, the first keeps showing through."""
    under, shown = feelings[0], feelings[1]
    first, second = _entry(under), _entry(shown)
    mixed = f"{_say(second['settle'], shown)} {_say(first['leak'], under)}"
    return [
        (0.0, "onset", _say(first["onset"], under)),
        (float(second["rise"]), "apex", _say(second["apex"], shown)),
        (float(second["stay"]), "leak", mixed),
        (float(second["rise"]) * OFFSET, "settle", _say(first["settle"], under)),
    ]


def plan(request: GenerationRequest) -> tuple[PlannedKeyframe, ...]:
    """Three to six keyframe descriptions with times in seconds from 0.

    The same words and seed give the same plan; another seed words it in another way.  An emotion
    that is not understood gives the nearest thing the background suggests, else a near-neutral
    performance; :func:`plan_notes` says so.
    """
    story = understand(request)
    if story.felt is not None:
        steps = _masked(story)
        steps[0] = (0.0, *steps[0][1:])
    elif story.blended:
        steps = _blend(story.feelings)
    elif story.feelings:
        steps = _chain(story.feelings)
    else:
        told = request.emotion.strip()
        steps = [
            (0.0, "onset", "The face is neutral."),
            (0.7, "apex", f"{told[:1].upper()}{told[1:]}" + ("" if told[-1:] in ".!?" else ".")),
            (2.2, "settle", "The expression softens."),
        ]
    hints = _hints(request)
    time = 0.0
    planned: list[PlannedKeyframe] = []
    for wait, stage, text in steps:
        time += wait
        hint = hints.pop(stage, "")
        words = _worded(f"{text} {hint}".strip(), request.seed or 0)
        planned.append(PlannedKeyframe(round(time, 2), words))
    return tuple(planned)


def plan_notes(request: GenerationRequest) -> tuple[str, ...]:
    """What the planner did not understand or had to guess; empty when all was clear."""
    return understand(request).notes
