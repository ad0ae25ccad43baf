"""Findings, tables and explanations, written for people and for programs (floor 2)."""
