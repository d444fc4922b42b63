"""Bringing recordings in: a folder of them, clips, a track that is dropped on one."""
