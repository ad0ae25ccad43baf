"""Seeded defects: the plain server with one thing wrong each, as real services have it, and what must be found.

Each topic has a module with its defects: small subclasses of the server's parts, and a tuple of rows. A row names the
claim that the defect breaks, and words of the sentence that a run must print: what was expected, what came.
``table.py`` joins them, and lists the clauses of which each has a defect.
"""
