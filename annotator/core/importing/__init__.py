"""A folder of recordings becomes a dataset: what belongs together, what it is called, what is said of it."""
