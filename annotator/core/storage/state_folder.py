"""Where the studio keeps what belongs to this machine's user and not to a dataset."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """The folder of journals, backups and the log: the user's state folder, or what
    ``KFSTUDIO_STATE_DIR`` names.  It need not exist."""
    chosen = os.environ.get("KFSTUDIO_STATE_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_state_path("kfstudio", appauthor=False)
