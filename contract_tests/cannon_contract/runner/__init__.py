"""One run: its command, options, target and results (floor 6)."""
