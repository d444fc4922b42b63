"""Undo, saving, running work, and playing: the actions that need no feature."""

from __future__ import annotations

from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.playback import RATES
from annotator.session.session import Session


class SessionCommands:
    """What a person can do with the session and its playback."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.playback = session.playback

    def can_undo(self) -> bool:
        """Whether the open clip has an edit to take back."""
        clip = self.session.current
        return clip is not None and clip.history.stack.canUndo()

    def can_redo(self) -> bool:
        """Whether the open clip has an edit that was taken back."""
        clip = self.session.current
        return clip is not None and clip.history.stack.canRedo()

    def stop_work(self) -> None:
        """Cancel everything that runs in the background."""
        for job in self.session.jobs.running:
            job.cancel()

    def mute(self) -> None:
        """Sound on or off; remembered."""
        settings = self.session.settings
        settings.muted = not settings.muted
        self.playback.set_muted(settings.muted)
        self.session.save_settings()

    def is_before_end(self) -> bool:
        """Whether the playhead is before the last frame, or the clip's end where there are no frames."""
        playback = self.playback
        last = float(playback.frame_times[-1]) if playback.frames else playback.duration
        return playback.time < last - 1e-6

    def can_change_rate(self, direction: int) -> bool:
        """Whether there is a slower (-1) or a faster (1) one of the usual rates."""
        now = abs(self.playback.clock.rate)
        return now < RATES[-1] if direction > 0 else now > RATES[0]


_PLAYABLE = Condition[SessionCommands](
    lambda on: on.playback.duration > 0, "There is nothing to play", "open a video or a track"
)
_AFTER_START = Condition[SessionCommands](lambda on: on.playback.time > 0, "The playhead is at the start")
_BEFORE_END = Condition[SessionCommands](SessionCommands.is_before_end, "The playhead is at the end")
_CAN_PLAY_ON = Condition[SessionCommands](
    lambda on: on.playback.time < on.playback.duration or on.playback.clock.loop is not None,
    "The playhead is at the end",
)
_LOOPING = Condition[SessionCommands](
    lambda on: on.playback.clock.loop is not None,
    "There is no loop",
    "begin one with {loop_in}, end it with {loop_out}",
)

ACTIONS: tuple[Action[SessionCommands], ...] = (
    Action("save_now", "Save now", "File", ("Ctrl+S",), lambda on: on.session.save_now(), (CLIP_OPEN,)),
    Action(
        "undo",
        "Undo",
        "Edit",
        ("Ctrl+Z",),
        lambda on: on.session.undo(),
        (CLIP_OPEN, Condition(SessionCommands.can_undo, "There is nothing to undo")),
    ),
    Action(
        "redo",
        "Redo",
        "Edit",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        lambda on: on.session.redo(),
        (CLIP_OPEN, Condition(SessionCommands.can_redo, "There is nothing to redo")),
    ),
    Action(
        "play_pause", "Play or pause", "Playback", ("Space",), lambda on: on.playback.toggle(), (_PLAYABLE,)
    ),
    Action(
        "shuttle_back",
        "Shuttle backward",
        "Playback",
        ("J",),
        lambda on: on.playback.shuttle(-1),
        (_PLAYABLE, _AFTER_START),
    ),
    Action(
        "shuttle_stop",
        "Stop",
        "Playback",
        ("K",),
        lambda on: on.playback.shuttle(0),
        (_PLAYABLE, Condition(lambda on: on.playback.clock.playing, "Nothing is playing")),
        quiet=True,
    ),
    Action(
        "shuttle_forward",
        "Shuttle forward",
        "Playback",
        ("L",),
        lambda on: on.playback.shuttle(1),
        (_PLAYABLE, _CAN_PLAY_ON),
    ),
    Action(
        "frame_back",
        "One frame back",
        "Playback",
        ("Left",),
        lambda on: on.playback.step(-1),
        (_PLAYABLE, _AFTER_START),
        repeats=True,
    ),
    Action(
        "frame_forward",
        "One frame forward",
        "Playback",
        ("Right",),
        lambda on: on.playback.step(1),
        (_PLAYABLE, _BEFORE_END),
        repeats=True,
    ),
    Action(
        "second_back",
        "One second back",
        "Playback",
        ("Shift+Left",),
        lambda on: on.playback.skip(-1.0),
        (_PLAYABLE, _AFTER_START),
        repeats=True,
    ),
    Action(
        "second_forward",
        "One second forward",
        "Playback",
        ("Shift+Right",),
        lambda on: on.playback.skip(1.0),
        (_PLAYABLE, _BEFORE_END),
        repeats=True,
    ),
    Action(
        "to_start",
        "Go to the start",
        "Playback",
        ("Home",),
        lambda on: on.playback.seek(0.0),
        (_PLAYABLE, _AFTER_START),
    ),
    Action(
        "to_end",
        "Go to the end",
        "Playback",
        ("End",),
        lambda on: on.playback.to_end(),
        (_PLAYABLE, _BEFORE_END),
    ),
    Action(
        "loop_in", "Loop in point", "Playback", ("I",), lambda on: on.playback.loop_point("in"), (_PLAYABLE,)
    ),
    Action(
        "loop_out",
        "Loop out point",
        "Playback",
        ("O",),
        lambda on: on.playback.loop_point("out"),
        (_PLAYABLE,),
    ),
    Action(
        "loop_clear",
        "Clear the loop",
        "Playback",
        ("X",),
        lambda on: on.playback.set_loop(None, None),
        (_PLAYABLE, _LOOPING),
    ),
    Action(
        "loop_toggle",
        "Loop on or off",
        "Playback",
        ("Shift+L",),
        lambda on: on.playback.toggle_loop(),
        (_PLAYABLE, _LOOPING),
    ),
    Action(
        "slower",
        "Slower",
        "Playback",
        ("Ctrl+Down",),
        lambda on: on.playback.change_rate(-1),
        (Condition(lambda on: on.can_change_rate(-1), "It cannot be slower"),),
    ),
    Action(
        "faster",
        "Faster",
        "Playback",
        ("Ctrl+Up",),
        lambda on: on.playback.change_rate(1),
        (Condition(lambda on: on.can_change_rate(1), "It cannot be faster"),),
    ),
    Action("mute", "Sound on or off", "Playback", ("Ctrl+Shift+M",), SessionCommands.mute),
    Action(
        "stop_generating",
        "Cancel the running work",
        "Model",
        ("Ctrl+.",),
        SessionCommands.stop_work,
        (Condition(lambda on: bool(on.session.jobs.running), "No work is running"),),
    ),
)
