"""The app that the commands of this package register with, and the words their options share."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter


def _version() -> str:
    from annotator.core.generation.answering import studio_version

    return studio_version()


app = App(
    name="kfstudio",
    help="Watch, annotate, generate, compare and export expressive faces.\n\n"
    "Without a command the window opens, on PATH if one is given.",
    version=_version,
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(show_default=lambda value: None if value in (None, "", False) else value),
)
BackendName = Literal["facs", "server", "local"]
StyleName = Literal["keyframeface", "zero-shot"]
OrderName = Literal["arkit", "mediapipe", "alphabetical", "livelink"]
"""The orders of nameless columns, as :data:`viewer.core.formats.arrays.ORDERS` has them."""
Flag = Annotated[bool, Parameter(negative="")]


class UsageError(Exception):
    """A wrong call that the parser cannot know of; its text says what is wrong."""
