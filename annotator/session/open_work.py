"""What is open, and how it is told of: the part of a session that its own helpers know."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from annotator.core.faults.details import fault_details, is_bug
from annotator.core.model import ClipState
from annotator.core.storage.dataset import Library
from annotator.session.jobs import Jobs
from annotator.session.messages import Message, explain, sentence
from annotator.session.open_clip import OpenClip
from annotator.session.settings import Settings, default_annotator
from viewer.core.errors import StudioError
from viewer.core.pose import FULL_SCALE
from viewer.key_names import KeyNames


class OpenWork(QObject):
    """One dataset (or single file), at most one open clip of it, and messages about both."""

    history_changed = Signal()
    saved_changed = Signal(str)
    commit_wanted = Signal()
    """What is being typed is to be handed on now: the clip may be left."""
    message = Signal(object)
    cause_over = Signal(str)
    """The cause of messages that are over: what could not be saved is saved now."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.keys = KeyNames(self)
        self.jobs = Jobs(self)
        self.library: Library | None = None
        self.current: OpenClip | None = None
        self.saved = "saved"
        self._wanted_clip = ""

    # ---- what is open --------------------------------------------------------------------

    @property
    def state(self) -> ClipState | None:
        """The open clip as it is now, immutable; None while none is open."""
        return self.current.document.state if self.current is not None else None

    @property
    def clip_id(self) -> str:
        """The id of the open clip; empty while none is open."""
        return self.current.id if self.current is not None else ""

    @property
    def wanted_clip_id(self) -> str:
        """The clip that is open or being opened."""
        return self._wanted_clip

    @property
    def annotator_id(self) -> str:
        """Whose work is shown and changed: :attr:`own_name`, spelled as in what is open."""
        return self.own_name if self.library is None else self.library.annotator_id

    @property
    def own_name(self) -> str:
        """The annotator's name from the settings, else the login name."""
        return self.settings.annotator or default_annotator()

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The labels of the dataset, in the order it lists them."""
        return self.library.vocabulary.labels if self.library is not None else ()

    def label_of_key(self, digit: int) -> str | None:
        """The label on digit key 1 to 9."""
        return self.library.vocabulary.label_for(digit) if self.library is not None else None

    @property
    def full_scale(self) -> float:
        """Degrees of a normalized 1 in what models say of the open clip; the usual without one."""
        return self.current.loaded.full_scale if self.current is not None else FULL_SCALE

    def set_saved(self, what: str) -> None:
        """The work on the open clip is ``saved``, is ``saving``, has ``failed`` to be and is kept on
        this computer, or has and is in ``memory`` only."""
        self.saved = what
        self.saved_changed.emit(what)

    # ---- telling -------------------------------------------------------------------------

    def show_message(self, message: Message) -> None:
        """Show a message in the window; what to do may name keys as :class:`KeyNames` reads them."""
        self.message.emit(replace(message, todo=self.keys.worded(message.todo)))

    def show_error(self, fault: BaseException, cause: str = "", action: str = "") -> None:
        """Show a fault in words, and the action that helps; one of the program itself with its
        details to copy.  The message leaves when ``cause`` is over."""
        message = replace(explain(fault), cause=cause, action=action)
        if isinstance(fault, StudioError) and fault.path is None:
            message = replace(message, text=sentence(message.text))
        if is_bug(fault):
            message = replace(
                message,
                text=sentence(message.text),
                todo="the rest continues",
                action="show_log",
                details=fault_details(fault),
            )
        self.show_message(message)
