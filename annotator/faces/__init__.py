"""How the faces are looked at, and which face model is shown."""
