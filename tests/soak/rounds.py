"""Rounds of work on one dataset: each in a process of its own, killed at random or ended in good order."""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.soak.ledger import Account, Work, lost, read_ledger

PROJECT = Path(__file__).resolve().parents[2]
DEMO = PROJECT / "resources" / "demo" / "dataset"
_PATIENCE = 120.0
_LOOK = 0.02


@dataclass
class Totals:
    """What all rounds came to."""

    rounds: int = 0
    kills: int = 0
    edits: int = 0
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    samples: list[Mapping[str, float]] = field(default_factory=list)


class Soak:
    """A dataset made anew in ``folder``, and what must be in it.

    Parameters
    ----------
    folder
        Empty; holds the dataset, the user's folders and the ledgers.
    seed
        The same seed draws the same keys and moments, as far as the machine lets it.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._chance = folder, random.Random(seed)
        self.dataset = folder / "dataset"
        shutil.copytree(DEMO, self.dataset)
        for clip in sorted((self.dataset / "clips").iterdir()):
            shutil.copytree(clip, clip.with_name(f"1{clip.name}"))
        self.totals = Totals()
        self._expected: Work = {}
        self._begun: Work = {}

    def kill_once(self) -> None:
        """Work for a random number of edits, at most ten seconds, then kill -9 at a random moment."""
        process, ledger = self._start(0.0)
        edits = self._chance.randrange(1, 80)
        try:
            self._wait_until_ready(process, ledger)
            ends = time.monotonic() + 10.0
            while time.monotonic() < ends and ledger.read_bytes().count(b'"finished"') < edits:
                time.sleep(_LOOK)
            time.sleep(self._chance.uniform(0.0, 1.5))
        finally:
            process.kill()
            process.wait()
        self.totals.kills += 1
        self._settle(read_ledger(ledger))

    def work(self, seconds: float) -> None:
        """Work for a while and close the window."""
        process, ledger = self._start(seconds)
        try:
            process.wait(seconds + _PATIENCE)
        finally:
            process.kill()
            process.wait()
        self._settle(read_ledger(ledger))

    def report(self, samples: list[Mapping[str, float]]) -> dict[str, Any]:
        """The figures, after a last look at what there is; ``samples`` of one stretch of work."""
        self.work(1.0)
        totals = self.totals
        return {
            "rounds": totals.rounds,
            "kills": totals.kills,
            "edits": totals.edits,
            "lost": len(totals.lost),
            "lost_first": totals.lost[:10],
            "faults": totals.faults[:10],
            "conflict_files": len(list(self.dataset.rglob("*.conflict-*"))),
            "temporary_files": len(self._temporary()),
            "journals": len(list((self.folder / "state" / "journals").glob("*.jsonl"))),
            **growth(samples),
        }

    # ---- one round ---------------------------------------------------------------------------

    def _start(self, seconds: float) -> tuple[subprocess.Popen[bytes], Path]:
        self.totals.rounds += 1
        self._age_temporary()
        ledger = self.folder / f"ledger-{self.totals.rounds}.jsonl"
        user = {
            f"KFSTUDIO_{kind}_DIR": str(self.folder / kind.lower()) for kind in ("STATE", "CONFIG", "DATA")
        }
        environment = {**os.environ, **user, "QT_QPA_PLATFORM": "offscreen", "KFSTUDIO_ANNOTATOR": "anna"}
        seed = self._chance.randrange(1 << 30)
        worker = str(Path(__file__).with_name("worker.py"))
        words = [sys.executable, worker, str(self.dataset), str(ledger), str(seed), str(seconds)]
        with (self.folder / "output.txt").open("ab") as output:
            return subprocess.Popen(words, env=environment, stdout=output, stderr=output), ledger

    def _wait_until_ready(self, process: subprocess.Popen[bytes], ledger: Path) -> None:
        ends = time.monotonic() + _PATIENCE
        while not (ledger.exists() and b'"ready"' in ledger.read_bytes()):
            if process.poll() is not None or time.monotonic() > ends:
                output = (self.folder / "output.txt").read_text("utf-8", "replace")
                raise RuntimeError(f"the window did not come: {output[-2000:]}")
            time.sleep(_LOOK)

    def _settle(self, account: Account) -> None:
        """Compare what the round found with what the rounds before had finished."""
        if not account.ready:
            raise RuntimeError("the window did not find all clips")
        found: Work = {key: value for work in account.found.values() for key, value in work.items()}
        self.totals.lost += lost(self._expected, self._begun, found)
        self.totals.edits += account.edits
        self.totals.faults += account.faults
        self.totals.samples += account.samples
        self._expected, self._begun = found | account.done, account.begun

    def _temporary(self) -> list[Path]:
        return [path for path in self.folder.rglob("*.tmp") if path.is_file()]

    def _age_temporary(self) -> None:
        """As if the next start came hours later: what is young may be in use."""
        then = time.time() - 7200
        for path in self._temporary():
            os.utime(path, (then, then))


def growth(samples: list[Mapping[str, float]]) -> dict[str, Any]:
    """Memory, threads and handles in the middle quarter of a stretch of work and in its last."""
    if len(samples) < 8:
        return {}
    quarter = len(samples) // 4
    middle = samples[len(samples) // 2 - quarter // 2 :][:quarter]
    last = samples[-quarter:]
    figures = {}
    for name in ("rss_mb", "threads", "handles"):
        before, after = (statistics.mean(each[name] for each in part) for part in (middle, last))
        figures[name] = {
            "middle": round(before, 1),
            "end": round(after, 1),
            "ratio": round(after / before, 3),
        }
    return figures
