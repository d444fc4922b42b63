"""A real llama.cpp server in a process of its own: ``python -m tests.llama_server MODEL PORT``.

Says its address on standard output once the model is loaded, and ends with standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SLOTS, CONTEXT = 2, 2048


def main(model: str, port: int) -> None:
    """Serve until standard input ends."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = ["smollm2"]
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT * SLOTS
    params.n_parallel = SLOTS
    params.cpuparams.n_threads = 1
    params.warmup = params.ui = False
    params.offline = True
    params.verbosity = 0
    answers = os.fdopen(os.dup(1), "w")
    # The native library prints, too.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    server = xllamacpp.Server(params)
    print(server.listening_address, file=answers, flush=True)
    sys.stdin.read()


@contextmanager
def llama_server(model: Path, port: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its address and its process."""
    command = [sys.executable, "-m", "tests.llama_server", str(model), str(port)]
    process = subprocess.Popen(
        command,
        cwd=Path(__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        address = process.stdout.readline().decode().strip()
        assert address, "the server did not start"
        yield address, process
    finally:
        process.kill()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
