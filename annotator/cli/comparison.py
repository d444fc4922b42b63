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
    """Per channel, region and keyframe: error, correlation, speed and jerk, as JSON.

    Parameters
    ----------
    at
        Seconds of the keyframes, e.g. 0.5,1.2; default: those annotated for A or B, or the
        lines of a KeyframeFace file.
    csv
        FILE.csv for the same as tables, as a spreadsheet reads them.
    order
        In which order the columns of a NumPy array are, where its values do not tell it.
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
    """Compare the takes of a dataset with its recordings and write what is found as one HTML file.

    Parameters
    ----------
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
