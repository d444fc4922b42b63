"""Renew the table of licences in THIRD_PARTY.md: ``python resources/release/third_party.py``.

The packages are those that the studio needs at run time and what these need, as the environment in
which it runs knows them.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
NOTICES = PROJECT / "THIRD_PARTY.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->\n"

# Needed on Windows or macOS alone, so that nothing about them is installed elsewhere.
_ELSEWHERE = {
    "pyobjc-framework-cocoa": "MIT",
    "pyobjc-core": "MIT",
    "pywin32-ctypes": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
}
_NEEDED_ELSEWHERE = {"pyobjc-framework-cocoa": ["pyobjc-core"]}
# What these packages' metadata says less clearly than their licence files.
_BY_FILE = {
    "vtk": "BSD-3-Clause",
    "matplotlib": "Matplotlib (PSF-like)",
    "scipy": "BSD-3-Clause",
    "contourpy": "BSD-3-Clause",
}
_CLASSIFIED = {"BSD License": "BSD-3-Clause", "MIT License": "MIT"}


def needed() -> dict[str, str]:
    """The licence of each package that the studio needs at run time on any system, by its name.

    Raises :class:`PackageNotFoundError` for one that is not installed, :class:`ValueError` for one
    whose licence is not known.
    """
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in seen or not _ever(requirement):
            continue
        seen.add(name)
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            if name not in _ELSEWHERE:
                raise
            found[name] = _ELSEWHERE[name]
            waiting += _NEEDED_ELSEWHERE.get(name, ())
            continue
        found[installed.name] = _licence(installed.name)
        waiting += installed.requires or ()
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def table() -> str:
    """The packages and their licences as a Markdown table."""
    rows = [f"| {name} | {licence} |" for name, licence in needed().items()]
    return "\n".join(["| package | licence |", "| --- | --- |", *rows]) + "\n"


def with_table(text: str) -> str:
    """``text`` of THIRD_PARTY.md with the present table."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def _ever(requirement: Requirement) -> bool:
    """Whether it is needed on Linux, Windows or macOS without an extra being asked for."""
    if requirement.marker is None:
        return True
    systems = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"), ("darwin", "Darwin", "posix"))
    return any(
        requirement.marker.evaluate(
            {"extra": "", "sys_platform": name, "platform_system": system, "os_name": kind}
        )
        for name, system, kind in systems
    )


def _licence(name: str) -> str:
    said = distribution(name).metadata.json
    known = (
        {**_ELSEWHERE, **_BY_FILE}.get(name) or said.get("license_expression") or said.get("license") or ""
    )
    if not known or "\n" in known:
        classified = [c.rpartition(" :: ")[2] for c in said.get("classifier", ()) if c.startswith("License")]
        known = next((_CLASSIFIED[each] for each in classified if each in _CLASSIFIED), "")
    if not known:
        raise ValueError(f"the licence of {name} is not known: read its file and add it to _BY_FILE")
    return str(known).replace("Apache 2.0", "Apache-2.0")


if __name__ == "__main__":
    NOTICES.write_text(with_table(NOTICES.read_text("utf-8")), "utf-8")
