"""The mock as a server on sockets: its event loops, threads and processes (floor 5)."""
