"""What is open, its history, playing, jobs, messages and settings; knows no feature."""
