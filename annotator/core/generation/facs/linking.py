"""Joining parts and movements, and the words that are actions by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.core.generation.facs.lexicon import DETERMINERS
from annotator.core.generation.facs.scene import Scene
from annotator.core.generation.facs.text import Unit

REACH = 14.0
"""How far apart, in words and penalties, a part and its movement may stand."""
SAID_REACH = 5.5
"""The same for words that are actions by themselves ("smile"), which need no part."""
_LOOKS = frozenset("glare glower scowl frown smile grin leer smirk squint wink sneer".split())
_AU_SIDES = {51: "left", 52: "right", 55: "left", 56: "right", 61: "left", 62: "right"}


class Linker:
    """Finds the actions of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def notations(self) -> None:
        """Add what is named in a notation, AU numbers and channels; unknown numbers are noted.  Comes
        first."""
        for unit in self.scene.units:
            for sense in unit.senses.get("au", []):
                digits = "".join(c for c in sense.key if c.isdigit())
                number = int(digits)
                mark = sense.key[len(digits) :]
                action = self.scene.lexicon.units.get(number)
                if action is None:
                    if number:
                        self.scene.result.notes.append(f"AU{number} has no ARKit channel")
                    else:
                        self.scene.add("neutral", unit, None)
                    continue
                side = {"l": "left", "r": "right"}.get(mark, _AU_SIDES.get(number, ""))
                fact = self.scene.add(action, unit, None)
                fact.side = side
                if self.scene.takes_direction(fact):
                    fact.direction = side
                if sense.level is not None:
                    fact.degree = sense.level
            for sense in unit.senses.get("channel", []):
                fact = self.scene.add("channel:" + sense.key, unit, None)
                fact.degree = sense.level

    def combinations(self) -> None:
        """Add what a movement and a part of the face say together, and mark both as linked."""
        for unit in self.scene.units:
            if not unit.has("move") or (
                unit.has("part") and len(unit.keys("part")) and self._is_noun_part(unit)
            ):
                continue
            if unit.key("move").startswith("target") and self._is_likened(unit):
                continue
            part = self._best_part(unit)
            if part is None:
                continue
            if unit.has("say") and part.chunk != unit.chunk:
                continue
            if part.chunk != unit.chunk and (
                self._has_own_subject(unit) or self._describes_saying(unit, part)
            ):
                continue
            if self._is_goal(part) and self._said_before(unit):
                # "A smirk tugs at the right side of her mouth": the smirk acts, the part is where.
                continue
            self._link(unit, part)

    def _has_own_verb(self, said: Unit, part: Unit) -> bool:
        """Whether the part moves by another word: "a broad smile raises the cheeks"."""
        low, high = sorted((said.first, part.first))
        return any(
            u.has("move") and not u.has("say") and not u.has("part") and low < u.first < high
            for u in self.scene.units
        )

    def _describes_saying(self, unit: Unit, part: Unit) -> bool:
        """Whether it stands right before what is said: "the closed smile, and the lids ..."."""
        between = [u.text for u in self.scene.units if u.has("joint") and unit.last < u.first < part.first]
        said = any(u.has("say") and u.first == unit.last + 1 for u in self.scene.units)
        return said and between != ["with"]

    def _is_likened(self, unit: Unit) -> bool:
        """Whether it only stands in a comparison: "went out like a lamp"."""
        before = self.scene.text.tokens[max(0, unit.first - 3) : unit.first]
        return any(t.text in ("like", "as") for t in before)

    def _is_supposed(self, unit: Unit) -> bool:
        """Whether "as if" or "as though" stands right before it: "as if aiming"."""
        before = [t.text for t in self.scene.text.tokens[max(0, unit.first - 2) : unit.first]]
        return before in (["as", "if"], ["as", "though"])

    def _said_before(self, unit: Unit) -> bool:
        return any(u.has("say") and u.chunk == unit.chunk and u.first < unit.first for u in self.scene.units)

    def _is_noun_part(self, unit: Unit) -> bool:
        return unit.key("part") not in ("gaze",)

    def _link(self, move: Unit, part: Unit) -> None:
        action = self.scene.lexicon.combination(part.key("part"), move.keys("move"))
        if action is None:
            return
        if not any(f.action == action and f.part_first == part.first for f in self.scene.facts):
            fact = self.scene.add(action, move, part)
            fact.side = self._renamed_side(move, part) or fact.side
            default = self.scene.lexicon.default_part.get(move.key("move"), "")
            if (
                default
                and part.key("part") == "gaze"
                and part.first > move.first
                and self._person_moves(move)
            ):
                # "He turns to look at the door": the head turns as well.
                also = self.scene.lexicon.combination(default, move.keys("move"))
                if also is not None:
                    self.scene.add(also, move, None)
        for other in self._joined(part):
            shared = self.scene.lexicon.combination(other.key("part"), move.keys("move"))
            if shared is not None and not any(f.part_first == other.first for f in self.scene.facts):
                self.scene.add(shared, move, other)

    def _renamed_side(self, move: Unit, part: Unit) -> str:
        """ "Lowers the left brow and raises the other": the part of before on the side named here."""
        if part.chunk >= move.chunk:
            return ""
        for unit in self.scene.units:
            if unit.chunk == move.chunk and unit.has("side") and not unit.linked:
                toward = any(u.has("goal") and 0 < unit.first - u.last <= 2 for u in self.scene.units)
                ends = not toward and not any(
                    u.chunk == unit.chunk and u.has("part") and u.first > unit.first for u in self.scene.units
                )
                if ends and self.scene.word_before(unit) in DETERMINERS and self.scene.is_side_word(unit):
                    unit.linked = True
                    return unit.key("side")
        return ""

    def _best_part(self, move: Unit) -> Unit | None:
        best: tuple[float, Unit] | None = None
        for part in self.scene.parts:
            if part is move or part.clause != move.clause:
                continue
            if self.scene.lexicon.combination(part.key("part"), move.keys("move")) is None:
                continue
            cost = self._cost(part, move)
            if move.has("say") and (cost > SAID_REACH or self._has_own_verb(move, part)):
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
        for unit in self.scene.units:
            if not low.last < unit.first < high.first:
                continue
            if unit.has("joint"):
                aside = self._aside(low, high)
                distance += (1.0 if aside else 7.0) if unit.text == "," else (0.5 if aside else 2.5)
            elif unit.has("goal"):
                distance += 3.0
            elif unit.has("part") and unit is not part and unit is not move:
                distance += 1.5
            elif unit.has("move") and unit.linked and not before:
                distance += 1.0
        if self._is_goal(part):
            distance += 6.0
        return distance

    def _aside(self, low: Unit, high: Unit) -> bool:
        """Whether only an aside stands between ("he raised, with some effort, an eyebrow")."""
        between = [u for u in self.scene.units if low.chunk < u.chunk < high.chunk]
        commas = sum(u.text == "," for u in self.scene.units if low.first < u.first < high.first)
        return commas >= 2 and not any(u.has("part") or u.has("move") or u.has("say") for u in between)

    def _is_goal(self, part: Unit) -> bool:
        """Whether the part is only where a movement goes ("toward the lower eyelids")."""
        for unit in reversed(
            [u for u in self.scene.units if u.first < part.first and u.clause == part.clause]
        ):
            if unit.has("goal"):
                return part.first - unit.last <= 4
            if unit.has("part") or unit.has("joint") or unit.has("move"):
                return False
        return False

    def _joined(self, part: Unit) -> Iterator[Unit]:
        """Parts joined to ``part`` by "and", "or" or commas with nothing else between."""
        for step in (-1, 1):
            index = next(i for i, u in enumerate(self.scene.units) if u is part) + step
            joint = False
            while 0 <= index < len(self.scene.units):
                unit = self.scene.units[index]
                if unit.has("joint") and unit.text in ("and", "or", ",", "+", "/", "plus"):
                    joint = True
                elif unit.has("part") and not unit.linked:
                    if not joint:
                        break
                    yield unit
                    joint = False
                elif not (unit.has("side") or unit.has("person")) and unit.text not in ("like", "as", "well"):
                    break
                index += step

    def sayings(self) -> None:
        """Add what idioms say that are not linked yet; comes after :meth:`combinations`."""
        for unit in self.scene.units:
            if not unit.has("say") or unit.linked:
                continue
            for action, level in unit.senses["say"][0].do:
                self.scene.add(action, unit, None, level)
            self._look_along(unit)
            near = [
                p
                for p in self.scene.parts
                if not p.linked
                and abs(p.first - unit.first) <= 5
                and (p.chunk == unit.chunk or self._instrument(unit, p))
            ]
            if near and near[0].key("part") not in ("gaze", "face"):
                for fact in self.scene.facts:
                    if fact.head == unit.first:
                        fact.near_part = near[0].key("part")
                        fact.side = fact.side or self.scene.own_side(near[0])

    def _look_along(self, unit: Unit) -> None:
        """ "Glowers at the floor": what is done with a look sends the gaze there."""
        if unit.text.split()[0].rstrip("s") not in _LOOKS:
            return
        index = next(i for i, u in enumerate(self.scene.units) if u is unit)
        for at, target in zip(self.scene.units[index + 1 :], self.scene.units[index + 2 :], strict=False):
            if not (at.has("goal") and at.text == "at" and at.chunk == target.chunk == unit.chunk):
                return
            if target.has("move") and target.key("move").startswith("target"):
                action = self.scene.lexicon.combination("gaze", target.keys("move"))
                if action is not None:
                    self.scene.add(action, target, None)
            return

    def _instrument(self, unit: Unit, part: Unit) -> bool:
        """Whether "with" names the part that does it: "squints with the right eye"."""
        if part.chunk != unit.chunk + 1 or part.clause != unit.clause:
            return False
        chunk = [u for u in self.scene.units if u.chunk == part.chunk]
        return chunk[0].text == "with" and not any(u.has("move") or u.has("say") for u in chunk[1:])

    def inherited(self) -> None:
        """Movements without a part in reach: the part of the clause before, or the head."""
        for unit in self.scene.units:
            if not unit.has("move") or unit.linked or unit.has("part"):
                continue
            own = [p for p in self.scene.parts if p.clause == unit.clause and p.chunk == unit.chunk]
            if own and any(p.key("part") != "gaze" for p in own):
                continue
            for move in unit.keys("move"):
                default = self.scene.lexicon.default_part.get(move)
                if default and self._person_moves(unit) and self._has_direction(unit):
                    action = self.scene.lexicon.combination(default, [move])
                    if action:
                        self.scene.add(action, unit, None)
                        break
            likened = unit.key("move").startswith("target") and self._is_likened(unit)
            likened = likened or self._is_supposed(unit)
            if unit.linked or likened or self._has_own_subject(unit):
                continue
            earlier = [p for p in self.scene.parts if p.last < unit.first and p.sentence >= unit.sentence - 1]
            for part in reversed(earlier[-3:]):
                action = self.scene.lexicon.combination(part.key("part"), unit.keys("move"))
                if action is not None and unit.first - part.last <= 16:
                    fact = self.scene.add(action, unit, None)
                    renamed = any(
                        u.has("side") and u.clause == unit.clause and u.first < unit.first and not u.linked
                        for u in self.scene.units
                    )
                    # "The left eye closes while the right stays wide": not the left one again.
                    fact.side = "" if renamed and part.clause != unit.clause else self.scene.own_side(part)
                    fact.part = part.key("part")
                    part.linked = True
                    break
            if not unit.linked and not self.scene.parts and self.scene.part_before:
                action = self.scene.lexicon.combination(self.scene.part_before, unit.keys("move"))
                if action is not None:
                    self.scene.add(action, unit, None).part = self.scene.part_before

    def measured(self) -> None:
        """Parts with nothing but a number: "jaw at 40 percent"."""
        for part in self.scene.parts:
            action = self.scene.lexicon.combination(part.key("part"), ["measured"])
            numbers = [
                u
                for u in self.scene.units
                if u.has("degree")
                and u.chunk == part.chunk
                and u.key("degree") == "number"
                and 0 < u.first - part.last <= 3
            ]
            if action is not None and numbers and not part.linked:
                self.scene.add(action, part, None)

    def _has_own_subject(self, unit: Unit) -> bool:
        """Whether something else of its chunk moves: "and a blush rose"."""
        return any(
            u.chunk == unit.chunk and u.first < unit.first and (u.has("emotion") or u.has("say"))
            for u in self.scene.units
        )

    def _person_moves(self, unit: Unit) -> bool:
        before = [u for u in self.scene.units if u.clause == unit.clause and u.first < unit.first]
        return not before or all(u.has("joint") for u in before) or any(u.has("person") for u in before)

    def _has_direction(self, unit: Unit) -> bool:
        return any(
            u.clause == unit.clause
            and 0 < u.first - unit.last <= 9
            and (u.has("side") or set(u.keys("move")) & {"away", "up", "down", "back", "side_hint"})
            for u in self.scene.units
        )
