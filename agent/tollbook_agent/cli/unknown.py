"""The message for a command that does not exist."""

import difflib


def explain(given: str, known: list[str]) -> str:
    """What was typed, what was probably meant, and where help is."""
    close = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean `tollbook {close[0]}`? " if close else ""
    return f"tollbook: there is no command {given!r}; {hint}`tollbook --help` lists them"
