"""What the commands do, without a window."""
