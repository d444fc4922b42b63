"""Carries out the actions that need no part of the window: one method an action id."""

from __future__ import annotations

from collections.abc import Callable

from annotator.session.messages import Message
from annotator.session.session import Session


class Commands:
    """Finds what carries out an action of :mod:`annotator.window.actions`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        play, marks = session.playback, session.annotating
        self._table: dict[str, Callable[[], object]] = {
            "undo": session.undo,
            "redo": session.redo,
            "save_now": session.save_now,
            "mark_keyframe": marks.mark_keyframe,
            "toggle_span": marks.toggle_span,
            "cancel": marks.cancel,
            "words_from_values": marks.words_from_values,
            "use_words": marks.use_words,
            "words_from_picture": marks.words_from_picture,
            "use_picture_words": lambda: marks.use_words("image"),
            "use_own_words": lambda: marks.use_words("annotator"),
            "use_picture_values": session.describing.use_values,
            "describe_clip": session.describing.describe_clip,
            "take_from_pictures": session.describing.take_from_pictures,
            "delete": marks.delete,
            "nudge_back": lambda: self._nudge(-1),
            "nudge_forward": lambda: self._nudge(1),
            "span_start_here": lambda: marks.span_edge_here("start"),
            "span_end_here": lambda: marks.span_edge_here("end"),
            "intensity_down": lambda: marks.change_intensity(-1),
            "intensity_up": lambda: marks.change_intensity(1),
            "confidence_cycle": marks.cycle_confidence,
            "status_cycle": marks.cycle_status,
            "play_pause": play.toggle,
            "shuttle_back": lambda: play.shuttle(-1),
            "shuttle_stop": lambda: play.shuttle(0),
            "shuttle_forward": lambda: play.shuttle(1),
            "frame_back": lambda: play.step(-1),
            "frame_forward": lambda: play.step(1),
            "second_back": lambda: play.skip(-1.0),
            "second_forward": lambda: play.skip(1.0),
            "to_start": lambda: play.seek(0.0),
            "to_end": play.to_end,
            "loop_in": lambda: play.loop_point("in"),
            "loop_out": lambda: play.loop_point("out"),
            "loop_clear": lambda: play.set_loop(None, None),
            "loop_toggle": play.toggle_loop,
            "slower": lambda: play.change_rate(-1),
            "faster": lambda: play.change_rate(1),
            "mute": self._mute,
            "previous_keyframe": lambda: marks.go("keyframe", -1),
            "next_keyframe": lambda: marks.go("keyframe", 1),
            "previous_span": lambda: marks.go("span", -1),
            "next_span": lambda: marks.go("span", 1),
            "stop_generating": self._stop,
            "next_take": session.takes.show_next,
            "take_beside": session.takes.add_beside,
            "previous_take_key": lambda: session.performing.go(-1),
            "next_take_key": lambda: session.performing.go(1),
            "regenerate_key": self._regenerate,
            "worst_moment": lambda: session.comparing.step_moment(1),
            "worse_moment": lambda: session.comparing.step_moment(-1),
        }
        for number in range(1, 10):
            self._table[f"vocabulary_{number}"] = self._labeller(number)

    def find(self, id: str) -> Callable[[], object] | None:
        """What carries out the action, or None."""
        return self._table.get(id)

    def _labeller(self, number: int) -> Callable[[], object]:
        return lambda: self._session.annotating.apply_vocabulary(number)

    def _mute(self) -> None:
        settings = self._session.settings
        settings.muted = not settings.muted
        self._session.playback.set_muted(settings.muted)
        self._session.save_settings()

    def _regenerate(self) -> None:
        performing = self._session.performing
        if performing.key < 0:
            self._session.tell(Message(
                "The playhead is on no key of the take", "go to one with Ctrl+Left or Ctrl+Right"
            ))
        else:
            self._session.generating.regenerate(performing.key)

    def _stop(self) -> None:
        for job in self._session.jobs.running:
            job.cancel()

    def _nudge(self, frames: int) -> None:
        """Move what is selected; of the take only while no keyframe and no span is."""
        session = self._session
        if session.selection[1] or session.performing.key < 0:
            session.annotating.nudge(frames)
        else:
            session.performing.nudge(frames)
