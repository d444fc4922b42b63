"""What of a dataset cannot be on Windows or macOS as it is here: names that are one there, and names that
cannot be."""

from __future__ import annotations

from pathlib import Path

from annotator.core.findings import Finding
from annotator.core.names import flaw_of, safe_name, twins
from annotator.core.storage.places import is_clip_id


def clip_name_findings(clips: Path) -> list[Finding]:
    """Of the names of all clips, the folders in ``clips``."""
    folders = [name for name in _names(clips) if (clips / name).is_dir()]
    findings = []
    for name in folders:
        if not is_clip_id(name):
            what = "it is not shown, for no clip can be called so"
            findings.append(Finding("warning", f"clips/{name}", what, _rename(name)))
    return findings + _findings(folders, "clips", "rename one of them; the files in it stay as they are")


def file_name_findings(clip: Path) -> list[Finding]:
    """Of the names of the files of one clip, its annotators and its takes."""
    findings = _findings(_names(clip), clip.name, "rename one of them, also where clip.json names it")
    for folder, todo in (
        ("annotations", "open the clip and merge the two, or rename one if they are two people's"),
        ("takes", "rename the files of one of them"),
    ):
        findings += _findings(_names(clip / folder), f"{clip.name}/{folder}", todo)
    return findings


def _findings(names: list[str], where: str, todo: str) -> list[Finding]:
    findings = []
    for group in twins(names):
        what = f"{', '.join(group[:-1])} and {group[-1]} are one on Windows and macOS: one is lost in a copy"
        findings.append(Finding("warning", where, what, todo))
    for name in names:
        flaw = flaw_of(name)
        if flaw:
            what = f"it cannot be called so on every system: {flaw}"
            findings.append(Finding("warning", f"{where}/{name}", what, _rename(name)))
    return findings


def _names(folder: Path) -> list[str]:
    """What lies in a folder and is not hidden; a folder that cannot be listed is told elsewhere."""
    try:
        return sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    except OSError:
        return []


def _rename(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    better = f"{safe_name(stem)}{dot}{suffix}" if dot and suffix.isalnum() else safe_name(name, "clip")
    return f"rename it, for example {better}"
