"""The process that holds a local model: llama.cpp's server, until its parent goes away.

Run as a file.  Loading a model keeps Python's lock for seconds, and a fault in native code ends
the process, so neither may happen in the window's.  Reads one line of JSON settings from
standard input, answers with one line, ``{"address": url}`` or ``{"error": words}``, and ends
with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def _started(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = [settings["name"]]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.n_ctx = settings["context"] * settings["slots"]
    params.n_parallel = settings["slots"]
    params.cpuparams.n_threads = settings["threads"]
    params.warmup = params.ui = False
    params.offline = True
    params.verbosity = 0
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until standard input ends."""
    # What the native library prints must not mix with the answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    server = None
    try:
        server = _started(json.loads(sys.stdin.readline()))
        told = {"address": server.listening_address}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), file=answers, flush=True)
    if server is not None:
        sys.stdin.read()


if __name__ == "__main__":
    main()
