"""The commands a developer types: parse, call, print."""
