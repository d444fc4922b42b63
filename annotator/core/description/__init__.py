"""Putting recorded faces back into words: from their coefficients, and from the video's picture.

``moments`` finds what there is to describe; ``builtin`` describes it with the studio's own words,
``describers`` ask models, ``prompts`` is what these are asked and ``wording`` what their replies are
read as.  ``picture`` makes the picture that a model gets, ``takes`` a take of the values it saw in
it; ``batch`` goes through a whole dataset, ``understood`` lays descriptions side by side.
"""
