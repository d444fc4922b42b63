"""How far the annotators of a dataset agree, as tables and pictures, and where to look first."""
