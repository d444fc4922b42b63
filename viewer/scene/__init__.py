"""What makes a pyqtgraph scene as quick, as named and as reachable by keyboard as a widget.

Nothing here knows of time or tracks; :mod:`viewer.timeline` is made of it.
"""
