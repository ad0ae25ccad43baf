"""The promises of the API, one test file a topic (floor 6)."""
