"""The claims on the API, one test file for each topic (floor 6)."""
