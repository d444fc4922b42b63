"""Whether every part of the studio can be loaded where it was installed or packed.

Run as a part of its own: it loads libraries that no single command needs together.
"""

from __future__ import annotations

import importlib
import pkgutil

import annotator
import viewer


def main() -> None:
    """Load every module of ours and print those that cannot be loaded; then their number."""
    failed = loaded = 0
    for package in (annotator, viewer):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            try:
                importlib.import_module(module.name)
            except Exception as fault:
                failed += 1
                print(f"{module.name}: {type(fault).__name__}: {fault}")
            else:
                loaded += 1
    print(f"{loaded} modules loaded, {failed} failed", flush=True)


if __name__ == "__main__":
    main()
