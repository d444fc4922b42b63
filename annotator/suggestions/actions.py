"""What a person can do with suggestions."""

from __future__ import annotations

from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.suggestions.controller import SuggestionsController


class SuggestionsCommands:
    """Suggested keyframes of the open clip."""

    def __init__(self, session: Session, suggestions: SuggestionsController) -> None:
        self.session, self.suggestions = session, suggestions


_RECORDED = Condition[SuggestionsCommands](
    lambda on: on.suggestions.possible,
    "The clip has no recording to find keyframes in",
    "choose a track with {import_track}, or capture one: File ▸ Capture a track from the video…",
)
_SHOWN = Condition[SuggestionsCommands](
    lambda on: on.suggestions.shown, "No suggestions are shown", "show them with {suggestions}"
)
_LEFT = Condition[SuggestionsCommands](
    lambda on: bool(on.suggestions.open), "There is no suggestion left in this clip"
)

ACTIONS: tuple[Action[SuggestionsCommands], ...] = (
    Action(
        "suggestions",
        "Suggested keyframes",
        "View",
        ("Shift+G",),
        lambda on: on.suggestions.toggle(),
        (CLIP_OPEN, _RECORDED),
    ),
    Action(
        "next_suggestion",
        "Next suggested keyframe",
        "Go",
        ("Shift+K",),
        lambda on: on.suggestions.go(1),
        (CLIP_OPEN, _RECORDED),
    ),
    Action(
        "previous_suggestion",
        "Previous suggested keyframe",
        "Go",
        ("Shift+J",),
        lambda on: on.suggestions.go(-1),
        (CLIP_OPEN, _RECORDED),
    ),
    Action(
        "accept_suggestion",
        "Mark the suggested keyframe",
        "Edit",
        ("Shift+M",),
        lambda on: on.suggestions.accept(),
        (CLIP_OPEN, _RECORDED, _SHOWN, _LEFT),
    ),
    Action(
        "dismiss_suggestion",
        "Dismiss the suggested keyframe",
        "Edit",
        ("Shift+D",),
        lambda on: on.suggestions.dismiss(),
        (CLIP_OPEN, _RECORDED, _SHOWN, _LEFT),
    ),
    Action(
        "snap_to_apex",
        "Move the keyframe to the nearest apex",
        "Edit",
        ("Shift+S",),
        lambda on: on.suggestions.snap(),
        (
            CLIP_OPEN,
            _RECORDED,
            Condition(
                lambda on: on.suggestions.keyframes.selected_keyframe() is not None,
                "No keyframe is selected",
                "press {mark_keyframe} to mark one, or select one",
            ),
            _SHOWN,
            Condition(
                lambda on: on.suggestions.apex_near() is not None,
                "There is no apex within half a second of it",
            ),
        ),
    ),
)
