"""Whatever another module or a script may call says what it may rely on."""

from __future__ import annotations

import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType

import pytest

import annotator
import viewer

ROOTS = ("annotator", "viewer")
TOOLKITS = ("PySide6", "pyqtgraph")
MODULES = sorted(
    module.name
    for package in (annotator, viewer)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.rsplit(".", 1)[-1].startswith("_")
)


def documented(text: str | None, name: str = "") -> bool:
    """Whether somebody wrote it: dataclasses write ``Name(field, …)`` where nobody did."""
    return bool(text and text.strip()) and not (name and str(text).startswith(f"{name}("))


def called(member: object) -> object | None:
    """What is called or read by the name of a class's member; None for plain values."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    if isinstance(member, classmethod | staticmethod):
        return member.__func__
    function = inspect.unwrap(member) if callable(member) else None
    return function if inspect.isfunction(function) else None


def silent_members(cls: type) -> Iterator[str]:
    """The public methods and properties of a class that neither say anything themselves nor where a
    class of ours declares them; what a toolkit declares is known from there."""
    for name, member in vars(cls).items():
        if name.startswith("_") or called(member) is None or name in getattr(cls, "__dataclass_fields__", ()):
            continue
        declared = [base for base in cls.__mro__ if name in vars(base)]
        if any(base.__module__.split(".")[0] in TOOLKITS for base in declared):
            continue
        ours = [called(vars(base)[name]) for base in declared if base.__module__.split(".")[0] in ROOTS]
        if not any(documented(getattr(function, "__doc__", None)) for function in ours):
            yield f"{cls.__qualname__}.{name}"


def silent(module: ModuleType) -> Iterator[str]:
    """The public names of a module that say nothing."""
    if not documented(module.__doc__):
        yield "the module itself"
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isclass(value):
            if not documented(vars(value).get("__doc__"), value.__name__):
                yield name
            yield from silent_members(value)
        elif (function := called(value)) is not None and not documented(function.__doc__):
            yield name


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_says_what_may_be_relied_on(name: str) -> None:
    assert list(silent(importlib.import_module(name))) == []


_MADE = """
'Made by a test.'
from dataclasses import dataclass

class Known:
    'Known.'
    def told(self): 'Told.'

class Child(Known):
    'A child.'
    def told(self): pass
    def other(self): pass
    @property
    def size(self): return 1

@dataclass
class Plain:
    size: int

def lonely(): pass
"""


def test_a_name_without_words_is_found(tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(_MADE)
    spec = importlib.util.spec_from_file_location("annotator.made", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert list(silent(module)) == ["Child.other", "Child.size", "Plain", "lonely"]
