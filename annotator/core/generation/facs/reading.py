"""From units to facts: which action, on which side, how strong, denied or kept.

Parts and movements are joined within their clause by nearness ("the inner brows lift"), parts
joined by "and" share a movement, and a clause without a part takes the one before it.  Words
for strength, side, denial and change then go to the facts near them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from annotator.core.generation.facs import masking
from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import Lexicon, Side
from annotator.core.generation.facs.text import Text, Unit, analyse

REACH = 14.0
"""How far apart, in words and penalties, a part and its movement may stand."""
SAID_REACH = 5.5
"""The same for words that are actions by themselves ("smile"), which need no part."""

_DIRECTIONAL_PARTS = ("gaze", "eye", "head", "face", "face_lower", "jaw", "mouth", "lip", "chin", "corner")
_AU_SIDES = {51: "left", 52: "right", 55: "left", 56: "right", 61: "left", 62: "right"}
_OPPOSITE = {"eye_open": "eye_close", "mouth_close": "lip_part"}


@dataclass
class Reading:
    """What a description says.  ``kept`` are part names the text holds unchanged, ``keep_all``
    the whole face; ``reset`` returns to neutral; ``also`` adds to the face before;
    ``speaks_of_face`` whether any word was about a person or a face at all."""

    facts: list[Fact] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    keep_all: bool = False
    also: bool = False
    reset: bool = False
    speaks_of_face: bool = False
    situations: list[tuple[str, float]] = field(default_factory=list)
    last_part: str = ""
    notes: list[str] = field(default_factory=list)


class Reader:
    """Reads one description.  Made anew for each; ``read`` gives the result."""

    def __init__(self, description: str, lexicon: Lexicon, forgiving: bool = True, part: str = "") -> None:
        self.part_before = part
        self.lexicon = lexicon
        self.text: Text = analyse(description, lexicon, forgiving)
        self.units = self._faces_only(list(self.text.units))
        self.facts: list[Fact] = []
        self.parts = [u for u in self.units if u.has("part")]
        self.result = Reading()

    def read(self) -> Reading:
        """Facts in the order of the words that name them."""
        self._notations()
        self._combinations()
        self._sayings()
        self._inherited()
        self._sides()
        self._straightened()
        masking.emotions(self)
        self._degrees()
        self._negations()
        self._changes()
        self.facts.sort(key=lambda f: f.first)
        found = self.result
        found.facts = self.facts
        found.speaks_of_face = any(u.has("person") or u.has("vague") or u.has("part") for u in self.units)
        found.situations = [(s.key, s.level or 0.5) for u in self.units for s in u.senses.get("situation", [])]
        found.last_part = self._last_part()
        if self.text.corrected:
            pairs = ", ".join(f"“{a}” as “{b}”" for a, b in self.text.corrected)
            found.notes.append(f"read {pairs}")
        return found

    # ------------------------------------------------------------ what is no face

    def _last_part(self) -> str:
        """The part that the text spoke of last, sayings included."""
        for token in reversed(self.text.tokens):
            for key in token.keys:
                node = self.lexicon.tree.next.get(key)
                for sense in node.senses if node is not None else ():
                    if sense.kind == "part" and sense.key != "gaze":
                        return sense.key
        return ""

    def _faces_only(self, units: list[Unit]) -> list[Unit]:
        """Drop phrases and parts that are no part of a face ("the mouth of the river")."""
        kept = [u for u in units if not u.has("notface")]
        dropped: set[int] = set()
        for index, unit in enumerate(kept):
            if unit.has("part"):
                after = self._words_after(unit, 4)
                owner_after = "of" in after[:1] and any(
                    u.has("owner") for u in kept if unit.last < u.first <= unit.last + 4)
                before = kept[index - 1] if index else None
                owner_before = before is not None and before.has("owner") and unit.first - before.last <= 2
                if owner_after or owner_before:
                    dropped |= {u.first for u in kept if u.clause == unit.clause}
            elif unit.has("thing") and self._opens_clause(unit) and self._words_after(unit, 1) != ["of"]:
                later = [u for u in kept if u.clause == unit.clause and u.first > unit.first]
                if not any(u.has("person") or u.has("part") for u in kept if u.clause == unit.clause):
                    dropped |= {u.first for u in later}
        return [u for u in kept if u.first not in dropped]

    def _opens_clause(self, unit: Unit) -> bool:
        return not any(u.clause == unit.clause and u.first < unit.first and not u.has("joint")
                       for u in self.text.units)

    def _words_after(self, unit: Unit, count: int) -> list[str]:
        return [t.text for t in self.text.tokens[unit.last + 1: unit.last + 1 + count]]

    def _word_before(self, unit: Unit) -> str:
        return self.text.tokens[unit.first - 1].text if unit.first else ""

    # ------------------------------------------------------------ AU numbers and channel names

    def _notations(self) -> None:
        for unit in self.units:
            for sense in unit.senses.get("au", []):
                digits = "".join(c for c in sense.key if c.isdigit())
                number = int(digits)
                mark = sense.key[len(digits):]
                action = self.lexicon.units.get(number)
                if action is None:
                    if number:
                        self.result.notes.append(f"AU{number} has no ARKit channel")
                    else:
                        self.add("neutral", unit, None)
                    continue
                side = {"l": "left", "r": "right"}.get(mark, _AU_SIDES.get(number, ""))
                fact = self.add(action, unit, None)
                fact.side = side
                if sense.level is not None:
                    fact.degree = sense.level
            for sense in unit.senses.get("channel", []):
                fact = self.add("channel:" + sense.key, unit, None)
                fact.degree = sense.level

    def add(self, action: str, unit: Unit, part: Unit | None, level: float | None = None) -> Fact:
        """A new fact headed by ``unit``."""
        words = unit.words if part is None else self._span(unit, part)
        units = [unit] if part is None else [unit, part]
        fact = Fact(
            action=action, level=level, words=words, first=min(u.first for u in units),
            last=max(u.last for u in units), head=unit.first, head_last=unit.last, chunk=unit.chunk,
            clause=unit.clause, sentence=unit.sentence, part=None if part is None else part.key("part"),
        )
        if part is not None:
            fact.side = self._own_side(part)
            fact.part_first = part.first
            part.linked = True
        unit.linked = True
        self.facts.append(fact)
        return fact

    def _span(self, a: Unit, b: Unit) -> str:
        first, last = sorted((a, b), key=lambda u: u.first)
        return first.words if first is last else f"{first.words} … {last.words}"

    # ------------------------------------------------------------ part + movement

    def _combinations(self) -> None:
        for unit in self.units:
            if not unit.has("move") or unit.has("part") and len(unit.keys("part")) and self._is_noun_part(unit):
                continue
            part = self._best_part(unit)
            if part is None:
                continue
            if unit.has("say") and part.chunk != unit.chunk:
                continue
            if self._is_goal(part) and self._said_before(unit):
                # "A smirk tugs at the right side of her mouth": the smirk acts, the part is where.
                continue
            self._link(unit, part)

    def _said_before(self, unit: Unit) -> bool:
        return any(u.has("say") and u.chunk == unit.chunk and u.first < unit.first for u in self.units)

    def _is_noun_part(self, unit: Unit) -> bool:
        return unit.key("part") not in ("gaze",)

    def _link(self, move: Unit, part: Unit) -> None:
        action = self.lexicon.combination(part.key("part"), move.keys("move"))
        if action is None:
            return
        if not any(f.action == action and f.part_first == part.first for f in self.facts):
            self.add(action, move, part)
            default = self.lexicon.default_part.get(move.key("move"), "")
            if default and part.key("part") == "gaze" and part.first > move.first and self._person_moves(move):
                # "He turns to look at the door": the head turns as well.
                also = self.lexicon.combination(default, move.keys("move"))
                if also is not None:
                    self.add(also, move, None)
        for other in self._joined(part):
            shared = self.lexicon.combination(other.key("part"), move.keys("move"))
            if shared is not None and not any(f.part_first == other.first for f in self.facts):
                self.add(shared, move, other)

    def _best_part(self, move: Unit) -> Unit | None:
        best: tuple[float, Unit] | None = None
        for part in self.parts:
            if part is move or part.clause != move.clause:
                continue
            if self.lexicon.combination(part.key("part"), move.keys("move")) is None:
                continue
            cost = self._cost(part, move)
            if move.has("say") and cost > SAID_REACH:
                continue
            if cost <= REACH and (best is None or cost < best[0]):
                best = (cost, part)
        return None if best is None else best[1]

    def _cost(self, part: Unit, move: Unit) -> float:
        before = part.first < move.first
        low, high = (part, move) if before else (move, part)
        distance = float(high.first - low.last)
        if not before:
            distance += 0.5
        for unit in self.units:
            if not low.last < unit.first < high.first:
                continue
            if unit.has("joint"):
                distance += 7.0 if unit.text == "," else 2.5
            elif unit.has("goal"):
                distance += 3.0
            elif unit.has("part") and unit is not part and unit is not move:
                distance += 1.5
            elif unit.has("move") and unit.linked and not before:
                distance += 1.0
        if self._is_goal(part):
            distance += 6.0
        return distance

    def _is_goal(self, part: Unit) -> bool:
        """Whether the part is only where a movement goes ("toward the lower eyelids")."""
        for unit in reversed([u for u in self.units if u.first < part.first and u.clause == part.clause]):
            if unit.has("goal"):
                return part.first - unit.last <= 4
            if unit.has("part") or unit.has("joint") or unit.has("move"):
                return False
        return False

    def _joined(self, part: Unit) -> Iterator[Unit]:
        """Parts joined to ``part`` by "and", "or" or commas with nothing else between."""
        for step in (-1, 1):
            index = next(i for i, u in enumerate(self.units) if u is part) + step
            joint = False
            while 0 <= index < len(self.units):
                unit = self.units[index]
                if unit.has("joint") and unit.text in ("and", "or", ",", "+", "/", "plus"):
                    joint = True
                elif unit.has("part") and not unit.linked:
                    if not joint:
                        break
                    yield unit
                    joint = False
                elif not (unit.has("side") or unit.has("person")) and not (
                        unit.text in ("like", "as", "well")):
                    break
                index += step

    # ------------------------------------------------------------ words that are actions

    def _sayings(self) -> None:
        for unit in self.units:
            if not unit.has("say") or unit.linked:
                continue
            for action, level in unit.senses["say"][0].do:
                self.add(action, unit, None, level)
            near = [p for p in self.parts if p.chunk == unit.chunk and not p.linked and abs(p.first - unit.first) <= 5]
            if near and near[0].key("part") not in ("gaze", "face"):
                for fact in self.facts:
                    if fact.head == unit.first:
                        fact.near_part = near[0].key("part")
                        fact.side = fact.side or self._own_side(near[0])

    def _inherited(self) -> None:
        """Movements without a part in reach: the part of the clause before, or the head."""
        for unit in self.units:
            if not unit.has("move") or unit.linked or unit.has("part"):
                continue
            own = [p for p in self.parts if p.clause == unit.clause and p.chunk == unit.chunk]
            if own and any(p.key("part") != "gaze" for p in own):
                continue
            for move in unit.keys("move"):
                default = self.lexicon.default_part.get(move)
                if default and self._person_moves(unit) and self._has_direction(unit):
                    action = self.lexicon.combination(default, [move])
                    if action:
                        self.add(action, unit, None)
                        break
            if unit.linked:
                continue
            earlier = [p for p in self.parts if p.last < unit.first and p.sentence >= unit.sentence - 1]
            for part in reversed(earlier[-3:]):
                action = self.lexicon.combination(part.key("part"), unit.keys("move"))
                if action is not None and unit.first - part.last <= 16:
                    fact = self.add(action, unit, None)
                    fact.side = self._own_side(part)
                    fact.part = part.key("part")
                    part.linked = True
                    break
            if not unit.linked and not self.parts and self.part_before:
                action = self.lexicon.combination(self.part_before, unit.keys("move"))
                if action is not None:
                    self.add(action, unit, None).part = self.part_before

    def _person_moves(self, unit: Unit) -> bool:
        before = [u for u in self.units if u.clause == unit.clause and u.first < unit.first]
        return not before or all(u.has("joint") for u in before) or any(u.has("person") for u in before)

    def _has_direction(self, unit: Unit) -> bool:
        return any(u.clause == unit.clause and 0 < u.first - unit.last <= 9
                   and (u.has("side") or set(u.keys("move")) & {"away", "up", "down", "back", "side_hint"})
                   for u in self.units)

    # ------------------------------------------------------------ sides

    def _own_side(self, part: Unit) -> str:
        """The side an adjective gives to a part ("left eyebrow", "one corner", "ojo derecho")."""
        for unit in self.units:
            if not unit.has("side"):
                continue
            gap = part.first - unit.last
            between = self.text.tokens[unit.last + 1: part.first]
            if 1 <= gap <= 5 and all(t.text in ("side", "hand", "of", "the", "his", "her", "s", "'s", "upper",
                                                "lower", "own", "outer", "inner", "their", "my", "your", "half")
                                     or t.text not in ("and", ",", "or") and not t.keys & {"#"} and gap <= 2
                                     for t in between):
                if unit.key("side") == "one" and unit.text == "an" and gap > 1:
                    continue
                if unit.text == "an" and part.text.endswith("s"):
                    continue
                if self._is_side_word(unit, part):
                    unit.linked = True
                    return unit.key("side")
            if unit.first - part.last == 1 and part.text in ("eye", "brow", "eyebrow", "cheek", "eyelid", "corner",
                                                             "nostril", "lid", "side"):
                unit.linked = True
                return unit.key("side")
        return ""

    def _is_side_word(self, unit: Unit, part: Unit | None = None) -> bool:
        """Whether "left"/"right" means a side here ("no frown left" does not)."""
        if unit.key("side") not in ("left", "right") or unit.last > unit.first:
            return True
        if unit.text not in ("left", "right"):
            return True
        after = self._words_after(unit, 1)
        if unit.text == "right" and after and after[0] in ("about", "now", "away", "after", "before", "there"):
            return False
        if part is not None:
            return True
        before = self._word_before(unit)
        if before in ("is", "are", "was", "were", "has", "have", "had", "been", "he", "she", "they", "all", "that's",
                      "who", "it", "just") and not self._directional_near(unit):
            return False
        if unit.text == "left":
            denied = [u for u in self.units if u.has("neg") and u.clause == unit.clause and u.first < unit.first
                      and unit.first - u.last <= 4]
            if denied and before not in ("the", "his", "her", "to", "on", "own", "their"):
                return False
        return True

    def _directional_near(self, unit: Unit) -> bool:
        return any(p.clause == unit.clause and p.key("part") in _DIRECTIONAL_PARTS for p in self.parts)

    def _sides(self) -> None:
        last_one: Side = "left"
        for unit in self.units:
            if not unit.has("side") or unit.linked or not self._is_side_word(unit):
                continue
            side = unit.key("side")
            if side == "one" and unit.text in ("one", "an", "single", "a single", "only one", "just one", "one of"):
                continue
            facts = self._facts_for(unit)
            directional = [f for f in facts if self._takes_direction(f)]
            if facts and facts[0].chunk != unit.chunk and side in ("left", "right") and self._virtual_direction(unit, side):
                continue
            if side in ("left", "right") and self._elliptic(unit, side):
                continue
            if len(directional) < len(facts) and self._located(unit):
                directional = [f for f in directional if f.action not in ("mouth_side", "jaw_side")]
            if side in ("left", "right") and not directional:
                directional = self._virtual_direction(unit, side)
            if directional and side in ("left", "right"):
                for fact in directional:
                    if not fact.direction:
                        fact.direction = side
                continue
            for fact in facts:
                if fact.action == "head_down" and "inclin" in fact.words.lower() and side in ("left", "right"):
                    fact.action, fact.direction = "head_tilt", side
            for fact in facts:
                if fact.side in ("", "one", "both") or side == "both":
                    fact.side = side
        for fact in sorted(self.facts, key=lambda f: f.first):
            if fact.side == "same":
                fact.side = last_one
            elif not fact.side and not self._takes_direction(fact):
                fact.side = self._neighbour_side(fact)
            if fact.side == "other":
                fact.side = "right" if last_one == "left" else "left"
            elif fact.side in ("left", "right"):
                last_one = "left" if fact.side == "left" else "right"
            elif fact.side == "one":
                last_one = "left"

    def _located(self, unit: Unit) -> bool:
        """Whether "on" makes the side a place and not a direction."""
        return any(t.text == "on" for t in self.text.tokens[max(0, unit.first - 4): unit.first])

    def _elliptic(self, unit: Unit, side: str) -> bool:
        """"Smile left 0.6, right 0.2": a side with its own strength repeats the fact before."""
        mine = [u for u in self.units if u.chunk == unit.chunk]
        if any(f.chunk == unit.chunk for f in self.facts) or not any(u.has("degree") for u in mine):
            return False
        before = [f for f in self.facts if f.chunk < unit.chunk and f.sentence == unit.sentence]
        if not before or before[-1].side not in ("left", "right") or before[-1].side == side:
            return False
        twin = replace(before[-1], side=side, chunk=unit.chunk, clause=unit.clause, first=unit.first, last=unit.last,
                       head=unit.first, head_last=unit.last, part_first=None)
        self.facts.append(twin)
        return True

    def _neighbour_side(self, fact: Fact) -> str:
        """The side of the part a saying belongs to: "his left nostril flares in a sneer"."""
        if not fact.said or fact.emotional:
            return ""
        for other in self.facts:
            if other is not fact and other.chunk == fact.chunk and other.side in ("left", "right"):
                mine, theirs = (self.lexicon.actions.get(f.action) for f in (fact, other))
                if mine and theirs and mine.main("both") & set(theirs.both):
                    return other.side
        return ""

    def _takes_direction(self, fact: Fact) -> bool:
        action = self.lexicon.actions.get(fact.action)
        return action is not None and action.directional

    def _facts_for(self, unit: Unit) -> list[Fact]:
        """The facts of the unit's chunk, else of the nearest chunk before it, else after it."""
        for chunks in ([unit.chunk], range(unit.chunk - 1, unit.chunk - 4, -1), [unit.chunk + 1]):
            for chunk in chunks:
                found = [f for f in self.facts if f.chunk == chunk and f.sentence == unit.sentence]
                if found:
                    return found
        return []

    def _virtual_direction(self, unit: Unit, side: str) -> list[Fact]:
        """A part with a side but no movement goes there: "gaze to the right"."""
        same = [p for p in self.parts if p.chunk == unit.chunk and p.first < unit.first]
        earlier = [p for p in self.parts if p.clause == unit.clause and p.chunk in (unit.chunk - 1, unit.chunk)
                   and p.first < unit.first]
        to = any(t.text in ("to", "toward", "towards") for t in self.text.tokens[max(0, unit.first - 4): unit.first])
        has_own = any(f.chunk == unit.chunk for f in self.facts)
        if any(f.action in ("gaze_up", "gaze_down") and f.chunk == unit.chunk for f in self.facts):
            return self._toward("gaze_side", unit, None, side)
        for part in reversed(same or (earlier if to else [])):
            if part.key("part") not in _DIRECTIONAL_PARTS or part.key("part") in ("chin", "corner"):
                continue
            if has_own and not (to or part.key("part") in ("gaze", "head")):
                continue
            if part.linked and not to:
                continue
            action = self.lexicon.combination(part.key("part"), ["shift"])
            if action is not None:
                return self._toward(action, unit, part, side)
        return []

    def _toward(self, action: str, unit: Unit, part: Unit | None, side: str) -> list[Fact]:
        fact = self.add(action, unit, part)
        fact.direction = side
        return [fact]

    # ------------------------------------------------------------ strength

    def _degrees(self) -> None:
        for unit in self.units:
            if not unit.has("degree") or not self.facts:
                continue
            level = unit.senses["degree"][0].level
            fact = self._nearest(unit)
            if fact is None or level is None:
                continue
            if unit.text in ("almost", "nearly") and fact.said and not fact.action.startswith(("eye", "blink")):
                # "Almost smiles" is a trace of a smile, not most of one.
                level = 0.2
            if unit.linked and not (fact.head <= unit.first <= fact.head_last):
                continue
            others = [f for f in self.facts if f.head == fact.head]
            for each in others:
                each.degree = level if each.degree is None else _stack(each.degree, level)
                each.degree_words = " ".join(filter(None, (each.degree_words, unit.words)))
                if each.action == "eye_open" and 0.66 <= level < 1.0:
                    each.action, each.level = "eye_wide", 0.6

    def _nearest(self, unit: Unit) -> Fact | None:
        best: tuple[float, Fact] | None = None
        for fact in self.facts:
            if fact.clause != unit.clause:
                continue
            if unit.first >= fact.head and unit.last <= fact.head_last:
                distance = 0.0
            elif unit.last < fact.head:
                distance = fact.head - unit.last - 0.2
            else:
                distance = float(unit.first - fact.head_last)
            if fact.part_first is not None:
                # "a broad mouth that smiles": a strength word beside the part belongs to its action
                distance = min(distance, abs(fact.part_first - unit.last) + 0.6)
            distance += 5.0 * abs(fact.chunk - unit.chunk)
            if distance < 12 and (best is None or distance < best[0]):
                best = (distance, fact)
        return None if best is None else best[1]

    # ------------------------------------------------------------ denial and change

    def _negations(self) -> None:
        for unit in self.units:
            if not unit.has("neg") or unit.key("neg") != "before":
                continue
            end = self._scope_end(unit)
            if unit.text.startswith(("except", "other than", "excluding", "barring")):
                for part in self.parts:
                    if unit.last < part.first < end:
                        self.add("part:" + part.key("part"), part, None).negated = True
                continue
            for fact in self.facts:
                touched = [p for p in (fact.head, fact.part_first) if p is not None and unit.last < p < end]
                if fact.first <= unit.first and fact.head < unit.first and fact.part_first is None:
                    continue
                if touched and not (fact.head < unit.first and fact.part_first is not None
                                    and fact.head_last < unit.first and self._separate(fact, unit)):
                    fact.negated = True
                    fact.words = f"{unit.words} {fact.words}"
            for part in self.parts:
                if unit.last < part.first < end and not part.linked and part.key("part") not in ("gaze", "face"):
                    # "... but not with his eyes": the part takes no share.
                    self.add("part:" + part.key("part"), part, None).negated = True
        for fact in self.facts:
            if fact.negated and fact.action in _OPPOSITE:
                fact.action, fact.negated = _OPPOSITE[fact.action], False

    def _separate(self, fact: Fact, unit: Unit) -> bool:
        return any(u.has("joint") for u in self.units if fact.head_last < u.first < unit.first)

    def _scope_end(self, neg: Unit) -> int:
        joined = False
        for unit in self.units:
            if unit.first <= neg.last:
                continue
            if unit.has("joint"):
                if unit.text in ("or", "nor"):
                    joined = True
                    continue
                if unit.text in ("as", "so", "that", "since", "where", "who") or (joined and unit.text == ","):
                    continue
                if unit.text == "," and any(u.text in ("or", "nor") and 0 < u.first - unit.last <= 5
                                            for u in self.units):
                    continue
                return unit.first
        return len(self.text.tokens) + 1

    def _changes(self) -> None:
        for unit in self.units:
            if not unit.has("change"):
                continue
            kinds = [k for k in unit.keys("change")]
            facts = [f for f in self._facts_for(unit) if not f.negated]
            own = [f for f in facts if f.head == unit.first]
            said = [f for f in facts if f.said and f.head != unit.first]
            if "reset" in kinds:
                self.result.reset = True
            if "also" in kinds and self._is_also(unit):
                self.result.also = True
            if "hold" in kinds:
                self._hold(unit)
            for kind in ("more", "less"):
                if kind in kinds:
                    for fact in [f for f in facts if f.chunk == unit.chunk] or facts[:1]:
                        if fact.action == "eye_open" and kind == "more":
                            fact.action, fact.level = "eye_wide", 0.3
                            continue
                        fact.change = fact.change or ("grow" if kind == "more" else "shrink")
            for kind in ("grow", "shrink", "vanish"):
                if kind in kinds and not own and said and not unit.linked:
                    if kind == "vanish":
                        said = [f for f in said if f.head < unit.first or unit.text == "gone"]
                    for fact in said:
                        if kind == "vanish" and not fact.emotional and "up" in unit.keys("move"):
                            continue
                        fact.change = kind if kind != "vanish" or fact.degree is None else fact.change or "vanish"
                        fact.words += f" … {unit.words}"

    def _straightened(self) -> None:
        """"The head turns back to the front" turns nowhere."""
        for still, turning in (("head_still", ("head_turn", "head_tilt")), ("gaze_ahead", ("gaze_side", "gaze_away"))):
            clauses = {f.clause for f in self.facts if f.action == still}
            self.facts = [f for f in self.facts
                          if not (f.action in turning and not f.direction and f.clause in clauses)]
        aside = {u.chunk for u in self.units if u.has("move") and set(u.keys("move")) & {"side_hint", "away"}
                 or u.has("side")}
        self.facts = [f for f in self.facts
                      if f.action not in ("jaw_side", "mouth_side", "lower_face_side") or f.direction
                      or f.side in ("left", "right") or f.chunk in aside]
        tipped = {f.clause for f in self.facts if f.action == "head_tilt" and (f.direction or f.side)}
        self.facts = [f for f in self.facts if not (
            f.action == "head_down" and f.clause in tipped and f.part_first is not None
            and not any(w in f.words for w in ("down", "forward", "chest", "bow", "low")))]
        opened = {f.part_first for f in self.facts if f.action in ("jaw_drop", "mouth_open")}
        self.facts = [f for f in self.facts if not (f.action == "jaw_clench" and f.part_first in opened
                                                    and f.part_first is not None)]
        for fact in self.facts:
            if fact.action == "gaze_side" and not fact.direction:
                others = [f for f in self.facts if f is not fact and f.clause == fact.clause
                          and f.action.startswith(("gaze", "eye"))]
                fact.action = "" if others else "gaze_away"
        self.facts = [f for f in self.facts if f.action]

    def _is_also(self, unit: Unit) -> bool:
        after = self._words_after(unit, 1)
        return not (unit.text == "too" and after and after[0] in ("much", "many", "big", "wide"))

    def _hold(self, unit: Unit) -> None:
        mine = [f for f in self.facts if f.clause == unit.clause]
        for fact in mine:
            fact.held = True
        parts = [p for p in self.parts if p.clause == unit.clause and abs(p.chunk - unit.chunk) <= 1
                 and not p.linked and p.key("part") not in ("gaze", "face")]
        for part in parts:
            self.result.kept.append((part.key("part"), f"{part.words} {unit.words}"))
        rest = [u for u in self.units if u.has("change") and u.key("change") == "rest_of_face"
                or "rest_of_face" in u.keys("change")]
        nothing_said = not parts and not mine
        if any(abs(u.chunk - unit.chunk) <= 1 for u in rest) and not parts or nothing_said:
            self.result.keep_all = True


def _stack(first: float, second: float) -> float:
    """Two strength words on one action: agreeing ones reach further, others meet between."""
    if first <= 0.4 and second <= 0.4:
        return min(first, second) * 0.85
    if first >= 0.6 and second >= 0.6:
        return min(1.0, max(first, second) + 0.08)
    return min(first, second) if min(first, second) <= 0.4 else (first + second) / 2


def read(description: str, lexicon: Lexicon, forgiving: bool = True, part: str = "") -> Reading:
    """Read one description.  ``forgiving`` allows for typing slips; ``part`` is what the
    description before spoke of last, for "it opens further"."""
    return Reader(description, lexicon, forgiving, part).read()

