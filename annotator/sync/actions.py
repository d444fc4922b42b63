"""What a person can do to put track and video in step."""

from __future__ import annotations

from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.sync.controller import FINE, SyncController
from annotator.widgets.host import Host


class SyncCommands:
    """Moving the track of the open clip against its video."""

    def __init__(self, session: Session, sync: SyncController, host: Host) -> None:
        self.session, self.sync, self._host = session, sync, host

    def estimate(self) -> None:
        """Look for the offset, and show what was found."""
        from annotator.sync.estimate_dialog import EstimateDialog

        self._host.commit_pending_edits()
        self.session.playback.pause()
        self._host.open_dialog(EstimateDialog(self.session, self.sync, self._host.widget()))


_BOTH = Condition[SyncCommands](
    lambda on: on.sync.possible,
    "The clip has no video and recording to put in step",
    "choose a track with {import_track}",
)
_NEEDS = (CLIP_OPEN, _BOTH)

ACTIONS: tuple[Action[SyncCommands], ...] = (
    Action(
        "track_in_step",
        "Put track in step",
        "Edit",
        ("Y",),
        lambda on: on.sync.set_dragging(not on.sync.dragging),
        _NEEDS,
    ),
    Action(
        "estimate_offset",
        "Estimate the track's offset…",
        "Edit",
        ("Ctrl+Alt+Y",),
        SyncCommands.estimate,
        _NEEDS,
    ),
    Action(
        "track_earlier_frame",
        "Track one frame earlier",
        "Edit",
        ("Alt+Shift+Left",),
        lambda on: on.sync.nudge_frames(-1),
        _NEEDS,
        repeats=True,
    ),
    Action(
        "track_later_frame",
        "Track one frame later",
        "Edit",
        ("Alt+Shift+Right",),
        lambda on: on.sync.nudge_frames(1),
        _NEEDS,
        repeats=True,
    ),
    Action(
        "track_earlier",
        "Track 10 ms earlier",
        "Edit",
        ("Alt+Shift+Down",),
        lambda on: on.sync.nudge(-FINE),
        _NEEDS,
        repeats=True,
    ),
    Action(
        "track_later",
        "Track 10 ms later",
        "Edit",
        ("Alt+Shift+Up",),
        lambda on: on.sync.nudge(FINE),
        _NEEDS,
        repeats=True,
    ),
    Action(
        "offset_from_timecodes",
        "Track offset from timecodes",
        "Edit",
        (),
        lambda on: on.sync.use_timecodes(),
        _NEEDS,
    ),
)
