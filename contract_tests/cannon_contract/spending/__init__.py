"""What a run may spend and has spent: prices, plan, guard, budget (floor 6)."""
