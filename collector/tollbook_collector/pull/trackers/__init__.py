"""Trackers and code hosts: what they say goes onto the shelf of outcomes, as an imported export does."""
