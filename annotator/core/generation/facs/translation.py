"""Descriptions in other languages: their words for the face, put into English.

No translation of sentences: the reader needs the parts, movements, sides and small words, and
hardly minds their order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from annotator.core.generation.facs.lexicon import FOLDER, load_toml
from viewer.core.errors import GenerationError

_SCRIPTS: Mapping[str, str] = {
    "cyrillic": r"[\u0400-\u04ff]",
    "han": r"[\u4e00-\u9fff]",
    "kana": r"[\u3040-\u30ff]",
    "greek": r"[\u0370-\u03ff]",
    "hangul": r"[\uac00-\ud7af]",
    "arabic": r"[\u0600-\u06ff]",
    "devanagari": r"[\u0900-\u097f]",
}
_WORDS = re.compile("(?:[^\\W\\d_]|[\u0900-\u0963\u064b-\u0652])+|[^\\w\\s]|\\d+%?")
"""Words with the vowel signs that Python counts as no letters."""
_UNSPACED = frozenset({"han", "kana", "hangul"})
_PUNCTUATION = str.maketrans(
    {
        "，": ", ",
        "。": ". ",
        "、": ", ",
        "；": "; ",
        "：": ": ",
        "！": "! ",
        "？": "? ",
        "・": " ",
        "،": ", ",
        "؛": "; ",
        "।": ". ",
        "「": " ",
        "」": " ",
        "“": " ",
        "”": " ",
        "¡": " ",
        "¿": " ",
        "«": " ",
        "»": " ",
    }
)
_SIDED = frozenset("eye eyebrow eyelid cheek corner nostril lip ear".split())
MIN_SHARE = 0.5
"""Share of the words that a language must know before a text is taken to be in it."""


@dataclass(frozen=True)
class Language:
    """One language: ``exact`` and ``stems`` map word sequences to English."""

    name: str
    script: str
    exact: Mapping[tuple[str, ...], str]
    stems: tuple[tuple[tuple[str, ...], str], ...]
    longest: int


def plain(text: str) -> str:
    """Lower case without accents (scripts other than Latin keep their marks)."""
    lowered = (
        text.lower()
        .replace("ß", "ss")
        .replace("ı", "i")
        .replace("ł", "l")
        .replace("ø", "o")
        .replace("đ", "d")
        .replace("æ", "ae")
    )
    kept = []
    for letter in unicodedata.normalize("NFC", lowered):
        bare = ord(letter) < 0x400 or 0x1E00 <= ord(letter) < 0x2000
        kept.append(unicodedata.normalize("NFD", letter)[0] if bare else letter)
    return "".join(kept).replace("ё", "е")


def _read(name: str, table: Mapping[str, str], path: Path) -> Language:
    exact: dict[tuple[str, ...], str] = {}
    stems: list[tuple[tuple[str, ...], str]] = []
    for entry in re.split(r"[;\n]", table["words"]):
        if not entry.strip():
            continue
        foreign, equals, english = entry.partition("=")
        if not equals:
            raise GenerationError(
                f"[{name}] has an entry without =: {entry.strip()}", "correct the file", path
            )
        words = tuple(plain(foreign).split())
        if any(w.endswith("-") for w in words):
            stems.append((words, english.strip()))
        else:
            exact.setdefault(words, english.strip())
    stems.sort(key=lambda s: (-len(s[0]), -sum(map(len, s[0]))))
    longest = max([len(w) for w in exact] + [len(w) for w, _ in stems])
    return Language(name, table["script"], exact, tuple(stems), longest)


@lru_cache(maxsize=1)
def languages() -> tuple[Language, ...]:
    """All languages of the lexicon, read once."""
    path = FOLDER / "languages.toml"
    return tuple(_read(name, table, path) for name, table in load_toml(FOLDER, "languages.toml").items())


def _lookup(language: Language, words: list[str], at: int) -> tuple[int, str] | None:
    for length in range(min(language.longest, len(words) - at), 0, -1):
        piece = tuple(words[at : at + length])
        if piece in language.exact:
            return length, language.exact[piece]
        for stem, english in language.stems:
            if len(stem) == length and all(
                w.startswith(s[:-1]) if s.endswith("-") else w == s for s, w in zip(stem, piece, strict=True)
            ):
                return length, english
    return None


def _spaced(language: Language, text: str) -> tuple[list[str], float]:
    """(English words, share of the words that were known)."""
    words = _WORDS.findall(plain(text.replace("'", " ").replace("’", " ")))
    out: list[str] = []
    known = total = at = 0
    while at < len(words):
        if not words[at][0].isalpha():
            out.append(words[at])
            at += 1
            continue
        found = _lookup(language, words, at)
        length, english = found or (1, "")
        total += length
        known += length if found else 0
        if found:
            _append(out, english)
        at += length
    return out, known / total if total else 0.0


def _append(out: list[str], english: str) -> None:
    if english.endswith("<"):
        # A denial that follows its verb: put it before the last movement.
        last = out[-1] if out else "is"
        out.insert(len(out) if last in ("is", "are", "and", "but", ",", ".") else len(out) - 1, english[:-1])
        return
    words = english.split()
    if words and words[0] in ("left", "right") and len(words) == 1 and out and out[-1] in _SIDED:
        out.insert(len(out) - (2 if out[-2:-1] == ["mouth"] else 1), words[0])
        return
    out.extend(words)


def _unspaced(language: Language, text: str) -> list[str]:
    flat = {"".join(k): v for k, v in language.exact.items()}
    if language.script == "hangul":
        flat = {" ".join(k): v for k, v in language.exact.items()}
    longest = max(map(len, flat))
    out: list[str] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            english = flat.get(text[at : at + length])
            if english is not None:
                _append(out, english)
                at += length
                break
        else:
            number = re.match(r"\d+(?:\.\d+)?%?|[.,;:!?()]", text[at:])
            if number:
                out.append(number[0])
                at += len(number[0])
            else:
                at += 1
    return out


def to_english(text: str, is_english: Callable[[str], bool]) -> tuple[str, str]:
    """(English words, name of the language), or (text, "") for English and unknown languages.

    ``is_english`` tells whether the reader knows a word as it is.
    """
    tidy = text.translate(_PUNCTUATION)
    for script, pattern in (("kana", _SCRIPTS["kana"]), *_SCRIPTS.items()):
        letters_found = len(re.findall(pattern, tidy))
        letters = len(re.findall(r"[^\W\d_]", tidy))
        # Kana among Chinese characters is Japanese; other scripts must make up a third.
        if not letters_found or (letters_found * 3 < letters and script != "kana"):
            continue
        choices = [lang for lang in languages() if lang.script == script]
        if script in _UNSPACED:
            return " ".join(_unspaced(choices[0], tidy)), choices[0].name
        best = max(choices, key=lambda lang: _spaced(lang, tidy)[1])
        words, share = _spaced(best, tidy)
        return (" ".join(words), best.name) if share >= 0.2 else (text, "")
    words = re.findall(r"[^\W\d_]+", tidy.lower())
    if not words:
        return text, ""
    english = sum(is_english(w) for w in words) / len(words)
    if english >= 0.85 and tidy.isascii():
        return text, ""
    scored = [(_spaced(lang, tidy), lang) for lang in languages() if lang.script == "latin"]
    (found, share), best = max(scored, key=lambda s: s[0][1])
    if share >= MIN_SHARE and share > english + 0.05:
        return " ".join(found), best.name
    return text, ""
