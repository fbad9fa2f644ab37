"""Tollbook's central collector."""
