"""Names of a package whose modules are imported when a name is first asked for."""

from __future__ import annotations

import importlib
import operator
import sys
from collections.abc import Callable, Mapping


def late_names(
    package: str, places: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """A package's ``__getattr__`` and ``__dir__`` (PEP 562).

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    places : mapping of str to str
        Where each public name comes from: ``module:name`` or ``module:class.method``.
    """

    def find(name: str) -> object:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, path = place.partition(":")
        found: object = operator.attrgetter(path)(importlib.import_module(module))
        # Found as any other name from now on.
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return find, names
