"""The commands that put recorded faces into words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from annotator.cli.app import Asking, BackendName, Flag, OrderName, UsageError, app
from annotator.cli.terminal import fail, progress_line, report, say

PerspectiveName = Literal["coefficients", "image"]


@app.command
def describe(
    path: Path,
    /,
    *,
    time: float | None = None,
    perspective: Annotated[list[PerspectiveName] | None, Parameter(negative="")] = None,
    clip: Annotated[list[str] | None, Parameter(negative="")] = None,
    annotator: str = "",
    profile: str | None = None,
    backend: BackendName | None = None,
    url: str | None = None,
    model: str | None = None,
    values: Flag = False,
    crop: str = "",
    replace: Flag = False,
    jobs: int | None = None,
    order: OrderName | None = None,
    asking: Asking = Asking(),  # noqa: B008 - immutable
) -> int:
    """Put a moment of a track or a video into words, or all keyframes of a clip or a dataset.

    Without --time the annotated keyframes are described, and the words are saved in the annotation
    files beside the annotator's own. What is already described is skipped, so the same call
    continues after it was stopped.

    Parameters
    ----------
    path
        A track, a video, a clip or a dataset.
    time
        Seconds from the first frame; the words for that moment are written to stdout.
    perspective
        coefficients (the default) or image; repeat it for both. An image needs a model.
    clip
        The id of a clip; repeat it for more. Default: all.
    annotator
        Whose keyframes; their file is written. Default: your own.
    profile
        A profile as saved in the window, instead of backend, url and model: it describes all.
    backend
        Who words coefficients: facs (the default) is built in; server and local ask a model.
    url
        The server's address, e.g. http://127.0.0.1:8000/v1.
    model
        The server's model, or the GGUF file of the local backend.
    values
        Ask a model that sees the image for its coefficients too.
    crop
        The part of the picture that is sent: left,top,right,bottom as shares, e.g. 0.25,0,0.75,1.
    replace
        Describe again what another model described.
    jobs
        How many keyframes may be asked for at once (default: the profile's, else 4).
    order
        With --time: in which order the columns of a NumPy array are, where its values do not tell it.
    """
    from annotator.cli.work.description import describe_keyframes, describe_moment
    from annotator.cli.work.files import describe_track_at
    from annotator.core.description.picture import WHOLE, Box
    from annotator.session.profiles import profile_of
    from annotator.session.settings import own_annotator_id

    chosen = list(perspective or ["coefficients"])
    if jobs is not None and not 1 <= jobs <= 256:
        raise UsageError("--jobs takes a number from 1 to 256")
    try:
        box = Box.parse(crop) if crop else WHOLE
    except ValueError:
        raise UsageError("--crop takes four shares from 0 to 1, e.g. 0.25,0,0.75,1") from None
    if profile is not None and (backend or url or model):
        raise UsageError("--profile already says which model; leave out --backend, --url and --model")
    if "image" in chosen and not (url or profile):
        raise UsageError("an image is described by a model; give --url or --profile")
    changes = {"jobs": jobs, **asking.changes()}
    words = profile_of(profile, backend, url, model, None, **changes)
    image = words if profile else profile_of(None, "server", url, model, None, **changes) if url else None
    if time is not None:
        if len(chosen) > 1 or clip:
            raise UsageError("--time is for one moment of one file and one perspective")
        if chosen == ["coefficients"] and words.backend == "facs":
            say(describe_track_at(path, time, order))
        else:
            say(describe_moment(path, time, chosen[0], words, image, box, asking.max_tokens))
        return 0
    with progress_line() as ticker:
        summary = describe_keyframes(
            path,
            annotator or own_annotator_id(),
            clip or (),
            chosen,
            words,
            image,
            values=values,
            box=box,
            max_tokens=asking.max_tokens,
            replace=replace,
            jobs=words.jobs,
            progress=ticker,
        )
    report(summary)
    if summary.whole:
        return 0
    first = (summary.gave_up or summary.problems[0].error).replace(" – ", "; ")
    if summary.gave_up:
        return fail(f"it gave up ({first}) – fix that, then run it again: it continues from here")
    left = ", ".join(
        part
        for part in (
            f"{summary.failed} keyframes failed" if summary.failed else "",
            f"{summary.skipped} clips were skipped" if summary.skipped else "",
        )
        if part
    )
    return fail(f"{left} (the first: {first}) – see “problems”, then run it again for these alone")
