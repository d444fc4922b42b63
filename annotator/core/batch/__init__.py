"""Many keyframes or clips in one go: files of requests, datasets, descriptions."""
