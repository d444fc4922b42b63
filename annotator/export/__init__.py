"""Tracks, pictures, films and training data for other programs."""
