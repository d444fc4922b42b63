"""The outside log of edits: what the window did, written by who watches it, and what must be left of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.core.edit import Item, Kind
from annotator.core.model import ClipState
from annotator.core.storage.journal import ITEM_TO_JSON
from annotator.core.storage.json_files import encode_object

Work = dict[tuple[str, str, str], str]
"""What is annotated: the digest of each thing by clip, kind and id; nothing for what is not there."""


def digest(kind: Kind, value: Any) -> str:
    """What tells one value of a thing from another; empty for none, and for a deleted take."""
    if value is None or (kind == "take" and value.deleted):
        return ""
    plain = json.loads(encode_object({"it": ITEM_TO_JSON[kind](value)}))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def work_of(state: ClipState) -> Iterable[tuple[str, str, str]]:
    """Kind, id and digest of everything that is annotated of a clip."""
    yield "clip", state.clip.id, digest("clip", state.clip)
    yield "status", "", digest("status", state.status)
    for keyframe in state.keyframes:
        yield "keyframe", keyframe.id, digest("keyframe", keyframe)
    for span in state.spans:
        yield "span", span.id, digest("span", span)
    for take in state.takes:
        if not take.deleted:
            yield "take", take.id, digest("take", take)


class Ledger:
    """Appends lines to a file in a way that outlives the process at any moment."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **line: Any) -> None:
        """Append one line."""
        os.write(self._handle, json.dumps(line).encode() + b"\n")

    def begin(self, clip: str, items: Iterable[Item]) -> None:
        """An edit begins: it may be kept, or not."""
        things = [[i.kind, i.id if i.kind != "status" else "", digest(i.kind, i.after)] for i in items]
        self.write(begin=clip, things=[thing for thing in things if thing[0] != "begun"])

    def finish(self) -> None:
        """The edit that was begun is finished: it must be kept."""
        self.write(finished=True)


@dataclass
class Account:
    """What the ledger of one process says."""

    edits: int = 0
    done: Work = field(default_factory=dict)
    begun: Work = field(default_factory=dict)
    found: dict[str, Work] = field(default_factory=dict)
    samples: list[Mapping[str, float]] = field(default_factory=list)
    ready: bool = False
    faults: list[str] = field(default_factory=list)


def read_ledger(path: Path) -> Account:
    """The account of a process, which may have ended at any moment."""
    account = Account()
    lines = path.read_bytes().splitlines() if path.exists() else []
    for raw in lines:
        line = json.loads(raw)
        if "begin" in line:
            account.begun = {(line["begin"], kind, id): value for kind, id, value in line["things"]}
        elif "finished" in line:
            account.done |= account.begun
            account.begun = {}
            account.edits += 1
        elif "found" in line:
            clip = line["found"]
            account.found[clip] = {(clip, kind, id): value for kind, id, value in line["things"]}
        elif "sample" in line:
            account.samples.append(line["sample"])
        elif "fault" in line:
            account.faults.append(line["fault"])
        elif "ready" in line:
            account.ready = True
    return account


def lost(expected: Work, begun: Work, found: Work) -> list[str]:
    """What was finished and is not there as it was finished; what was only begun may be."""
    missing = []
    for key, value in expected.items():
        now = found.get(key, "")
        if now != value and now != begun.get(key, value):
            missing.append(" ".join(key))
    return missing
