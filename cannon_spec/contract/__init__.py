"""The contract: its values, how they are read and checked, and the rules they hold (floor 1)."""
