"""An extension of griffe for the API pages: ``:class:`~a.B``` of docstrings is plain code there."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":\w+:(?=`)")
_FOLDED = re.compile(r"`~(?:\w+\.)*(\w+)`")


class PlainRoles(griffe.Extension):
    """Takes Sphinx's roles out of every docstring before it is parsed."""

    def on_instance(self, *, obj: griffe.Object, **_more: Any) -> None:
        """Called by griffe for everything it reads."""
        if obj.docstring is not None:
            obj.docstring.value = _FOLDED.sub(r"`\1`", _ROLE.sub("", obj.docstring.value))
