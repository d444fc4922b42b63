"""The takes of a clip and their performances."""
