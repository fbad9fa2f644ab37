"""The commands an operator types: parse, call, print."""
