"""Results, tables and explanations for people and for programs (floor 2)."""
