"""The commands that export work from a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from annotator.cli.app import Flag, UsageError, app
from annotator.cli.importing import FormatName
from annotator.cli.terminal import progress_line, report

WordsName = Literal["annotator", "coefficients", "image"]
StatusName = Literal["new", "in progress", "done", "needs review"]
_Several = Parameter(negative="")

export = App(name="export", help="Export work from a dataset.")
app.command(export)


@export.command
def training(
    dataset: Path,
    /,
    *,
    out: Path,
    words: Annotated[list[WordsName] | None, _Several] = None,
    status: Annotated[list[StatusName] | None, _Several] = None,
    annotator: Annotated[list[str] | None, _Several] = None,
    tag: Annotated[list[str] | None, _Several] = None,
    confidence: float = 0.0,
    ratio: str = "80,10,10",
    seed: int = 0,
    shuffle: Flag = False,
    decimals: int | None = None,
) -> None:
    """Write training data: KeyframeFace requests with their answers, one line a keyframe.

    The clips go into train.jsonl, val.jsonl and test.jsonl, never one clip into two of them.
    summary.json says what is in each, and what was left out and why.

    Parameters
    ----------
    dataset
        The folder of the dataset.
    out
        The folder to write into.
    words
        Whose words are the descriptions: annotator, coefficients or image; repeat it for those to use
        where the first has none. Default: all three, in this order.
    status
        Only clips of this status; repeat it for more.
    annotator
        Only this annotator's work; repeat it for more.
    tag
        Only clips with this tag; repeat it for more.
    confidence
        Leave out keyframes whose stated confidence is lower, from 0 to 1.
    ratio
        Shares of train, val and test for clips whose split names none of them.
    seed
        Another number distributes the clips differently.
    shuffle
        Distribute all clips, whatever their split says.
    decimals
        Round the values; default: exactly as recorded.
    """
    from annotator.core.export.training import TrainingChoice, export_training
    from annotator.core.model import PERSPECTIVES, STATUSES
    from annotator.core.storage.dataset import Dataset

    try:
        shares = [float(word) for word in ratio.replace("/", ",").split(",")]
    except ValueError:
        shares = []
    if len(shares) != 3:
        raise UsageError("--ratio takes three shares, e.g. 80,10,10")
    choice = TrainingChoice(
        words=tuple(dict.fromkeys(words)) if words else PERSPECTIVES,
        statuses=frozenset(status) if status else frozenset(STATUSES),
        annotators=tuple(annotator or ()),
        tags=frozenset(tag or ()),
        confidence=confidence,
        by_clip=not shuffle,
        ratio=(shares[0], shares[1], shares[2]),
        seed=seed,
        decimals=decimals,
    )
    with progress_line() as ticker:
        summary = export_training(Dataset.open(dataset), out, choice, progress=ticker)
    report(
        {
            "written": str(out),
            "lines": summary.lines,
            "clips_looked_at": summary.clips_looked_at,
            "not_chosen": summary.not_chosen,
            "skipped_why": summary.skipped_why,
            "sets": {
                name: {
                    "clips": one.clips,
                    "sequences": one.sequences,
                    "lines": one.lines,
                    "words": one.words,
                }
                for name, one in summary.sets.items()
            },
        }
    )


@export.command(name="annotations")
def marks(
    dataset: Path,
    /,
    *,
    format: FormatName,
    out: Path,
    clip: Annotated[list[str] | None, _Several] = None,
    annotator: Annotated[list[str] | None, _Several] = None,
) -> None:
    """Write keyframes and emotion spans for other tools.

    What the format cannot hold is told as JSON. No file of the dataset is changed.

    Parameters
    ----------
    dataset
        The folder of the dataset.
    format
        eaf (ELAN), boris, csv, tsv, parquet, srt, vtt, label-studio or cvat.
    out
        The folder to write into; it is made if it is missing, and files of the same name are replaced.
    clip
        Only this clip; repeat it for more.
    annotator
        Only this annotator's work; repeat it for more.
    """
    from annotator.core.interchange.exporting import export_annotations
    from annotator.core.storage.dataset import Dataset

    opened = Dataset.open(dataset)
    with progress_line() as ticker:
        done = export_annotations(
            opened, out, format, clips=clip or (), annotators=annotator or (), progress=ticker
        )
    report(done.to_json())
