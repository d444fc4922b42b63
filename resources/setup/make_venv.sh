#!/bin/sh
# make_venv.sh FOLDER PYTHON_IN_IT: a virtual environment that can be installed into.  One that is
# there stays if it is whole and of a Python that fits, or of the one that $PYTHON names.
set -eu
folder=$1
inside=$2
find_python="$(dirname "$0")/find_python.sh"

version() {
    "$1" -c 'import sys; sys.stdout.write("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

if [ -x "$inside" ] || [ -x "$inside.exe" ]; then
    if PYTHON="$inside" sh "$find_python" >/dev/null 2>&1; then
        same=yes
        if [ -n "${PYTHON:-}" ]; then
            wanted=$(sh "$find_python") || exit 1
            [ "$(version "$wanted")" = "$(version "$inside")" ] || same=no
        fi
        if [ $same = yes ]; then
            "$inside" -c 'import pip' >/dev/null 2>&1 && exit 0
            # uv makes environments without pip.
            "$inside" -m ensurepip >/dev/null 2>&1 && exit 0
        fi
    fi
fi

python=$(sh "$find_python") || exit 1
if [ -e "$folder" ] || [ -L "$folder" ]; then
    echo "$folder is half made or of another Python: making it anew with Python $(version "$python")"
    rm -rf "$folder"
fi
if ! "$python" -m venv "$folder" >/dev/null; then
    rm -rf "$folder"
    echo "error: $python cannot make virtual environments – on Debian and Ubuntu run:" \
        "sudo apt-get install python$(version "$python")-venv" >&2
    exit 1
fi
