"""From characters to lexical units: spelling, special notations, phrases, typing slips."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from annotator.core.generation.facs.lexicon import DETERMINERS, Lexicon, Node, Sense
from annotator.core.generation.facs.translation import to_english
from viewer.core.channels import BY_NAME

_GAP = DETERMINERS | {"left", "right"}
_SUBORDINATE = frozenset("without with while as when despite after before instead although if".split())
_NOMINATIVE = frozenset("he she they we i".split())
MAX_LENGTH = 6000
"""Characters of a description that are read; the rest is no description of a keyframe."""

LETTERS = {"a": 0.12, "b": 0.28, "c": 0.5, "d": 0.75, "e": 1.0}
_STEMS = sorted(
    {n.removesuffix("Left").removesuffix("Right") for n in BY_NAME} | set(BY_NAME), key=len, reverse=True
)
_STEMS = [stem for stem in _STEMS if stem not in ("Mouth", "Jaw")]
_STEM_BY_LOWER = {s.lower(): s for s in _STEMS}
_CHANNEL = (
    r"(?P<channel>\b(?:" + "|".join(_STEMS) + r"))(?P<half>_?(?:left|right|l|r)\b)?(?![a-z])"
    r"(?:\s*(?:[:=]|at|to|is)?\s*(?P<amount>\d*\.?\d+)\s*(?P<pct>%|percent)?)?"
)
_SCAN = re.compile(
    r"(?P<au>\b(?:(?P<pre>left|right|[lr])[ -]?)?(?:aus?|action units?|facs)[ -]*"
    r"(?P<list>[lr]?\d{1,2}[lr]?[a-e]?\b"
    r"(?:\s*(?:\+|,|&|/|and|with|plus)\s*(?:au ?)?[lr]?\d{1,2}[lr]?[a-e]?\b(?!\s*%))*))"
    r"|(?P<codes>\b[lr]?\d{1,2}[a-e]?(?:\s?\+\s?[lr]?\d{1,2}[a-e]?)+"
    r"(?:,?\s(?:and|with|plus)\s(?:au ?)?[lr]?\d{1,2}[a-e]?\b(?!\s*(?:%|per)))*\b)"
    r"|(?P<code>(?-i:\b(?:[LR]\d{1,2}[A-E]?|(?!2D|3D)\d{1,2}[A-E])\b))"
    r"|" + _CHANNEL + r"|(?P<percent>(?P<p1>\d+(?:\.\d+)?)(?:\s*(?:-|–|to)\s*(?P<p2>\d+(?:\.\d+)?))?\s*"
    r"(?:%|percent\b|per cent\b|pct\b))"
    r"|(?P<ratio>(?P<r1>\d+)\s*(?:/|out of|of)\s*(?P<r2>\d+)\b)"
    r"|(?P<letter>(?:\b(?:intensity|level|grade|strength)(?: of)?[ -]*(?P<l1>[a-e])\b)"
    r"|(?:\b(?P<l2>[a-e])[ -](?:intensity|level)\b))"
    r"|(?P<hundred>(?:\bat|\bto)\s+(?P<h1>\d{2,3})(?![\d.:/]|\s*(?:%|percent|degrees|o'clock|[ap]m)))"
    r"|(?P<decimal>(?<![\d.])(?:0?\.\d+|1\.0+)(?!\d))"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?|\d+)"
    r"|(?P<punct>[.,;:!?()—–+/|&])",
    re.IGNORECASE,
)

_BRACKETED = re.compile(r"\(\s*((?:[lr] ?)?(?:aus?|action units?)[ -]*[\dlra-e +,&]+?)\s*\)", re.IGNORECASE)
"""An action unit in brackets belongs to the words before it."""
_PLACES = r"(inner|outer|upper|lower|top|bottom|medial|lateral)"
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPELLED = re.compile(
    r"\b(five|fifteen|twenty[ -]five|seventy[ -]five|a hundred|one hundred|" + "|".join(_TENS) + r")"
    r"(?=[ -](?:percent|per cent|pct)\b)",
    re.IGNORECASE,
)
_SPELLED_ODD = {
    "five": 5,
    "fifteen": 15,
    "twenty five": 25,
    "seventy five": 75,
    "a hundred": 100,
    "one hundred": 100,
}
_LETTER_AFTER = re.compile(r"\b((?:[LR] ?)?AU ?\d{1,2}) ?\(([A-E])\)")
"""The intensity of an action unit in brackets: "AU12 (B)"."""
_CODED = re.compile(r"\bAU ?\d")
"""Text with codes of action units is English: "au" is a word of French."""
_LEVEL_AFTER = re.compile(r"\b(?:AU ?)?(\d{1,2}) (?:at|to|with) (?:level|intensity|grade|strength) ([A-E])\b")
"""The intensity of an action unit after it: "12 at level D"."""
_SPEECH = re.compile(r"[\"“]([^\"“”]{2,}?)[,.!?…—-][\"”]")
"""What somebody says, told from a phrase in inverted commas by the stop before its end."""
_SHARED_NOUN = re.compile(rf"\b{_PLACES} (and|or|&) {_PLACES} ([^\W\d_]+)", re.IGNORECASE)
"""Two places sharing one noun: "upper and lower lids"."""


@dataclass
class Token:
    """A word with its place in the text; ``sense`` is set for special notations."""

    text: str
    start: int
    end: int
    keys: frozenset[str] = frozenset()
    senses: list[Sense] = field(default_factory=list)


@dataclass
class Unit:
    """A word or phrase of the lexicon found in the text.  ``first``/``last`` are token
    numbers; ``sentence``, ``clause`` and ``chunk`` number the joints before it."""

    senses: dict[str, list[Sense]]
    first: int
    last: int
    words: str
    text: str
    sentence: int = 0
    clause: int = 0
    chunk: int = 0
    linked: bool = False

    def has(self, kind: str) -> bool:
        """Whether it has a sense of this kind, e.g. ``move`` or ``side``."""
        return kind in self.senses

    def key(self, kind: str) -> str:
        """The key of its first sense of a kind.  Raises :class:`KeyError` without one."""
        return self.senses[kind][0].key

    def keys(self, kind: str) -> list[str]:
        """The keys of all its senses of a kind, often none."""
        return [s.key for s in self.senses.get(kind, [])]


@dataclass(frozen=True)
class Text:
    """A description as units.  ``tokens`` for questions about neighbours; ``corrected`` lists
    the typing slips as (written, read)."""

    tokens: tuple[Token, ...]
    units: tuple[Unit, ...]
    corrected: tuple[tuple[str, str], ...]
    language: str = ""


def _number(words: str) -> int:
    """A spelled percentage as a number."""
    lowered = words.lower().replace("-", " ")
    return _SPELLED_ODD[lowered] if lowered in _SPELLED_ODD else 10 * (_TENS.index(lowered) + 1)


def _without_speech(text: str) -> str:
    """The text without what is said in it, if there is more than that."""
    told = _SPEECH.sub(" , ", text)
    return told if len(re.findall(r"[^\W\d_]{2,}", told)) >= 2 else text


def _unit_senses(listed: str, pre: str | None) -> list[Sense]:
    found = []
    for match in re.finditer(r"([lr])?(\d{1,2})([lr])?([a-e])?", listed.lower()):
        mark = (pre or "")[:1].lower() or match[1] or match[3] or ""
        level = LETTERS[match[4]] if match[4] else None
        found.append(Sense("au", f"{match[2]}{mark}", level))
    return found


def _special(match: re.Match[str]) -> list[Sense] | None:
    """Senses of a notation (AU list, channel name, number), or None for a word."""
    if match["au"]:
        return _unit_senses(match["list"], match["pre"])
    if match["codes"] or match["code"]:
        return _unit_senses(match["codes"] or match["code"], None)
    if match["channel"]:
        stem = _STEM_BY_LOWER[match["channel"].lower()]
        half = (match["half"] or "").lower().strip("_")[:1]
        if half:
            stem += {"l": "Left", "r": "Right"}[half]
        written = match["channel"]
        if match["amount"] is None and (written.islower() or written.istitle()) and not half:
            return None
        amount = None if match["amount"] is None else float(match["amount"])
        if amount is not None and (match["pct"] or amount > 1):
            amount /= 100
        return [Sense("channel", stem, None if amount is None else min(amount, 1.0))]
    level: float | None = None
    if match["percent"]:
        level = float(match["p1"])
        if match["p2"]:
            level = (level + float(match["p2"])) / 2
        level /= 100
    elif match["ratio"]:
        top = float(match["r2"])
        level = float(match["r1"]) / top if top >= 3 else None
    elif match["letter"]:
        level = LETTERS[(match["l1"] or match["l2"]).lower()]
    elif match["hundred"]:
        level = float(match["h1"]) / 100
    elif match["decimal"]:
        level = float(match["decimal"])
    if level is None or not 0 <= level <= 1:
        return None if level is None else []
    return [Sense("degree", "number", level)]


def _tokens(text: str, lexicon: Lexicon) -> list[Token]:
    tokens: list[Token] = []
    for match in _SCAN.finditer(text):
        special = _special(match)
        start, end = match.span()
        if special is not None:
            tokens.append(Token(match[0].lower(), start, end, frozenset({"#"}), special))
            continue
        for piece in _split_word(match[0], lexicon):
            tokens.append(Token(piece, start, end))
    return tokens


def _split_word(word: str, lexicon: Lexicon) -> list[str]:
    lowered = word.lower()
    if lowered in lexicon.spelling:
        return lexicon.spelling[lowered].split()
    for ending, full in lexicon.contractions.items():
        if lowered.endswith(ending) and len(lowered) > len(ending):
            return [
                lowered[: -len(ending)].replace("ca", "can")
                if ending == "n't" and lowered == "can't"
                else "will"
                if lowered == "won't"
                else lowered[: -len(ending)],
                full,
            ]
    return re.findall(r"[^\W\d_]+|\d+|\S+", lowered)


@lru_cache(maxsize=4096)
def correct(word: str, lexicon_id: int) -> str | None:
    """The lexicon word that an unknown word is most likely meant to be, or None."""
    lexicon = _LEXICONS[lexicon_id]
    if len(word) < 5 or not word.isascii() or word in lexicon.lookalikes:
        return None
    cutoff = 1 if len(word) < 10 else 2
    near = process.extract(
        word, _targets(lexicon_id, word[0]), scorer=OSA.distance, score_cutoff=cutoff, limit=8
    )
    # A word that means something by itself before one that only occurs in sayings.
    near.sort(key=lambda found: (found[1] - 0.5 * (found[0] in lexicon.single), found[0]))
    return str(near[0][0]) if near else None


_LEXICONS: dict[int, Lexicon] = {}


@lru_cache(maxsize=64)
def _targets(lexicon_id: int, letter: str) -> tuple[str, ...]:
    return tuple(t for t in _LEXICONS[lexicon_id].typo_targets if t[0] == letter)


def _match(tree: Node, tokens: list[Token], at: int) -> tuple[int, list[Sense]]:
    """Longest phrase from token ``at``: (tokens taken, senses); (0, []) if there is none."""
    best: tuple[int, list[Sense]] = (0, [])
    stack = [(tree, at)]
    while stack:
        node, position = stack.pop()
        if node.senses and position > at:
            length = position - at
            if length > best[0]:
                best = (length, list(node.senses))
            elif length == best[0]:
                best[1].extend(s for s in node.senses if s not in best[1])
        gap = node.next.get("~")
        if gap is not None:
            skip = position
            stack.append((gap, skip))
            while skip < len(tokens) and skip < position + 2 and tokens[skip].text in _GAP:
                skip += 1
                stack.append((gap, skip))
        wild = node.next.get("*")
        if wild is not None:
            for extra in range(3):
                reach = position + extra
                if reach > len(tokens) or any(not t.text[:1].isalnum() for t in tokens[position:reach]):
                    break
                stack.append((wild, reach))
        if position < len(tokens):
            for key in tokens[position].keys:
                child = node.next.get(key)
                if child is not None:
                    stack.append((child, position + 1))
    return best


def _mid_clause(tokens: list[Token], at: int) -> bool:
    """Whether "only" is an adverb in the middle of a clause ("lifts only the inner brows")."""
    if tokens[at].text != "only" or at == 0 or at + 1 >= len(tokens):
        return False
    after = [token.text for token in tokens[at + 1 : at + 3]]
    sided = "left" in after or "right" in after
    return tokens[at - 1].text[:1].isalpha() and after[0] in DETERMINERS and not sided


def analyse(text: str, lexicon: Lexicon, forgiving: bool = True) -> Text:
    """Cut a description into lexical units.  ``forgiving`` reads typing slips as what they mean."""
    _LEXICONS[id(lexicon)] = lexicon
    english, language = text[:MAX_LENGTH], ""
    if not _CODED.search(english):
        english, language = to_english(english, lambda w: _is_english(lexicon, w))
    plain = english.replace("’", "'").replace("‘", "'").replace("`", "'")
    plain = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", plain)
    for sign, words in lexicon.signs.items():
        plain = plain.replace(sign, f" {words} ")
    plain = _without_speech(plain)
    plain = _LETTER_AFTER.sub(r"\1\2", _LEVEL_AFTER.sub(r"AU\1\2", plain))
    plain = _SPELLED.sub(lambda m: str(_number(m[1])), plain)
    plain = _BRACKETED.sub(r" \1 ", plain)
    plain = _SHARED_NOUN.sub(r"\1 \4 \2 \3 \4", plain)
    tokens = _tokens(plain, lexicon)
    slips: list[tuple[str, str]] = []
    for token in tokens:
        if token.senses:
            continue
        token.keys = lexicon.keys(token.text)
        if forgiving and not _known_anywhere(lexicon, token.keys):
            better = correct(token.text, id(lexicon))
            if better is not None:
                slips.append((token.text, better))
                token.keys = lexicon.keys(better)
    units: list[Unit] = []
    at = sentence = clause = chunk = opened = 0
    while at < len(tokens):
        token = tokens[at]
        if token.text in _NOMINATIVE and at > opened + 1 and tokens[opened].text in _SUBORDINATE:
            # "Without opening her mouth she smiles": the main clause needs no comma to begin.
            clause, chunk, opened = clause + 1, chunk + 1, at
        if token.text == ":" and units and units[-1].has("part") and units[-1].last == at - 1:
            # "Brows: raised, mouth: closed": a label begins a clause and belongs to it.
            clause, chunk, at = clause + 1, chunk + 1, at + 1
            for unit in reversed(units):
                if unit.has("joint"):
                    break
                unit.clause, unit.chunk = clause, chunk
            continue
        if token.senses:
            length, senses = 1, list(token.senses)
        else:
            length, senses = _match(lexicon.tree, tokens, at)
        if not length or _mid_clause(tokens, at):
            at += 1
            continue
        grouped: dict[str, list[Sense]] = {}
        for sense in senses:
            grouped.setdefault(sense.kind, []).append(sense)
        if "joint" in grouped:
            kind = grouped["joint"][0].key
            chunk += 1
            clause += kind == "strong"
            sentence += token.text in ".;!?"
            opened = at + 1
        last = at + length - 1
        words = plain[token.start : tokens[last].end]
        units.append(
            Unit(
                grouped,
                at,
                last,
                words,
                " ".join(t.text for t in tokens[at : last + 1]),
                sentence,
                clause,
                chunk,
            )
        )
        if "degree" in grouped and token.text == "as" and length > 3:
            # "As wide as they will go" says what the eyes do and how much.
            held, found = _match(lexicon.tree, tokens, at + 1)
            moves = [s for s in found if s.kind == "move"]
            if held == 1 and moves:
                words = plain[tokens[at + 1].start : tokens[at + 1].end]
                units.append(
                    Unit({"move": moves}, at + 1, at + 1, words, words.lower(), sentence, clause, chunk)
                )
        for inner in range(at + 1, last):
            # A side inside a phrase ("over her left shoulder") keeps its meaning.
            if tokens[inner].text in ("left", "right") and "side" not in grouped and "notface" not in grouped:
                units.append(
                    Unit(
                        {"side": [Sense("side", tokens[inner].text)]},
                        inner,
                        inner,
                        tokens[inner].text,
                        tokens[inner].text,
                        sentence,
                        clause,
                        chunk,
                    )
                )
        at += length
    return Text(tuple(tokens), tuple(units), tuple(slips), language)


def misread(words: Iterable[str], lexicon: Lexicon) -> list[str]:
    """The ``words`` that are not in the lexicon but would be corrected to one that is."""
    _LEXICONS[id(lexicon)] = lexicon
    strange = (w for w in words if not _known_anywhere(lexicon, lexicon.keys(w)))
    return [w for w in strange if correct(w, id(lexicon)) is not None]


def _is_english(lexicon: Lexicon, word: str) -> bool:
    return (
        word in lexicon.lookalikes or word in lexicon.spelling or _known_anywhere(lexicon, lexicon.keys(word))
    )


def _known_anywhere(lexicon: Lexicon, keys: frozenset[str]) -> bool:
    vocabulary = _vocabulary(id(lexicon))
    return any(key in vocabulary for key in keys)


@lru_cache(maxsize=4)
def _vocabulary(lexicon_id: int) -> frozenset[str]:
    found: set[str] = set()
    stack = [_LEXICONS[lexicon_id].tree]
    while stack:
        node = stack.pop()
        found.update(node.next)
        stack.extend(node.next.values())
    return frozenset(found | DETERMINERS)


def known_word(word: str, lexicon: Lexicon) -> bool:
    """Whether a word stands anywhere in the lexicon, in any form or as a slip."""
    _LEXICONS[id(lexicon)] = lexicon
    pieces = _split_word(word.replace("’", "'"), lexicon)
    return all(
        not piece.isalpha()
        or _known_anywhere(lexicon, lexicon.keys(piece))
        or correct(piece, id(lexicon)) is not None
        for piece in pieces
    )
