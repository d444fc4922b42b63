"""Why a face looks as it does: each value with its words, found again in the description."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from annotator.core.generation.facs.lexicon import lexicon
from annotator.core.generation.facs.reading import read
from annotator.core.generation.facs.text import known_word
from annotator.core.generation.protocol import Reason

Span = tuple[int, int]
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SMALL = frozenset(
    "is are was were be been being am do does did has have had will would can could should may might must "
    "not very there here all any some if just now about it's that's what whose them him me us".split()
)


@dataclass(frozen=True)
class Cause:
    """One row: a channel's value, the words that caused it, the action, and where the words stand
    in the description (empty when they come from elsewhere, see ``source``)."""

    channel: str
    value: float
    words: str
    action: str
    spans: tuple[Span, ...]
    source: str = ""


@dataclass(frozen=True)
class Explanation:
    """A description with its causes, largest value first.  ``denied`` are words that keep
    something from showing; ``unknown`` are the places of words that are in no list."""

    description: str
    causes: tuple[Cause, ...]
    denied: tuple[tuple[str, tuple[Span, ...]], ...]
    unknown: tuple[Span, ...]
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Span, ...]:
        """The places of all words that had an effect, in order, without overlaps."""
        causing = {span for cause in self.causes for span in cause.spans}
        spans = sorted(causing | {span for _, found in self.denied for span in found})
        merged: list[Span] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged)


def explain(
    description: str, reasons: Sequence[Reason], notes: Sequence[str] = (), built_in: bool = True
) -> Explanation:
    """Put the reasons of one keyframe beside its description.

    ``built_in`` says that the values come from the built-in model, whose lexicon then tells which
    words deny something and which are unknown to it.
    """
    causes = []
    for reason in sorted(reasons, key=lambda r: -abs(r.value)):
        source, words = _source(reason.words)
        spans = () if source.startswith("the") else find(description, words)
        causes.append(Cause(reason.channel, reason.value, words, reason.action, spans, source))
    denied: list[tuple[str, tuple[Span, ...]]] = []
    unknown: tuple[Span, ...] = ()
    if built_in:
        words_of = lexicon()
        facts = read(description, words_of).facts
        denied = [(f.words, find(description, f.words)) for f in facts if f.negated]
        unknown = tuple(
            m.span()
            for m in _WORD.finditer(description)
            if len(m[0]) > 2 and m[0].lower() not in _SMALL and not known_word(m[0], words_of)
        )
    return Explanation(description, tuple(causes), tuple(denied), unknown, tuple(notes))


def _source(words: str) -> tuple[str, str]:
    """Where words come from ("as before", "the background"), and the words."""
    kept = re.match(r"(.*?) ?\(as before: (.*)\)$", words)
    if kept:
        return "as before", kept[1]
    for source in ("as before", "the clip’s emotion", "the background"):
        if words.startswith(source + ": "):
            return source, words.removeprefix(source + ": ").removeprefix("as before: ")
    return "", words


def find(description: str, words: str) -> tuple[Span, ...]:
    """Places of ``words`` ("lip corner … lower") in the description, gaps in any order."""
    found: list[Span] = []
    for piece in words.split(" … "):
        tokens = _tokens(piece)
        if not tokens:
            continue
        pattern = r"\b" + r"[\W_]+(?:(?:and|or) \w+ )?".join(map(re.escape, tokens)) + r"(?!\w)"
        match = re.search(pattern, description, re.IGNORECASE)
        if match:
            found.append(match.span())
    return tuple(found)


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text)
