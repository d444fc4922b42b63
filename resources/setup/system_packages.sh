#!/bin/sh
# Makes sure that the system libraries Qt, VTK and audio need are there.  On Debian and its
# kin root installs them; anyone else is told the one command.  Elsewhere it does nothing: the
# wheels for Windows and macOS carry theirs.
set -eu

packages="python3-venv libegl1 libgl1 libopengl0 libgl1-mesa-dri libglx-mesa0 libglib2.0-0 libdbus-1-3
libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0
libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libx11-xcb1
libxrender1 libxext6 libsm6 libice6 libpulse0 libxml2 fonts-dejavu-core"

command -v dpkg-query >/dev/null 2>&1 || exit 0

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
missing=""
for package in $packages; do
    # Newer Debian and Ubuntu rename libraries for the 64-bit time type: libglib2.0-0t64.
    printf '%s\n' "$installed" | grep -qxE "${package}(t64)?" || missing="$missing $package"
done
# A Python that brings venv itself (pyenv, python.org) does not need Debian's.
if ${PYTHON:-python3} -c 'import venv, ensurepip' >/dev/null 2>&1; then
    missing=$(printf '%s' "$missing" | sed 's/ python3-venv//')
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "error: system libraries are missing – run: sudo apt-get install -y$missing" >&2
    exit 1
fi
echo "Installing system libraries:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # one word a package
apt-get install -y -qq --no-install-recommends $missing >/dev/null
