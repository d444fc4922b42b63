"""How strong an action or a feeling is."""

from __future__ import annotations

from annotator.core.generation.facs.facts import Fact

PLAIN = 0.58
"""Strength of an action named without any strength word."""
_EXTENT = (
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
    ".",
    "/",
)
"""Strength words that say how far something closed goes, not how firmly."""


def level_of(fact: Fact, action_level: float | None) -> float:
    """The strength of a fact from 0 to 1."""
    if fact.exact is not None:
        return fact.exact
    plain = fact.level if fact.level is not None else action_level
    if fact.degree is None:
        return plain if plain is not None else PLAIN
    if action_level is not None and action_level >= 0.9 and fact.level is None:
        extent = fact.degree_words.endswith("%") or any(w in fact.degree_words.lower() for w in _EXTENT)
        return fact.degree if extent or not fact.degree_words else max(0.9, fact.degree)
    if plain is None or (action_level is not None and fact.level is None and fact.degree_words.endswith("%")):
        return fact.degree
    if plain < 0.45 and fact.degree < 0.45:
        # "A small restrained smile": two weak words, not a weak share of a weak one.
        return float((plain * fact.degree) ** 0.5)
    scaled = plain * fact.degree / PLAIN
    if fact.degree >= 0.95:
        return 1.0 if plain >= 0.5 else max(fact.degree * 0.9, plain)
    if plain >= 0.7 and fact.degree < PLAIN:
        # Stronger words ("beams") lose less of themselves to "slightly".
        return scaled
    return min(1.0, max(scaled, fact.degree) if plain > PLAIN else fact.degree if plain > 0.45 else scaled)


def felt_level(level: float, degree: float) -> float:
    """The strength of a feeling whose word has ``level`` under a strength word of ``degree``."""
    if degree >= 0.95:
        return 1.0
    return min(1.0, max(0.12, degree * (0.6 + 0.55 * level)))
