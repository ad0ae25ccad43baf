"""The files of a mock's tasks: rendered when they are fetched, and kept for a time (floor 4)."""
