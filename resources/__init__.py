"""The data of the studio. A package, so that every kind of installation finds it beside the code."""
