#!/bin/sh
# Tells the desktop of the user about the studio: its entry in the menu, its icon, and its kinds of files.
#   install.sh [PROGRAM]    PROGRAM: the kfstudio to start (default: the bundle's, or the one on PATH)
#   install.sh --remove
set -eu
here=$(cd "$(dirname "$0")" && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$share/applications/kfstudio.desktop
icon=$share/icons/hicolor/scalable/apps/kfstudio.svg
kinds=$share/mime/packages/kfstudio-mime.xml

renew() {
    if command -v update-mime-database >/dev/null; then update-mime-database "$share/mime"; fi
    if command -v update-desktop-database >/dev/null; then update-desktop-database "$share/applications"; fi
}

if [ "${1:-}" = --remove ]; then
    rm -f "$entry" "$icon" "$kinds"
    renew
    exit 0
fi

if [ -n "${1:-}" ]; then
    program=$1
elif [ -x "$here/../kfstudio" ]; then
    program=$(cd "$here/.." && pwd)/kfstudio
else
    program=$(command -v kfstudio) || { echo "error: there is no kfstudio on PATH – name the program to start" >&2; exit 1; }
fi
picture=$here/kfstudio.svg
[ -f "$picture" ] || picture=$here/../../icons/app.svg

mkdir -p "$(dirname "$entry")" "$(dirname "$icon")" "$(dirname "$kinds")"
# In an entry a path stands in quotation marks, and % is doubled.
quoted=$(printf '%s' "$program" | sed 's/[\\"`$]/\\&/g; s/%/%%/g; s/[\\&|]/\\&/g')
sed -e "s|^Exec=kfstudio|Exec=\"$quoted\"|" -e "/^TryExec=/d" "$here/kfstudio.desktop" >"$entry"
cp "$picture" "$icon"
cp "$here/kfstudio-mime.xml" "$kinds"
renew
