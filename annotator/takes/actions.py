"""Stepping through takes and their keys."""

from __future__ import annotations

from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController


class TakesCommands:
    """What a person can do with the takes of the clip."""

    def __init__(self, session: Session, takes: TakesController, performance: PerformanceController) -> None:
        self.session, self.takes, self.performance = session, takes, performance

    def has_key_ahead(self, direction: int) -> bool:
        """Whether the active take has a key before (-1) or after (1) the playhead."""
        return self.performance.neighbour(direction) is not None


_KEYS = Condition[TakesCommands](
    lambda on: on.performance.performance is not None,
    "There is no take with keys",
    "generate one with {generate}",
)

ACTIONS: tuple[Action[TakesCommands], ...] = (
    Action(
        "previous_take_key",
        "Previous key of the take",
        "Go",
        ("Ctrl+Left",),
        lambda on: on.performance.go(-1),
        (
            CLIP_OPEN,
            _KEYS,
            Condition(lambda on: on.has_key_ahead(-1), "The take has no key before the playhead"),
        ),
        repeats=True,
    ),
    Action(
        "next_take_key",
        "Next key of the take",
        "Go",
        ("Ctrl+Right",),
        lambda on: on.performance.go(1),
        (
            CLIP_OPEN,
            _KEYS,
            Condition(lambda on: on.has_key_ahead(1), "The take has no key after the playhead"),
        ),
        repeats=True,
    ),
    Action(
        "next_take",
        "Show the next take",
        "Model",
        ("T",),
        lambda on: on.takes.activate_next(),
        (
            CLIP_OPEN,
            Condition(
                lambda on: len(on.takes.all()) > 1, "There is no other take", "generate one with {generate}"
            ),
        ),
    ),
    Action(
        "take_beside",
        "Add a take beside the others, or show one again",
        "Model",
        ("Shift+T",),
        lambda on: on.takes.add_visible(),
        (
            CLIP_OPEN,
            Condition(
                lambda on: len(on.takes.all()) > 1,
                "There is no other take to add",
                "generate one with {generate}",
            ),
        ),
    ),
)
