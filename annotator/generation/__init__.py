"""Asking models for takes: one clip or a dataset, and the profiles of models."""
