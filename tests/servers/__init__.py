"""Servers of the documented API, each written from the vendor's pages alone."""
