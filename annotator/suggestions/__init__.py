"""Suggested keyframes of the open clip: shown, accepted, dismissed."""
