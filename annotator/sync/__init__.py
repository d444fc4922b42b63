"""Putting the recorded track in step with its video."""
