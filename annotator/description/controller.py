"""Describing from the window: a keyframe, all of a clip, a dataset, each as a job.

Words come back as edits of the open clip, which can be undone; those of other clips go into their
files.  The annotator's own description changes only where words are copied into it on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import msgspec
from PySide6.QtCore import Signal

from annotator.core.description.builtin import BuiltInWords
from annotator.core.description.choice import DescribingChoice
from annotator.core.description.moments import ClipMoments, Found, with_perspectives
from annotator.core.generation.profiles import Profile
from annotator.core.model import Keyframe, Perspective, TakeInfo
from annotator.generation.models import ModelsController
from annotator.keyframes.controller import KeyframesController
from annotator.session.messages import Message, sentence
from annotator.session.one_job import OneJob
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.pose import degree_rows
from viewer.core.progress import Progress
from viewer.core.track import Track

if TYPE_CHECKING:
    from annotator.core.batch.describing_run import Summary
    from annotator.core.description.builtin import Describer
    from annotator.core.storage.dataset import Library


HOW_TO_GET = {
    "coefficients": "press {words_from_values} to describe the coefficients",
    "image": "press {words_from_picture} to describe the picture",
    "annotator": "words of yours are kept when others are copied over them",
}


@dataclass(frozen=True)
class Wanted:
    """What a batch is to do."""

    perspectives: tuple[str, ...]
    clips: tuple[str, ...]
    replace: bool = False


class DescriptionController(OneJob):
    """Runs one description at a time.  ``changed`` also says that another model was chosen;
    ``finished`` brings a batch's summary, ``stopped`` why there is none."""

    finished = Signal(object)
    _arrived = Signal(str, object)

    def __init__(
        self,
        session: Session,
        models: ModelsController,
        keyframes: KeyframesController,
        takes: TakesController,
    ) -> None:
        super().__init__(session)
        self._models, self._keyframes, self._takes = models, keyframes, takes
        self._waiting: list[tuple[str, Found]] = []
        self._arrived.connect(self._join)
        session.clip_opened.connect(self._join_waiting)

    @property
    def choice(self) -> DescribingChoice:
        """Which profiles describe, and what they are asked; kept in the settings."""
        return self._session.settings.describing

    def choose(self, **changes: object) -> None:
        """Keep other models, or another part of the picture, in the settings."""
        settings = self._session.settings
        settings.describing = msgspec.structs.replace(settings.describing, **changes)
        self._session.save_settings()
        self.changed.emit()

    @property
    def uses_word_model(self) -> bool:
        """Whether a model words coefficients, and not the studio."""
        return self._profile(self.choice.words).backend != "facs"

    # ---- one clip ------------------------------------------------------------------------

    def words_from_values(self) -> None:
        """Put the recorded coefficients at the selected keyframe into words, as the perspective
        ``coefficients`` beside the annotator's own description."""
        session, keyframe = self._session, self._keyframes.selected_keyframe()
        clip = session.current
        if keyframe is None or clip is None or clip.raw is None:
            self._session.show_message(Message("No coefficients to describe", "select a keyframe of a track"))
            return
        if self.uses_word_model:
            self.describe_keyframe("coefficients")
            return
        loaded = replace(clip.loaded, state=clip.document.state)
        try:
            with ClipMoments(loaded, clip.recording) as moments:
                words = BuiltInWords().describe(moments, keyframe, CancelToken())
        except StudioError as fault:
            self._session.show_error(fault)
            return
        perspectives = {**keyframe.perspectives, "coefficients": words}
        self._keyframes.change_keyframe(keyframe, perspectives=perspectives)

    def words_from_picture(self) -> None:
        """Ask the chosen model what the frame of the selected keyframe shows."""
        self.describe_keyframe("image")

    def use_words(self, perspective: str = "coefficients") -> None:
        """Copy a perspective's words into the description of the selected keyframe; words of the
        annotator's own that stood there are kept as the perspective ``annotator``."""
        keyframe = self._keyframes.selected_keyframe()
        there = keyframe.perspectives.get(perspective) if keyframe is not None else None
        if keyframe is None or there is None or not there.text:
            self._session.show_message(Message("There are no words to copy", HOW_TO_GET[perspective]))
            return
        kept = dict(keyframe.perspectives)
        others = {one.text for name, one in kept.items()}
        if keyframe.description.strip() and keyframe.description not in others:
            kept["annotator"] = Perspective(keyframe.description)
        elif perspective == "annotator":
            # They are the description again.
            kept.pop("annotator")
        self._keyframes.change_keyframe(keyframe, description=there.text, perspectives=kept)

    def describe_keyframe(self, perspective: str) -> None:
        """Describe the selected keyframe."""
        keyframe = self._keyframes.selected_keyframe()
        if keyframe is None:
            self._tell(
                "No keyframe is selected",
                "press {mark_keyframe} to mark one, or {next_keyframe} to go to the next",
            )
        elif perspective == "image" and not self.choice.image:
            self._tell("No model was chosen that sees pictures", "choose one with “Describe the dataset…”")
        else:
            self._describe((keyframe,), (perspective,))

    def describe_clip(self) -> None:
        """Describe the keyframes of the clip that need it, by the models that are chosen."""
        from annotator.core.description.clip import is_missing

        state = self._session.state
        if state is None or not state.keyframes:
            self._tell("There is no keyframe to describe", "press {mark_keyframe} to mark one")
            return
        wanted = ("coefficients", "image") if self.choice.image else ("coefficients",)
        missing = tuple(k for k in state.keyframes if any(is_missing(k, p) for p in wanted))
        if missing:
            self._describe(missing, wanted)
        else:
            self._tell(
                "Every keyframe is described",
                "press {words_from_values} or {words_from_picture} to describe one again",
            )

    def _describe(self, keyframes: Sequence[Keyframe], perspectives: Sequence[str]) -> None:
        session = self._session
        clip = session.current
        if clip is None or self._busy():
            return
        loaded = replace(clip.loaded, state=clip.document.state)
        describers = self._describers(perspectives)
        recording = clip.recording

        def work(token: CancelToken, progress: Progress) -> tuple[Found, list[str]]:
            from annotator.core.description.clip import describe_keyframes

            with ClipMoments(loaded, recording) as moments, describers(token) as chosen:
                return describe_keyframes(moments, keyframes, chosen, progress, token)

        def done(result: tuple[Found, list[str]]) -> None:
            found, faults = result
            lost = self._apply(found)
            if faults:
                more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
                what, _, todo = faults[0].partition(" – ")
                self._tell(sentence(what) + more, todo, "warning")
            elif lost:
                self._tell("The keyframe was moved in the meantime", "describe it again", "warning")

        title = "Describe keyframe" if len(keyframes) == 1 else f"Describe {len(keyframes)} keyframes"
        self._start(title, work, done, failed=session.show_error, valid=lambda: session.current is clip)

    def _apply(self, found: Found) -> int:
        """Put perspectives into the open clip; how many no longer fit."""
        state = self._session.state
        if state is None:
            return 0
        edit, lost = with_perspectives(state, found)
        if edit is not None:
            self._session.apply(edit)
        return lost

    # ---- values of a model that saw the picture --------------------------------------------

    def use_values(self) -> None:
        """Make the values that a model gave for the picture the corrections of the keyframe."""
        from annotator.core.description.takes import value_row

        session = self._session
        keyframe, clip = self._keyframes.selected_keyframe(), session.current
        seen = keyframe.perspectives.get("image") if keyframe is not None else None
        if keyframe is None or clip is None or seen is None or not seen.values:
            self._tell(
                "There are no values to use", "describe the picture with values ({words_from_picture})"
            )
            return
        self._keyframes.correct_all(keyframe, degree_rows(value_row(seen), session.full_scale))

    def take_from_pictures(self) -> None:
        """Make a take of the values that models gave for the pictures of the clip's keyframes."""
        session = self._session
        clip, state = session.current, session.state
        if clip is None or state is None or self._busy():
            return
        duration, full_scale = clip.duration or None, session.full_scale

        def work(_token: CancelToken, _progress: Progress) -> tuple[TakeInfo, Track]:
            from annotator.core.description.takes import picture_take

            return picture_take(state, duration, full_scale)

        self._start(
            "Take from pictures",
            work,
            lambda made: self._takes.add([made]),
            failed=session.show_error,
            valid=lambda: session.current is clip,
        )

    # ---- many clips ------------------------------------------------------------------------

    def describe_library(self, wanted: Wanted) -> None:
        """Describe the keyframes of many clips; ``finished`` brings the summary."""
        session = self._session
        library = session.library
        if library is None or self._busy():
            return

        def is_ours(clip: str) -> bool:
            return session.library is library and clip in (session.clip_id, session.wanted_clip_id)

        def write(clip: str, found: Found) -> str:
            from annotator.core.description.clip import save_perspectives

            with self._session.clip_files_lock:
                if not is_ours(clip):
                    return save_perspectives(library, clip, found)
            self._arrived.emit(clip, found)
            return ""

        describers = self._describers(wanted.perspectives)
        jobs = self._profile(self.choice.image or self.choice.words).jobs

        def work(token: CancelToken, progress: Progress) -> Summary:
            from annotator.core.batch.describing_run import describe_dataset

            with describers(token) as chosen:
                return describe_dataset(
                    library,
                    chosen,
                    clips=wanted.clips,
                    replace=wanted.replace,
                    jobs=jobs,
                    write=write,
                    is_ours=is_ours,
                    progress=progress,
                    cancel=token,
                )

        self._start(
            "Describe the dataset",
            work,
            self.finished.emit,
            cancelled="Stopped; what was described is saved.",
        )

    def _join(self, clip: str, found: Found) -> None:
        """Words for the clip that was open, or being opened, when they came."""
        session = self._session
        if session.clip_id == clip:
            self._apply(found)
        elif session.wanted_clip_id == clip:
            self._waiting.append((clip, found))
        elif session.library is not None:
            self._save(session.library, clip, found)

    def _join_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for clip, found in waiting:
            self._join(clip, found)

    def _save(self, library: Library, clip: str, found: Found) -> None:
        """The clip was closed before its words came."""

        def work(_token: CancelToken, _progress: Progress) -> str:
            from annotator.core.description.clip import save_perspectives

            with self._session.clip_files_lock:
                return save_perspectives(library, clip, found)

        def saved(trouble: str) -> None:
            if trouble:
                self._tell(
                    f"Descriptions of {clip} were not saved: {trouble}", "describe it again", "warning"
                )

        self._session.jobs.run("Save descriptions", work, done=saved, failed=self._session.show_error)

    # ---- both ------------------------------------------------------------------------------

    def _profile(self, name: str) -> Profile:
        profiles = self._models.profiles
        return profiles.find(name) or profiles.all[0]

    def _describers(
        self, perspectives: Sequence[str]
    ) -> Callable[[CancelToken], AbstractContextManager[list[Describer]]]:
        """Makes who describes, in the job, as it is chosen now."""
        choice = self.choice
        words = self._profile(choice.words)
        image = self._models.profiles.find(choice.image) if choice.image else None

        def made(token: CancelToken) -> AbstractContextManager[list[Describer]]:
            from annotator.core.description.choosing import describers
            from annotator.core.description.picture import MIDDLE, WHOLE

            box = MIDDLE if choice.middle else WHOLE
            return describers(perspectives, words, image, token, values=choice.values, box=box)

        return made

    def _busy(self) -> bool:
        if self.running:
            self._tell("A description is running", "wait for it, or press {stop_generating} to stop it")
        return self.running

    def _tell(self, what: str, todo: str, level: Literal["info", "warning"] = "info") -> None:
        self._session.show_message(Message(what, todo, level))
