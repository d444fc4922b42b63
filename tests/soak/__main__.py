"""``make soak``: the real window under random hands, killed again and again; prints figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.soak.rounds import Soak


def main() -> int:
    """Exit code 1 when anything was lost or left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="rounds that end by kill -9")
    parser.add_argument("--minutes", type=float, default=20.0, help="of work without a kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kfstudio-soak-") as folder:
        soak = Soak(Path(folder), asked.seed)
        for number in range(asked.kills):
            soak.kill_once()
            if (number + 1) % 10 == 0:
                totals = soak.totals
                print(f"{totals.kills} kills, {totals.edits} edits, {len(totals.lost)} lost", file=sys.stderr)
        soak.totals.samples.clear()
        if asked.minutes:
            soak.work(asked.minutes * 60)
        samples = list(soak.totals.samples)
        figures = {"seed": asked.seed, "minutes": asked.minutes, **soak.report(samples)}
    text = json.dumps(figures, indent=2)
    print(text)
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(text + "\n", "utf-8")
    bad = ("lost", "conflict_files", "temporary_files", "journals")
    return int(any(figures[name] for name in bad) or bool(figures["faults"]))


if __name__ == "__main__":
    sys.exit(main())
