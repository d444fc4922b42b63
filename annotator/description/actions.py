"""Words for keyframes, from the coefficients and from the picture."""

from __future__ import annotations

from annotator.description.controller import HOW_TO_GET, DescriptionController
from annotator.generation.models import ModelsController
from annotator.keyframes.controller import KeyframesController
from annotator.session.action import CLIP_OPEN, LIBRARY_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host


class DescriptionCommands:
    """What a person can do about descriptions."""

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        description: DescriptionController,
        keyframes: KeyframesController,
        host: Host,
    ) -> None:
        self.session, self._models, self.description = session, models, description
        self.keyframes, self._host = keyframes, host

    def has_coefficients(self) -> bool:
        """Whether a keyframe of a clip with a recording is selected."""
        clip = self.session.current
        return clip is not None and clip.raw is not None and self.keyframes.selected_keyframe() is not None

    def has_words(self, perspective: str) -> bool:
        """Whether there are words of this perspective for the selected keyframe."""
        keyframe = self.keyframes.selected_keyframe()
        there = keyframe.perspectives.get(perspective) if keyframe is not None else None
        return there is not None and bool(there.text)

    def has_values(self) -> bool:
        """Whether a model has read values from the picture at the selected keyframe."""
        keyframe = self.keyframes.selected_keyframe()
        there = keyframe.perspectives.get("image") if keyframe is not None else None
        return there is not None and bool(there.values)

    def has_any_values(self) -> bool:
        """Whether a model gave values for the picture of any keyframe."""
        state = self.session.state
        seen = [k.perspectives.get("image") for k in state.keyframes] if state is not None else []
        return any(there is not None and bool(there.values) for there in seen)

    def describe_dataset(self) -> None:
        """Open the dialog that has the clips of the list described."""
        from annotator.description.describe_dialog import DescribeDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(
            DescribeDialog(
                self.session, self._models, self.description, self._host.listed_clips(), self._host.widget()
            )
        )


_KEYFRAME = Condition[DescriptionCommands](
    lambda on: on.keyframes.selected_keyframe() is not None,
    "No keyframe is selected",
    "press {mark_keyframe} to mark one, or {next_keyframe} to go to the next",
)
_IDLE = Condition[DescriptionCommands](
    lambda on: not on.description.running,
    "A description is running",
    "wait for it, or press {stop_generating} to stop it",
)
_SEES = Condition[DescriptionCommands](
    lambda on: bool(on.description.choice.image),
    "No model was chosen that sees pictures",
    "choose one with “Describe the dataset…”",
)
_MARKED = Condition[DescriptionCommands](
    lambda on: on.session.state is not None and bool(on.session.state.keyframes),
    "There is no keyframe to describe",
    "press {mark_keyframe} to mark one",
)


def _words_of(perspective: str) -> Condition[DescriptionCommands]:
    return Condition(
        lambda on: on.has_words(perspective), "There are no words to copy", HOW_TO_GET[perspective]
    )


ACTIONS: tuple[Action[DescriptionCommands], ...] = (
    Action(
        "words_from_values",
        "Words from the coefficients",
        "Edit",
        ("W",),
        lambda on: on.description.words_from_values(),
        (
            CLIP_OPEN,
            _KEYFRAME,
            _IDLE,
            Condition(
                DescriptionCommands.has_coefficients,
                "This clip has no track to describe",
                "press {words_from_picture} to have the picture described, or add a track",
            ),
        ),
    ),
    Action(
        "use_words",
        "Use the coefficients' words as description",
        "Edit",
        ("Shift+W",),
        lambda on: on.description.use_words("coefficients"),
        (CLIP_OPEN, _words_of("coefficients")),
    ),
    Action(
        "words_from_picture",
        "Words from the picture",
        "Edit",
        ("P",),
        lambda on: on.description.words_from_picture(),
        (CLIP_OPEN, _KEYFRAME, _SEES, _IDLE),
    ),
    Action(
        "use_picture_words",
        "Use the picture's words as description",
        "Edit",
        ("Shift+P",),
        lambda on: on.description.use_words("image"),
        (CLIP_OPEN, _words_of("image")),
    ),
    Action(
        "use_own_words",
        "Restore your own description",
        "Edit",
        ("Shift+Y",),
        lambda on: on.description.use_words("annotator"),
        (CLIP_OPEN, _words_of("annotator")),
    ),
    Action(
        "use_picture_values",
        "Use the picture's values as corrections",
        "Edit",
        (),
        lambda on: on.description.use_values(),
        (
            CLIP_OPEN,
            Condition(
                DescriptionCommands.has_values,
                "There are no values to use",
                "describe the picture with values ({words_from_picture})",
            ),
        ),
    ),
    Action(
        "describe_clip",
        "Describe the keyframes of this clip",
        "Edit",
        ("D",),
        lambda on: on.description.describe_clip(),
        (CLIP_OPEN, _MARKED, _IDLE),
    ),
    Action(
        "describe_dataset",
        "Describe the dataset…",
        "Edit",
        ("Ctrl+Shift+D",),
        DescriptionCommands.describe_dataset,
        (LIBRARY_OPEN,),
    ),
    Action(
        "take_from_pictures",
        "Take from the pictures' values",
        "Model",
        (),
        lambda on: on.description.take_from_pictures(),
        (
            CLIP_OPEN,
            _IDLE,
            Condition(
                DescriptionCommands.has_any_values,
                "No picture has values yet",
                "describe the keyframes' pictures with values",
            ),
        ),
    ),
)
