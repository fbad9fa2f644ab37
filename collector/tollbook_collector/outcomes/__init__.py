"""Outcomes: what the work was for (tickets, epics, pull requests), and what one of them cost."""
