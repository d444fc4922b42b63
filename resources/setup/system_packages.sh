#!/bin/sh
# Looks for the system libraries that Qt, VTK and sound need.  On Debian and its kin root installs
# them; anyone else is told the one command, and so is everyone on Fedora and Arch.  It never stops
# what comes after it: there may be other ways to them, and much works without some.  The wheels for
# Windows and macOS carry theirs.
set -u

debian="libegl1 libgl1 libopengl0 libgl1-mesa-dri libglx-mesa0 libglib2.0-0 libdbus-1-3
libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0
libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libx11-xcb1
libxrender1 libxext6 libsm6 libice6 libpulse0 libxml2 fonts-dejavu-core"
fedora="mesa-libEGL mesa-libGL mesa-dri-drivers libglvnd-opengl glib2 dbus-libs fontconfig freetype
libxkbcommon libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms
xcb-util-renderutil libxcb libX11-xcb libXrender libXext libSM libICE pulseaudio-libs libxml2
dejavu-sans-fonts"
arch="mesa libglvnd glib2 dbus fontconfig freetype2 libxkbcommon libxkbcommon-x11 xcb-util-cursor
xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil libxcb libx11 libxrender libxext libsm
libice libpulse libxml2 ttf-dejavu"

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    install="apt-get install -y"
    # Newer Debian and Ubuntu rename libraries for the 64-bit time type: libglib2.0-0t64.
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
        sed -n -e 's/^installed //p' | sed -e 's/t64$//')
    for package in $debian; do
        printf '%s\n' "$installed" | grep -qxF "$package" || missing="$missing $package"
    done
    # A Python that brings venv itself (pyenv, python.org, uv) does not need Debian's.
    if python=$(sh "$(dirname "$0")/find_python.sh" 2>/dev/null); then
        "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
            missing="$missing $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    elif ! command -v python3 >/dev/null 2>&1; then
        missing="$missing python3-venv"
    fi
elif command -v rpm >/dev/null 2>&1 && command -v dnf >/dev/null 2>&1; then
    install="dnf install -y"
    for package in $fedora; do
        rpm -q --whatprovides "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
elif command -v pacman >/dev/null 2>&1; then
    install="pacman -S --needed"
    # shellcheck disable=SC2086 # one word a package
    missing=$(pacman -T $arch | sed -e 's/^/ /' | tr -d '\n')
fi
[ -n "$missing" ] || exit 0

if [ "$install" = "apt-get install -y" ] && [ "$(id -u)" -eq 0 ]; then
    echo "Installing system libraries:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # one word a package
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
    echo "They could not be installed; the studio may run without some of them." >&2
    exit 0
fi
echo "System libraries are missing, without which the studio may not start or draw faces." >&2
echo "To install them: sudo $install$missing" >&2
