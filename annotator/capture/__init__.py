"""Tracks from the videos of clips that have none."""
