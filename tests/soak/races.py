"""Two real writers on one clip at once: nothing of either is lost, and one file of each kind is left.

    python -m tests.soak.races --rounds 1000 [--seed 1] [--apart]

prints what happened as JSON.  Each writer is a process with the studio's own saver.  ``--apart`` gives
each a state folder of its own, as on two machines that share a drive: they have no lock in common.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.core import edits as e
from annotator.core.comparison.votes import new_vote
from annotator.core.document import Document
from annotator.core.edit import Edit
from annotator.core.model import ClipState, Keyframe, Performance, TakeInfo, TakeKey, Vote
from annotator.core.storage.clashes import still_open
from annotator.core.storage.clip_parts import difference, merge_states
from annotator.core.storage.clip_writer import ClipWriter, SaveResult
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recovery import open_clip

PROJECT = Path(__file__).resolve().parents[2]
WHO = "anna"
CLIP = "c1"
FIRST, SECOND = "one", "two"
LATEST = 0.3
"""Seconds that a writer waits at most between two edits, and before a save."""

_FIELDS = {FIRST: ("script", "description", "jaw"), SECOND: ("background", "note", "brows")}
"""What each writer changes of the clip's words, of the keyframe they share, and of the take."""


def make_dataset(root: Path) -> None:
    """A clip with a keyframe and a take that both writers work on."""
    dataset = Dataset.create(root, annotator_id=WHO)
    (root / "clips" / CLIP).mkdir()
    (root / "clips" / CLIP / "clip.json").write_text("{}")
    dataset.reload()
    loaded = dataset.load_clip(CLIP)
    keys = TakeKey(1.0, {"JawOpen": 0.5}), TakeKey(2.0, {"BrowInnerUp": 0.5})
    takes = [TakeInfo(id, id, "2026", performance=Performance(keys, 3.0)) for id in ("t-1", "t-2")]
    state = e.KeyframeEdit(None, Keyframe("k-shared", 0.5)).apply(loaded.state)
    for take in takes:
        state = e.add_take(state, take).apply(state)
    ClipWriter(loaded).save(state)


class Hand:
    """One writer: edits, and takes in what the other one did, as a window does."""

    def __init__(self, root: Path, name: str, seed: int) -> None:
        self._name, self._chance = name, random.Random(f"{name} {seed}")
        self._found: queue.SimpleQueue[SaveResult] = queue.SimpleQueue()
        opened = open_clip(
            Dataset.open(root, WHO).load_clip(CLIP),
            on_saved=self._found.put,
            delay=self._chance.uniform(0.0, LATEST),
        )
        self._loaded, self._saver = opened.loaded, opened.saver
        self._document = Document(self._loaded.state, WHO)
        self.expected: dict[str, Any] = {"times": [], "votes": []}
        self.clashes = 0

    def work(self, rounds: int) -> None:
        """Edit ``rounds`` times, with pauses."""
        for number in range(rounds):
            self._take_in()
            self._apply(self._edit(number))
            if self._chance.random() < 0.3:
                self._saver.look()
            time.sleep(self._chance.uniform(0.0, LATEST))

    def end(self) -> None:
        """Save all, and see what the other one saved last."""
        for _ in range(3):
            self._saver.flush()
            self._saver.look()
            time.sleep(LATEST)
            self._take_in()
        self.clashes += len(still_open(self._document.state, self._loaded))
        if not self._saver.close():
            raise AssertionError("the last edits could not be saved")

    def _apply(self, edit: Edit, adopted: int = 0) -> None:
        self._document.apply(edit)
        self._saver.submit(self._document.state, edit, adopted)

    def _take_in(self) -> None:
        while True:
            try:
                result = self._found.get_nowait()
            except queue.Empty:
                return
            if result.merged is None:
                continue
            now = self._document.state
            assert result.saved is not None
            merged, clashes = merge_states(self._loaded, result.saved, now, result.merged)
            self.clashes += len(clashes)
            edit = difference(now, merged, "Changes made elsewhere")
            if edit is None:
                self._saver.submit(now, adopted=result.version)
            else:
                self._apply(edit, result.version)

    def _edit(self, number: int) -> Edit:
        kinds: list[Callable[[ClipState, int], Edit]] = [
            self._add,
            self._describe,
            self._word,
            self._strengthen,
            self._vote,
        ]
        return self._chance.choice(kinds)(self._document.state, number)

    def _add(self, state: ClipState, number: int) -> Edit:
        at = round(10 + 2 * number + (self._name == SECOND), 3)
        self.expected["times"].append(at)
        return e.add_keyframe(state, at, description=f"{self._name} {number}")

    def _describe(self, state: ClipState, number: int) -> Edit:
        field = _FIELDS[self._name][1]
        self.expected[field] = f"{self._name} {number}"
        return e.change_keyframe(state, "k-shared", **{field: self.expected[field]})

    def _word(self, state: ClipState, number: int) -> Edit:
        field = _FIELDS[self._name][0]
        self.expected[field] = f"{self._name} {number}"
        return e.change_clip(state, **{field: self.expected[field]})

    def _strengthen(self, state: ClipState, number: int) -> Edit:
        region = _FIELDS[self._name][2]
        take = next(take for take in state.takes if take.id == "t-1")
        performance = take.performance
        assert performance is not None
        self.expected[region] = round(self._chance.uniform(0.1, 1.9), 3)
        strength = {**performance.strength, region: self.expected[region]}
        return e.change_take(state, "t-1", performance=replace(performance, strength=strength))

    def _vote(self, state: ClipState, number: int) -> Edit:
        vote = new_vote(("t-1", "t-2"), "t-1", voter=self._name, criterion=f"{number}", seed=1)
        self.expected["votes"].append(vote.id)
        return e.add_vote(state, vote)


def missing(state: ClipState, expected: dict[str, Any]) -> list[str]:
    """What a writer did and the files do not have."""
    shared = next((k for k in state.keyframes if k.id == "k-shared"), None)
    take = next((take for take in state.takes if take.id == "t-1"), None)
    if shared is None or take is None or take.performance is None:
        return ["everything"]
    there: dict[str, Any] = {
        "description": shared.description,
        "note": shared.note,
        "script": state.clip.script,
        "background": state.clip.background,
        **take.performance.strength,
    }
    times, votes = {k.time for k in state.keyframes}, {v.id for v in take.votes if isinstance(v, Vote)}
    lost = [f"keyframe at {at}" for at in expected["times"] if at not in times]
    lost += [f"vote {id}" for id in expected["votes"] if id not in votes]
    single = {key: value for key, value in expected.items() if key not in ("times", "votes")}
    return lost + [f"{key}: {value!r}" for key, value in single.items() if there.get(key) != value]


def race(folder: Path, rounds: int, seed: int = 1, apart: bool = False) -> dict[str, Any]:
    """Let two processes edit one clip ``rounds`` times each and compare the files with what they did.

    Parameters
    ----------
    folder : Path
        Where dataset and state folders are made.
    rounds : int
        Edits of each writer.
    seed : int
        Of their choices.
    apart : bool
        Whether they have no lock in common.
    """
    root = folder / "data"
    make_dataset(root)
    began = time.monotonic()
    workers = []
    for name in (FIRST, SECOND):
        state = folder / (f"state {name}" if apart else "state")
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "KFSTUDIO_STATE_DIR": str(state)}
        words = [sys.executable, "-m", "tests.soak.races", "--writer", name, "--root", str(root)]
        words += ["--rounds", str(rounds), "--seed", str(seed)]
        workers.append(
            subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment)
        )
    said = [json.loads(worker.communicate()[0]) for worker in workers]
    loaded = Dataset.open(root, WHO).load_clip(CLIP)
    lost = [
        f"{name}: {what}"
        for name, told in zip((FIRST, SECOND), said, strict=True)
        for what in missing(loaded.state, told["expected"])
    ]
    files = Counter(path.suffix for path in (root / "clips" / CLIP).rglob("*") if path.is_file())
    strays = [
        path.name
        for path in root.rglob("*")
        if path.is_file() and ("conflict" in path.name or path.name.startswith("."))
    ]
    return {
        "rounds": rounds,
        "apart": apart,
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
        "keyframes": len(loaded.state.keyframes),
        "lost": lost,
        "clashes": sum(told["clashes"] for told in said),
        "files": dict(files),
        "strays": strays,
    }


def _write(root: Path, name: str, rounds: int, seed: int) -> None:
    hand = Hand(root, name, seed)
    hand.work(rounds)
    hand.end()
    print(json.dumps({"expected": hand.expected, "clashes": hand.clashes}))


def main() -> int:
    """Run as a script; 1 when something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--writer", choices=(FIRST, SECOND), help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.writer:
        _write(given.root, given.writer, given.rounds, given.seed)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = race(Path(folder), given.rounds, given.seed, given.apart)
    print(json.dumps(found, indent=1))
    return 1 if found["lost"] or found["clashes"] or found["strays"] else 0


if __name__ == "__main__":
    sys.exit(main())
