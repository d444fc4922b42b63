"""Faults of the program itself: the log they go to, what is told of them, and what a crash left."""
