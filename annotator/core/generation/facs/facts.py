"""A fact: one thing a description says about the face."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Fact:
    """``action`` is the name of an action, "emotion:NAME" or "channel:NAME".

    ``level`` is the strength without a strength word, ``degree`` the strength the words give
    (None: none given).  ``side`` "" (both), left, right, one or both; ``direction`` where a
    directed action goes.  ``part`` limits a feeling to a part of the face.  ``change`` is grow,
    shrink or vanish; ``held`` says it stays as it was.  ``weight`` below 1 marks what only
    colours the face; ``role`` felt or mask; ``exact`` the strength settled beside the
    keyframe before.  The remaining numbers say where it stands.
    """

    action: str
    words: str
    first: int
    last: int
    head: int
    head_last: int
    chunk: int
    clause: int
    sentence: int
    level: float | None = None
    degree: float | None = None
    degree_words: str = ""
    side: str = ""
    direction: str = ""
    part: str | None = None
    part_first: int | None = None
    near_part: str | None = None
    negated: bool = False
    held: bool = False
    change: str = ""
    weight: float = 1.0
    role: str = ""
    exact: float | None = None

    @property
    def emotional(self) -> bool:
        """Whether it names a feeling rather than a movement."""
        return self.action.startswith("emotion:")

    @property
    def emotion(self) -> str:
        """The name of the feeling."""
        return self.action.removeprefix("emotion:")

    @property
    def said(self) -> bool:
        """Whether one word names it (a smile, a feeling), not a part and its movement."""
        return self.part_first is None
