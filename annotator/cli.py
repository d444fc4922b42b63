"""The command line: one function a command.  JSON on stdout where it reports, progress on stderr.

Exit code 0; 1 with one line ``error: what – what to do``; 2 for a wrong call.  Heavy imports
happen inside the commands, so that ``info`` does not wait for Qt.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, CycloptsError, Parameter

from annotator.messages import explain
from viewer.core.errors import Cancelled, StudioError

log = logging.getLogger(__name__)

app = App(
    name="kfstudio",
    help="Watch, annotate, generate, compare and export expressive faces.",
    version_flags=["--version"],
    result_action="return_value",
)
BackendName = Literal["facs", "server", "local"]
Flag = Annotated[bool, Parameter(negative="")]


def run(arguments: Sequence[str]) -> int:
    """Carry out one command and return its exit code."""
    words = [word for word in arguments if word != "--verbose"]
    logging.basicConfig(
        level=logging.DEBUG if len(words) != len(arguments) else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if not words or (words[0] not in _commands() and not words[0].startswith("-")):
        words = ["open", *words]
    try:
        result = app(words, exit_on_error=False, print_error=False)
    except CycloptsError as fault:
        return _usage(fault)
    except Cancelled:
        return _fail("cancelled – nothing was written")
    except KeyboardInterrupt:
        return _fail("interrupted – nothing half-written was left behind")
    except (StudioError, OSError, MemoryError) as fault:
        log.debug("The command failed", exc_info=True)
        return _fail(explain(fault).line())
    except Exception as fault:
        log.debug("The command failed unexpectedly", exc_info=True)
        return _fail(explain(fault).line())
    return result if isinstance(result, int) else 0


def _commands() -> set[str]:
    return {name for name in app if not name.startswith("-")}


def _usage(fault: CycloptsError) -> int:
    lines = [line.strip(" │╭╰─╮╯") for line in str(fault).splitlines()]
    text = " ".join(line for line in lines if line)
    print(f"error: {text} – see kfstudio --help", file=sys.stderr)
    return 2


def _fail(line: str) -> int:
    print(f"error: {line}", file=sys.stderr)
    return 1


def _report(value: Any) -> None:
    """JSON on stdout, readable and without NaN."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


class _Ticker:
    """Progress on stderr: one line that is overwritten, or nothing when it is no terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._live:
            share = f"{100 * done // total:3d} % " if total else ""
            sys.stderr.write(f"\r\x1b[K{share}{what}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")


@app.command(name="open")
def open_(path: Path | None = None) -> int:
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
        Folder for what the headless demo makes.
    """
    from annotator.application import has_display, run_window
    from annotator.demo import demo_copy, run_headless

    if headless or not has_display():
        ticker = _Ticker()
        made = run_headless(out, ticker)
        ticker.end()
        _report(made)
        return 0
    return run_window(demo_copy())


@app.command
def info(file: Path) -> None:
    """Facts about a video, a track, a face model or a dataset, as JSON."""
    from annotator.inspecting import facts

    _report(facts(file))


@app.command
def frame(
    video: Path,
    *,
    out: Path,
    index: str = "",
    time: str = "",
) -> None:
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

    _report(write_frames(video, index, time, out))


@app.command
def convert(
    source: Path,
    target: Path,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    fps: float | None = None,
) -> None:
    """Convert any readable track to any writable one.

    Parameters
    ----------
    from_
        The format of SOURCE, when it cannot be told from the file.
    to
        The format of TARGET, when its name does not say.
    fps
        Frames a second of the result; default: as recorded.
    """
    from viewer.core.formats import read, write

    track = read(source, from_)
    if fps is not None:
        track = track.resampled(fps)
    write(track, target, to)
    _report({"written": str(target), "frames": len(track), "fps": round(track.fps, 4)})


@app.command
def generate(
    requests: Path,
    *,
    out: Path,
    backend: BackendName = "facs",
    url: str | None = None,
    model: str | None = None,
    jobs: int = 4,
) -> int:
    """Answer KeyframeFace requests, one line each, in the paper's result format.

    Parameters
    ----------
    url
        The server's address, e.g. http://127.0.0.1:8000/v1.
    model
        The server's model, or the GGUF file of the local backend.
    jobs
        How many requests may be under way at once.
    """
    from annotator.core.generation.backends import make_backend
    from annotator.core.generation.batch import run_jsonl

    ticker = _Ticker()
    answering = make_backend(backend, url=url or "", model=model or "")
    summary = run_jsonl(requests, out, answering, jobs=jobs, progress=ticker)
    ticker.end()
    _report(summary)
    failed = summary.failed
    if failed:
        return _fail(f"{failed} of {summary.total} lines failed – see the errors in {out.name}")
    return 0


@app.command
def animate(
    *,
    out: Path,
    background: str = "",
    emotion: str = "",
    script: str = "",
    keyframe: list[str] | None = None,
    backend: BackendName = "facs",
    url: str | None = None,
    model: str | None = None,
    plan: Path | None = None,
    fps: float = 60.0,
) -> int:
    """Turn a story into a timed, interpolated track.

    Parameters
    ----------
    keyframe
        A keyframe description; give it several times for several. Without any the model plans.
    plan
        A JSON file for the descriptions and their times.
    """
    from annotator.inspecting import animate_story

    ticker = _Ticker()
    result = animate_story(
        background, emotion, script, tuple(keyframe or ()), backend=backend, url=url, model=model,
        out=out, plan_file=plan, fps=fps, progress=ticker,
    )
    ticker.end()
    _report(result)
    return 0


@app.command
def describe(track: Path, *, time: float) -> None:
    """Words for the coefficients of a track at a time.

    Parameters
    ----------
    time
        Seconds from the track's first frame.
    """
    from annotator.inspecting import describe_track_at

    print(describe_track_at(track, time))


@app.command
def render(
    track: Path,
    *,
    out: Path,
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
    at
        Seconds of the moment (PNG).
    beside
        A second track, drawn beside the first.
    size
        WIDTHxHEIGHT of the picture.
    """
    from annotator.rendering import render_file

    ticker = _Ticker()
    result = render_file(
        track, out, at=at, model=model, video=video, beside=beside, size=size, fps=fps, progress=ticker
    )
    ticker.end()
    _report(result)


@app.command
def compare(a: Path, b: Path) -> None:
    """Per channel, region and keyframe: error, correlation, speed and jerk, as JSON."""
    from annotator.core.metrics import compare as measure
    from viewer.core.formats import read

    _report(measure(read(a), read(b)))


@app.command(name="face-model")
def face_model(file: Path | None = None, *, npz: Path) -> None:
    """Write a face model's arrays: vertices, triangles, names, deltas.

    Parameters
    ----------
    file
        A glTF, a GLB or a folder of OBJ files; without it the default head.
    npz
        The file to write.
    """
    from viewer.core.models import face_model_facts, load_face_model, save_npz

    loaded = load_face_model(file)
    save_npz(loaded, npz)
    _report(face_model_facts(loaded))


@app.command
def validate(path: Path) -> int:
    """Check a dataset, a clip, a track or a video and list every finding as JSON."""
    from annotator.core.validate import validate as check

    report = check(path)
    _report(report)
    return _fail(f"{report.errors} findings are errors – see the list") if report.errors else 0
