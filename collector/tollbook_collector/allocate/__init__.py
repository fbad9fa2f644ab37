"""Allocation: which team, product or ticket each row of money belongs to, by rules, to the nano-dollar."""
