"""What models answer when they are asked for words; a reply is never trusted.

A reply may be JSON with a ``description``, JSON or Markdown in the shape of SemanticFace (an
analysis of four parts, then values), or prose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotator.core.description.semanticface import ANALYSIS, keyframeface_pitch, markdown_analysis
from annotator.core.generation.facs.verbaliser import describe_values
from annotator.core.generation.protocol import ValueArray
from annotator.core.generation.replies import REPLY_LIMIT, found_json
from annotator.core.generation.thoughts import split_thoughts
from viewer.core.channels import CHANNELS
from viewer.core.errors import GenerationError, TrackError
from viewer.core.formats.keyframeface import parse_reply

MOST_LETTERS = 1200
"""Of a description; what a model says beyond that is cut at the end of a sentence."""

_TRY = "try again, or choose another model"
_REFUSAL = re.compile(
    r"^\W*(?:(?:i['’]?m|i am)\s+(?:really |very |so )?(?:sorry|unable|not able)|sorry\b|unfortunately\b|"
    r"i\s+(?:can['’]?t|cannot|can not|won['’]?t|am unable)\b|as an ai\b)",
    re.IGNORECASE,
)
_DESCRIPTIONS = ("description", "words", "text", "caption")
_FENCE = re.compile(r"```[a-z]*|\*\*|__|^#+\s*|^\s*[-*•]\s+", re.MULTILINE | re.IGNORECASE)
_LEAD = re.compile(r"^(?:sure|certainly|of course|here(?:'s| is| are)\b)[^.:!]*[.:!]\s*", re.IGNORECASE)
_FEWEST_WORDS = 3
_MOST_REPEATS = 3


@dataclass(frozen=True)
class Wording:
    """What was made of a reply.  ``values`` (61,) float32 in KeyframeFace's unit, where it gave some;
    ``analysis`` holds the parts of an analysis by name; ``notes`` say what was odd."""

    text: str
    analysis: Mapping[str, str] = field(default_factory=dict)
    values: ValueArray | None = None
    notes: tuple[str, ...] = ()


def read_wording(reply: str, *, sparse: bool = False) -> Wording:
    """Words, and what else there is, of a model's reply; ``sparse``: it was asked for values and told
    to leave out those that are 0.

    Raises :class:`GenerationError` for a refusal, for a reply that is cut off or far too long, and
    for one without words.
    """
    if len(reply) > REPLY_LIMIT:
        raise GenerationError(f"the model's reply is far too long ({len(reply)} characters)", _TRY)
    shown = split_thoughts(reply)[0].strip()
    if not shown:
        raise GenerationError("the model answered nothing", _TRY)
    objects = [found for found in found_json(shown) if isinstance(found, dict)]
    analysis = _analysis(objects) or markdown_analysis(shown)
    values, notes = _values(shown, sparse)
    text = _text(objects, analysis)
    if not text and values is None:
        text = _prose(shown)
    if not text and values is not None:
        text = describe_values(values)
        notes.append("the model gave values alone; the words are the studio's for them")
    _check_loop(text)
    if len(text) > MOST_LETTERS:
        text = _shortened(text)
        notes.append("a very long answer was shortened")
    return Wording(text, analysis, values, tuple(notes))


def _analysis(objects: list[dict[str, Any]]) -> dict[str, str]:
    """The parts of an analysis that an object of the reply holds, at its top or one level down."""
    for found in objects:
        for holder in (found, *(value for value in found.values() if isinstance(value, dict))):
            parts = {_key(name): _flat(value) for name, value in holder.items()}
            kept = {name: parts[name] for name in ANALYSIS if parts.get(name)}
            if kept:
                return kept
    return {}


def _key(name: str) -> str:
    return re.sub(r"[^a-z]+", "_", name.lower()).strip("_")


def _flat(value: Any, depth: int = 0) -> str:
    """A text, a list of texts or an object of texts as one text."""
    if isinstance(value, str):
        return _clean(value)
    if depth > 2:
        return ""
    if isinstance(value, list):
        return _sentences([_flat(part, depth + 1) for part in value])
    if isinstance(value, dict):
        pairs = ((name, _flat(part, depth + 1)) for name, part in value.items())
        return _sentences([f"{name.replace('_', ' ')}: {text}" for name, text in pairs if text])
    return ""


def _sentences(parts: list[str]) -> str:
    kept = [part[0].upper() + part[1:] for part in parts if part]
    return " ".join(part if part[-1] in ".!?" else f"{part}." for part in kept)


def _text(objects: list[dict[str, Any]], analysis: Mapping[str, str]) -> str:
    for found in objects:
        named = {_key(name): value for name, value in found.items()}
        for name in _DESCRIPTIONS:
            if text := _flat(named.get(name)):
                return _sentences([text])
    moves, symmetry = analysis.get("muscle_movements", ""), analysis.get("symmetry", "")
    if not moves:
        return ""
    # That both sides are alike is what words without a side say anyway.
    uneven = symmetry if re.search(r"asymm|uneven|left|right|differ|one side", symmetry, re.I) else ""
    uneven = "" if re.search(r"\b(?:no|not|without|hardly)\b", uneven, re.I) else uneven
    return _sentences([moves, uneven])


def _values(shown: str, sparse: bool) -> tuple[ValueArray | None, list[str]]:
    """The values of a reply, if it gives any that can be used."""
    try:
        parsed = parse_reply(shown)
    except TrackError:
        return None, []
    refused = next((note for note in parsed.notes if note.startswith("not a number")), "")
    if refused:
        return None, [f"its values were left out ({refused})"]
    if not (sparse or parsed.present.all()):
        given = f"it gave {parsed.present.sum()} of {len(CHANNELS)} channels"
        return None, [f"its values were left out ({given}, and those that are missing are not 0)"]
    low = np.array([channel.low for channel in CHANNELS], np.float32)
    high = np.array([channel.high for channel in CHANNELS], np.float32)
    values = np.clip(parsed.values, low, high) + np.float32(0.0)
    notes = [note for note in parsed.notes if note.startswith("outside")]
    return keyframeface_pitch(values), notes


def _prose(shown: str) -> str:
    """A reply in plain words.  Raises :class:`GenerationError` for what is none."""
    if _REFUSAL.match(shown):
        raise GenerationError(f"the model refused: “{_first(shown)}”", "choose another model")
    bare = shown.removeprefix("```json").removeprefix("```").lstrip()
    if bare.startswith(("{", "[")):
        cut = bare.count("{") > bare.count("}") or bare.count("[") > bare.count("]")
        told = "stops in the middle" if cut else "holds no description"
        raise GenerationError(f"the model's reply {told} (it begins “{_first(shown)}”)", _TRY)
    text = _LEAD.sub("", _clean(shown))
    if len(re.findall(r"[^\W\d_]{2,}", text)) < _FEWEST_WORDS:
        raise GenerationError(f"the model's reply is not a description: “{_first(shown)}”", _TRY)
    return _sentences([text])


def _clean(text: str) -> str:
    return " ".join(_FENCE.sub(" ", text).split()).strip(" \"'“”")


def _check_loop(text: str) -> None:
    """Raise :class:`GenerationError` for a model that says the same sentence over and over."""
    sentences = Counter(part.strip().lower() for part in re.split(r"[.!?]\s+", text))
    if max(sentences.values()) > _MOST_REPEATS:
        told = f"the model repeats itself: “{_first(max(sentences, key=lambda part: sentences[part]))}”"
        raise GenerationError(told, _TRY)


def _first(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


def _shortened(text: str) -> str:
    head = text[:MOST_LETTERS]
    end = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    return head[: end + 1] if end > MOST_LETTERS // 4 else head.rsplit(" ", 1)[0] + "…"
