"""Checks that the studio installs without a compiler: every package that it needs at run time has a
wheel of its pinned version for each system and Python that is supported.

pip is asked, with whatever index it is set up for, once or a few times for each of them, so this takes
some minutes.  It prints a table and exits with 1 where a wheel or a pin is missing:

    python resources/setup/wheel_table.py [--extra local] [--python 3.13] [--system windows]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = {"x86_64": 36, "aarch64": 39}
"""The newest minor version of glibc 2 that a wheel for Linux may ask for: that of Debian 12; on aarch64
that of Ubuntu 24.04 and Debian 13, for PySide6 has no wheel for older ones."""

_MISSING = re.compile(r"No matching distribution found for ([\w.-]+)")


@dataclass(frozen=True)
class System:
    """One kind of machine: pip's tags for it, and what markers of requirements say there."""

    name: str
    tags: tuple[str, ...]
    markers: dict[str, str]


def _linux(machine: str) -> System:
    old = ("manylinux1", "manylinux2010", "manylinux2014") if machine == "x86_64" else ("manylinux2014",)
    tags = tuple(f"manylinux_2_{minor}_{machine}" for minor in range(5, GLIBC[machine] + 1))
    markers = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    return System(
        f"linux {machine}",
        (*(f"{name}_{machine}" for name in old), *tags),
        {**markers, "platform_machine": machine},
    )


SYSTEMS = (
    System(
        "windows x64",
        ("win_amd64",),
        {
            "sys_platform": "win32",
            "platform_system": "Windows",
            "os_name": "nt",
            "platform_machine": "AMD64",
        },
    ),
    System(
        "macos arm64",
        ("macosx_14_0_arm64",),
        {
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "os_name": "posix",
            "platform_machine": "arm64",
        },
    ),
    _linux("x86_64"),
    _linux("aarch64"),
)


@dataclass
class Found:
    """What one system and Python needs, by canonical name: the wheel, or empty where there is none."""

    wheels: dict[str, str] = field(default_factory=dict)
    unpinned: set[str] = field(default_factory=set)


def pins() -> dict[str, str]:
    """The versions of constraints.txt by canonical name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version.strip() for name, version in pairs}


def asked(extras: Iterable[str]) -> list[Requirement]:
    """What pyproject.toml asks for, with some of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def look(
    system: System, python: str, wanted: list[Requirement], pinned: dict[str, str], likely: Iterable[str]
) -> Found:
    """Follow the requirements of ``wanted`` as far as they go on this system and Python; ``likely`` are
    names that will probably come up, to ask pip for many at a time."""
    environment = {
        **system.markers,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    wheels: dict[str, Wheel] = _ask(system, python, likely, pinned)
    found, known, todo = Found(), set[tuple[str, str]](), wanted
    while todo:
        names = {canonicalize_name(need.name) for need in todo}
        found.unpinned |= names - set(pinned)
        wheels |= _ask(system, python, names & set(pinned) - set(wheels), pinned)
        found.wheels |= {name: wheels[name].file for name in names & set(pinned)}
        following = []
        for need in todo:
            name = canonicalize_name(need.name)
            for extra in {"", *need.extras} - {extra for other, extra in known if other == name}:
                known.add((name, extra))
                following += [
                    inner
                    for inner in (wheels[name].requires if name in wheels else ())
                    if inner.marker is None or inner.marker.evaluate({**environment, "extra": extra})
                ]
        todo = following
    return found


@dataclass(frozen=True)
class Wheel:
    """The name of a wheel, empty where there is none, and what it requires."""

    file: str = ""
    requires: tuple[Requirement, ...] = ()


def _ask(system: System, python: str, names: Iterable[str], pinned: dict[str, str]) -> dict[str, Wheel]:
    """Let pip choose a wheel for each name."""
    left = set(names)
    wheels: dict[str, Wheel] = {}
    while left:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--dry-run"]
            words += ["--quiet", "--ignore-installed", "--no-deps", "--only-binary", ":all:"]
            words += ["--target", folder, "--implementation", "cp", "--python-version", python]
            words += [word for tag in system.tags for word in ("--platform", tag)]
            words += ["--report", str(report), *(f"{name}=={pinned[name]}" for name in sorted(left))]
            ran = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
            if ran.returncode == 0:
                for item in json.loads(report.read_text("utf-8"))["install"]:
                    name = canonicalize_name(item["metadata"]["name"])
                    requires = tuple(map(Requirement, item["metadata"].get("requires_dist", [])))
                    wheels[name] = Wheel(item["download_info"]["url"].rsplit("/", 1)[-1], requires)
                return wheels
        lacking = _MISSING.search(ran.stderr)
        if lacking is None or canonicalize_name(lacking[1]) not in left:
            sys.exit(f"error: pip fails – {(ran.stderr.strip() or 'it says nothing').splitlines()[-1]}")
        wheels[canonicalize_name(lacking[1])] = Wheel()
        left.discard(canonicalize_name(lacking[1]))
    return wheels


def table(results: dict[tuple[str, str], Found], pinned: dict[str, str]) -> tuple[str, int]:
    """The table as text, and how many wheels and pins are missing in it."""
    systems = list(dict.fromkeys(system for system, _ in results))
    pythons = list(dict.fromkeys(python for _, python in results))
    names = sorted({name for found in results.values() for name in (*found.wheels, *found.unpinned)})
    lines, faults = [], 0
    for name in names:
        cells = []
        for system in systems:
            said = []
            for python in pythons:
                found = results[system, python]
                if name in found.unpinned:
                    said.append(f"{python} no pin")
                elif name in found.wheels and not found.wheels[name]:
                    said.append(f"{python} no wheel")
            faults += len(said)
            needed = any(name in results[system, python].wheels for python in pythons)
            cells.append(", ".join(said) or ("yes" if needed else "not needed"))
        lines.append((f"{name} {pinned.get(name, '')}".strip(), *cells))
    head = (f"Python {', '.join(pythons)}", *systems)
    widths = [max(len(row[column]) for row in (head, *lines)) for column in range(len(head))]
    rows = (zip(row, widths, strict=True) for row in (head, *lines))
    return "\n".join("  ".join(cell.ljust(width) for cell, width in row).rstrip() for row in rows), faults


def main() -> None:
    """Ask for all systems and Pythons, print the table, exit with 1 where something is missing."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml, too")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one, or these")
    parser.add_argument("--system", default="", help="only systems whose name begins so")
    given = parser.parse_args()
    pinned, wanted = pins(), asked(given.extra)
    results: dict[tuple[str, str], Found] = {}
    likely: Iterable[str] = ()
    for system in (system for system in SYSTEMS if system.name.startswith(given.system)):
        for python in given.python or PYTHONS:
            print(f"{system.name}, Python {python} … ", end="", file=sys.stderr, flush=True)
            results[system.name, python] = found = look(system, python, wanted, pinned, likely)
            there = sum(map(bool, found.wheels.values()))
            print(f"{there} of {len(found.wheels) + len(found.unpinned)} wheels", file=sys.stderr)
            likely = found.wheels
    text, faults = table(results, pinned)
    print(text)
    if faults:
        sys.exit(f"error: {faults} wheels or pins are missing – choose other versions in constraints.txt")


if __name__ == "__main__":
    main()
