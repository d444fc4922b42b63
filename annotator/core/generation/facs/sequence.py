"""The faces of a sequence of descriptions, in the light of the clip's emotion and background."""

from __future__ import annotations

from functools import lru_cache

from annotator.core.generation.facs.composing import Face, compose
from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import Lexicon, lexicon
from annotator.core.generation.facs.reading import read

SITUATION = 0.55
"""Share of what the background makes one feel when no emotion is told."""


def context_facts(background: str, emotion: str, words: Lexicon) -> list[Fact]:
    """Facts of the clip's emotion, else of its background (weaker), else none."""
    told = read(emotion, words)
    facts = [f for f in told.facts if not f.negated and f.action != "neutral"]
    if facts:
        for fact in facts:
            fact.words = f"the clip’s emotion: {fact.words}"
        return facts
    story = read(background, words, forgiving=False)
    facts = [f for f in story.facts if f.emotional and not f.negated]
    for fact in facts:
        fact.weight *= SITUATION
        fact.words = f"the background: {fact.words}"
    if facts or any(f.action == "neutral" for f in told.facts):
        return facts if not told.facts else []
    if story.situations:
        name, level = max(story.situations, key=lambda s: s[1])
        return [
            Fact(
                "emotion:" + name,
                f"the background: {background}",
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                level=level,
                weight=SITUATION + 0.25,
            )
        ]
    return []


@lru_cache(maxsize=256)
def faces(background: str, emotion: str, descriptions: tuple[str, ...]) -> tuple[Face, ...]:
    """Every keyframe of a sequence, each read with the ones before it."""
    words = lexicon()
    context = context_facts(background, emotion, words)
    result: list[Face] = []
    before: Face | None = None
    part = ""
    for description in descriptions:
        reading = read(description, words, part=part)
        part = reading.last_part or part
        before = compose(reading, before, words, context)
        result.append(before)
    return tuple(result)
