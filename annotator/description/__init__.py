"""Words for keyframes, from coefficients and from pictures."""
