"""Moments of a recording that look worth a keyframe, found from how the face moves."""
