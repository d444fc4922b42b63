"""The command line: one function a command.  JSON on stdout where it reports, progress on stderr.

Exit code 0; 1 with one line ``error: what – what to do``; 2 for a wrong call.  Heavy imports
happen inside the commands, so that ``info`` does not wait for Qt.
"""

from __future__ import annotations

import difflib
import logging
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnusedCliTokensError

from annotator.messages import explain
from annotator.terminal import fail, progress_line, report, say
from viewer.core.errors import Cancelled

log = logging.getLogger(__name__)


def _version() -> str:
    from annotator.core.generation.run import studio_version

    return studio_version()


app = App(
    name="kfstudio",
    help="Watch, annotate, generate, compare and export expressive faces.\n\n"
    "Without a command the window opens, on PATH if one is given.",
    version=_version,
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(show_default=lambda value: None if value in (None, "", False) else value),
)
BackendName = Literal["facs", "server", "local"]
StyleName = Literal["keyframeface", "zero-shot"]
Flag = Annotated[bool, Parameter(negative="")]
VERBOSE = "--verbose"
WINDOW_COMMANDS = ("open", "demo")


class _WrongCall(Exception):
    """A wrong call that the parser cannot know of; its text says what is wrong."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command and return its exit code."""
    words = [word for word in arguments if word != VERBOSE]
    verbose = len(words) != len(arguments)
    if not words or (words[0] not in _commands() and not words[0].startswith("-")):
        words = ["open", *words]
    _quieten(verbose, window=words[0] in WINDOW_COMMANDS)
    try:
        _refuse_unknown_command(words)
        result = app(words, exit_on_error=False, print_error=False)
    except CycloptsError as fault:
        return _usage(_parser_words(fault, words), words[0])
    except _WrongCall as fault:
        return _usage(str(fault), words[0])
    except Cancelled:
        return fail("cancelled – nothing was written")
    except KeyboardInterrupt:
        return fail("interrupted – nothing half-written was left behind")
    except BrokenPipeError:
        # Whoever read our answer had enough of it; what was to be done is done.
        return 0
    except Exception as fault:
        log.debug("The command failed", exc_info=True)
        return fail(explain(fault).line())
    return result if isinstance(result, int) else 0


def _quieten(verbose: bool, *, window: bool) -> None:
    """Nothing but our own one line reaches stderr, unless details are asked for."""
    usual = logging.ERROR if window else logging.CRITICAL
    logging.basicConfig(
        level=logging.DEBUG if verbose else usual,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if not verbose:
        warnings.simplefilter("ignore")
    if not window:
        # A job scheduler's polite end leaves no half-written file either.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _commands() -> set[str]:
    return {name for name in app if not name.startswith("-")}


def _refuse_unknown_command(words: Sequence[str]) -> None:
    """A slip in a command's name is a wrong call, not a missing file."""
    if words[0] != "open" or len(words) < 2 or words[1].startswith("-") or Path(words[1]).exists():
        return
    close = difflib.get_close_matches(words[1], sorted(_commands()), 1, 0.75)
    if close and words[1] not in _commands():
        raise _WrongCall(f"“{words[1]}” is neither a command nor a file; did you mean “{close[0]}”?")
    if len(words) > 2:
        raise _WrongCall(f"“{words[1]}” is neither a command nor a file")


def _parser_words(fault: CycloptsError, words: Sequence[str]) -> str:
    if isinstance(fault, MissingArgumentError) and fault.argument is not None:
        name = fault.argument.name
        return f"{name} needs a value" if name in words else f"{name} is missing"
    if isinstance(fault, UnusedCliTokensError):
        return f"one word too many: {' '.join(map(str, fault.unused_tokens or ()))}"
    lines = (line.strip(" │╭╰─╮╯") for line in str(fault).splitlines())
    return " ".join(line for line in lines if line).rstrip(".")


def _usage(text: str, command: str) -> int:
    of = f"{command} " if command in _commands() and command != "open" else ""
    return fail(f"{text} – see kfstudio {of}--help", 2)


@app.command(name="open")
def open_(path: Path | None = None, /) -> int:
    """Open the window, on a dataset, a clip, a video or a track."""
    from annotator.application import run_window

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
    from annotator.demo import demo_copy, run_headless
    from annotator.display import has_display

    if headless or out is not None or not has_display():
        with progress_line() as ticker:
            made = run_headless(out, ticker)
        report(made)
        return 0
    from annotator.application import run_window

    return run_window(demo_copy())


@app.command
def info(file: Path, /) -> None:
    """Facts about a video, a track, a face model or a dataset, as JSON."""
    from annotator.inspecting import facts

    report(facts(file))


@app.command
def frame(video: Path, /, *, out: Path, index: str = "", time: str = "") -> None:
    """Write exact frames as PNG, numbered in presentation order from 0.

    Parameters
    ----------
    index
        Frame numbers, e.g. 0 or 3,10,11.
    time
        Seconds, e.g. 1.5 or 0,0.25: the frames shown then.
    out
        A PNG file for one frame, or a folder.
    """
    from annotator.inspecting import write_frames

    if not (index.strip(" ,") or time.strip(" ,")):
        raise _WrongCall("no frame was asked for; give --index N or --time SECONDS")
    report(write_frames(video, index, time, out))


@app.command
def convert(
    source: Annotated[Path, Parameter(name="IN")],
    target: Annotated[Path, Parameter(name="OUT")],
    /,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    fps: float | None = None,
) -> None:
    """Convert any readable track to any writable one.

    Formats: livelink, keyframeface, audio2face, beat; read only: mediapipe, facecap.

    Parameters
    ----------
    from_
        The format of IN, when it cannot be told from its contents.
    to
        The format of OUT, when its name does not say: .csv is livelink, .jsonl keyframeface,
        .json beat.
    fps
        Frames a second of the result; default: as recorded.
    """
    from annotator.inspecting import convert_track

    report(convert_track(source, target, from_, to, fps))


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
        raise _WrongCall("--jobs takes a number from 1 to 256")
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
        raise _WrongCall("there is nothing to go by; give --background, --emotion or --keyframe")
    with progress_line() as ticker:
        result = animate_story(
            background, emotion, script, descriptions, backend=backend, url=url, model=model, style=style,
            out=out, plan_file=plan, fps=fps, progress=ticker,
        )
    report(result)
    return 0


@app.command
def describe(track: Path, /, *, time: float) -> None:
    """Words for the coefficients of a track at a time.

    Parameters
    ----------
    time
        Seconds from the track's first frame.
    """
    from annotator.inspecting import describe_track_at

    say(describe_track_at(track, time))


@app.command
def render(
    track: Path | None = None,
    /,
    *,
    out: Path | None = None,
    sheet: Path | None = None,
    at: float | None = None,
    model: Path | None = None,
    video: Path | None = None,
    beside: Path | None = None,
    size: str | None = None,
    fps: float = 30.0,
) -> None:
    """Draw the face: a PNG of one moment, or an MP4 of video and faces side by side.

    Parameters
    ----------
    out
        FILE.png or FILE.mp4.
    sheet
        FILE.png: every shape of the face model in one picture; needs no track.
    at
        Seconds of the moment (PNG only); default: the first.
    model
        A glTF, a GLB or a folder of OBJ files; default: the built-in head.
    video
        A video, shown left of the face; its sound goes into the film.
    beside
        A second track, drawn beside the first.
    size
        WIDTHxHEIGHT of the whole picture.
    fps
        Frames a second (MP4 only).
    """
    from annotator.rendering import render_file, render_sheet

    if sheet is not None:
        if any(given is not None for given in (track, out, at, video, beside, size)):
            raise _WrongCall("--sheet goes with --model only; make the other pictures in a call of their own")
        with progress_line() as ticker:
            report(render_sheet(sheet, model, ticker))
        return
    if track is None or out is None:
        raise _WrongCall("give a track and --out FILE, or --sheet FILE")
    if at is not None and out.suffix.lower() == ".mp4":
        raise _WrongCall("--at is for one picture; name --out FILE.png, or leave --at out")
    with progress_line() as ticker:
        result = render_file(
            track, out, at=at, model=model, video=video, beside=beside, size=size, fps=fps, progress=ticker
        )
    report(result)


@app.command
def compare(
    a: Annotated[Path, Parameter(name="A")], b: Annotated[Path, Parameter(name="B")], /, *, at: str = ""
) -> None:
    """Per channel, region and keyframe: error, correlation, speed and jerk, as JSON.

    Parameters
    ----------
    at
        Seconds of the keyframes, e.g. 0.5,1.2; default: those annotated for A or B, or the
        lines of a KeyframeFace file.
    """
    from annotator.inspecting import compare_tracks

    report(compare_tracks(a, b, at))


@app.command(name="face-model")
def face_model(file: Path | None = None, /, *, npz: Path) -> None:
    """Write a face model's arrays: vertices, triangles, names, deltas.

    Parameters
    ----------
    file
        A glTF, a GLB or a folder of OBJ files; without it the default head.
    npz
        The file to write.
    """
    from annotator.inspecting import write_face_model

    report(write_face_model(file, npz))


@app.command
def validate(path: Path, /) -> int:
    """Check a dataset, a clip, a track or a video and list every finding as JSON."""
    from annotator.core.validate import validate as check

    with progress_line() as ticker:
        checked = check(path, progress=ticker)
    report(checked)
    if not checked.errors:
        return 0
    found = "1 finding is an error" if checked.errors == 1 else f"{checked.errors} findings are errors"
    return fail(f"{found} – see the list")
