"""The command ``cannon-spec``: one module for each subcommand (floor 2)."""
