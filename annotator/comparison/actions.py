"""The worst moments, blind votes, and reports."""

from __future__ import annotations

from collections.abc import Callable

from annotator.comparison.controller import ComparisonController
from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder
from viewer.core.face_model import FaceModel


class ComparisonCommands:
    """What a person can do to compare takes; ``face`` gives the face model that is shown."""

    def __init__(
        self,
        session: Session,
        comparison: ComparisonController,
        face: Callable[[], FaceModel | None],
        host: Host,
    ) -> None:
        self.session, self.comparison = session, comparison
        self._face, self._host = face, host

    def report(self) -> None:
        """Open the dialog that makes a report of the clips in the list."""
        from annotator.comparison.report_dialog import ReportDialog

        self._host.open_dialog(
            ReportDialog(
                self.session,
                self._host.listed_clips(),
                self._face(),
                start_folder(self.session.settings),
                self._host.widget(),
            )
        )

    def vote(self) -> None:
        """Pause, hide the window behind the vote dialog, and show it again when that closes."""
        from annotator.comparison.vote_dialog import VoteDialog

        host = self._host
        host.commit_pending_edits()
        self.session.playback.pause()
        dialog = VoteDialog(self.session, host.listed_clips(), self._face(), host.widget())
        # Names and curves in the window would tell what the dialog hides.
        host.set_blind(True)
        dialog.finished.connect(lambda _result: host.set_blind(False))
        host.open_dialog(dialog)


_COMPARED = Condition[ComparisonCommands](
    lambda on: on.comparison.last is not None,
    "There is nothing to compare with",
    "generate a take with {generate}",
)

ACTIONS: tuple[Action[ComparisonCommands], ...] = (
    Action(
        "worst_moment",
        "Next worst moment of the take",
        "Model",
        ("U",),
        lambda on: on.comparison.step_moment(1),
        (CLIP_OPEN, _COMPARED),
    ),
    Action(
        "worse_moment",
        "Previous worst moment of the take",
        "Model",
        ("Shift+U",),
        lambda on: on.comparison.step_moment(-1),
        (CLIP_OPEN, _COMPARED),
    ),
    Action(
        "vote",
        "Blind vote…",
        "Model",
        ("Ctrl+B",),
        ComparisonCommands.vote,
        (
            Condition(
                lambda on: on.session.library is not None,
                "There is nothing to vote on",
                "open a dataset first",
            ),
        ),
    ),
    Action(
        "report",
        "Comparison report…",
        "Model",
        ("Ctrl+R",),
        ComparisonCommands.report,
        (
            Condition(
                lambda on: on.session.library is not None,
                "There is nothing to report on",
                "open a dataset first",
            ),
        ),
    ),
)
