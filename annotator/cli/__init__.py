"""The command line.  JSON on stdout where it reports, progress on stderr.

Exit code 0; 1 with one line ``error: what – what to do``; 2 for a wrong call; 130 after an interrupt.
Each module here holds the commands of one concern and registers them with the app; heavy imports happen
inside the commands, so that ``info`` does not wait for Qt.
"""

from __future__ import annotations

import difflib
import logging
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from cyclopts import CycloptsError, MissingArgumentError, UnusedCliTokensError

# Each registers its commands with the app.
from annotator.cli import (  # noqa: F401
    agreement,
    capture,
    comparison,
    description,
    export,
    files,
    generation,
    importing,
    pictures,
    roots,
    suggest,
    sync,
    window,
)
from annotator.cli.app import UsageError, app
from annotator.cli.terminal import fail
from annotator.core.faults.details import is_bug
from annotator.core.faults.hidden import HidingFormatter
from annotator.core.faults.hooks import FaultHooks
from annotator.core.faults.log_file import open_log
from annotator.core.storage.root_places import give_roots, parse_root
from annotator.session.messages import explain
from viewer.core.errors import Cancelled, FileError
from viewer.core.interrupts import INTERRUPTED, interrupt

log = logging.getLogger(__name__)

VERBOSE = "--verbose"
MEDIA_ROOT = "--media-root"
WINDOW_COMMANDS = ("open", "demo")


def run(arguments: Sequence[str]) -> int:
    """Carry out one command and return its exit code."""
    words = [word for word in arguments if word != VERBOSE]
    verbose = len(words) != len(arguments)
    try:
        words = _take_roots(words)
    except FileError as fault:
        return fail(fault.line(), 2)
    if not words or (words[0] not in _commands() and not words[0].startswith("-")):
        words = ["open", *words]
    _quieten(verbose, shows_window=words[0] in WINDOW_COMMANDS)
    hooks = FaultHooks()
    hooks.install()
    try:
        _refuse_unknown_command(words)
        result = app(words, exit_on_error=False, print_error=False)
    except CycloptsError as fault:
        return _usage(_parser_words(fault, words), words[0])
    except UsageError as fault:
        return _usage(str(fault), words[0])
    except Cancelled:
        return fail("cancelled – nothing was written")
    except KeyboardInterrupt:
        return fail("interrupted – nothing is half-written; run it again", INTERRUPTED)
    except (BrokenPipeError, SystemExit):
        # Whoever read our answer, or the help, had enough of it; what was to be done is done.
        return 0
    except Exception as fault:
        log.log(logging.ERROR if is_bug(fault) else logging.DEBUG, "The command failed", exc_info=True)
        return fail(explain(fault).line())
    finally:
        hooks.remove()
    return result if isinstance(result, int) else 0


def _quieten(verbose: bool, *, shows_window: bool) -> None:
    """Nothing but our own one line reaches stderr, unless details are asked for; what nobody
    expected goes to the log."""
    shown: logging.Handler = logging.StreamHandler(sys.stderr) if verbose else logging.NullHandler()
    shown.setFormatter(HidingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[shown])
    open_log()
    if not verbose:
        warnings.simplefilter("ignore")
    if not shows_window:
        # A job scheduler's polite end, or a terminal that goes, leaves no half-written file either.
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, interrupt)


def _take_roots(words: Sequence[str]) -> list[str]:
    """Any command may be told where media roots lie, for itself alone.  Raises :class:`FileError`."""
    left, rest, given = list[str](), list(words), dict[str, Path]()
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition("=")
        if name != MEDIA_ROOT:
            left.append(word)
            continue
        root, folder = parse_root(value if sign else rest.pop(0) if rest else "")
        given[root] = folder
    give_roots(given)
    return left


def _commands() -> set[str]:
    return {name for name in app if not name.startswith("-")}


def _refuse_unknown_command(words: Sequence[str]) -> None:
    """A slip in a command's name is a wrong call, not a missing file."""
    if words[0] != "open" or len(words) < 2 or words[1].startswith("-") or Path(words[1]).exists():
        return
    close = difflib.get_close_matches(words[1], sorted(_commands()), 1, 0.75)
    if close and words[1] not in _commands():
        raise UsageError(f"“{words[1]}” is neither a command nor a file; did you mean “{close[0]}”?")
    if len(words) > 2:
        raise UsageError(f"“{words[1]}” is neither a command nor a file")


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
