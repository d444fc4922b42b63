"""Watching faces: video, coefficients and face models, shown and never changed."""

import os

# OpenBLAS's threads keep spinning after a blend and take the cores from software OpenGL:
# drawing a face then takes twice as long.  One thread blends in a fraction of a millisecond.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
