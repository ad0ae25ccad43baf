"""Servers that each break one promise, and whether the contract tests notice."""
