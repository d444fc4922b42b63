"""How strong an action or a feeling is."""

from __future__ import annotations

import re

from annotator.core.generation.facs.facts import Fact

PLAIN = 0.58
"""Strength of an action named without any strength word."""
_MEASURED = re.compile(r"\d|\b(?:intensity|level|grade)\b", re.IGNORECASE)
_EXTENT = (
    "moderate",
    "mild",
    "weak",
    "minim",
    "subt",
    "impercept",
    "mostly",
    "nearly",
    "almost",
    "half",
    "part",
    "slight",
    "little",
    "bit",
    "barely",
    "most",
    "quarter",
    "third",
    "percent",
    "not ",
    "fraction",
    "somewhat",
    "mid",
    "trace",
    "faint",
    "two thirds",
    "hardly",
    "touch",
    "crack",
)
"""Strength words that say how far something closed goes, not how firmly."""


def level_of(fact: Fact, action_level: float | None) -> float:
    """The strength of a fact from 0 to 1."""
    if fact.exact is not None:
        return fact.exact
    plain = fact.level if fact.level is not None else action_level
    if fact.degree is None:
        return plain if plain is not None else PLAIN
    if plain is None or _MEASURED.search(fact.degree_words):
        return fact.degree
    share = max(0.0, (fact.degree - PLAIN) / (1 - PLAIN))
    if action_level is not None and action_level >= 0.9 and fact.level is None:
        if not fact.degree_words or any(w in fact.degree_words.lower() for w in _EXTENT):
            return fact.degree
        return 0.8 + 0.2 * share if share else 0.76
    if plain < 0.45 and fact.degree < 0.45:
        # "A small restrained smile": two weak words, not a weak share of a weak one.
        return float((plain * fact.degree) ** 0.5)
    if fact.degree >= 0.95:
        return 1.0 if plain >= 0.5 else max(fact.degree * 0.9, plain)
    if plain > PLAIN:
        # Stronger words ("beams") start higher and still leave room for the strongest.
        return plain + (1 - plain) * share if share else plain * fact.degree / PLAIN
    return fact.degree if plain > 0.45 else min(1.0, plain * fact.degree / PLAIN)


def felt_level(level: float, degree: float) -> float:
    """The strength of a feeling whose word has ``level`` under a strength word of ``degree``."""
    if degree >= 0.95:
        return 1.0
    return min(1.0, max(0.12, degree * (0.6 + 0.55 * level)))
