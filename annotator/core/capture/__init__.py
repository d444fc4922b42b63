"""Coefficients from a plain video: a face tracker in a process of its own, and what is made of its scores."""
