"""Comparing takes: what is measured, where they differ most, and what people prefer."""
