"""The tests of the README and the pages."""
