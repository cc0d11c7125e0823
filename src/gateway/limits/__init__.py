"""How often and how much."""
