"""Writes the table of compound emotions: which measured row each face of the built-in model resembles.

``python docs/make_compound_table.py`` writes ``docs/reference/compound-emotions.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.annotator.core.generation.compound_emotions import SHOWN, WORDINGS, matches, rows, shown  # noqa: E402
from viewer.core.files import atomic_write  # noqa: E402

TARGET = ROOT / "docs" / "reference" / "compound-emotions.md"


def table() -> str:
    """The page as Markdown."""
    measured = rows()
    lines = [
        "# Compound emotions",
        "",
        "Du, Tao and Martinez (PNAS 2014, Table 1) measured which action units people show for 21 "
        "emotions. Here each is given to the built-in model in words alone, and its face is compared with "
        "all rows of that table by the cosine of the units. Made by `docs/make_compound_table.py`.",
        "",
        "| wording | own row is the nearest |",
        "|---|---:|",
    ]
    for wording in WORDINGS:
        found = matches(wording)
        lines.append(f"| {wording} | {sum(a == b for a, b in found.items())} of {len(found)} |")
    lines += [
        "",
        "Likeness for “A look of …”: the own row, and the nearest other one.",
        "",
        "| emotion | units shown (over 0.1) | own row | nearest other | |",
        "|---|---|---:|---|---:|",
    ]
    for name in measured:
        units = shown(WORDINGS["A look of …"](name))
        size = np.linalg.norm(units)
        likeness = {k: float(units @ r / (np.linalg.norm(r) * size)) for k, r in measured.items()}
        other = max((k for k in likeness if k != name), key=lambda k: likeness[k])
        seen = ", ".join(str(u) for u, v in zip([*SHOWN, 25], units, strict=True) if v > 0.1)
        lines.append(f"| {name} | {seen} | {likeness[name]:.2f} | {other} | {likeness[other]:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    atomic_write(TARGET, table().encode())
