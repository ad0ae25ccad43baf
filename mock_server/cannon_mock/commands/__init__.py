"""The commands of ``cannon-mock`` beside the one that serves (floor 5)."""
