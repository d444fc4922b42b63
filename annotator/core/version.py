"""The version of the studio: the one place it is written."""

__version__ = "0.2.0"
