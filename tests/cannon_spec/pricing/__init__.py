"""Tests of prices: files of them, what a body costs, totals."""
