"""From words to facts: which action, on which side, how strong, denied or kept.

Parts and movements are joined within their clause by nearness ("the inner brows lift"), parts
joined by "and" share a movement, and a clause without a part takes the one before it.  Words
for strength, side, denial and change then go to the facts near them.
"""

from __future__ import annotations

from annotator.core.generation.facs import masking
from annotator.core.generation.facs.lexicon import Lexicon
from annotator.core.generation.facs.linking import Linker
from annotator.core.generation.facs.scene import Reading, Scene
from annotator.core.generation.facs.scope import Scope
from annotator.core.generation.facs.sides import Sides


def read(description: str, lexicon: Lexicon, forgiving: bool = True, part: str = "") -> Reading:
    """Read one description; its facts come in the order of their words.

    ``forgiving`` allows for typing slips; ``part`` is what the description before spoke of
    last, for "it opens further".
    """
    scene = Scene(description, lexicon, forgiving, part)
    linker, sides, scope = Linker(scene), Sides(scene), Scope(scene)
    linker.notations()
    linker.combinations()
    linker.sayings()
    linker.inherited()
    linker.measured()
    sides.run()
    sides.straighten()
    masking.emotions(scene)
    scope.degrees()
    scope.negations()
    scope.changes()
    scene.facts.sort(key=lambda f: f.first)
    found = scene.result
    found.facts = scene.facts
    found.speaks_of_face = any(u.has("person") or u.has("vague") or u.has("part") for u in scene.units)
    found.situations = [(s.key, s.level or 0.5) for u in scene.units for s in u.senses.get("situation", [])]
    found.last_part = scene.last_part()
    if found.also and not scene.facts:
        told = [u.key("side") for u in scene.units if u.has("side") and scene.is_side_word(u)]
        found.joined_by = next((side for side in told if side in ("left", "right", "other")), "")
    if not scene.facts and not found.also and not scene.parts and len(scene.text.tokens) <= 6:
        told = [u.key("side") for u in scene.units if u.has("side")]
        found.turned = next((side for side in told if side in ("left", "right")), "")
    if scene.text.corrected:
        pairs = ", ".join(f"“{a}” as “{b}”" for a, b in scene.text.corrected)
        found.notes.append(f"read {pairs}")
    if scene.text.language:
        found.notes.append(f"read from another language ({scene.text.language}) word by word")
    return found
