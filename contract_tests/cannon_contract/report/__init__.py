"""What a run showed: on the terminal, as JSON and as a page (floor 6)."""
