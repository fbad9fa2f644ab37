"""`tollbook`: finds the module of a command and runs it. Imports nothing a command does not need."""

import os
import sys

COMMANDS: dict[str, tuple[str, str]] = {
    "today": ("period", "what was spent today, by ticket"),
    "week": ("period", "what was spent this week, by ticket"),
    "month": ("period", "what was spent this month, by ticket"),
    "spend": ("spend", "spend over any span of UTC days, by any dimension"),
    "ticket": ("ticket", "what one ticket cost; `ticket set` names the ticket of a folder"),
    "calls": ("calls", "every model call, newest first"),
    "tail": ("tail", "model calls as they happen"),
    "scan": ("scan", "read all usage logs once"),
    "agent": ("agent", "`agent run`: the resident process in the foreground"),
    "context": ("context", "what repo, branch, ticket and engineer are seen here, and why"),
    "status": ("status", "what has been read, what could not be, what waits to be sent"),
}
"""Command -> (module, one line)."""


def usage() -> str:
    """The text of `tollbook --help`."""
    lines = [f"  {name:<9}{about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(
        [
            "tollbook: what your AI coding costs, by ticket, repo, branch, model and day",
            "",
            "usage: tollbook COMMAND [options]        tollbook COMMAND --help shows its options and an example",
            "",
            *lines,
            "",
            "example: tollbook scan && tollbook week --by ticket",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if given[0] == "--version":
        from tollbook import __version__

        print(f"tollbook {__version__}")
        return 0
    if given[0] == "scan" and len(given) == 1:
        from tollbook_agent.cli.quick_scan import nothing_new

        if nothing_new(os.environ):
            return 0
    entry = COMMANDS.get(given[0])
    if entry is None:
        from tollbook_agent.cli.unknown import explain

        print(explain(given[0], list(COMMANDS)), file=sys.stderr)
        return 2
    from tollbook_agent.cli.run import run

    return run(entry[0], given)
