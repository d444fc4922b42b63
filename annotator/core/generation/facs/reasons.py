"""Why a channel has its value, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotator.core.generation.facs.facts import Fact
from annotator.core.generation.protocol import Reason


@dataclass
class Contribution:
    """What one fact gives to one channel."""

    channel: str
    value: float
    fact: Fact
    main: bool
    title: str


def reason_for(channel: str, value: float, asked: float, causes: Mapping[str, Contribution]) -> Reason:
    """Why a channel has its value: words, action, and what held it back."""
    cause = causes.get(channel)
    if cause is None:
        # Only the tongue asks for another channel: it needs the jaw open.
        cause = causes["TongueOut"]
        return Reason(channel, round(value, 4), _all_words(cause.fact), f"room for {cause.title}")
    title = cause.title
    if cause.fact.role == "felt":
        title += ", leaking under the mask"
    elif cause.fact.role == "mask" and cause.fact.emotional:
        title += ", shown as a mask"
    if abs(value) < min(1.0, abs(asked)) - 0.02:
        title += f", limited from {abs(asked):.2f}"
    elif channel == "JawOpen" and value > asked + 0.02:
        title += ", with room for the tongue"
    elif abs(value) < abs(cause.value) - 0.05 and abs(asked) <= abs(value) + 0.02:
        title += ", damped by other words"
    return Reason(channel, round(value, 4), _all_words(cause.fact), title)


def _all_words(fact: Fact) -> str:
    """The words of a fact with those of its strength and side."""
    words = fact.words
    told = words.lower().replace("…", " ").split()
    for more in (fact.degree_words, fact.direction or fact.side):
        chosen = more in ("", "one", "both", "other", "same")
        if not chosen and not set(more.lower().split()) <= set(told):
            words += f" … {more}"
    return words
