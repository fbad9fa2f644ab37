"""The web pages: rendered here, complete without JavaScript."""
