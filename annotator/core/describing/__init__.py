"""Putting recorded faces back into words: from their coefficients, and from the video's picture.

``moments`` finds what there is to describe, ``describers`` are who describes it, ``prompts`` what
models are asked and ``wording`` what their replies are read as; ``picture`` makes the picture that a
model gets, ``batch`` goes through a whole dataset.
"""
