"""What reading or checking a file found out about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """``where`` names the file and the place in it, ``what`` happened, ``todo`` what to do next; a note
    may have nothing to do."""

    level: Level
    where: str
    what: str
    todo: str

    def line(self) -> str:
        """Where, what and what to do, in one line for people."""
        told = f"{self.where}: {self.what}"
        return f"{told} – {self.todo}" if self.todo else told

    def to_json(self) -> dict[str, str]:
        """Its fields as the command line writes them."""
        return asdict(self)
