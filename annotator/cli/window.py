"""The commands that show the studio itself: its window, and the demo."""

from __future__ import annotations

from pathlib import Path

from annotator.cli.app import Flag, app
from annotator.cli.terminal import progress_line, report


@app.command(name="open")
def open_(path: Path | None = None, /) -> int:
    """Open the window, on a dataset, a clip, a video or a track."""
    from annotator.window.application import run_window

    return run_window(path)


@app.command
def demo(*, headless: Flag = False, out: Path | None = None) -> int:
    """Do the main job on the bundled demo: load, generate, edit, export, picture.

    Parameters
    ----------
    headless
        No window: do the whole job and say what it made and where.
    out
        Folder for what the headless demo makes; default: out/demo.
    """
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
