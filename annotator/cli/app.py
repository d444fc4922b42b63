"""The app that the commands of this package register with, and the words their options share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from annotator.core.version import __version__

app = App(
    name="kfstudio",
    help="Watch, annotate, generate, compare and export expressive faces.\n\n"
    "Without a command the window opens, on PATH if one is given.",
    version=__version__,
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(show_default=lambda value: None if value in (None, "", False) else value),
)
_SECONDS = (1, 86_400)
_TOKENS = (16, 131_072)

BackendName = Literal["facs", "server", "local"]
StyleName = Literal["keyframeface", "zero-shot"]
LabelLevelName = Literal["exact", "basic"]
OrderName = Literal["arkit", "mediapipe", "alphabetical", "livelink"]
"""The orders of nameless columns, as :data:`viewer.core.formats.arrays.ORDERS` has them."""
Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a model is asked.

    Parameters
    ----------
    timeout
        Seconds that a whole answer may take (default: the profile's; 600 for a server, 300 for a file).
    silence
        Seconds that a server may send nothing, before an answer and within (default: the profile's, 120
        for a server; with --timeout as long as that).
    max_tokens
        Tokens that an answer may have (default: the profile's, 1024).
    allow_plain_http
        Send the key over plain http to another machine, where others may read it.
    """

    timeout: float | None = None
    silence: float | None = None
    max_tokens: int | None = None
    allow_plain_http: Flag = False

    def changes(self) -> dict[str, Any]:
        """The fields of a profile that they change.  Raises :class:`UsageError`."""
        for name, seconds in (("--timeout", self.timeout), ("--silence", self.silence)):
            if seconds is not None and not _SECONDS[0] <= seconds <= _SECONDS[1]:
                raise UsageError(f"{name} takes seconds from {_SECONDS[0]} to {_SECONDS[1]:,}")
        if self.max_tokens is not None and not _TOKENS[0] <= self.max_tokens <= _TOKENS[1]:
            raise UsageError(f"--max-tokens takes a number from {_TOKENS[0]} to {_TOKENS[1]:,}")
        return {
            "timeout": self.timeout,
            "silence": self.silence,
            "max_tokens": self.max_tokens,
            "plain_http": self.allow_plain_http or None,
        }


class UsageError(Exception):
    """A wrong call that the parser cannot know of; its text says what is wrong."""
