"""Carrying work away: films, training data."""
