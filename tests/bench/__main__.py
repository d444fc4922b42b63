"""``make bench``: measure every budget, print a table, write JSON.

Each bench file runs in a process of its own.  The exit code is 0 whatever the figures are,
and 1 only where a bench crashed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_MARK = "figures: "
_PACKAGES = ("numpy", "av", "PySide6", "pyqtgraph", "vtk", "pyvista", "pandas", "scipy", "opencv-python")


def benches() -> list[str]:
    """The names of the benches here, from their files."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    from tests.bench.measuring import contention

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return {
        "cores": usable,
        "machine": platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": versions,
        "contention": round(contention(), 2),
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def run_inside(name: str, quick: bool) -> None:
    """Run one bench here and hand its figures to the parent on stdout."""
    # The program decides on numpy's threads when it is loaded; so it must be loaded first.
    importlib.import_module("viewer")
    figures = importlib.import_module(f"tests.bench.bench_{name}").run(quick)
    print(_MARK + json.dumps(figures), flush=True)


def run_apart(name: str, quick: bool) -> dict[str, Any]:
    """Run one bench in its own process: figures, seconds, and an error if it crashed."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.bench", "--inside", name, *(["--quick"] if quick else [])]
    environment = {**os.environ, "QT_API": "pyside6", "PYQTGRAPH_QT_LIB": "PySide6"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    ended = subprocess.run(
        command, cwd=HERE.parents[1], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    seconds = round(time.monotonic() - began, 1)
    lines = [line for line in ended.stdout.splitlines() if line.startswith(_MARK)]
    if ended.returncode == 0 and lines:
        figures = [{**figure, "ok": within(figure)} for figure in json.loads(lines[-1].removeprefix(_MARK))]
        return {"bench": name, "seconds": seconds, "figures": figures, "error": ""}
    error = f"ended with code {ended.returncode}"
    return {"bench": name, "seconds": seconds, "figures": [], "error": error}


def within(figure: dict[str, Any]) -> bool | None:
    """Whether a figure keeps its budget; None where it has none."""
    if figure["at_most"] is None and figure["ratio_at_most"] is None:
        return None
    value = figure["at_most"] is None or figure["value"] <= figure["at_most"]
    ratio = figure["ratio_at_most"] is None or figure["ratio"] <= figure["ratio_at_most"]
    return value and ratio


def row(figure: dict[str, Any]) -> tuple[str, ...]:
    """A figure as the cells of the table."""
    unit = figure["unit"]
    bounds = []
    if figure["at_most"] is not None:
        bounds.append(f"{figure['at_most']:g} {unit}")
    if figure["ratio_at_most"] is not None:
        bounds.append(f"{figure['ratio_at_most']:g} ×")
    return (
        figure["name"],
        f"{_short(figure['value'])} {unit}",
        "" if figure["baseline"] is None else f"{_short(figure['baseline'])} {unit}",
        "" if figure["ratio"] is None else f"{figure['ratio']:.2f} ×",
        ", ".join(bounds),
        {True: "ok", False: "OVER", None: ""}[figure["ok"]],
        figure["clock"] if unit == "ms" else "",
        figure["against"],
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.3g}"


def print_table(figures: list[dict[str, Any]]) -> None:
    """The report for people."""
    head = ("what", "value", "baseline", "ratio", "budget", "", "clock", "baseline is")
    rows = [head, *map(row, figures)]
    widths = [max(len(cells[k]) for cells in rows) for k in range(len(head))]
    for number, cells in enumerate(rows):
        columns = enumerate(zip(cells, widths, strict=True))
        print("  ".join(f"{c:{'>' if k in (1, 2, 3, 4) else '<'}{w}}" for k, (c, w) in columns).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the budgets.")
    names = benches()
    parser.add_argument("--only", metavar="NAME", action="append", choices=names, help=", ".join(names))
    parser.add_argument("--json", metavar="PATH", type=Path, help="write the figures there, too")
    parser.add_argument("--quick", action="store_true", help="fewer runs: a first look, noisier")
    parser.add_argument("--inside", choices=names, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        run_inside(chosen.inside, chosen.quick)
        return 0
    facts = machine()
    busy = ": others use this machine, distrust wall times" if facts["contention"] > 1.15 else ""
    print(
        f"{facts['cores']} cores, Python {facts['python']}, {facts['system']}\n"
        "Medians; a step and its baseline take turns.  cpu is processor time, wall is waiting.\n"
        f"A plain loop takes {facts['contention']:.2f} × its processor time here{busy}.\n"
    )
    done = []
    for name in chosen.only or names:
        print(f"{name} …", file=sys.stderr, flush=True)
        done.append(run_apart(name, chosen.quick))
    figures = [figure for bench in done for figure in bench["figures"]]
    print_table(figures)
    over = sum(figure["ok"] is False for figure in figures)
    kept = sum(figure["ok"] is True for figure in figures)
    print(f"\n{kept} within budget, {over} over, {len(figures) - kept - over} without one")
    crashed = [bench for bench in done if bench["error"]]
    for bench in crashed:
        print(f"error: the bench {bench['bench']} {bench['error']} – its message is above", file=sys.stderr)
    if chosen.json is not None:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        report = {"machine": facts, "quick": chosen.quick, "benches": done}
        chosen.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
