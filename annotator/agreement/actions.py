"""The view of agreement."""

from __future__ import annotations

from annotator.agreement.controller import AgreementController
from annotator.session.action import LIBRARY_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host, start_folder


class AgreementCommands:
    """What a person can do to see how far annotators agree."""

    def __init__(self, session: Session, agreement: AgreementController, host: Host) -> None:
        self.session, self.agreement, self._host = session, agreement, host

    def show(self) -> None:
        """Open the view, where it was left."""
        from annotator.agreement.agreement_dialog import AgreementDialog

        self._host.commit_pending_edits()
        self.session.playback.pause()
        folder = start_folder(self.session.settings)
        self._host.open_dialog(AgreementDialog(self.session, self.agreement, folder, self._host.widget()))


_DATASET = Condition[AgreementCommands](
    lambda on: on.agreement.dataset is not None,
    "A single file has no annotators to compare",
    "open a dataset with {open_folder}",
)

ACTIONS: tuple[Action[AgreementCommands], ...] = (
    Action(
        "agreement",
        "Agreement between annotators…",
        "File",
        (),
        AgreementCommands.show,
        (LIBRARY_OPEN, _DATASET),
    ),
)
