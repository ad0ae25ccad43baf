"""A server that does whatever may harm its clients: what a run of the contract tests must stand."""
