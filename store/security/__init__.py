"""What keeps the desk safe: alerts, budgets of what may be done only so often, the threat mode."""
