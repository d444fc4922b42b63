#!/bin/sh
# Prints the path of a Python that the studio runs on: the one that $PYTHON names, else the first
# of those with the usual names, Windows' launcher's and uv's.  Without one it says what to do.
set -u

# Not the Python of a virtual environment but the one it was made from: that of .venv may be about
# to be removed.  Without a line break, which Windows would begin with a carriage return.
about='
import sys, sysconfig
fits = (3, 11) <= sys.version_info[:2] <= (3, 14) and sys.maxsize > 2**32
fits = fits and sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
sys.stdout.write((getattr(sys, "_base_executable", "") or sys.executable) if fits else "")
'

take() {
    path=$("$@" -c "$about" 2>/dev/null) || return 1
    [ -n "$path" ] || return 1
    printf '%s\n' "$path"
    exit 0
}

if [ -n "${PYTHON:-}" ]; then
    take "$PYTHON"
    # shellcheck disable=SC2086 # several words, as in PYTHON="py -3.12"
    take $PYTHON
    echo "error: PYTHON=$PYTHON is no Python the studio runs on – name a 64-bit CPython 3.11 to 3.14" >&2
    exit 1
fi

for name in python3 python python3.13 python3.12 python3.14 python3.11; do
    take "$name"
done
for version in 3.13 3.12 3.14 3.11; do
    take py "-$version"
done
if command -v uv >/dev/null 2>&1; then
    take "$(uv python find --no-project '>=3.11,<3.15' 2>/dev/null)"
fi

here=$(python3 --version 2>/dev/null) || here="no Python"
if command -v uv >/dev/null 2>&1; then
    how="run: uv python install 3.13"
elif command -v apt-get >/dev/null 2>&1; then
    how="run: sudo apt-get install python3.11 python3.11-venv (or a newer one up to 3.14)"
elif command -v dnf >/dev/null 2>&1; then
    how="run: sudo dnf install python3.13"
elif command -v brew >/dev/null 2>&1; then
    how="run: brew install python@3.13"
else
    how="install Python 3.13 from python.org"
fi
echo "error: Python 3.11 to 3.14 is needed, and there is $here – $how" >&2
echo "If one is installed somewhere else, name it: make run PYTHON=/path/to/python" >&2
exit 1
