"""Read the documents of a file, whatever its format, each with the places of its values (floor 2)."""
