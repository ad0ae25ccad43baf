"""What requests cost: price files, and the cost of a body by them and by the contract (floor 1)."""
