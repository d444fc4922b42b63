"""The words for faults: each is worded here, once, for the window and the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from annotator.core.faults.hidden import without_hidden
from viewer.core.errors import StudioError, name_of
from viewer.core.in_use import InUseError

Level = Literal["info", "success", "warning", "error"]


@dataclass(frozen=True)
class Message:
    """What is shown to a person: a short line, what to do next, and how grave it is.

    ``cause`` names what it is about, e.g. ``saving 01-waiting-room``: messages leave when their
    cause is over.  ``action`` is the id of an action that helps; ``details`` is a text that can be
    copied.
    """

    text: str
    todo: str = ""
    level: Level = "info"
    cause: str = ""
    action: str = ""
    details: str = ""

    def line(self) -> str:
        """Text and what to do, in one line."""
        return f"{self.text} – {self.todo}" if self.todo else self.text


def explain(fault: BaseException) -> Message:
    """Words for any exception; never a traceback."""
    if isinstance(fault, StudioError):
        where = "" if fault.path is None else f"{name_of(fault.path)}: "
        return Message(f"{where}{fault.what}", fault.todo, "error")
    if isinstance(fault, FileNotFoundError):
        return Message(f"{_named(fault)}there is no such file", "check the path", "error")
    if isinstance(fault, InUseError):
        return Message(f"{_named(fault)}another program has it open", "close it there and try again", "error")
    if isinstance(fault, PermissionError):
        return Message(f"{_named(fault)}access was refused", "check the permissions of the file", "error")
    if isinstance(fault, IsADirectoryError):
        return Message(f"{_named(fault)}is a folder", "choose a file in it", "error")
    if isinstance(fault, OSError):
        reason = fault.strerror or type(fault).__name__
        return Message(f"{_named(fault)}{reason.lower()}", "check the disk and try again", "error")
    if isinstance(fault, MemoryError):
        return Message("there is not enough memory for this", "close other programs and try again", "error")
    text = without_hidden(" ".join(str(fault).split())) or type(fault).__name__
    return Message(
        f"something unexpected went wrong ({type(fault).__name__}: {text[:160]})",
        "the rest continues; run again with --verbose for the details",
        "error",
    )


def sentence(text: str) -> str:
    """A fault's words as a sentence of their own; on the command line they follow "error:".  The name
    of a file at their begin stays as it is."""
    return text if re.match(r"\S+\.\w{1,5}: ", text) else text[:1].upper() + text[1:]


def _named(fault: OSError) -> str:
    name = fault.filename
    if not isinstance(name, str) or not name:
        return ""
    return f"{name.replace(chr(92), '/').rstrip('/').split('/')[-1]}: "
