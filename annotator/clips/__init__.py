"""The clip list, importing, and the story of a clip."""
