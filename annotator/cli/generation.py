"""The commands that ask a generation model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from annotator.cli.app import Asking, BackendName, Flag, StyleName, UsageError, app
from annotator.cli.terminal import fail, progress_line, report, say

Many = Annotated[list[str] | None, Parameter(negative="")]

_MOST_TAKES = 16


@app.command
def generate(
    requests: Path,
    /,
    *,
    out: Path | None = None,
    profile: str | None = None,
    backend: BackendName | None = None,
    url: str | None = None,
    model: str | None = None,
    style: StyleName | None = None,
    jobs: int | None = None,
    status: Many = None,
    tag: Many = None,
    split: Many = None,
    again: Flag = False,
    takes: int | None = None,
    seed: int | None = None,
    estimate: Flag = False,
    annotator: str | None = None,
    asking: Asking = Asking(),  # noqa: B008 - immutable
) -> int:
    """Answer KeyframeFace requests, or make a take for every clip of a dataset.

    Requests are answered one line each, in the paper's result format. A line that fails has an
    empty response and an error; running the command again asks only for those. A dataset gets
    its takes in the clips' folders; running the command again continues where it was stopped.

    Parameters
    ----------
    requests
        A file of requests, or the folder of a dataset.
    out
        The file of results; default: stdout.
    profile
        A profile as saved in the window, instead of backend, url, model and style.
    backend
        facs (the default) is built in; server is any OpenAI-compatible one; local runs a GGUF file.
    url
        The server's address, e.g. http://127.0.0.1:8000/v1.
    model
        The server's model, or the GGUF file of the local backend.
    style
        The prompt: keyframeface for a model fine-tuned for it (a server's default), zero-shot for
        any other chat model.
    jobs
        How many requests may be in progress at once (default: the profile's, else 4).
    status
        Only clips of a dataset with this status; repeat it for more.
    tag
        Only clips of a dataset with this tag; repeat it for more.
    split
        Only clips of a dataset in this split; repeat it for more.
    again
        Also clips of a dataset that have a take of this profile.
    takes
        How many takes of each clip, each with its own seed.
    seed
        The seed of the first take.
    estimate
        Only estimate requests, tokens, time and cost; asks for one keyframe.
    annotator
        Whose descriptions of a dataset are used (default: yours; where you have none, those of the one
        annotator who has).
    """
    from annotator.cli.work.generation import is_dataset

    if jobs is not None and not 1 <= jobs <= 256:
        raise UsageError("--jobs takes a number from 1 to 256")
    which = profile, backend, url, model, style
    _check_which(*which)
    _check_takes(takes)
    if is_dataset(requests):
        if out is not None:
            raise UsageError("takes of a dataset go into its clips' folders; leave out --out")
        return _generate_takes(
            requests,
            which,
            (status, tag, split),
            again,
            estimate,
            annotator,
            jobs=jobs,
            takes=takes,
            seed=seed,
            **asking.changes(),
        )
    if any((status, tag, split, again, takes, seed is not None, estimate, annotator)):
        raise UsageError(
            "--status, --tag, --split, --again, --takes, --seed, --estimate and --annotator "
            "belong to a dataset"
        )
    return _answer_requests(requests, out, which, jobs=jobs, **asking.changes())


def _check_takes(takes: int | None) -> None:
    if takes is not None and not 1 <= takes <= _MOST_TAKES:
        raise UsageError(f"--takes takes a number from 1 to {_MOST_TAKES}")


def _check_which(profile: str | None, *words: str | None) -> None:
    if profile is not None and any(words):
        raise UsageError(
            "--profile already says which model; leave out --backend, --url, --model and --style"
        )


_Which = tuple[str | None, BackendName | None, str | None, str | None, StyleName | None]


def _answer_requests(requests: Path, out: Path | None, which: _Which, **changes: Any) -> int:
    from annotator.cli.work.generation import answer_requests
    from annotator.session.profiles import profile_of

    chosen = profile_of(*which, **changes)
    with progress_line() as ticker:
        summary, results = answer_requests(requests, out, chosen, ticker)
    if results is None:
        report(summary)
    else:
        say(results)
    if summary.failed:
        todo = f"see the errors in {out.name}, then run it again" if out else "see the errors above"
        first = summary.first_error.replace(" – ", "; ")
        return fail(f"{summary.failed} of {summary.total} lines failed (the first: {first}) – {todo}")
    return 0


def _generate_takes(
    dataset: Path,
    which: _Which,
    filters: tuple[list[str] | None, list[str] | None, list[str] | None],
    again: bool,
    only_estimate: bool,
    annotator: str | None,
    **changes: Any,
) -> int:
    from annotator.cli.work.generation import generate_takes_of
    from annotator.core.batch.selection import Estimate, Selection
    from annotator.core.model import STATUSES
    from annotator.session.profiles import profile_of

    statuses, tags, splits = (frozenset(words or ()) for words in filters)
    if not statuses <= set(STATUSES):
        raise UsageError(f"--status takes {', '.join(STATUSES)}")
    selection = Selection(
        frozenset(known for known in STATUSES if not statuses or known in statuses), tags, splits, not again
    )
    chosen = profile_of(*which, **changes)
    with progress_line() as ticker:
        found = generate_takes_of(dataset, chosen, selection, annotator, only_estimate, ticker)
    if isinstance(found, Estimate):
        report(found)
        return 0
    lists = {
        name: [{"clip": clip, "why": why} for clip, why in getattr(found, name)]
        for name in ("failed", "skipped")
    }
    report({**dataclasses.asdict(found), **lists})
    if found.gave_up:
        why = found.gave_up.replace(" – ", "; ")
        return fail(f"one keyframe after the other failed ({why}) – fix that, then run it again to continue")
    if found.failed:
        clip, why = found.failed[0]
        first, count = f"{clip}: {why}".replace(" – ", "; "), len(found.failed)
        what = f"{count} of {found.takes + count} takes failed (the first: {first})"
        return fail(f"{what} – run it again to ask only for what is missing")
    return 0


@app.command
def profiles(*, test: str | None = None) -> int:
    """List the saved profiles of models, or test the model of one.

    Parameters
    ----------
    test
        The profile whose model is asked what it is and how fast it is.
    """
    from annotator.cli.work.generation import profile_facts

    with progress_line() as ticker:
        found = profile_facts(test, ticker)
    report(found)
    if isinstance(found, dict) and found["trouble"]:
        what = f"the model of “{test}” does not answer: {found['trouble']}"
        return fail(f"{what} – change the profile in the window")
    return 0


@app.command
def animate(
    *,
    out: Path,
    background: str = "",
    emotion: str = "",
    script: str = "",
    keyframe: Annotated[list[str] | None, Parameter(negative="")] = None,
    profile: str | None = None,
    backend: BackendName | None = None,
    url: str | None = None,
    model: str | None = None,
    style: StyleName | None = None,
    plan: Path | None = None,
    fps: float = 60.0,
    blinks: Flag = False,
    micro_motion: Flag = False,
    seed: int | None = None,
    takes: int | None = None,
    asking: Asking = Asking(),  # noqa: B008 - immutable
) -> int:
    """Turn a story into a timed, interpolated track.

    Parameters
    ----------
    out
        The track to write: .csv (Live Link), .json (BEAT) or .jsonl (KeyframeFace).
    background
        Where the person is and what happens.
    emotion
        What the person feels and shows.
    script
        What the person says.
    keyframe
        A keyframe description; repeat it for more. Without any the model plans.
    profile
        A profile as saved in the window, instead of backend, url, model and style.
    backend
        facs (the default) is built in; server is any OpenAI-compatible one; local runs a GGUF file.
    url
        The server's address, e.g. http://127.0.0.1:8000/v1.
    model
        The server's model, or the GGUF file of the local backend.
    style
        The prompt: keyframeface for a model fine-tuned for it (a server's default), zero-shot for
        any other chat model.
    plan
        A JSON file for the descriptions and their times.
    fps
        Frames per second.
    blinks
        Add blinks between the keyframes, about 17 a minute.
    micro_motion
        Add the small drift of a face that is held still.
    seed
        The seed of the model's sampling, of blinks and of micro-motion; the same gives the same.
    takes
        How many tracks, each with its own seed, in numbered files: take-1.csv, take-2.csv.
    """
    from annotator.cli.work.files import animate_story
    from annotator.core.performance import Layers
    from annotator.session.profiles import profile_of

    if seed is not None and not 0 <= seed < 2**53:
        raise UsageError("--seed takes a whole number that is not negative")

    descriptions = tuple(text for text in keyframe or () if text.strip())
    if not (background.strip() or emotion.strip() or script.strip() or descriptions):
        raise UsageError("there is nothing to work from; give --background, --emotion or --keyframe")
    _check_which(profile, backend, url, model, style)
    _check_takes(takes)
    # A profile may make several takes in the window; here that is said in the call.
    chosen = profile_of(profile, backend, url, model, style, seed=seed, takes=takes or 1, **asking.changes())
    with progress_line() as ticker:
        result = animate_story(
            background,
            emotion,
            script,
            descriptions,
            profile=chosen,
            out=out,
            plan_file=plan,
            fps=fps,
            layers=Layers(blinks, micro_motion, seed or 0),
            numbered=takes is not None,
            progress=ticker,
        )
    report(result)
    return 0
