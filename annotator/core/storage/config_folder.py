"""Where the settings of this machine's user lie."""

from __future__ import annotations

import os
from pathlib import Path


def config_folder() -> Path:
    """The user's settings folder, or what ``KFSTUDIO_CONFIG_DIR`` names.  It need not exist."""
    chosen = os.environ.get("KFSTUDIO_CONFIG_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_config_dir("kfstudio"))
