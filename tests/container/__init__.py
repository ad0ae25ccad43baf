"""What holds for the image of the mock, in the files that make it and in what they make."""
