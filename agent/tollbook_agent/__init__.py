"""Tollbook on a developer's machine."""
