"""The command that suggests keyframes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from annotator.cli.app import UsageError, app
from annotator.cli.terminal import fail, progress_line, report

KindName = Literal["apex", "plateau", "onset", "offset", "gaze-shift", "head-turn"]
_MOST = 10_000


@app.command
def suggest(
    path: Path,
    /,
    *,
    clip: Annotated[list[str] | None, Parameter(negative="")] = None,
    most: int | None = None,
    kind: Annotated[list[KindName] | None, Parameter(negative="")] = None,
) -> int:
    """Suggest moments of a recording that look worth a keyframe, each with a reason, as JSON.

    They are found from how the face moves: where a pose is strongest or first reached, where movement
    begins or is over, where gaze or head have turned. Blinks are none, nor is anything where the face was
    lost. Nothing is written.

    Parameters
    ----------
    path
        A track, a clip or a dataset.
    clip
        The id of a clip of a dataset; repeat it for more. Default: all.
    most
        How many at most for each clip, the strongest. Default: about one a second.
    kind
        Only such; repeat it for more. Default: all.
    """
    from annotator.cli.work.suggestions import suggest_keyframes

    if most is not None and not 1 <= most <= _MOST:
        raise UsageError(f"--most takes a number from 1 to {_MOST:,}")
    kinds = [name.replace("-", " ") for name in kind or ()]
    with progress_line() as ticker:
        told = suggest_keyframes(path, clip or (), most, kinds, ticker)
    report(told.report)
    if told.failed:
        some = "1 clip" if told.failed == 1 else f"{told.failed} clips"
        return fail(
            f"{some} could not be looked at ({told.first.replace(' – ', '; ')}) – see “error” in the list"
        )
    return 0
