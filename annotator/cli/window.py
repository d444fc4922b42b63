"""The commands that show the studio itself: its window, and the demo."""

from __future__ import annotations

import os
from pathlib import Path

from annotator.cli.app import Flag, UsageError, app
from annotator.cli.terminal import progress_line, report


@app.command(name="open")
def open_(path: Path | None = None, /) -> int:
    """Open the window, on a dataset, a clip, a video, a track or a folder of recordings.

    Parameters
    ----------
    path
        A dataset's folder, a clip's folder, a video or a track; a folder of other recordings is shown with
        what an import would make of it; without it, the start page.
    """
    from annotator.window.application import run_window

    return run_window(path)


@app.command
def demo(*, headless: Flag = False, out: Path | None = None, copy: Path | None = None) -> int:
    """Open the bundled demo in the window, run the main job on it without one, or copy it.

    Parameters
    ----------
    headless
        No window: load a clip, annotate, generate, compare, export, and report what was made and where.
    out
        Folder for what the headless demo makes; default: out/demo.
    copy
        Only copy the demo dataset to this new folder, to try commands on; requests.jsonl is in it.
    """
    if copy is not None:
        if headless or out is not None:
            raise UsageError("--copy only copies the demo; leave out --headless and --out")
        return _copy(copy)
    from annotator.cli.demo import run_headless
    from annotator.window.display import has_display

    if headless or out is not None or not has_display():
        with progress_line() as ticker:
            made = run_headless(out, ticker)
        report(made)
        return 0
    from annotator.clips.demo import demo_copy
    from annotator.window.application import run_window

    return run_window(demo_copy())


def _copy(folder: Path) -> int:
    from annotator.clips.demo import copy_demo
    from viewer.core.errors import FileError

    if os.path.lexists(folder):
        raise FileError("is already there", "name a folder that does not exist yet", folder)
    copy_demo(folder)
    report({"copied": str(folder), "requests": str(folder / "requests.jsonl")})
    return 0
