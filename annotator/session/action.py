"""What a person can do: one literal an action, kept beside the feature that carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from annotator.session.session import Session

Target = TypeVar("Target", contravariant=True)


@dataclass(frozen=True)
class Condition(Generic[Target]):
    """What an action needs.  ``holds`` is asked after every change of what is open, chosen or
    playing, so it must be quick; ``otherwise`` and ``todo`` say what is missing and how to get it."""

    holds: Callable[[Target], bool]
    otherwise: str
    todo: str = ""


@dataclass(frozen=True)
class Action(Generic[Target]):
    """A command with its default key sequences; people may give it others by its ``id``.

    ``handler`` carries it out on the feature's commands; ``enabled_when`` are the conditions under
    which that does something, the most basic one first.  ``quiet``: pressing its key in vain is
    no mistake and needs no words."""

    id: str
    title: str
    group: str
    keys: tuple[str, ...]
    handler: Callable[[Target], object]
    enabled_when: tuple[Condition[Target], ...] = ()
    repeats: bool = False
    quiet: bool = False

    def unmet(self, target: Target) -> Condition[Target] | None:
        """The first condition for which the action cannot act now; None when it can."""
        for condition in self.enabled_when:
            if not condition.holds(target):
                return condition
        return None


class HasSession(Protocol):
    """Commands that work on what is open."""

    @property
    def session(self) -> Session:
        """What is open in the window."""


CLIP_OPEN = Condition[HasSession](
    lambda on: on.session.current is not None, "No clip is open", "open a dataset, a video or a track"
)
LIBRARY_OPEN = Condition[HasSession](
    lambda on: on.session.library is not None, "Nothing is open", "open a dataset with {open_folder}"
)
