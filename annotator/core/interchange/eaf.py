"""What an ELAN file of ours consists of: the names of its tiers."""

from __future__ import annotations

from annotator.core.interchange.marks import KINDS

TITLE = "ELAN"

FIELDS = ("keyframe-emotion", "keyframe-note", "emotion-intensity", "emotion-confidence", "emotion-note")
"""Tiers that refer to the marks of ``keyframes`` and ``emotions``, a value a mark."""


def own_tier(name: str) -> tuple[str, str] | None:
    """What a tier of ours holds and whose it is; None for any other.  Emotions that overlap lie on further
    tiers, ``emotions-2@who`` and so on, with further tiers that refer to them."""
    what, sign, who = name.partition("@")
    base, _, number = what.rpartition("-")
    if number.isascii() and number.isdigit() and (base == "emotions" or base in FIELDS):
        what = base
    known = what in KINDS or (sign and what in FIELDS)
    return (what, who) if known else None


def holds_marks(name: str) -> bool:
    """Whether a tier is one of ours that holds marks."""
    own = own_tier(name)
    return own is not None and own[0] in KINDS


def field_of(name: str) -> str:
    """What a tier that refers to marks tells of them, without its number; other names as they are."""
    return next((known for known in FIELDS if name.startswith(known)), name)
