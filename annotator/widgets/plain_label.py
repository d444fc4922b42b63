"""Labels, titles and tooltips for text that the studio did not write itself."""

from viewer.plain_text import PlainLabel, plain_tip, plain_title, window_title

__all__ = ["PlainLabel", "plain_tip", "plain_title", "window_title"]
