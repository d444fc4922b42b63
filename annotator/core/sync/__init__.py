"""How far a recorded track lies from its video: cues in sound and picture, timecodes, an estimate."""
