"""`tollbook`: finds the module of a command and runs it. Imports nothing a command does not need."""

import os
import sys

from tollbook_agent.cli import exit_codes

COMMANDS: dict[str, tuple[str, str]] = {
    "today": ("period", "what was spent today, by ticket"),
    "week": ("period", "what was spent this week, by ticket"),
    "month": ("period", "what was spent this month, by ticket"),
    "spend": ("spend", "spend over any span of UTC days, by any dimension"),
    "ticket": ("ticket", "what one ticket cost; `ticket set`, `ticket fix` name it"),
    "session": ("session", "what one session of a tool cost, its tickets and subagents"),
    "calls": ("calls", "every model call, newest first"),
    "tail": ("tail", "model calls as they happen"),
    "scan": ("scan", "read all usage logs once"),
    "run": ("run_tool", "run a tool with network capture: `tollbook run -- claude`"),
    "on": ("capture", "capture model calls on the network"),
    "off": ("capture", "capture nothing; running sessions go on"),
    "env": ("capture", "exports that lead a shell's tools through the relay"),
    "install": ("install", "start the agent with your session, and tell the tools of it"),
    "uninstall": ("uninstall", "take all of it out again, exactly"),
    "trust": ("capture", "this device's trust anchor: show, rotate, remove"),
    "agent": ("agent", "`agent run`: the resident process in the foreground"),
    "enroll": ("enroll", "this laptop's own credential at a collector"),
    "top": ("top", "today, live, on the whole screen"),
    "mcp": ("mcp", "the same answers for an assistant: an MCP server on standard input and output"),
    "completion": ("completion", "completion for bash, zsh or fish"),
    "context": ("context", "what repo, branch, ticket and engineer are seen here, and why"),
    "statusline": ("statusline", "one line for Claude Code's status line: this session, its ticket, today"),
    "doctor": ("doctor", "what is wrong with this installation, and what to do"),
    "self-test": ("self_test", "one invented call by each way of seeing it; which way is best for each tool"),
    "bugreport": ("bugreport", "a file for a report: versions, counters, verdicts; nothing private"),
    "privacy": ("privacy", "`privacy show`: what leaves this laptop, and what stays"),
    "status": ("status", "what has been read, what could not be, what waits to be sent"),
}
"""Command -> (module, one line)."""


def usage() -> str:
    """The text of `tollbook --help`."""
    lines = [f"  {name:<11}{about}" for name, (_, about) in COMMANDS.items()]
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
    try:
        code = _main(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK


def _main(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help", "help"):
        print(usage())
        return exit_codes.OK
    if given[0] == "--version":
        from tollbook import __version__

        print(f"tollbook {__version__}")
        return exit_codes.OK
    if given[0] == "statusline" and not any(each in ("-h", "--help") for each in given):
        from tollbook_agent import statusline

        return statusline.main(given[1:])
    if given == ["completion", "tickets"]:
        from tollbook_agent.cli.recent_tickets import recent

        sys.stdout.writelines(f"{key}\n" for key in recent(os.environ))
        return exit_codes.OK
    if given[0] == "scan" and len(given) == 1:
        from tollbook_agent.cli.quick_scan import nothing_new

        if nothing_new(os.environ):
            return exit_codes.OK
    entry = COMMANDS.get(given[0])
    if entry is None:
        from tollbook_agent.cli.unknown import explain

        print(explain(given[0], list(COMMANDS)), file=sys.stderr)
        return exit_codes.USAGE
    from tollbook_agent.cli.run import run

    return run(entry[0], given)
