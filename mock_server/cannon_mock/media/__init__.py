"""What a finished task serves: described and rendered by kind (floor 3)."""
