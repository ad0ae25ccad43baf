"""The mock behind a real WSGI server: the only place where a thread or a process starts (floor 5)."""
