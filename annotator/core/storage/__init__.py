"""Datasets, clips and journals on disk."""
