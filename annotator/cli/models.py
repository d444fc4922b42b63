"""The commands that ask a generation model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import BackendName, StyleName, WrongCall, app
from annotator.terminal import fail, progress_line, report, say


@app.command
def generate(
    requests: Path,
    /,
    *,
    out: Path | None = None,
    backend: BackendName = "facs",
    url: str | None = None,
    model: str | None = None,
    style: StyleName | None = None,
    jobs: int = 4,
) -> int:
    """Answer KeyframeFace requests, one line each, in the paper's result format.

    A line that fails holds an empty response and its error; running the command again asks
    only for those.

    Parameters
    ----------
    out
        The file of results; without it they are written to stdout.
    backend
        facs is built in; server is any OpenAI-compatible one; local runs a GGUF file.
    url
        The server's address, e.g. http://127.0.0.1:8000/v1.
    model
        The server's model, or the GGUF file of the local backend.
    style
        The prompt: keyframeface for a model fine-tuned for it (a server's default), zero-shot for
        any other chat model.
    jobs
        How many requests may be under way at once.
    """
    from annotator.inspecting import answer_requests

    if not 1 <= jobs <= 256:
        raise WrongCall("--jobs takes a number from 1 to 256")
    with progress_line() as ticker:
        summary, results = answer_requests(
            requests, out, backend=backend, url=url, model=model, style=style, jobs=jobs, progress=ticker
        )
    if results is None:
        report(summary)
    else:
        say(results)
    if summary.failed:
        todo = f"see the errors in {out.name}, then run it again" if out else "see the errors above"
        first = summary.first_error.replace(" – ", "; ")
        return fail(f"{summary.failed} of {summary.total} lines failed (the first: {first}) – {todo}")
    return 0


@app.command
def animate(
    *,
    out: Path,
    background: str = "",
    emotion: str = "",
    script: str = "",
    keyframe: Annotated[list[str] | None, Parameter(negative="")] = None,
    backend: BackendName = "facs",
    url: str | None = None,
    model: str | None = None,
    style: StyleName | None = None,
    plan: Path | None = None,
    fps: float = 60.0,
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
        A keyframe description; give it several times for several. Without any the model plans.
    backend
        facs is built in; server is any OpenAI-compatible one; local runs a GGUF file.
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
        Frames a second.
    """
    from annotator.inspecting import animate_story

    descriptions = tuple(text for text in keyframe or () if text.strip())
    if not (background.strip() or emotion.strip() or script.strip() or descriptions):
        raise WrongCall("there is nothing to go by; give --background, --emotion or --keyframe")
    with progress_line() as ticker:
        result = animate_story(
            background, emotion, script, descriptions, backend=backend, url=url, model=model, style=style,
            out=out, plan_file=plan, fps=fps, progress=ticker,
        )
    report(result)
    return 0
