"""What the targets of a glTF file are called: on meshes, nodes or accessors, or by the clips of a VRM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from viewer.core.channels import match, match_half
from viewer.core.models.gltf_data import GltfFile
from viewer.core.models.shape_names import ShapeNames, match_shapes, plain_names

_PERCENT = 100.0
_FULL = 1.5
"""No weight of 0 to 1 is larger; those of VRM 0 go to 100."""


@dataclass(frozen=True)
class Bind:
    """A target that a clip moves: number ``target`` of every mesh placed by ``node``, or of the mesh
    ``mesh``, ``weight`` times."""

    mesh: int | None
    node: int | None
    target: int
    weight: float

    def holds(self, mesh: int, node: int) -> bool:
        """Whether it moves the mesh that a node places."""
        return self.node == node if self.mesh is None else self.mesh == mesh


def position_of(target: Any) -> int | None:
    """The accessor with a target's motion."""
    found = target.get("POSITION") if isinstance(target, dict) else getattr(target, "POSITION", None)
    return found if isinstance(found, int) else None


def target_names(file: GltfFile, mesh: Any, node: Any, primitive: Any) -> list[str]:
    """A name for each target of a primitive, empty where it has none: of all places where programs write
    them, the one with most names of channels.  What they share beside those is taken off."""
    count = len(primitive.targets or [])
    places = [_listed(holder.extras, count) for holder in (primitive, mesh, node)]
    places.append([_own_name(target) for target in primitive.targets or []])
    places.append([_accessor_name(file, target) for target in primitive.targets or []])
    plain = [plain_names(names) for names in places if any(names)]
    return max(plain, key=lambda names: sum(_is_channel(name) for name in names), default=[""] * count)


def clip_drives(file: GltfFile, names: ShapeNames) -> list[tuple[int, Bind]]:
    """(row, bind) for each target that a clip of a VRM moves for a channel which no target is named after.

    The channels are added to ``names``.
    """
    clips = dict(_clips(file))
    found = match_shapes(clips)
    named = set(names.rows.values())
    drives = []
    for clip, row in found.rows.items():
        if row not in named and clips[clip]:
            names.rows.setdefault(clip, row)
            drives += [(row, bind) for bind in clips[clip]]
    return drives


def _listed(extras: Any, count: int) -> list[str]:
    """The names in ``extras``: a list, a table of places by name, or a single one."""
    found = (extras or {}).get("targetNames") if isinstance(extras, dict) else None
    if isinstance(found, str):
        found = [found]
    if isinstance(found, dict):
        places = {place: name for name, place in found.items() if isinstance(place, int)}
        found = [places.get(place, "") for place in range(count)]
    names = [name if isinstance(name, str) else "" for name in found or []][:count]
    return names + [""] * (count - len(names))


def _own_name(target: Any) -> str:
    """The name within a target itself, where some programs write it."""
    found = _at(target, "name") or _at(target, "extras", "name")
    return found if isinstance(found, str) else ""


def _accessor_name(file: GltfFile, target: Any) -> str:
    index = position_of(target)
    return "" if index is None else str(file.item("accessors", index).name or "")


def _is_channel(name: str) -> bool:
    return match(name) is not None or match_half(name) is not None


def _clips(file: GltfFile) -> Iterator[tuple[str, list[Bind]]]:
    """Names and binds of the clips of VRM 0 and 1; what is malformed is left out."""
    extensions = file.gltf.extensions if isinstance(file.gltf.extensions, dict) else {}
    groups = _at(extensions, "VRM", "blendShapeMaster", "blendShapeGroups")
    expressions = _at(extensions, "VRMC_vrm", "expressions")
    clips: list[tuple[str, list[Any]]] = []
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict):
            clips.append((str(group.get("name") or ""), group.get("binds") or []))
    for kind in ("preset", "custom"):
        named = _at(expressions, kind)
        for name, expression in named.items() if isinstance(named, dict) else ():
            if isinstance(expression, dict):
                clips.append((str(name), expression.get("morphTargetBinds") or []))
    binds = [(name, [bind for bind in map(_bind, raw) if bind is not None]) for name, raw in clips]
    full = max((bind.weight for _, each in binds for bind in each), default=1.0)
    scale = 1.0 / _PERCENT if full > _FULL else 1.0
    for name, each in binds:
        yield name, [Bind(bind.mesh, bind.node, bind.target, bind.weight * scale) for bind in each]


def _bind(raw: Any) -> Bind | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("index"), int):
        return None
    mesh, node, weight = raw.get("mesh"), raw.get("node"), raw.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return None
    mesh = mesh if isinstance(mesh, int) else None
    node = node if isinstance(node, int) else None
    return None if mesh is None and node is None else Bind(mesh, node, raw["index"], float(weight))


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
