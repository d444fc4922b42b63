"""Which models describe, as the settings keep it."""

from __future__ import annotations

import msgspec

from annotator.core.generation.profiles import BUILT_IN


class DescribingChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Names of profiles: ``words`` for coefficients (the built-in one means the studio's own words),
    ``image`` for pictures (empty: none yet); whether the latter is asked for ``values`` too, and sees
    only the ``middle`` of the frame."""

    words: str = BUILT_IN
    image: str = ""
    values: bool = True
    middle: bool = False
