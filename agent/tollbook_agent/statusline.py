"""One line for Claude Code's status line, from one file that the resident agent keeps written. Never fails or waits.

Claude Code runs it several times a second in every window and cancels what is slow, so this imports only `os`, `sys`
and `time`: `python -I -S statusline.py FILE` works without anything installed. `statusline.sh` is the same for a POSIX
shell, which starts ten times faster; a test holds the two to the same answers.

The file: `tollbook-statusline 1 WRITTEN MIDNIGHT STATE` (seconds of UTC; the local midnight to come; `on`, `off` or
`error`), then `today AMOUNT`, then `SESSION TICKET... AMOUNT`, newest session first. ASCII.
"""

import os
import sys
import time

FILE = "statusline.txt"
MAGIC = "tollbook-statusline"
STALE_SECONDS = 300
"""Older than this, the figures are marked: the resident agent writes once a minute even when nothing happens."""
MAX_INPUT_BYTES = 1024 * 1024
MAX_FILE_BYTES = 64 * 1024
MAX_DIGITS = 12
MARK = "⚠"
NOT_RUNNING = f"{MARK} tollbook is not running"
UNREADABLE = f"{MARK} tollbook: the status file cannot be used"
STATES = {
    "on": "",
    "off": f" | {MARK} capture off",
    "error": f" | {MARK} tollbook cannot store",
}


def session_of(given: bytes) -> str:
    """The session that Claude Code's JSON names; empty where it names none. Whatever the bytes are."""
    rest = given.partition(b'"session_id"')[2].partition(b'"')[2]
    name, end, _ = rest.partition(b'"')
    text = name.decode("ascii", "replace")
    return text if end and text and all(each.isascii() and (each.isalnum() or each in "._-") for each in text) else ""


def line_of(text: str, session: str, now: int) -> str:
    """The line, of the file's text. `now` is in seconds of UTC."""
    lines = text.split("\n")
    words = lines[0].split(" ")
    if len(words) != 5 or words[:2] != [MAGIC, "1"] or words[4] not in STATES or len(lines) < 2:
        return UNREADABLE
    if not (_is_moment(words[2]) and _is_moment(words[3]) and lines[1].startswith("today ")):
        return UNREADABLE
    written, midnight = int(words[2]), int(words[3])
    today = lines[1] if now < midnight else "today $0.00"
    mine = "no calls yet"
    if session:
        for each in lines[2:]:
            if each.startswith(f"{session} "):
                mine = each[len(session) + 1 :]
                break
    if not (_is_plain(today) and _is_plain(mine)):
        return UNREADABLE
    mark = STATES[words[4]]
    age = now - written
    if not mark and age > STALE_SECONDS:
        mark = f" | {MARK} {age // 60} min old"
    return f"{mine} | {today}{mark}"


def _is_moment(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and text[0] != "0"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def show(path: str, given: bytes, now: int) -> str:
    """The line for this file and this input."""
    try:
        with open(path, "rb") as file:
            if hasattr(os, "geteuid") and os.fstat(file.fileno()).st_uid != os.geteuid():
                return UNREADABLE
            text = file.read(MAX_FILE_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        return NOT_RUNNING
    except (OSError, ValueError):
        return UNREADABLE
    return line_of(text, session_of(given), now)


def main(arguments: "list[str] | None" = None) -> int:
    """Print the line; 0 whatever happens."""
    line = UNREADABLE
    try:
        given = sys.argv[1:] if arguments is None else arguments
        if given:
            path = given[0]
        else:
            from tollbook_agent.home import home

            path = os.path.join(home(os.environ), FILE)
        line = show(path, _input(), int(time.time()))
    except Exception:  # a status line that breaks is worse than one that says so
        pass
    try:  # noqa: SIM105 - contextlib takes longer to import than all of this
        os.write(1, line.encode() + b"\n")
    except OSError:
        pass
    return 0


def _input() -> bytes:
    """What Claude Code says; nothing where a person typed the command."""
    parts: list[bytes] = []
    size = 0
    try:
        while size < MAX_INPUT_BYTES and not os.isatty(0):
            part = os.read(0, 65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
    except OSError:
        pass
    return b"".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
