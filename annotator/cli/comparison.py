"""The commands that measure tracks against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import OrderName, app
from annotator.cli.terminal import progress_line, report

Names = Annotated[tuple[str, ...], Parameter(negative="")]


@app.command
def compare(
    a: Annotated[Path, Parameter(name="A")],
    b: Annotated[Path, Parameter(name="B")],
    /,
    *,
    at: str = "",
    csv: Path | None = None,
    order: OrderName | None = None,
) -> None:
    """Measure how far one track is from another: error, correlation, speed and jerk, as JSON.

    Parameters
    ----------
    a
        The track to measure against.
    b
        The track that is measured.
    at
        Seconds of the keyframes, e.g. 0.5,1.2; default: those annotated for A or B, or the
        lines of a KeyframeFace file.
    csv
        FILE.csv for the same as tables for a spreadsheet.
    order
        The order of a NumPy array's columns, where its values do not show it.
    """
    from annotator.cli.work.files import compare_tracks

    report(compare_tracks(a, b, at, csv, order))


@app.command(name="report")
def report_(
    dataset: Path,
    /,
    *,
    out: Path,
    clips: Names = (),
    takes: Names = (),
    models: Names = (),
    annotator: str = "",
    pictures: int = 40,
) -> None:
    """Compare the takes of a dataset with its recordings in a single self-contained HTML file.

    Parameters
    ----------
    dataset
        The folder of the dataset.
    out
        FILE.html; it needs no other file and no network.
    clips
        Only these clips, separated by commas; give it several times for names with a comma.
    takes
        Only these takes, by id or name.
    models
        Only takes of these models.
    annotator
        Whose keyframes are used; default: those of the first who set some.
    pictures
        How many clips get pictures; 0 for none.
    """
    from annotator.comparison.report import make_report
    from annotator.core.comparison.study import Wanted
    from annotator.core.storage.dataset import open_library

    library, clip = open_library(dataset)
    wanted = Wanted(
        _names(clips) or ((clip,) if clip is not None else ()), _names(takes), _names(models), annotator
    )
    with progress_line() as ticker:
        made = make_report(library, out, wanted, picture_clips=pictures, progress=ticker)
    report(made)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """``a,b`` as two names; several options as they are."""
    split = given[0].split(",") if len(given) == 1 else given
    return tuple(name.strip() for name in split if name.strip())
