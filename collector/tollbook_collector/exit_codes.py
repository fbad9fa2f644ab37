"""The exit codes of `tollbook-collector`: one table, printed by `--help` and relied on by scripts."""

OK = 0
WRONG = 1
USAGE = 2
SETTINGS = 3
STORE = 4
LISTEN = 5
FAULT = 70
TEMPORARY = 75
INTERRUPTED = 130

MEANINGS: dict[int, str] = {
    OK: "done; an answer of no calls is an answer",
    WRONG: "a check ran and found something (verify, scopes, prices), or something was refused",
    USAGE: "the command line is wrong",
    SETTINGS: "a setting is wrong: its name and what would be right are printed",
    STORE: "the store is absent, locked, damaged or of a newer version",
    LISTEN: "an address cannot be listened on",
    FAULT: "a fault in tollbook-collector itself: please report it with what was printed",
    TEMPORARY: "a host that was asked is busy, failing or out of reach: run it again later",
    INTERRUPTED: "interrupted by Ctrl-C (serve stops cleanly with 0)",
}


def epilog() -> str:
    """The table as it stands in `--help`."""
    return "exit codes:\n" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())
