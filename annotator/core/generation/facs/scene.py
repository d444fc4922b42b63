"""The state that reading a description works on: units, parts, and the facts found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import Lexicon
from annotator.core.generation.facs.text import Text, Unit, analyse

_SINGULAR = ("eye", "brow", "eyebrow", "cheek", "eyelid", "corner", "nostril", "lid", "side")
_BETWEEN = frozenset("side hand of the his her s 's upper lower own outer inner their my your half".split())
_NEAR_EYE = ("brow", "brow_inner", "brow_outer", "lid", "lid_upper", "lid_lower", "cheek")
_BY_THE_EYE = ("over", "above", "below", "beneath", "under", "near", "around", "beside")
_PRONOUNS = ("he", "she", "they", "you", "i", "we", "his", "her", "their", "your", "my")
DIRECTIONAL_PARTS = ("gaze", "eye", "head", "face", "face_lower", "jaw", "mouth", "lip", "chin", "corner")
"""Parts that a bare side can send somewhere ("gaze left")."""


@dataclass
class Reading:
    """What a description says.  ``kept`` are part names the text holds unchanged, ``eased``
    those it lets go of in part, ``keep_all`` the whole face; ``reset`` returns to neutral;
    ``also`` adds to the face before; ``speaks_of_face`` whether any word was about a person or a
    face at all; ``joined_by`` is the side that does as the other did ("the right one joins in");
    ``turned`` the side everything goes to now ("now right"); ``scaled`` grow or shrink for all
    of it ("higher still")."""

    facts: list[Fact] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    eased: list[tuple[str, str]] = field(default_factory=list)
    keep_all: bool = False
    also: bool = False
    reset: bool = False
    speaks_of_face: bool = False
    situations: list[tuple[str, float]] = field(default_factory=list)
    last_part: str = ""
    joined_by: str = ""
    turned: str = ""
    scaled: str = ""
    notes: list[str] = field(default_factory=list)


class Scene:
    """One description taken apart.  Stages add to ``facts`` and mark units as ``linked``."""

    def __init__(self, description: str, lexicon: Lexicon, forgiving: bool = True, part: str = "") -> None:
        self.part_before = part
        self.lexicon = lexicon
        self.text: Text = analyse(description, lexicon, forgiving)
        self.units = self._faces_only(list(self.text.units))
        self.units = self._without_others(self.units)
        self.facts: list[Fact] = []
        self.parts = [u for u in self.units if u.has("part")]
        self.result = Reading()

    def _faces_only(self, units: list[Unit]) -> list[Unit]:
        """Drop phrases and parts that are no part of a face ("the mouth of the river")."""
        self._reread(units)
        kept = [u for u in units if not u.has("notface")]
        dropped: set[int] = set()
        for index, unit in enumerate(kept):
            if unit.has("part"):
                after = self.words_after(unit, 4)
                owner_after = "of" in after[:1] and any(
                    u.has("owner") for u in kept if unit.last < u.first <= unit.last + 4
                )
                before = kept[index - 1] if index else None
                owner_before = before is not None and before.has("owner") and unit.first - before.last <= 2
                if owner_after or owner_before or self._opened_by_owner(unit, kept):
                    dropped |= {u.first for u in kept if u.clause == unit.clause}
            elif unit.has("depiction") and self._leads_clause(unit, kept):
                dropped |= {u.first for u in kept if u.clause == unit.clause}
            elif unit.has("thing") and self._opens_clause(unit) and self.words_after(unit, 1) != ["of"]:
                later = [u for u in kept if u.clause == unit.clause and u.first > unit.first]
                if not any(u.has("person") or u.has("part") for u in kept if u.clause == unit.clause):
                    dropped |= {u.first for u in later}
        return [u for u in kept if u.first not in dropped]

    def _leads_clause(self, unit: Unit, units: list[Unit]) -> bool:
        """Whether only what describes it stands before it: "a grinning pumpkin"."""
        before = [u for u in units if u.clause == unit.clause and u.first < unit.first and not u.has("joint")]
        near = all(unit.first - u.last <= 2 for u in before)
        return near and not any(u.has("part") or u.text in _PRONOUNS for u in before)

    def _opened_by_owner(self, part: Unit, units: list[Unit]) -> bool:
        """ "Two bottles with narrow lips": what opens the clause has the part."""
        here = [u for u in units if u.clause == part.clause and u.first < part.first]
        nouns = [u for u in here if not (u.has("joint") or u.has("side") or u.has("degree"))]
        joints = [u.text for u in here if u.has("joint")]
        owned = bool(nouns) and nouns[0].has("owner") and not any(u.has("person") for u in here)
        return owned and joints[-1:] == ["with"]

    def _without_others(self, units: list[Unit]) -> list[Unit]:
        """Drop clauses about somebody else ("his friend frowns; he ...") beside one about the person."""
        tokens = [t.text for t in self.text.tokens]
        theirs: set[int] = set()
        mine: set[int] = set()
        for clause in {u.clause for u in units}:
            here = [u for u in units if u.clause == clause and not u.has("joint")]
            if not here or not any(u.has("part") or u.has("say") or u.has("emotion") for u in here):
                continue
            if here[0].has("other") and tokens[here[0].last + 1 : here[0].last + 2] != ["'s"]:
                theirs.add(clause)
            elif tokens[here[0].first] in _PRONOUNS:
                mine.add(clause)
        for before, whom, unit in zip(units, units[1:], units[2:], strict=False):
            seen = before.has("perceiving") and whom.text in ("him", "her", "them", "someone", "everyone")
            if seen and unit.has("say") and unit.first - before.last <= 3:
                # "She imagines him grinning".
                return [u for u in units if u is not unit]
        silent = {u.clause for u in units if u.text in _PRONOUNS and u.text not in ("his", "her", "their")}
        if theirs and (mine or silent - theirs):
            return [u for u in units if u.clause not in theirs]
        return units

    def _reread(self, units: list[Unit]) -> None:
        """Settle words that mean something else before their neighbour."""
        for index, unit in enumerate(units):
            place = [u for u in units[index + 1 : index + 5] if u.chunk == unit.chunk]
            eye = next((u for u in place if u.has("part") and u.key("part") == "eye"), None)
            between = place[: place.index(eye)] if eye is not None else []
            located = any(u.has("goal") and u.text in _BY_THE_EYE for u in between)
            if unit.has("part") and unit.key("part") in _NEAR_EYE and eye is not None and located:
                # "The brow over the left eye": the eye only says which one.
                eye.senses = {}
        for unit, after in pairwise(units):
            thing = after.first == unit.last + 1 and (after.has("owner") or after.has("depiction"))
            if thing and (unit.has("say") or unit.has("emotion")):
                # "Frowning cliffs", "an open-mouthed jar".
                unit.senses = {"notface": []}
            close = after.first - unit.last <= 2
            if unit.has("neg") and unit.text.startswith(("drop ", "lose ")) and close and after.has("part"):
                # "Drop the smile" takes it away, "drop the jaw" lowers it.
                node = self.lexicon.tree.next.get("drop")
                unit.senses = {}
                for sense in node.senses if node is not None and unit.text.startswith("drop ") else ():
                    unit.senses.setdefault(sense.kind, []).append(sense)
                unit.last = unit.first
            if unit.has("say") and unit.has("degree") and after.has("emotion") and close:
                # "Utter terror" says nothing.
                unit.senses = {kind: found for kind, found in unit.senses.items() if kind != "say"}
            if unit.has("notface") and after.text in ("and", ",", "then"):
                self._reread_shared_verb(unit, units)
            if unit.has("say") and unit.text.endswith(" on") and close and after.has("owner"):
                # "Looks down on the valley" is no look of contempt.
                unit.senses = {"notface": unit.senses["say"]}

    def _reread_shared_verb(self, unit: Unit, units: list[Unit]) -> None:
        """ "Raises a glass and an eyebrow": the verb is the eyebrow's too."""
        at = next(i for i, u in enumerate(units) if u is unit)
        rest = [u for u in units[at + 1 :] if u.clause == unit.clause and u.chunk - unit.chunk in (1, 2)]
        simple = ("person", "side", "part")
        if not all(u.text in ("and", ",", "then") or any(map(u.has, simple)) for u in rest):
            return
        verb = self.text.tokens[unit.first]
        nodes = [n for key in verb.keys if (n := self.lexicon.tree.next.get(key)) is not None]
        moves = [s for node in nodes for s in node.senses if s.kind == "move"]
        if moves and any(u.has("part") for u in rest) and not any(u.has("move") for u in rest):
            unit.senses = {"move": moves}
            unit.last, unit.text, unit.words = unit.first, verb.text, unit.words.split()[0]

    def _opens_clause(self, unit: Unit) -> bool:
        return not any(
            u.clause == unit.clause and u.first < unit.first and not u.has("joint") for u in self.text.units
        )

    def words_after(self, unit: Unit, count: int) -> list[str]:
        """Up to ``count`` words that follow a unit, lower case; fewer at the end of the text."""
        return [t.text for t in self.text.tokens[unit.last + 1 : unit.last + 1 + count]]

    def word_before(self, unit: Unit) -> str:
        """The word before a unit, lower case; empty at the begin of the text."""
        return self.text.tokens[unit.first - 1].text if unit.first else ""

    def add(self, action: str, unit: Unit, part: Unit | None, level: float | None = None) -> Fact:
        """A new fact headed by ``unit``."""
        words = unit.words if part is None else self.span(unit, part)
        units = [unit] if part is None else [unit, part]
        fact = Fact(
            action=action,
            level=level,
            words=words,
            first=min(u.first for u in units),
            last=max(u.last for u in units),
            head=unit.first,
            head_last=unit.last,
            chunk=unit.chunk,
            clause=unit.clause,
            sentence=unit.sentence,
            part=None if part is None else part.key("part"),
        )
        if part is not None:
            fact.side = self.own_side(part)
            fact.part_first = part.first
            part.linked = True
        unit.linked = True
        self.facts.append(fact)
        return fact

    def span(self, a: Unit, b: Unit) -> str:
        """The words of two units as a person wrote them, in the order of the text."""
        first, last = sorted((a, b), key=lambda u: u.first)
        return first.words if first is last else f"{first.words} … {last.words}"

    def own_side(self, part: Unit) -> str:
        """The side an adjective gives to a part ("left eyebrow", "one corner", "ojo derecho")."""
        if part.text == "eyebrow" and self.word_before(part) == "a":
            # "Raise a eyebrow", put word by word from another language.
            return "one"
        here = self.word_before(part) in ("that", "this") or self.words_after(part, 1) == ["there"]
        if here and any(
            u.has("side") and u.key("side") in ("left", "right") and u.last < part.first for u in self.units
        ):
            return "same"
        for unit in self.units:
            if not unit.has("side"):
                continue
            gap = part.first - unit.last
            between = self.text.tokens[unit.last + 1 : part.first]
            if 1 <= gap <= 5 and all(
                t.text
                in (
                    "side",
                    "hand",
                    "of",
                    "the",
                    "his",
                    "her",
                    "s",
                    "'s",
                    "upper",
                    "lower",
                    "own",
                    "outer",
                    "inner",
                    "their",
                    "my",
                    "your",
                    "half",
                )
                or (t.text[:1].isalnum() and t.text not in ("and", "or") and not t.keys & {"#"} and gap <= 2)
                for t in between
            ):
                if unit.key("side") == "one" and unit.text == "an" and gap > 1:
                    continue
                if unit.text == "an" and part.text.endswith("s"):
                    continue
                if self.is_side_word(unit, part):
                    unit.linked = True
                    return unit.key("side")
            if unit.first - part.last == 1 and part.text in (
                "eye",
                "brow",
                "eyebrow",
                "cheek",
                "eyelid",
                "corner",
                "nostril",
                "lid",
                "side",
            ):
                unit.linked = True
                return unit.key("side")
        return ""

    def is_side_word(self, unit: Unit, part: Unit | None = None) -> bool:
        """Whether "left"/"right" means a side here ("no frown left" does not)."""
        if unit.key("side") == "other" and self.word_before(unit) in ("no", "any", "all", "every", "without"):
            return False
        if unit.key("side") not in ("left", "right") or unit.last > unit.first:
            return True
        if unit.text == "left" and self.words_after(unit, 1) == ["of"]:
            # "Nothing left of the evening".
            return self.word_before(unit) not in ("nothing", "little", "much", "none", "anything", "all")
        if unit.text not in ("left", "right"):
            return True
        after = self.words_after(unit, 1)
        if (
            unit.text == "right"
            and after
            and after[0] in ("about", "now", "away", "after", "before", "there")
        ):
            return False
        if part is not None:
            return True
        before = self.word_before(unit)
        if before in (
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "had",
            "been",
            "he",
            "she",
            "they",
            "all",
            "that's",
            "who",
            "it",
            "just",
        ) and not self._directional_near(unit):
            return False
        if unit.text == "left":
            denied = [
                u
                for u in self.units
                if u.has("neg")
                and u.clause == unit.clause
                and u.first < unit.first
                and unit.first - u.last <= 4
            ]
            if denied and before not in ("the", "his", "her", "to", "on", "own", "their"):
                return False
        return True

    def _directional_near(self, unit: Unit) -> bool:
        return any(p.clause == unit.clause and p.key("part") in DIRECTIONAL_PARTS for p in self.parts)

    def facts_for(self, unit: Unit) -> list[Fact]:
        """The facts of the unit's chunk, else of the nearest chunk before it, else after it."""
        for chunks in ([unit.chunk], range(unit.chunk - 1, unit.chunk - 4, -1), [unit.chunk + 1]):
            for chunk in chunks:
                found = [f for f in self.facts if f.chunk == chunk and f.sentence == unit.sentence]
                if found:
                    return found
        return []

    def takes_direction(self, fact: Fact) -> bool:
        """Whether left and right say where the action goes, not on which side of the face it is."""
        action = self.lexicon.actions.get(fact.action)
        return action is not None and action.directional

    def last_part(self) -> str:
        """The part that the text spoke of last, sayings included."""
        for token in reversed(self.text.tokens):
            for key in token.keys:
                node = self.lexicon.tree.next.get(key)
                for sense in node.senses if node is not None else ():
                    if sense.kind == "part" and sense.key != "gaze":
                        return sense.key
        return ""
