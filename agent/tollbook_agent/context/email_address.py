"""What counts as an e-mail address. Light: every start checks its settings."""

import re

MAX_EMAIL = 254
"""Characters of an e-mail address (RFC 5321)."""

_EMAIL = r"[^@\s\x00-\x1f\x7f<>]+@[^@\s\x00-\x1f\x7f<>]+"


def address(text: str) -> str | None:
    """An e-mail address in lower case; `None` where the text is none."""
    text = text.strip()
    return text.lower() if len(text) <= MAX_EMAIL and re.fullmatch(_EMAIL, text) else None
