"""The command for recordings that stay where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import UsageError, app
from annotator.cli.terminal import report

_Several = Annotated[list[str] | None, Parameter(negative="")]


@app.command
def roots(
    dataset: Path | None = None,
    /,
    *,
    at: _Several = None,
    forget: _Several = None,
    add: str = "",
    note: str = "",
    move: Annotated[tuple[Path, Path] | None, Parameter(negative="")] = None,
) -> None:
    """Say where the media roots of a dataset lie on this computer, and list them as JSON.

    A media root is a folder outside of the dataset in which recordings stay. The dataset has its name;
    where it lies is kept in your own settings.

    Parameters
    ----------
    dataset
        The folder of a dataset.
    at
        NAME=FOLDER: the root NAME of this dataset lies in FOLDER; may be repeated.
    forget
        NAME: forget where the root lies on this computer; may be repeated.
    add
        A root that the dataset does not have yet, for everybody who works on it.
    note
        With --add: which folder it is, for people.
    move
        OLD NEW: every root that lies in the folder OLD lies in NEW from now on, in all datasets.
    """
    from annotator.cli.work.roots import change_and_list

    if dataset is None and (at or forget or add):
        raise UsageError("name the dataset whose roots they are")
    if dataset is None and move is None:
        raise UsageError("name a dataset, or give --move OLD NEW")
    if note and not add:
        raise UsageError("--note belongs to --add")
    report(change_and_list(dataset, at or [], forget or [], add, note, move))
