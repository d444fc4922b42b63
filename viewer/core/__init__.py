"""Tracks, videos and face models, without Qt and without VTK."""
