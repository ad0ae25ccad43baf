"""Webhooks: what is due, how it is signed, and which hosts may be called (floor 4)."""
