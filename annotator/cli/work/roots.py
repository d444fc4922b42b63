"""Media roots from the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import change_settings, read_settings
from annotator.core.storage.media_roots import (
    MediaRoot,
    MediaRoots,
    new_root,
    referenced,
    root_facts,
)
from annotator.core.storage.root_places import move_roots, parse_root, remember_root
from viewer.core.errors import DatasetError, FileError, StudioError


def change_and_list(
    path: Path | None,
    at: Sequence[str],
    forget: Sequence[str],
    add: str,
    note: str,
    move: tuple[Path, Path] | None,
) -> dict[str, Any]:
    """Make the changes and report the roots of the dataset: of each also how many ``files`` the clips name
    in it and how many of these are ``missing`` (None where it is not there).

    Raises :class:`StudioError`, then nothing later was changed.
    """
    found: dict[str, Any] = {}
    if move is not None:
        found["moved"] = move_roots(*move)
    if path is None:
        return found
    dataset = Dataset.open(path)
    if add:
        _declare(dataset, add, note)
    for text in at:
        name, folder = parse_root(text)
        root = _root(dataset, name)
        if not folder.is_dir():
            raise FileError("there is no such folder", f"name the folder in which “{name}” lies", folder)
        remember_root(root.name, root.id, folder)
    for name in forget:
        root = _root(dataset, name)
        remember_root(root.name, root.id, None)
    return {**found, "dataset": str(dataset.root), "media_roots": _listed(dataset)}


def _declare(dataset: Dataset, name: str, note: str) -> None:
    if dataset.roots.named(name) is not None:
        raise DatasetError(f"it has a media root “{name}” already", "choose another name", dataset.root)
    file = dataset.root / "dataset.json"
    before = read_settings(file)
    after = replace(before, media_roots=(*before.media_roots, new_root(name, note)))
    dataset.roots = MediaRoots(change_settings(file, before, after).media_roots)


def _root(dataset: Dataset, name: str) -> MediaRoot:
    root = dataset.roots.named(name)
    if root is None:
        known = ", ".join(root.name for root in dataset.roots.declared)
        todo = f"choose one of {known}" if known else f"add it with --add {name}"
        raise DatasetError(f"it has no media root “{name}”", todo, dataset.root)
    return root


def _listed(dataset: Dataset) -> list[dict[str, Any]]:
    files: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for name, inside in referenced([entry.info for entry in dataset.clips]):
        root = dataset.roots.named(name)
        if root is None:
            continue
        files[root.name] += 1
        try:
            dataset.roots.file(f"{name}:{inside}")
        except StudioError:
            missing[root.name] += 1
    listed = root_facts(dataset.roots.declared)
    for facts in listed:
        name = facts["name"]
        facts.update(files=files[name], missing=missing[name] if facts["there"] else None)
    return listed
