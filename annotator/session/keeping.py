"""Whether the work on the open clip is kept: what is told of it, and whether the clip may be left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotator.core.storage.dataset import Dataset, Library, open_library
from annotator.core.storage.saver import SaveError
from annotator.session.messages import Message
from annotator.session.open_clip import ClipFiles, OpenClip, read_clip_files
from annotator.session.open_work import OpenWork
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.progress import Progress

FIND = "find_dataset"
"""The id of the action that finds a dataset again."""


class Keeping(QObject):
    """Follows the saver of the open clip of a session.

    Nothing that is in memory only is left behind: neither for another clip nor, where the window asks
    first, for the end.  What the journal on this computer holds may be left: it comes back.
    """

    gone_changed = Signal()

    def __init__(self, session: OpenWork) -> None:
        super().__init__(session)
        self._session = session
        self._told = ""
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the dataset was not there when it was last looked for."""
        return self._gone

    def set_gone(self, gone: bool) -> None:
        """Remember whether the dataset is where it was opened."""
        if gone != self._gone:
            self._gone = gone
            self.gone_changed.emit()

    def follow(self, clip: OpenClip) -> None:
        """Tell how the saving of ``clip`` goes."""
        clip.saver_said.connect(partial(self._said, clip.id))
        clip.save_failed.connect(partial(self._failed, clip.id))

    def _said(self, clip_id: str, what: str) -> None:
        session = self._session
        if clip_id == session.clip_id:
            session.set_saved(what)
        if what != "saved":
            return
        self._told = ""
        self.set_gone(False)
        session.cause_over.emit(_saving(clip_id))

    def _failed(self, clip_id: str, fault: SaveError) -> None:
        session = self._session
        self.set_gone(fault.gone)
        if clip_id == session.clip_id:
            session.set_saved("failed" if fault.kept else "memory")
        line = fault.line()
        if line == self._told:
            # Each further attempt fails alike: the status bar goes on saying it.
            return
        self._told = line
        session.cause_over.emit(_saving(clip_id))
        session.show_message(
            Message(line, "", "error", cause=_saving(clip_id), action=FIND if fault.gone else "")
        )

    def tell_gone(self, fault: DatasetError) -> None:
        """The dataset was not there when one of its clips was to be opened."""
        self.set_gone(True)
        self._session.show_error(fault, "opening", FIND)

    # ---- leaving the clip --------------------------------------------------------------------

    def in_memory_only(self) -> bool:
        """Whether work on the open clip would be lost with this process: saving it, which is tried
        now, fails, and the journal has no room for it either."""
        clip = self._session.current
        return clip is not None and not clip.save() and not clip.saver.kept

    def may_leave(self, then: str) -> bool:
        """Whether the open clip can be closed with all work on it saved or in the journal; else it is
        said why not.  ``then`` is what was to be done, as in "02-letter is not opened"."""
        session, clip = self._session, self._session.current
        if clip is None:
            return True
        session.commit_wanted.emit()
        if not self.in_memory_only():
            return True
        session.show_message(
            Message(
                f"{then}: the last edits of {clip.id} are only in memory, and would be lost",
                "free some space on the disk, then try again",
                "warning",
                cause=_saving(clip.id),
            )
        )
        return False

    def left(self, clip: OpenClip) -> None:
        """``clip`` was closed: say what of it is not in its files yet."""
        session = self._session
        self._told = ""
        session.cause_over.emit(_saving(clip.id))
        if clip.saver.unsaved and clip.saver.kept and not clip.saver.abandoned:
            session.show_message(
                Message(
                    f"The last edits of {clip.id} are not in its files yet, they are kept on this computer",
                    "open the clip again to have them saved",
                    "warning",
                    cause=f"unsaved {clip.id}",
                )
            )

    # ---- finding the dataset again -----------------------------------------------------------

    def find(self, path: Path, go_on: Callable[[Library, ClipFiles], None]) -> None:
        """Read the dataset, or the file, that lies at ``path`` now, and ``go_on`` with it and its clip;
        what could not be saved is saved there."""
        session = self._session
        id = session.wanted_clip_id or session.clip_id
        if session.current is not None and session.current.saver.unsaved:
            id = session.clip_id
        before, annotator_id = session.library, session.annotator_id

        def work(token: CancelToken, _progress: Progress) -> tuple[Library, ClipFiles]:
            library, _clip = open_library(path, annotator_id)
            if isinstance(library, Dataset) is not isinstance(before, Dataset) or id not in [
                entry.id for entry in library.clips
            ]:
                raise DatasetError(f"there is no clip {id!r} here", "choose the folder that was moved", path)
            return library, read_clip_files(library, id, token)

        session.jobs.run(
            "Find the dataset",
            work,
            done=lambda found: go_on(*found),
            failed=session.show_error,
            valid=lambda: session.library is before,
        )


def _saving(clip_id: str) -> str:
    """The cause of what is told of saving a clip."""
    return f"saving {clip_id}"
