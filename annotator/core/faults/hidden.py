"""Keys of servers, kept out of everything that is logged or copied."""

from __future__ import annotations

import logging

SHORTEST_SECRET = 8
"""Letters of the shortest text that is taken for a key; ``none`` and ``ollama`` are words."""

_hidden: set[str] = set()


def hide(secret: str) -> None:
    """Leave ``secret`` out of logs and details from now on; what is too short to be a key is not
    looked for."""
    if len(secret) >= SHORTEST_SECRET:
        _hidden.add(secret)


def without_hidden(text: str) -> str:
    """``text`` with dots in the place of every hidden secret."""
    for secret in tuple(_hidden):
        text = text.replace(secret, "•••")
    return text


class HidingFormatter(logging.Formatter):
    """Formats records, tracebacks included, without hidden secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        return without_hidden(super().format(record))
