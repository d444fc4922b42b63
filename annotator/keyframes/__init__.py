"""Keyframes, emotion spans and corrections of channels."""
