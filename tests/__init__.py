"""The tests of the contract, its judge and its mock."""
