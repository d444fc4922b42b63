"""Choosing between what was done here and elsewhere, until there is one version again."""

from __future__ import annotations

from annotator.core.change_summary import change_summary, counted
from annotator.core.storage.clashes import choices, drop_decided, keep_undecided, still_open
from annotator.core.storage.clip_parts import difference, taking_theirs
from annotator.core.storage.merge_rules import PartClash
from annotator.core.storage.other_versions import (
    OtherVersion,
    merged_with,
    read_other_versions,
    set_aside,
)
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.errors import StudioError


class VersionsController:
    """What has two versions in the open clip.  Taking theirs is an edit; keeping ours changes nothing;
    the other version stays among the backups either way."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def choices(self) -> list[tuple[PartClash, ...]]:
        """The parts to be chosen, ours as they are now; those that belong together are one choice."""
        clip = self._session.current
        return [] if clip is None else choices(still_open(clip.document.state, clip.loaded))

    def others(self) -> list[OtherVersion]:
        """Whole second versions that lie beside the annotation file."""
        clip = self._session.current
        return [] if clip is None else read_other_versions(clip.loaded)

    def summary(self, other: OtherVersion) -> str:
        """What merging a second version would do."""
        clip = self._session.current
        if clip is None or other.state is None:
            return "" if other.fault is None else other.fault.line()
        state, clashes = merged_with(clip.loaded, clip.document.state, other)
        brings = change_summary(
            difference(clip.document.state, state, ""), "it has nothing that yours does not have"
        )
        differs = f"; {counted(len(clashes), 'part')} to be chosen" if clashes else ""
        return f"{brings}{differs}"

    def take_theirs(self, clashes: list[PartClash]) -> bool:
        """Make the clip say what the other side says, as one step; False, with a message, when it
        cannot."""
        session, clip = self._session, self._session.current
        if clip is None:
            return False
        state = before = clip.document.state
        try:
            for clash in clashes:
                state = taking_theirs(state, clip.loaded, clash)
        except StudioError as fault:
            session.show_error(fault)
            return False
        edit = difference(before, state, "Take their version")
        if edit is not None and not session.apply(edit):
            return False
        return self._decided(clashes)

    def keep_mine(self, clashes: list[PartClash]) -> bool:
        """Leave the clip as it is, and no longer ask."""
        return self._decided(clashes)

    def _decided(self, clashes: list[PartClash]) -> bool:
        session, clip = self._session, self._session.current
        if clip is None:
            return False
        try:
            drop_decided(clip.loaded.place, clashes)
        except (OSError, StudioError) as fault:
            session.show_error(fault)
            return False
        session.versions.look()
        return True

    def merge_in(self, other: OtherVersion) -> bool:
        """Add what only the second version has, ask about what differs, and put its file among the
        backups."""
        session, clip = self._session, self._session.current
        if clip is None:
            return False
        try:
            state, clashes = merged_with(clip.loaded, clip.document.state, other)
            keep_undecided(clip.loaded.place, clashes)
        except (OSError, StudioError) as fault:
            session.show_error(fault)
            return False
        edit = difference(clip.document.state, state, "Merge another version")
        if edit is not None and not session.apply(edit):
            return False
        # The file goes only when what it brought is in ours.
        if not clip.saver.flush():
            session.show_message(
                Message("What came from that file is not saved yet", "its file stays where it is", "warning")
            )
            return False
        return self.leave_out(other)

    def leave_out(self, other: OtherVersion) -> bool:
        """Put the file of a second version among the backups as it is."""
        session, clip = self._session, self._session.current
        if clip is None:
            return False
        try:
            set_aside(clip.loaded.place, other.path)
        except (OSError, StudioError) as fault:
            session.show_error(fault)
            return False
        session.versions.look()
        return True
