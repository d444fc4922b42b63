"""Sides and directions: left, right, one, the other, "that side"."""

from __future__ import annotations

from dataclasses import replace

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.facs.lexicon import Side
from annotator.core.generation.facs.scene import DIRECTIONAL_PARTS, Scene
from annotator.core.generation.facs.text import Unit


class Sides:
    """Gives every fact its side or direction."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def run(self) -> None:
        """Set side or direction of the facts by every side word of the scene; once, after linking."""
        last_one: Side = "left"
        for unit in self.scene.units:
            if not unit.has("side") or unit.linked or not self.scene.is_side_word(unit):
                continue
            side = unit.key("side")
            if "from" in [t.text for t in self.scene.text.tokens[max(0, unit.first - 2) : unit.first]]:
                # "From the left to the right": where it comes from is past.
                continue
            if side == "one" and unit.text in (
                "one",
                "an",
                "single",
                "a single",
                "only one",
                "just one",
                "one of",
            ):
                continue
            facts = self.scene.facts_for(unit)
            directional = [f for f in facts if self.scene.takes_direction(f)]
            if (
                facts
                and facts[0].chunk != unit.chunk
                and side in ("left", "right")
                and self._virtual_direction(unit, side)
            ):
                continue
            if side in ("left", "right", "other") and self._elliptic(unit, side):
                continue
            if side in ("left", "right") and self._compared(unit, side):
                continue
            if len(directional) < len(facts) and self._located(unit):
                directional = [f for f in directional if f.action not in ("mouth_side", "jaw_side")]
            glared = any(f.action in ("glare", "scowl") for f in facts) and not self._located(unit)
            if side in ("left", "right") and glared:
                # "Glares to the left": the eyes go there, the scowl is on both sides.
                self._toward("gaze_side", unit, None, side)
                continue
            if side in ("left", "right") and not directional:
                directional = self._virtual_direction(unit, side)
            if directional and side in ("left", "right"):
                for fact in directional:
                    if not fact.direction:
                        fact.direction = side
                continue
            for fact in facts:
                if (
                    fact.action == "head_down"
                    and "inclin" in fact.words.lower()
                    and side in ("left", "right")
                ):
                    fact.action, fact.direction = "head_tilt", side
            for fact in facts:
                if fact.side in ("", "one", "both") or side == "both":
                    fact.side = side
        for fact in sorted(self.scene.facts, key=lambda f: f.first):
            if fact.side == "same":
                fact.side = last_one
            elif not fact.side and not self.scene.takes_direction(fact):
                fact.side = self._neighbour_side(fact)
            if fact.side == "one" or (not fact.side and self._is_gloss(fact)):
                fact.side = self._told_side(fact)
            if fact.side == "" and self._is_there(fact):
                fact.side = last_one
            if fact.side == "other":
                fact.side = "right" if last_one == "left" else "left"
            elif fact.side in ("left", "right"):
                last_one = "left" if fact.side == "left" else "right"
            elif fact.side == "one":
                last_one = "left"

    def _told_side(self, fact: Fact) -> str:
        """Which one side, if it is named beside: "sneer on the right, unilateral", "an uneven frown,
        the left corner lower"."""
        mine = self.scene.lexicon.actions.get(fact.action)
        mains = set() if mine is None else set(mine.both)
        alike = [
            f.side
            for f in self.scene.facts
            if f.action == fact.action
            or (
                f.part_first is not None
                and (other := self.scene.lexicon.actions.get(f.action)) is not None
                and fact.said
                and other.main("both") & mains
            )
        ]
        return next((side for side in alike if side in ("left", "right")), "one")

    def _is_gloss(self, fact: Fact) -> bool:
        """Whether it stands in brackets or after a colon, beside another name of the same action."""
        before = self.scene.text.tokens[max(0, fact.first - 1) : fact.first]
        return fact.said and any(t.text in "(:" for t in before) and self._told_side(fact) != "one"

    def _is_there(self, fact: Fact) -> bool:
        """Whether "there" follows, the place that was spoken of: "baring the teeth there"."""
        after = self.scene.text.tokens[fact.last + 1 : fact.last + 3]
        return bool(after) and after[0].text == "there" and (len(after) < 2 or not after[1].text.isalpha())

    def _located(self, unit: Unit) -> bool:
        """Whether "on" makes the side a place and not a direction."""
        return any(t.text == "on" for t in self.scene.text.tokens[max(0, unit.first - 4) : unit.first])

    def _elliptic(self, unit: Unit, side: str) -> bool:
        """ "Smile left 0.6, right 0.2": a side with its own strength repeats the fact before."""
        mine = [u for u in self.scene.units if u.chunk == unit.chunk]
        told = any(u.has("degree") for u in mine) or self._stands_alone(unit, mine)
        if any(f.chunk == unit.chunk for f in self.scene.facts) or not told:
            return False
        before = [f for f in self.scene.facts if f.chunk < unit.chunk and f.sentence == unit.sentence]
        if not before or before[-1].side not in ("left", "right", "one") or before[-1].side == side:
            return False
        if side == "other":
            before[-1].side = "right" if before[-1].side == "right" else "left"
            side = "left" if before[-1].side == "right" else "right"
        elif before[-1].side == "one":
            before[-1].side = "left" if side == "right" else "right"
        self.scene.facts.append(self._repeated(before[-1], unit, side))
        return True

    def _repeated(self, fact: Fact, unit: Unit, side: str) -> Fact:
        """A fact again where ``unit`` stands, on ``side``."""
        return replace(
            fact,
            side=side,
            chunk=unit.chunk,
            clause=unit.clause,
            first=unit.first,
            last=unit.last,
            head=unit.first,
            head_last=unit.last,
            part_first=None,
        )

    def _compared(self, unit: Unit, side: str) -> bool:
        """ "Both eyes shut, the left one tighter": one side more than the other."""
        mine = [u for u in self.scene.units if u.chunk == unit.chunk]
        more = any(u.has("change") and set(u.keys("change")) & {"more", "less"} for u in mine)
        before = [f for f in self.scene.facts if f.chunk == unit.chunk - 1 and f.sentence == unit.sentence]
        own = any(f.chunk == unit.chunk for f in self.scene.facts)
        if not more or own or not before or before[-1].side not in ("", "both"):
            return False
        action = self.scene.lexicon.actions.get(before[-1].action)
        if action is None or action.one_sided:
            return False
        self.scene.facts.append(self._repeated(before[-1], unit, side))
        if any("less" in u.keys("change") for u in mine if u.has("change")):
            before[-1].side = "left" if side == "right" else "right"
        return True

    def _stands_alone(self, unit: Unit, mine: list[Unit]) -> bool:
        """Whether nothing but "then the other" is said: the other does as the one did."""
        before = [u for u in self.scene.units if u.first < unit.first]
        joints = [u for u in before if u.chunk in (unit.chunk, unit.chunk - 1)]
        only = all(u is unit or u.has("joint") or u.has("person") for u in mine)
        after = self.scene.words_after(unit, 1)
        ends = not after or not after[0][:1].isalpha() or after[0] in ("one", "too", "follows", "also")
        then = any(u.text in ("then", "followed by", "and", "and then") for u in joints)
        return only and ends and then

    def _neighbour_side(self, fact: Fact) -> str:
        """The side of the part a saying belongs to: "his left nostril flares in a sneer"."""
        if not fact.said or fact.emotional:
            return ""
        for other in self.scene.facts:
            if other is not fact and other.chunk == fact.chunk and other.side in ("left", "right"):
                mine, theirs = (self.scene.lexicon.actions.get(f.action) for f in (fact, other))
                if mine and theirs and mine.main("both") & set(theirs.both):
                    return other.side
        return ""

    def _virtual_direction(self, unit: Unit, side: str) -> list[Fact]:
        """A part with a side but no movement goes there: "gaze to the right"."""
        same = [p for p in self.scene.parts if p.chunk == unit.chunk and p.first < unit.first]
        earlier = [
            p
            for p in self.scene.parts
            if p.clause == unit.clause and p.chunk in (unit.chunk - 1, unit.chunk) and p.first < unit.first
        ]
        to = any(
            t.text in ("to", "toward", "towards")
            for t in self.scene.text.tokens[max(0, unit.first - 4) : unit.first]
        )
        has_own = any(f.chunk == unit.chunk for f in self.scene.facts)
        if any(f.action in ("gaze_up", "gaze_down") and f.chunk == unit.chunk for f in self.scene.facts):
            return self._toward("gaze_side", unit, None, side)
        later = [p for p in self.scene.parts if p.chunk == unit.chunk and p.key("part") == "gaze"]
        for part in reversed(same or (earlier if to else []) or later):
            if part.key("part") not in DIRECTIONAL_PARTS or part.key("part") in ("chin", "corner"):
                continue
            if has_own and not (to or part.key("part") in ("gaze", "head")):
                continue
            if part.linked and not to:
                continue
            action = self.scene.lexicon.combination(part.key("part"), ["shift"])
            if action is not None:
                return self._toward(action, unit, part, side)
        return []

    def _toward(self, action: str, unit: Unit, part: Unit | None, side: str) -> list[Fact]:
        fact = self.scene.add(action, unit, part)
        fact.direction = side
        return [fact]

    def straighten(self) -> None:
        """ "The head turns back to the front" turns nowhere."""
        for still, turning in (
            ("head_still", ("head_turn", "head_tilt")),
            ("gaze_ahead", ("gaze_side", "gaze_away")),
        ):
            clauses = {f.clause for f in self.scene.facts if f.action == still}
            self.scene.facts = [
                f
                for f in self.scene.facts
                if not (f.action in turning and not f.direction and f.clause in clauses)
            ]
        lowered = any(f.action in ("eye_droop", "eye_close") and not f.side for f in self.scene.facts) or any(
            f.action == "eye_droop" and f.part for f in self.scene.facts
        )
        self.scene.facts = [
            f
            for f in self.scene.facts
            if not (f.action == "eye_wide" and (f.part or "").startswith("lid") and lowered)
        ]
        aimed = {
            f.sentence for f in self.scene.facts if f.action in ("gaze_side", "gaze_away") and f.direction
        }
        self.scene.facts = [
            f
            for f in self.scene.facts
            if not (f.action == "gaze_away" and not f.direction and f.sentence in aimed)
        ]
        aside = {
            u.chunk
            for u in self.scene.units
            if (u.has("move") and set(u.keys("move")) & {"side_hint", "away"}) or u.has("side")
        }
        self.scene.facts = [
            f
            for f in self.scene.facts
            if f.action not in ("jaw_side", "mouth_side", "lower_face_side")
            or f.direction
            or f.side in ("left", "right")
            or f.chunk in aside
        ]
        tipped = {f.clause for f in self.scene.facts if f.action == "head_tilt" and (f.direction or f.side)}
        self.scene.facts = [
            f
            for f in self.scene.facts
            if not (
                f.action == "head_down"
                and f.clause in tipped
                and f.part_first is not None
                and not any(w in f.words for w in ("down", "forward", "chest", "bow", "low"))
            )
        ]
        curved = {f.part_first for f in self.scene.facts if f.action == "smile" and f.part_first is not None}
        self.scene.facts = [
            # "The lips curve upward" shows no teeth.
            f
            for f in self.scene.facts
            if not (f.action == "upper_lip_raise" and f.part_first in curved)
        ]
        opened = {f.part_first for f in self.scene.facts if f.action in ("jaw_drop", "mouth_open")}
        self.scene.facts = [
            f
            for f in self.scene.facts
            if not (f.action == "jaw_clench" and f.part_first in opened and f.part_first is not None)
        ]
        for fact in self.scene.facts:
            if fact.action == "gaze_side" and not fact.direction:
                others = [
                    f
                    for f in self.scene.facts
                    if f is not fact and f.clause == fact.clause and f.action.startswith(("gaze", "eye"))
                ]
                fact.action = "" if others else "gaze_away"
        self.scene.facts = [f for f in self.scene.facts if f.action]
