"""The names of a usage's counts. Imports nothing: every answer needs them."""

FIELDS: tuple[str, ...] = (
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_30m",
    "cache_write_1h",
    "cache_write_12h",
    "cache_write",
    "output",
    "reasoning",
    "web_searches",
)
"""In the order of the documented JSON."""
