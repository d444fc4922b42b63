"""Measures, votes and reports."""
