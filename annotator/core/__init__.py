"""What the studio does with clips, without Qt and without VTK."""
