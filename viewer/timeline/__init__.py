"""The timeline: lanes in one pyqtgraph scene, linked in time."""
