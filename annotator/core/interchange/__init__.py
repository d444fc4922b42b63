"""Annotations to and from the files of other tools: what each can hold, and what gets lost on the way."""
